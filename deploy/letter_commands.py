"""`rykker letters`: held, resend, discard."""

from typing import Annotated

import typer

from common import clock
from deploy.company_commands import Json
from deploy.reports.shown import give
from deploy.session import Refused, database

letters_app = typer.Typer(help="Letters that may or may not have left: a person decides.", no_args_is_help=True)
LetterId = Annotated[str, typer.Argument(metavar="ID", help="As `rykker letters held` shows it.")]


@letters_app.command()
def held(as_json: Json = False) -> None:
    """Which letters are held: why, to whom, which invoice, since when, and what can be done."""
    from deploy.reports import letters, letters_page

    with database(quiet=as_json):
        waiting = letters.held()
        give(waiting, as_json, lambda: letters_page.held(waiting))


@letters_app.command()
def resend(letter_id: LetterId, as_json: Json = False) -> None:
    """It never left: send the same mail after all, if it still may go."""
    from deploy.reports import letters, letters_page
    from notifier import store

    with database(quiet=as_json):
        try:
            letter = letters.one(letter_id)
            store.release(letter_id, clock.business_now())
        except (store.NoSuchLetter, store.NotHeld) as error:
            raise Refused(str(error)) from error
        report = {"id": letter_id, "state": "planned", "would_be_withdrawn": letter.resend_ends}
        give(report, as_json, lambda: f"letter {letter_id} is to be sent again: {letters_page.resend(letter)}")


@letters_app.command()
def discard(letter_id: LetterId, as_json: Json = False) -> None:
    """It left, or must not leave: withdraw it and reverse its fee."""
    from deploy.reports import letters
    from notifier import store

    with database(quiet=as_json):
        try:
            letters.one(letter_id)
            store.discard(letter_id)
        except (store.NoSuchLetter, store.NotHeld) as error:
            raise Refused(str(error)) from error
        report = {"id": letter_id, "state": "withdrawn"}
        give(report, as_json, lambda: f"letter {letter_id} is withdrawn; its fee will be reversed")
