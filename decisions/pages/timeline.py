"""All that happened to an invoice, whoever did it, as its company reads it; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from common.calendar import COPENHAGEN
from common.events import Invoice
from common.tables import Answer, LedgerLine, Letter, LetterDecision, Objection
from decisions.life import Life
from decisions.pages import history, lines, mailed, rules, told
from decisions.words import Words


@dataclass(frozen=True)
class Entry:
    """`words` are a person's own; `letter` is the id of a letter that can be read. Of some only the day is known."""

    at: datetime
    what: str
    detail: str = ""
    words: str = ""
    letter: str = ""
    is_day: bool = False

    def on(self, say: Words) -> str:
        return say.day(self.at.astimezone(COPENHAGEN).date()) if self.is_day else say.at(self.at)


def of(life: Life, say: Words) -> list[Entry]:
    """The newest first."""
    entries = [*_seen(life, say), *(letter(one, say) for one in life.letters)]
    entries += [answer(one, say) for one in life.answers]
    entries += [objection(one, say) for one in life.objections]
    entries += [decision(one, say) for one in life.decisions]
    entries += [Entry(pick.picked_at, say("told.picked", by=pick.by)) for pick in life.picks]
    entries += [Entry(event.at, said) for event in life.told if (said := told.of(event, say))]
    entries += _booked(life, life.invoice, say) if life.invoice else []
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def since(life: Life, answer_no: int, objection_no: int, say: Words) -> list[Entry]:
    """What people said of the newest round after these, oldest first."""
    if life.case is None:
        return []
    entries = [answer(one, say) for one in life.case.answers if one.answer_no > answer_no]
    entries += [objection(one, say) for one in life.case.objections if one.objection_no > objection_no]
    return sorted(entries, key=lambda entry: entry.at)


def answer(said: Answer, say: Words) -> Entry:
    choice = say(f"choice.{said.choice}.answered")
    return Entry(said.answered_at, say("told.answered_by" if said.by else "told.answered", choice=choice, by=said.by))


def objection(said: Objection, say: Words) -> Entry:
    if said.by:
        return Entry(said.raised_at, say(f"told.noted_{said.kind}", by=said.by), words=said.words)
    happened = history.objection(said, say, "raised")
    return Entry(happened.at, happened.what, words=happened.words)


def decision(made: LetterDecision, say: Words) -> Entry:
    day = say.day(made.sent_on) if made.sent_on else ""
    return Entry(made.decided_at, say(f"told.decided_{made.choice}", by=made.by, date=day))


def letter(sent: Letter, say: Words) -> Entry:
    what = f"{mailed.name(sent, say)}: {say(f'told.state.{sent.state}')}"
    at = sent.sent_at or (sent.decided_at if sent.state == "withdrawn" else None) or sent.planned_at
    return Entry(at, what, mailed.reason(sent, say), letter=sent.id)


def _seen(life: Life, say: Words) -> Iterator[Entry]:
    first = [event.at for event in life.told if event.type.startswith("invoice.")]
    first += [procedure.opened_at for procedure in life.rounds]
    if first:
        yield Entry(min(first), say("told.first_seen"))


def _booked(life: Life, invoice: Invoice, say: Words) -> Iterator[Entry]:
    """At the instant of the event behind it, if the log still has that; else on its day."""
    writer, heard = lines.Writer(invoice, say), {event.id: event.at for event in life.told}
    shown = [line for line in life.ledger if line.account not in lines.INTERNAL]
    for together in lines.grouped(shown):
        row, line = writer.row(together), together[0]
        if row.amount and not _is_invoice(line, invoice):
            what = say("told.booked", what=row.what, amount=say.amount(abs(row.amount)))
            at = heard.get(line.event)
            why = rules.rule(line.rule, say) or row.law
            yield Entry(at or _noon(row.on or line.booked_on), what, why, is_day=at is None)


def _is_invoice(line: LedgerLine, invoice: Invoice) -> bool:
    """The invoice itself is no news."""
    return line.kind == "principal" and line.amount == invoice.amount


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), COPENHAGEN)
