"""Moves that several rules of a procedure share: money is spread, charges are reversed, it starts, it ends; pure."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from common import events as e
from common.calendar import local_date
from common.ledger import CHARGES, Account
from common.money import ZERO
from dunning.ledger import CHARGING, Kind, Line, received, spread, standing, total
from dunning.procedure import Procedure

ERP = "the ERP"  # as the rule of a line


def balanced(procedure: Procedure, today: date) -> Procedure:
    """With all the money that is in the ledger spread anew over what is owed, as `ledger.spread` says."""
    return _spread(procedure, received(procedure.ledger), today)


def paid_in(procedure: Procedure, paid: Decimal, today: date, paid_on: date | None) -> Procedure:
    """With `paid` in all, says the ERP. A payment counts from the day it was made, even if that is known later."""
    day = min(paid_on or today, today)
    known = _dated_back(procedure, day, today) if paid == received(procedure.ledger) else procedure
    return _spread(known, paid, today, day)


def _dated_back(procedure: Procedure, day: date, today: date) -> Procedure:
    """The last payment of the principal, if it was made earlier than its line says."""
    lines = [line for line in procedure.ledger if (line.kind, line.account) == ("paid", "principal")]
    if not lines or lines[-1].amount > ZERO or lines[-1].counts_from <= day:
        return procedure
    amount, was = lines[-1].amount, lines[-1].counts_from
    back = procedure.booked("paid", "principal", "received", -amount, today, ERP, was)
    return back.booked("paid", "principal", "received", amount, today, ERP, day)


def _spread(procedure: Procedure, paid: Decimal, today: date, paid_on: date | None = None) -> Procedure:
    for move in spread(procedure.ledger, paid):
        value_on = paid_on if move.kind == "paid" and move.amount < ZERO else None
        procedure = procedure.booked(*move, today, ERP, value_on)
    return procedure


def reversing(
    procedure: Procedure, step: int, attempt: int, today: date, rule: str, kinds: Iterable[Kind] = CHARGING
) -> Procedure:
    """All of these kinds that the letter of that step and attempt charged."""
    for kind in kinds:
        for line in standing(procedure.ledger, kind):
            if (line.step, line.attempt) == (step, attempt):
                procedure = _reversed(procedure, line, today, rule)
    return balanced(procedure, today)


def reversing_all(procedure: Procedure, today: date, rule: str) -> Procedure:
    """Every charge: the claim had no ground. What was collected of them is owed to the debtor then."""
    for kind in ("fee", "compensation"):
        for line in standing(procedure.ledger, kind):
            procedure = _reversed(procedure, line, today, rule)
    interest = total(procedure.ledger, "interest", "charged")
    return balanced(procedure.booked("reversal", "interest", "charged", -interest, today, rule), today)


def _reversed(procedure: Procedure, line: Line, today: date, rule: str) -> Procedure:
    """Of interest no more than is left: some of it may have been taken back by itself."""
    amount = min(line.amount, total(procedure.ledger, line.account, "charged"))
    back = Line("reversal", line.step, line.attempt, -amount, today, rule, line.account, value_on=line.value_on)
    procedure = procedure.booking(back) if amount else procedure
    return procedure.saying(e.FeeReversed, step=line.step, amount=line.amount) if line.kind == "fee" else procedure


def without_pending_fee(procedure: Procedure, today: date, rule: str) -> Procedure:
    """A letter that has not left yet earns nothing once it is over."""
    return reversing(procedure, procedure.step + 1, procedure.attempt, today, rule) if procedure.pending else procedure


def giving_up(procedure: Procedure, today: date, rule: str) -> Procedure:
    """No charge is asked for; what was paid of them is owed to the debtor then. They count as charged all the same."""
    for account in CHARGES:
        left = total(procedure.ledger, account, "charged", "lost")
        procedure = procedure.booked("waived", account, "lost", -left, today, rule)
    return balanced(procedure, today)


def losing(procedure: Procedure, kind: Kind, accounts: Iterable[Account], today: date, rule: str) -> Procedure:
    """What is open on these accounts is not asked for any more."""
    for account in accounts:
        procedure = procedure.booked(kind, account, "lost", -getattr(procedure.owed, account), today, rule)
    return procedure


def started(procedure: Procedure, by: str, now: datetime) -> Procedure:
    running = procedure.but(stage="running", reason="", started_on=local_date(now), started_by=by)
    return running.saying(e.ProcedureStarted, by=by).waking(now)


def cancelled(procedure: Procedure, reason: str, today: date) -> Procedure:
    procedure = without_pending_fee(procedure, today, reason)
    procedure = losing(procedure, "waived", CHARGES, today, reason)
    return procedure.but(stage="cancelled", reason=reason).waking(None).saying(e.ProcedureCancelled, reason=reason)


def settled(procedure: Procedure, reason: str, **sums: Decimal) -> Procedure:
    over = procedure.but(stage="settled", reason=reason).waking(None)
    return over.saying(e.ProcedureSettled, reason=reason, surplus=-over.owed.surplus, **{"covered": ZERO} | sums)
