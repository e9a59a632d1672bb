"""`rykker failed`: list, show, replay, archive."""

import sys
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from common import clock
from common.one_queue import OneQueue
from deploy.company_commands import Json
from deploy.reports import failed as reports
from deploy.reports import failed_page
from deploy.reports.shown import give
from deploy.session import FAILED, Refused, database
from scheduler import failed

failed_app = typer.Typer(help="Messages that their queue gave up, and what to do with them.", no_args_is_help=True)
Which = Annotated[str, typer.Argument(metavar="ID|CAUSE", help="One message, or all whose cause begins like this.")]


class State(StrEnum):
    """What became of a failed message."""

    OPEN = "open"
    REPLAYED = "replayed"
    ARCHIVED = "archived"


@failed_app.command("list")
def every(
    state: Annotated[State, typer.Option(help="Those that wait, or what was done before.")] = State.OPEN,
    as_json: Json = False,
) -> None:
    """What failed, grouped by cause."""
    with database(quiet=as_json):
        groups = reports.groups(state)
        give(groups, as_json, lambda: failed_page.listed(groups, state))


@failed_app.command()
def show(which: Which, as_json: Json = False) -> None:
    """Each message with its cause and its event."""
    with database(quiet=as_json):
        failures = reports.failures(failed.chosen(which))
        give(failures, as_json, lambda: failed_page.shown(failures))


@failed_app.command()
def replay(which: Which, as_json: Json = False) -> None:
    """Send messages to their queue again, with the ids they had. What was handled meanwhile is not done twice."""
    with database(quiet=as_json) as ready:
        opener = partial(OneQueue, ready.broker)
        outcomes = list(failed.replay(failed.chosen(which), opener, clock.business_now()))
        give(outcomes, as_json, lambda: failed_page.replayed(outcomes))
    if any(outcome.result in ("not confirmed", "can't be replayed") for outcome in outcomes):
        sys.exit(FAILED)


@failed_app.command()
def archive(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why nobody needs them; it is kept.")],
    as_json: Json = False,
) -> None:
    """Put messages aside for good."""
    with database(quiet=as_json):
        if not reason.strip():
            raise Refused("--reason must say why nobody needs these messages")
        count = failed.archive(failed.chosen(which), reason.strip(), clock.business_now())
        give({"archived": count}, as_json, lambda: f"archived {count}; `rykker failed list --state archived` shows it")
