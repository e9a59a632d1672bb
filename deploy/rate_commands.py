"""`rykker rates`: list, set."""

from dataclasses import asdict
from typing import Annotated

import typer

from common import clock
from deploy.company_commands import Json
from deploy.reports import rates, rates_page
from deploy.reports.shown import give
from deploy.session import Refused, database
from dunning import ratelist
from dunning.rates import BadRate, begins_on, percentage

rates_app = typer.Typer(help="The reference rates that default interest follows.", no_args_is_help=True)
NEGATIVE = {"ignore_unknown_options": True}  # -0.45 is a rate


@rates_app.command("list")
def every(as_json: Json = False) -> None:
    """The reference rate of each half-year, and the default interest that follows from it."""
    with database(quiet=as_json):
        halves = rates.listed(clock.today())
        give(halves, as_json, lambda: rates_page.listed(halves))


@rates_app.command("set", context_settings=NEGATIVE)
def change(
    from_on: Annotated[str, typer.Argument(metavar="DATE", help="1 January or 1 July, as 2027-01-01.")],
    percent: Annotated[str, typer.Argument(metavar="PERCENT", help="Nationalbanken's lending rate, as 2.25.")],
    as_json: Json = False,
) -> None:
    """Say what Nationalbanken's official lending rate (udlånsrenten) is on that day: renteloven § 5.

    Default interest is 8 percentage points more. What nationalbanken.dk says counts; a rate that was mistyped may be
    set again.
    """
    with database(quiet=as_json):
        now = clock.business_now()
        try:
            first, rate = begins_on(from_on), percentage(percent)
            before = ratelist.put(first, rate, now)
        except BadRate as error:
            raise Refused(str(error)) from error
        half = rates.half_year(first, rate, now)
        give(asdict(half) | {"before": before}, as_json, lambda: rates_page.was_set(half, before))
