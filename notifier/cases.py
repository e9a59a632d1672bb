"""Reads: rows as the frozen values that letters are made of."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from peewee import JOIN

from common import db
from common.events import Invoice
from common.money import kroner
from common.tables import ApiKey, Company, FetchRun, KeyTrial, KnownInvoice, LedgerLine, Login, Procedure, SetAside
from notifier import standing
from notifier.facts import Case, Claim, Creditor
from notifier.letters.affairs import Cost, Unreadable
from notifier.letters.entering import Account
from notifier.letters.sampling import Chosen
from notifier.words import LONGEST_ADDRESS, plain, plain_lines

NEWER = ("weekend_due", "interest", "compensation", "collection_notice")  # choices that older procedures don't have


class Unknown(Exception):
    """The message names a company or a procedure that is not there."""


def creditor(cvr: str) -> Creditor:
    """Raises Unknown."""
    with db.connection():
        row = Company.get_or_none(Company.cvr == cvr)
    if row is None:
        raise Unknown(f"{Unknown.__doc__} {cvr}")
    return Creditor(
        cvr=row.cvr,
        name=plain(row.name),
        email=plain(row.email, LONGEST_ADDRESS),
        language=row.language,
        payment_details=plain_lines(row.payment_details),
        letterhead=plain_lines(row.letterhead),
        bank_account=plain(row.bank_account),
        fi_creditor=plain(row.fi_creditor),
        reply_to=plain(row.reply_to, LONGEST_ADDRESS),
    )


def awaits_key(cvr: str, key_no: int) -> bool:
    """Whether a newer key is in use by now, or is being tried: then what became of this one is no news."""
    newer = (Company.cvr == cvr) & (Company.api_key_no > key_no) & Company.api_key.is_null(False)
    pasted = (ApiKey.company == cvr) & (ApiKey.key_no > key_no)
    tried = (KeyTrial.company == ApiKey.company) & (KeyTrial.key_no == ApiKey.key_no)
    goes_on = KeyTrial.state.is_null() | (KeyTrial.state == "accepted") | KeyTrial.try_at.is_null(False)
    trying = ApiKey.select(ApiKey.key_no).join(KeyTrial, JOIN.LEFT_OUTER, on=tried).where(pasted, goes_on)
    with db.connection():
        return bool(Company.select().where(newer).exists() or trying.exists())


def first_reminder(cvr: str) -> Chosen:
    """What the company chooses of it today. Raises Unknown."""
    with db.connection():
        row = Company.get_or_none(Company.cvr == cvr)
    if row is None:
        raise Unknown(f"{Unknown.__doc__} {cvr}")
    warns = row.reminders == 1 and row.collection_notice == "with_last"
    return Chosen(fee=row.fee, reminders=row.reminders, warns=warns)


def account(login_id: str) -> Account | None:
    with db.connection():
        row = Login.get_or_none(Login.id == login_id)
    return Account(login_id=row.id, email=row.email, password_no=row.password_no) if row else None


def case(procedure_id: str) -> Case:
    """Raises Unknown."""
    with db.connection():
        found = with_invoices(Procedure.id == procedure_id)
        if not found:
            raise Unknown(f"{Unknown.__doc__} {procedure_id}")
        return Case(creditor=creditor(found[0].company), claim=claim(found[0]))


def with_invoices(*chosen: Any, limit: int | None = None) -> Sequence[Any]:
    """Procedures, each with the `state` of its invoice, in the order in which the portal lists them; `marks_paid` is
    what its fetch says.
    """
    known = (KnownInvoice.company == Procedure.company) & (KnownInvoice.number == Procedure.invoice_number)
    columns = (Procedure, KnownInvoice.state.alias("state"), FetchRun.marks_paid.alias("marks_paid"))
    found_by = (FetchRun.fetch_id == Procedure.fetch_id) & (FetchRun.company == Procedure.company)
    joined = Procedure.select(*columns).join(KnownInvoice, on=known).switch(Procedure)
    joined = joined.join(FetchRun, JOIN.LEFT_OUTER, on=found_by)
    return list(joined.where(*chosen).order_by(Procedure.due_on, Procedure.invoice_number).limit(limit).objects())


def claim(row: Any) -> Claim:
    invoice, policy = msgspec.convert(row.state, Invoice), row.policy
    return Claim(
        procedure_id=row.id,
        number=plain(invoice.number),
        debtor=plain(invoice.debtor.name) or plain(invoice.debtor.customer_number),
        email=plain(row.debtor_email, LONGEST_ADDRESS) or None,
        amount=invoice.amount,
        outstanding=invoice.outstanding,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        payment_line=plain(invoice.payment_line),
        step=row.step,
        notified_on=row.notified_on,
        last_reminder_on=row.last_reminder_on,
        fee=kroner(str(policy["fee"])),
        reminders=policy["reminders"],
        days_between=policy["days_between"],
        silence="stay" if row.marks_paid is False else policy["silence"],
        start_days=policy["start_days"],
        stage=row.stage,
        pause=row.reason if row.stage == "paused" else "",
        paused_until=row.paused_until,
        is_trader=row.debtor_cvr is not None,
        is_warned=row.warned_on is not None,
        disputed=row.disputed,
        **{name: policy[name] for name in NEWER if name in policy},
    )


# --- what some letters need beside it --------------------------------------------------------------------------------
def interest_until(case: Case) -> date | None:
    """The last day of which interest has been asked for, in whatever round."""
    with db.connection():
        lines = standing.ledger(Procedure.get_by_id(case.claim.procedure_id))
    back = {(line.step, line.attempt) for line in lines if (line.kind, line.account) == ("reversal", "interest")}
    asked = [line for line in lines if line.kind == "interest" and (line.step, line.attempt) not in back]
    return max((line.value_on or line.booked_on for line in asked), default=None)


def unreadable(company: str) -> list[Unreadable]:
    """The company's invoices that are set aside; those without a number are one."""
    rows = SetAside.select().where(SetAside.company == company).order_by(SetAside.number)
    with db.connection():
        return [Unreadable(number=plain(row.number), reason=plain(row.reason)) for row in rows]


def costs(company: str, month: date) -> list[Cost]:
    """What the portal charged this company in a month, in the order in which it was booked."""
    after = (month + timedelta(days=31)).replace(day=1)
    columns = (Procedure.invoice_number, Procedure.step, LedgerLine.step, LedgerLine.booked_on, LedgerLine.amount)
    lines: Any = LedgerLine.select(*columns).join(Procedure, on=(Procedure.id == LedgerLine.procedure_id))
    charged = lines.where(
        LedgerLine.company == company,
        LedgerLine.account == "company",
        LedgerLine.booked_on >= month,
        LedgerLine.booked_on < after,
    )
    with db.connection():
        rows = list(charged.order_by(LedgerLine.booked_on, LedgerLine.id).tuples())
    return [Cost(number=plain(n), step=own or sent, on=on, amount=amount) for n, sent, own, on, amount in rows]
