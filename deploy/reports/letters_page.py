"""Held letters on a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from deploy.reports.letters import Held, OnHold
from deploy.reports.shown import instant, pairs, section

ENDS = {
    "paid": "the invoice is paid",
    "stopped": "the procedure was stopped, or went on without this letter",
    "changed": "an amount or the address is another one now",
    "stale": "the last look at the ERP is too old, or a collection notice's date too near; it is issued anew",
}


def held(letters: Sequence[Held]) -> RenderableType:
    if not letters:
        return "no letter is held"
    note = "A held letter may have reached its debtor. Ask the mail server's log for its address or Message-ID first."
    return Group(*(section(f"Letter {one.id}", pairs(_about(one))) for one in letters), Text(note, style="dim"))


def _about(one: Held) -> list[tuple[str, str]]:
    return [
        ("Letter", f"{one.kind} {one.step or ''}".strip() + f": {one.subject}"),
        ("To", one.recipient),
        ("Message-ID", one.message_id),
        ("Invoice", f"{one.invoice_number} of company {one.company}"),
        ("Held", f"since {instant(one.held_at)}: {one.reason}"),
        ("It never left", f"rykker letters resend {one.id}"),
        ("", resend(one)),
        ("It left", f"rykker letters sent {one.id} --on DATE"),
        ("", "it counts as sent on that day, and its fee stands"),
        ("It must not leave", f"rykker letters discard {one.id}"),
        ("", "it is withdrawn and its fee reversed"),
    ]


def resend(one: Held) -> str:
    """What becomes of it if it is sent now."""
    if one.resend_ends:
        return f"the last look would withdraw it, and reverse its fee: {ENDS[one.resend_ends]}"
    return "the same mail, after one more look whether it still may go; else it is withdrawn and its fee reversed"


def on_hold(one: OnHold) -> str:
    return (
        f"What was done between {instant(one.since)} and {instant(one.until)} (Copenhagen) is not in this database.\n"
        f"The next reminder of each of its {one.procedures} procedures, and of those that the next fetches bring back, "
        "is held when it would be sent: `rykker letters held` shows it."
    )
