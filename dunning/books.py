"""What the ERP says of money, in the ledger; pure. Nothing is edited: what changes is booked as the difference."""

from datetime import date, datetime

from common import events as e
from common.calendar import local_date
from common.money import ZERO
from dunning.charges import Law, corrected
from dunning.ledger import total
from dunning.moves import ERP, balanced, paid_in
from dunning.procedure import Procedure


def told(before: Procedure, invoice: e.Invoice, now: datetime, law: Law) -> Procedure:
    """As the ERP has the invoice now, with principal, payments and what follows from them in the ledger."""
    today = local_date(now)
    after = before.but(
        sequence=invoice.sequence,
        customer_number=invoice.debtor.customer_number,
        debtor_email=invoice.debtor.email,
        debtor_cvr=invoice.debtor.cvr,
        amount=invoice.amount,
        paid=invoice.paid,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
    )
    after = paid_in(_invoiced(after, invoice, today), invoice.paid, today, invoice.paid_on)
    return balanced(corrected(after, today, law), today)


def _invoiced(procedure: Procedure, invoice: e.Invoice, today: date) -> Procedure:
    """A claim that shrinks was never that large; one that grows counts from today, the first time from its date."""
    known = total(procedure.ledger, "principal", "invoiced")
    is_gone = invoice.status in ("credited", "withdrawn")
    more = (ZERO if is_gone else max(invoice.amount, ZERO)) - known
    first = min(invoice.issued_on or invoice.due_on, invoice.due_on, today)
    value_on = first if more < ZERO or not known else today
    return procedure.booked("principal", "principal", "invoiced", more, today, ERP, value_on)
