"""What the rules must know beside the procedure, read from tables that others write: the company's policy, its last
fetches, its customer's other debts, where a letter went, rates and prices. Each is read once in a transaction.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

import msgspec

from common import bulk, db
from common.calendar import local_date
from common.events import Invoice, LetterEvent
from common.pauses import take_turns_at_pause
from common.tables import Company, FetchRun, KnownInvoice, LedgerLine, Letter
from common.tables import Procedure as Row
from dunning import pricelist, ratelist
from dunning.charges import Law
from dunning.fees import Arrears, Debt
from dunning.knowledge import Knowledge
from dunning.policy import Policy
from dunning.procedure import Procedure

T = TypeVar("T")
MAY_LEAVE = timedelta(days=1)  # after it was written; the notifier withdraws what is not sent within a day of the look
_KEY = (Row.invoice_number, LedgerLine.kind, LedgerLine.step, LedgerLine.attempt)  # a later round may reverse it


class NoSuchCompany(Exception):
    """The message names a company that is not there."""


def read_ahead(companies: Collection[str]) -> None:
    """For many events that one transaction handles."""
    rows: Any = Company.select().where(bulk.among(Company.cvr, companies)).dicts()
    for row in rows:
        _once(("policy", row["cvr"]), lambda row=row: Policy.read(row))  # type: ignore[misc]


def law() -> Law:
    return _once(("law",), lambda: Law(rates=ratelist.read(), prices=pricelist.load()))


def policy_of(company: str) -> Policy:
    """What the company chooses today. Raises NoSuchCompany."""
    return _once(("policy", company), lambda: _policy(company))


def _policy(company: str) -> Policy:
    row: Any = Company.select().where(Company.cvr == company).dicts().first()
    if row is None:
        raise NoSuchCompany(f"{NoSuchCompany.__doc__} {company}")
    return Policy.read(row)


def policy_to_open_with(company: str) -> Policy:
    """The same. Whether it pauses is seen alone with whoever ends that pause, so that no procedure is overlooked."""
    policy = policy_of(company)
    return _once(("pause", company), lambda: _alone_with_its_pause(company)) if policy.paused else policy


def pauses_ahead(companies: Iterable[str]) -> None:
    """For many procedures that one transaction may open: always in the same order."""
    for company in sorted(companies):
        policy_to_open_with(company)


def _alone_with_its_pause(company: str) -> Policy:
    take_turns_at_pause(company)
    return _policy(company)


def knowledge_of(company: str) -> Knowledge:
    return _once(("knowledge", company), lambda: _knowledge(company))


def _knowledge(company: str) -> Knowledge:
    """Of fetches that have ended. One that was overtaken by a newer one says nothing."""
    ended = FetchRun.select().where(FetchRun.company == company, FetchRun.state != "running")
    runs = ended.where(FetchRun.reason != "superseded").order_by(FetchRun.began_at.desc())
    newest = runs.first()
    good = runs.where(FetchRun.state == "finished", FetchRun.trusted).first()
    unmarked: Any = FetchRun.select(FetchRun.fetch_id).where(FetchRun.company == company, ~FetchRun.marks_paid)
    wrong = None if newest is None or newest == good else "failed" if newest.state == "failed" else "shrunk"
    return Knowledge(
        fetch_id=good.fetch_id if good else None,
        began_at=good.began_at if good else None,
        since=wrong,  # type: ignore[arg-type]
        unmarked=frozenset(fetch_id for (fetch_id,) in unmarked.tuples()),
    )


def arrears_of(procedure: Procedure) -> Arrears:
    """What else the customer owes or owed to the company, and the days of fees for letters about that."""
    if procedure.policy.arrears == "claim":
        return Arrears()
    customer = (procedure.company, procedure.customer_number)
    alone_with([customer])
    known = KnownInvoice.select(KnownInvoice.state).where(
        KnownInvoice.company == customer[0], KnownInvoice.customer_number == customer[1]
    )
    return Arrears([_debt(msgspec.convert(row.state, Invoice)) for row in known], _fees_beside(procedure))


def alone_with(customers: Iterable[tuple[str, str]]) -> None:
    """Two claims on one customer that come to a step at once count each other's fees. Always in the same order."""
    for company, number in sorted(customers):
        _once(("alone", company, number), lambda name=f"{company}/{number}": db.alone(name))  # type: ignore[misc]


def _debt(invoice: Invoice) -> Debt:
    ended = invoice.paid_on or local_date(invoice.observed_at)
    return Debt(invoice.due_on + timedelta(days=1), None if invoice.outstanding else max(ended, invoice.due_on))


def _fees_beside(procedure: Procedure) -> list[date]:
    """The days of letters about other claims on the same customer whose fee stands: the newest as it was sent, and one
    of which that is not known as late as it may leave.
    """
    db.catch_up()  # another of his claims may have come to its step in this very transaction
    of_customer = (Row.company == procedure.company) & (Row.customer_number == procedure.customer_number)
    charged: Any = (
        LedgerLine.select(LedgerLine.booked_on, Row.last_reminder_on, Row.step, Row.pending, *_KEY)
        .join(Row, on=(Row.id == LedgerLine.procedure_id))
        .where(of_customer, Row.invoice_number != procedure.invoice_number, LedgerLine.account == "fee")
        .where(LedgerLine.kind.in_(("fee", "reversal")))
    )
    rows = list(charged.tuples())
    back = {tuple(key) for _, _, _, _, *key in rows if key[1] == "reversal"}
    return [
        _left_on(day, last if step == done else None, is_pending=pending and step > done)
        for day, last, done, pending, owner, kind, step, attempt in rows
        if kind == "fee" and (owner, "reversal", step, attempt) not in back
    ]


def _left_on(written_on: date, sent_on: date | None, *, is_pending: bool) -> date:
    return written_on + MAY_LEAVE if is_pending else max(written_on, sent_on or written_on)


def recipient_of(event: LetterEvent) -> str | None:
    """The address to which a letter was sent, if the letter is still kept, and could be sent to just that address."""
    letter = Letter.select(Letter.recipient).where(Letter.id == event.letter_id).first()
    return letter.recipient if letter and " " not in letter.recipient else None


def letters_ahead(letter_ids: Collection[str]) -> None:
    """For many events that one transaction handles."""
    bounced = set(_bounced(bulk.among(Letter.id, letter_ids))) if letter_ids else set[str]()
    for letter_id in letter_ids:
        _once(("came back", letter_id), lambda letter_id=letter_id: letter_id in bounced)  # type: ignore[misc]


def came_back(event: LetterEvent) -> bool:
    """Whether a letter has bounced; that may be heard before it is heard that it was sent."""
    return _once(("came back", event.letter_id), lambda: bool(_bounced(Letter.id == event.letter_id)))


def _bounced(chosen: Any) -> list[str]:
    return [row.id for row in Letter.select(Letter.id).where(chosen, Letter.state == "bounced")]


def _once(key: tuple[str, ...], read: Callable[[], T]) -> T:
    known = db.notes().setdefault("surroundings", {})
    if key not in known:
        known[key] = read()
    return known[key]  # type: ignore[no-any-return]
