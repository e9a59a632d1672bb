"""What is new of an invoice: pure. The ERP says how it is; what was known decides whether that is news.

Every piece of news is one event with the full state and the next sequence. No news, no event.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from common import events as e
from common.calendar import is_banking_day, local_date, subtract_banking_days
from common.frozen import but
from common.money import ZERO
from fetcher import erp

REVERSALS = timedelta(days=90)  # for so long after we heard of a payment we look whether it is taken back
News = type[e.InvoiceEvent] | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of an invoice. Without `asked` it was found too old to ask about, and is only listed.

    `is_filed`: the columns that lists are read by say the same.
    """

    invoice: e.Invoice
    asked: bool = True
    tracked: bool = True
    absent_on: date | None = None
    fetch_id: str | None = None
    is_filed: bool = True


@dataclass(frozen=True)
class Terms:
    """Due on `cutoff` or earlier is overdue; due before `horizon` is too old to ask about.

    `listed_from` bounds the list: None for a company's first fetch, which finds everything.
    """

    cutoff: date
    horizon: date
    listed_from: date | None


class Judged(NamedTuple):
    """What is known now (None: nothing that matters), and what is new of it."""

    after: Known | None
    news: News


def cutoff(today: date, wait_days: int, weekend_due: str = "keep") -> date:
    """The latest due date that is overdue: past, and `wait_days` banking days have gone by.

    With "next" a due date on a closed day is as late as the next banking day; calendar.falls_due.
    """
    latest = min(subtract_banking_days(today, wait_days), today - timedelta(days=1))
    while weekend_due == "next" and not is_banking_day(latest):
        latest -= timedelta(days=1)
    return latest


def first_sight(seen: erp.Invoice, debtor: e.Debtor | None, at: datetime, terms: Terms) -> Judged:
    """An invoice that nobody knows: overdue, or too old to ask about, or nothing that matters."""
    invoice = _stated(seen, debtor or _named(seen), at, sequence=1)
    if invoice.status != "open" or invoice.due_on > terms.cutoff:
        return Judged(None, None)
    if invoice.due_on < terms.horizon:
        return Judged(Known(invoice=but(invoice, sequence=0), asked=False, tracked=False), None)
    return Judged(Known(invoice=invoice), e.InvoiceOverdue)


def judge(
    before: Known, seen: erp.Invoice, debtor: e.Debtor | None, at: datetime, *, in_dunning: bool = False
) -> Judged:
    """An invoice that is known, as the ERP had it `at` that instant. What was seen earlier than that is no news.

    `in_dunning`: its procedure is not over; a surplus may still pay fees.
    """
    if at < before.invoice.observed_at:
        return Judged(before, None)
    said = _stated(seen, debtor or _debtor(before.invoice, seen), at, before.invoice.sequence)
    if said.status != "open" and _is_erased(before.invoice.debtor):  # nothing is owed: he is not needed again
        said = but(said, debtor=before.invoice.debtor)
    if not before.asked:
        return Judged(but(before, invoice=before.invoice if _same(before.invoice, said) else said), None)
    if news := _news(before.invoice, said):
        after = but(before, invoice=but(said, sequence=said.sequence + 1), tracked=True, absent_on=None)
        return Judged(after, news)
    tracked = in_dunning or (before.tracked and _is_followed(before.invoice, local_date(at)))
    return Judged(but(before, tracked=tracked, absent_on=None), None)


def judge_picked(before: Known) -> Judged:
    """Found, not asked, and its company wants it dunned. From now on it is followed, even if nothing is owed any more.

    What is known of it may be years old: dunning looks once more before a letter leaves.
    """
    after = but(before, asked=True, tracked=True)
    if before.invoice.status != "open":
        return Judged(after, None)
    return Judged(but(after, invoice=but(before.invoice, sequence=before.invoice.sequence + 1)), e.InvoiceOverdue)


def erased(before: Known) -> Known:
    """Without what its debtor is known by; his number and his CVR number are part of the books. One that is owed is
    needed, and stays.
    """
    if before.invoice.outstanding > ZERO:
        return before
    debtor = before.invoice.debtor
    nobody = e.Debtor(customer_number=debtor.customer_number, name="", cvr=debtor.cvr)
    return but(before, invoice=but(before.invoice, debtor=nobody))


def _is_erased(debtor: e.Debtor) -> bool:
    return not (debtor.name or debtor.email or debtor.address or debtor.postal_code or debtor.city)


def judge_absent(before: Known, at: datetime, *, is_believed: bool = True) -> Judged:
    """Asked for by itself and not there. One day it may be a mistake; on another day again, it is withdrawn.

    While the ERP is not believed, because far fewer invoices than before are there, nothing is.
    """
    today = local_date(at)
    if not before.tracked or at < before.invoice.observed_at:
        return Judged(before, None)
    if before.absent_on is None or today <= before.absent_on or not is_believed:
        return Judged(but(before, absent_on=before.absent_on or today), None)
    gone = but(before.invoice, status="withdrawn", sequence=before.invoice.sequence + 1, observed_at=at)
    return Judged(but(before, invoice=gone, tracked=False), e.InvoiceWithdrawn)


def is_owed(seen: erp.Invoice) -> bool:
    return _status(seen) == "open"


def has_payment(seen: erp.Invoice) -> bool:
    return _paid(seen) > ZERO


# --- rules -----------------------------------------------------------------------------------------------------------
def _news(before: e.Invoice, said: e.Invoice) -> News:
    if said.status != before.status:
        return {"open": e.InvoiceReopened, "paid": e.InvoicePaid, "credited": e.InvoiceCredited}[said.status]
    if said.status == "paid":  # a surplus that grows may pay fees
        return e.InvoicePaid if (said.paid, said.amount) != (before.paid, before.amount) else None
    if said.status == "credited" or _same(before, said):
        return None
    return e.InvoicePartlyPaid if said.paid not in (before.paid, ZERO) else e.InvoiceChanged


def _same(before: e.Invoice, said: e.Invoice) -> bool:
    return before == but(said, sequence=before.sequence, observed_at=before.observed_at)


def _is_followed(invoice: e.Invoice, today: date) -> bool:
    return invoice.status == "open" or today <= local_date(invoice.observed_at) + REVERSALS


def _status(seen: erp.Invoice) -> Literal["open", "paid", "credited"]:
    if seen.type != erp.ORDINARY or seen.amount <= ZERO:
        return "credited"
    return "paid" if _paid(seen) >= seen.amount else "open"


def _paid(seen: erp.Invoice) -> Decimal:
    """A date of payment without an amount means paid in full; with a smaller amount the rest is still owed."""
    return max(seen.amount, ZERO) if seen.paid_on and not seen.paid else seen.paid or ZERO


def _paid_on(seen: erp.Invoice, today: date) -> date | None:
    """A date of payment that is yet to come, or before the invoice was issued, says that it was paid, but not when."""
    earliest = seen.issued_on or date.min
    return seen.paid_on if seen.paid_on and earliest <= seen.paid_on <= today else None


def _debtor(before: e.Invoice, seen: erp.Invoice) -> e.Debtor:
    """Nobody was asked about the debtor, or nobody knows him: the one we knew, if the invoice is still his."""
    return before.debtor if before.debtor.customer_number == seen.customer_number else _named(seen)


def _named(seen: erp.Invoice) -> e.Debtor:
    return e.Debtor(
        customer_number=seen.customer_number,
        name=seen.customer_name,
        cvr=seen.cvr,
        address=seen.address,
        postal_code=seen.postal_code,
        city=seen.city,
    )


def _stated(seen: erp.Invoice, debtor: e.Debtor, at: datetime, sequence: int) -> e.Invoice:
    return e.Invoice(
        number=seen.number,
        sequence=sequence,
        status=_status(seen),
        issued_on=seen.issued_on,
        due_on=seen.due_on,
        amount=seen.amount,
        paid=_paid(seen),
        paid_on=_paid_on(seen, local_date(at)),
        payment_line=seen.payment_line,
        debtor=debtor,
        observed_at=at,
    )
