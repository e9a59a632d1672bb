"""`rykker letters`: held, resend, sent, discard; hold; refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer

from common import clock
from deploy.company_commands import Json
from deploy.event_commands import instant
from deploy.reports.shown import give
from deploy.session import Refused, database

letters_app = typer.Typer(help="Letters that a person must see to: held, or refused.", no_args_is_help=True)
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
    from notifier import held as waiting

    with database(quiet=as_json), _refusing():
        letter = letters.one(letter_id)
        waiting.release(letter_id, clock.business_now())
        report = {"id": letter_id, "state": "planned", "would_be_withdrawn": letter.resend_ends}
        give(report, as_json, lambda: f"letter {letter_id} is to be sent again: {letters_page.resend(letter)}")


@letters_app.command()
def sent(
    letter_id: LetterId,
    on: Annotated[str, typer.Option(metavar="DATE", help="The day it left, as the mail server's log says.")],
    as_json: Json = False,
) -> None:
    """It left: a step like any other, whose fee stands; the next one counts from that day."""
    from deploy.reports import letters
    from notifier import held as waiting

    with database(quiet=as_json), _refusing():
        letters.one(letter_id)
        day = _day(on)
        waiting.confirm(letter_id, day, clock.business_now())
        report = {"id": letter_id, "state": "sent", "on": day}
        give(report, as_json, lambda: f"letter {letter_id} counts as sent on {day}; its fee stands")


@letters_app.command()
def discard(letter_id: LetterId, as_json: Json = False) -> None:
    """It must not leave: withdraw it and reverse its fee."""
    from deploy.reports import letters
    from notifier import held as waiting

    with database(quiet=as_json), _refusing():
        letters.one(letter_id)
        waiting.discard(letter_id)
        report = {"id": letter_id, "state": "withdrawn"}
        give(report, as_json, lambda: f"letter {letter_id} is withdrawn; its fee will be reversed")


@letters_app.command()
def hold(
    since: Annotated[str, typer.Option(help="When the backup was taken; else the newest event that it knows.")] = "",
    as_json: Json = False,
) -> None:
    """The database came from a backup: hold what may have left since, before any process starts.

    The next reminder about every invoice that was due by now waits for a person when it would be sent, and so does a
    later one that may have left by now. Mails to companies go out, be it for the second time.
    """
    from deploy.reports import letters, letters_page
    from notifier import restored

    with database(quiet=as_json):
        now = clock.business_now()
        taken = instant(since, now) if since else None
        if taken and taken > now:
            raise Refused(f"{since} is yet to come")
        report = letters.on_hold(restored.hold(taken, now))
        give(report, as_json, lambda: letters_page.on_hold(report))


@letters_app.command()
def refused(as_json: Json = False) -> None:
    """Which companies were not asked, because their mail is refused: about what, why, and what can be done."""
    from deploy.reports import refused as report
    from deploy.reports import refused_page

    with database(quiet=as_json):
        found = report.not_asked()
        give(found, as_json, lambda: refused_page.not_asked(found))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is no date: 2026-03-02") from error


@contextmanager
def _refusing() -> Iterator[None]:
    from notifier import held as waiting
    from notifier import store

    try:
        yield
    except (store.NoSuchLetter, waiting.NotHeld, waiting.NotThatDay) as error:
        raise Refused(str(error)) from error
