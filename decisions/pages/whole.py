"""One invoice in plain words: where it stands, what comes next, what can be done, and all that happened. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from common.calendar import local_date
from common.events import Invoice
from common.money import ZERO
from common.reasons import in_words
from common.tables import Letter
from decisions import objecting, seen
from decisions.life import Life
from decisions.pages import books, mailed, options, timeline
from decisions.pages.telling import Telling
from decisions.words import Words


@dataclass(frozen=True)
class Held:
    """A letter that waits for a person's word. `under_way`: what he said is not heard yet; `failed`: why it came to
    nothing.
    """

    letter: Letter
    name: str
    why: str
    seen_no: int
    under_way: str
    failed: str
    first: date


class Whole:
    """What the page shows of an invoice on `today`."""

    def __init__(self, life: Life, today: date, say: Words) -> None:
        self.life, self.today, self.say = life, today, say
        suggested = "start" if life.case and life.case.standing.stage == "awaiting_decision" else ""
        self.told = Telling(life.case, today, suggested) if life.case else None

    # --- where it stands
    @property
    def situation(self) -> str:
        """The name of its state, for its badge."""
        if self.told:
            return self.told.situation
        if self.life.known is None:
            return "unread"
        return "picked" if self.is_picked else "found" if self.life.is_found_alone else "quiet"

    @property
    def stage(self) -> str:
        return self.life.case.standing.stage if self.life.case else self.situation

    @property
    def title(self) -> str:
        return self.told.title if self.told else self.say("case.title", number=self.life.number)

    @property
    def headline(self) -> tuple[str, str] | None:
        if self.told:
            return self.told.headline
        if self.life.invoice:
            owed = self.life.invoice.outstanding
            return self.say.amount(owed), self.say("answer.owed", number=self.life.number)
        return None

    @property
    def next(self) -> str:
        if self.told:
            return self.say("case.next_held") if self.life.held else self.told.next
        return self.say(f"case.next_{self.situation}")

    @property
    def is_picked(self) -> bool:
        """Somebody wants it dunned, and that is under way."""
        return self.life.is_found_alone and bool(self.life.picks)

    @property
    def unread(self) -> str:
        """Why the ERP's newest word of it can't be read."""
        return in_words(self.life.set_aside.reason, self.say.language) if self.life.set_aside else ""

    @cached_property
    def facts(self) -> list[tuple[str, str]]:
        rows = self.told.facts if self.told else self._plain(self.life.invoice) if self.life.invoice else []
        return [*rows, *self._last_seen()]

    def _last_seen(self) -> Iterator[tuple[str, str]]:
        """Only what is looked for every day, or is gone, can be seen for the last time. Of the others, as one that was
        found and not asked about, it is said how old the figures are.
        """
        known, invoice, run = self.life.known, self.life.invoice, self.life.seen_by
        is_gone = invoice is not None and invoice.status == "withdrawn"
        seen_at = [invoice.observed_at] if invoice and not is_gone else []
        seen_at += [run.began_at] if run else []
        if known and seen_at:
            name = "last_seen" if known.tracked or is_gone else "as_of"
            yield self.say(f"case.{name}"), self.say.at(max(seen_at))

    def _plain(self, invoice: Invoice) -> list[tuple[str, str]]:
        say = self.say
        rows = [("number", invoice.number), ("debtor", invoice.debtor.name)]
        rows += [("email", invoice.debtor.email or say("fact.no_email")), ("amount", say.amount(invoice.amount))]
        rows += [("paid", say.amount(invoice.paid)), ("outstanding", say.amount(invoice.outstanding))]
        rows += [("due_on", say.day(invoice.due_on))]
        return [(say(f"fact.{name}"), value) for name, value in rows]

    # --- what can be done
    @property
    def seen(self) -> str:
        return str(seen.of(self.life.case)) if self.life.case else ""

    @cached_property
    def options(self) -> list[options.Option]:
        case = self.life.case
        suggested = self.told.suggested if self.told else ""
        return options.of(case, self.today, self.say, suggested, careful=True) if case else []

    @property
    def notes(self) -> tuple[str, ...]:
        """What the company may write down for its customer."""
        case = self.life.case
        return objecting.noted(case.position, is_own=case.is_noted) if case else ()

    @cached_property
    def held(self) -> list[Held]:
        return [self._held(letter) for letter in self.life.held]

    def _held(self, letter: Letter) -> Held:
        made, say = self.life.decided(letter.id), self.say
        number = made.decision_no if made else 0
        is_under_way = made is not None and number > letter.decision_no
        return Held(
            letter=letter,
            name=mailed.name(letter, say),
            why=mailed.reason(letter, say),
            seen_no=number,
            under_way=timeline.decision(made, say).what if made and is_under_way else "",
            failed="" if is_under_way else mailed.outcome(letter, say),
            first=local_date(letter.planned_at),
        )

    # --- the record
    @cached_property
    def timeline(self) -> list[timeline.Entry]:
        return timeline.of(self.life, self.say)

    @cached_property
    def books(self) -> list[books.Entry]:
        return books.of(self.life.ledger, self.life.invoice, self.say) if self.life.invoice else []

    @property
    def sums(self) -> list[tuple[str, Decimal]]:
        return books.sums(self.life.ledger, self.say)

    def amount(self, amount: Decimal) -> str:
        """With a real minus."""
        shown = self.say.amount(abs(amount))
        return f"\N{MINUS SIGN}{shown}" if amount < ZERO else shown
