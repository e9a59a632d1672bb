"""Rykkerportalen from the command line: set up, companies, fetches, and how it goes."""

import sys
from typing import Annotated

import typer

from common import clock, fetches, topology
from common.publisher import connected
from decisions import companies
from deploy import migrate as migrations
from deploy.bounce_commands import bounce
from deploy.company_commands import Cvr, Json, company_app
from deploy.event_commands import events_app
from deploy.failed_commands import failed_app
from deploy.key_commands import keys_app
from deploy.letter_commands import letters_app
from deploy.login_commands import logins_app
from deploy.price_commands import prices_app
from deploy.rate_commands import rates_app
from deploy.reports import invoice_page, status_page
from deploy.reports.invoice import invoice as life_of
from deploy.reports.shown import give
from deploy.reports.status import status as how_it_goes
from deploy.session import FAILED, Refused, database, settings

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
topology_app = typer.Typer(help="The broker's exchange, queues and bindings.", no_args_is_help=True)
app.add_typer(topology_app, name="topology")
app.add_typer(company_app, name="company")
app.add_typer(logins_app, name="logins")
app.add_typer(prices_app, name="prices")
app.add_typer(failed_app, name="failed")
app.add_typer(letters_app, name="letters")
app.add_typer(events_app, name="events")
app.add_typer(rates_app, name="rates")
app.add_typer(keys_app, name="keys")


app.command()(bounce)


@app.command()
def migrate(
    pre: Annotated[bool, typer.Option("--pre", help="Only what is safe before the new code runs.")] = False,
    post: Annotated[bool, typer.Option("--post", help="Only what needs the new code everywhere.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the database's tables up to date."""
    with settings(quiet=as_json):
        if pre and post:
            raise Refused("--pre and --post together are everything: leave both out")
        ran = migrations.run("pre" if pre else "post" if post else None)
        give({"ran": ran}, as_json, lambda: "\n".join(f"ran {name}" for name in ran) or "the tables are up to date")


@topology_app.command("apply")
def topology_apply(as_json: Json = False) -> None:
    """Declare what is missing at the broker."""
    with settings(quiet=as_json) as ready, connected(ready.broker) as channel:
        queues = topology.apply(channel)
        give(
            {"exchange": topology.EVENTS.name, "queues": queues},
            as_json,
            lambda: f"the exchange {topology.EVENTS.name} and {len(queues)} queues are there: {', '.join(queues)}",
        )


@app.command()
def fetch(cvr: Cvr, as_json: Json = False) -> None:
    """Ask for a fetch of this company's invoices now."""
    with database(quiet=as_json):
        company, now = companies.shown(cvr), clock.business_now()
        if not company["has_api_key"]:
            raise Refused(f"{company['name']} ({company['cvr']}) has no API key: `rykker company set` takes one")
        asked = fetches.ask(company["cvr"], now, "rykker")
        report = {"company": company["cvr"], "fetch_id": asked.fetch_id, "requested_at": now, "is_new": asked.is_new}
        done = "asked for" if asked.is_new else "one is on its way, or was just asked for,"
        give(report, as_json, lambda: f"{done} {company['name']}; `rykker status` tells how it goes")


@app.command()
def status(as_json: Json = False) -> None:
    """How it goes: companies and their fetches, what is set aside, held, late or failed, and the queues."""
    with database(quiet=as_json) as ready:
        report = how_it_goes(ready)
        give(report, as_json, lambda: status_page.shown(report))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at everything that the five processes need, change nothing, and say what to do. Exit code 1 if it is ill."""
    from deploy import doctor as looks
    from deploy.reports import doctor_page

    with settings(quiet=as_json) as ready:
        found = list(looks.findings(ready))
        give(found, as_json, lambda: doctor_page.shown(found))
    if any(one.ok is False for one in found):
        sys.exit(FAILED)


@app.command()
def invoice(
    cvr: Cvr,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice's number.")],
    as_json: Json = False,
) -> None:
    """One invoice's life: where it is, what is owed, its letters, answers and history."""
    with database(quiet=as_json):
        report = life_of(companies.shown(cvr), number)
        give(report, as_json, lambda: invoice_page.shown(report))


if __name__ == "__main__":
    app()
