"""A claim in plain words for its debtor: what he owes and why, how he pays, what he can say. Pure.

What the company chose for itself is none of his business, and is not told.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from common.events import ObjectionKind
from common.money import ZERO
from common.paying import how_to_pay
from common.tables import Objection
from decisions import objecting, saying
from decisions.claims import Claim
from decisions.pages import history, lines
from decisions.pages.history import Happened
from decisions.words import Words


@dataclass(frozen=True)
class Option:
    """Something that he can say, and what happens then."""

    kind: ObjectionKind
    title: str
    does: str
    button: str


class Telling:
    """What the page shows of a claim on `today`."""

    def __init__(self, claim: Claim, today: date) -> None:
        self.claim, self.today = claim, today
        self.say = Words(claim.company.language)
        self._names = {"number": claim.invoice.number, "company": claim.company.name}

    @property
    def situation(self) -> str:
        position = self.claim.position
        if position.is_over:
            return "settled" if position.standing.stage == "settled" else "dropped"
        if position.waits_for_answer:
            return "disputed"
        if position.waits_for_money:
            return "said_paid"
        return "open" if self.claim.owed.principal > ZERO else "fees"

    @property
    def title(self) -> str:
        return self.say(f"claim.title_{self.situation}", **self._names)

    @property
    def lead(self) -> str:
        until = self.claim.procedure.paused_until
        if self.situation == "said_paid" and until:
            return self.say("claim.lead_said_paid_until", date=self.say.weekday(until), **self._names)
        return self.say(f"claim.lead_{self.situation}", **self._names)

    @property
    def total(self) -> Decimal:
        return self.claim.owed.total

    @property
    def rows(self) -> list[lines.Row]:
        """Nothing of a claim that is over, unless it comes to nothing in the ledger, too."""
        if self.claim.position.is_over and (self.situation == "dropped" or self.total):
            return []
        return lines.of(self.claim.ledger, self.claim.invoice, self.say)

    @property
    def facts(self) -> list[tuple[str, str]]:
        invoice, day = self.claim.invoice, self.say.day
        dates = [("issued_on", day(invoice.issued_on))] if invoice.issued_on else []
        rows = [("to", invoice.debtor.name), ("number", invoice.number), *dates, ("due_on", day(invoice.due_on))]
        return [(self.say(f"fact.{name}"), value) for name, value in rows]

    # --- how to pay
    @property
    def payment(self) -> list[str]:
        """As the letters say it."""
        company = self.claim.company
        details = company.payment_details.splitlines()
        paid = how_to_pay(self.claim.invoice.payment_line, company.fi_creditor, company.bank_account, details)
        if paid.how == "invoice":
            return [self.say("claim.pay_as_invoice", **self._names)]
        label = {"fik": [self.say("claim.pay_line")], "bank": [self.say("claim.pay_bank")]}.get(paid.how, [])
        return [*label, *paid.lines, *([self.say("claim.pay_message", **self._names)] if paid.names_invoice else [])]

    @property
    def pay_by(self) -> str:
        """The date that the collection notice gave, unless it has passed."""
        procedure = self.claim.procedure
        day = procedure.pay_by if procedure.stage != "collecting_fees" else None
        return self.say.day(day) if day and day >= self.today else ""

    # --- what he can say, and has said
    @property
    def options(self) -> list[Option]:
        kinds = objecting.offered(self.claim.position, self.claim.said_himself)
        return [self._option(kind) for kind in kinds]

    def _option(self, kind: ObjectionKind) -> Option:
        holds = kind == "paid" and self.claim.position.would_wait
        does = self.say(f"objection.{kind}.{'does_wait' if holds else 'does'}", **self._names)
        adds = kind == "dispute" and self.situation == "disputed"
        title = self.say(f"objection.{kind}.{'more' if adds else 'title'}")
        return Option(kind, title, does, self.say(f"objection.{kind}.button"))

    @property
    def has_said_enough(self) -> bool:
        return not self.claim.position.is_over and not self.options

    @property
    def history(self) -> list[history.Happened]:
        return [self._said(said) for said in self.claim.objections]

    def _said(self, said: Objection) -> Happened:
        """The words that his company wrote down are its own, and not shown."""
        if said.by:
            return Happened(said.raised_at, self.say(f"objection.{said.kind}.noted_for_you", **self._names))
        return history.objection(said, self.say, "said")

    @property
    def earliest(self) -> date:
        return self.today - saying.LONGEST_AGO

    @property
    def address(self) -> str:
        """Where he can write to."""
        return self.claim.company.reply_to or self.claim.company.email

    @property
    def mailto(self) -> str:
        return "mailto:" + quote(self.address, safe="@")

    def amount(self, amount: Decimal) -> str:
        """With a real minus."""
        shown = self.say.amount(abs(amount))
        return f"\N{MINUS SIGN}{shown}" if amount < ZERO else shown
