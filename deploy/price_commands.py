"""`rykker prices`: list, set."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from common import clock
from decisions import values
from deploy.company_commands import Json
from deploy.pricing import LARGEST, DayIsOver, HasBegun, Item, TooFarAhead, put
from deploy.reports import prices, prices_page
from deploy.reports.shown import give
from deploy.session import Refused, database

prices_app = typer.Typer(help="What the portal charges companies for a step.", no_args_is_help=True)
NEGATIVE = {"ignore_unknown_options": True}  # -1 is an amount that is refused, no option


@prices_app.command("list")
def every(as_json: Json = False) -> None:
    """Every price: what it was, is and will be."""
    with database(quiet=as_json):
        listed = prices.listed(clock.today())
        give(listed, as_json, lambda: prices_page.listed(listed))


@prices_app.command("set", context_settings=NEGATIVE)
def change(
    item: Annotated[Item, typer.Argument(metavar="ITEM", help=f"Of: {', '.join(Item)}.")],
    from_on: Annotated[str, typer.Argument(metavar="DATE", help="The first day that it applies to.")],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help=f"Kroner without VAT, 0 to {LARGEST:.0f}.")],
    as_json: Json = False,
) -> None:
    """Set a price from a day on, e.g. `rykker prices set reminder 2026-12-01 45.00`."""
    with database(quiet=as_json), _refusing():
        put(item, _day(from_on), _amount(amount), clock.business_now())
        listed = prices.listed(clock.today())
        give(listed, as_json, lambda: prices_page.listed(listed))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is no date such as 2026-12-01") from error


def _amount(text: str) -> Decimal:
    try:
        return values.amount(LARGEST)(text)  # type: ignore[no-any-return]
    except values.NotAllowed as error:
        raise Refused(f"AMOUNT must be {error}; it is {text!r}") from error


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (DayIsOver, TooFarAhead, HasBegun) as error:
        raise Refused(str(error)) from error
