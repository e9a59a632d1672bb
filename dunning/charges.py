"""What a letter charges, and what is taken back when the claim turns out to be less; pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common.calendar import falls_due
from common.law import COMPENSATION, INTEREST, REMINDER_FEE
from common.money import ZERO
from dunning import fees
from dunning.interest import Accrued, Movement, accrued, runs_from
from dunning.ledger import Line, standing, total
from dunning.prices import Prices
from dunning.procedure import Procedure
from dunning.rates import Rates


@dataclass(frozen=True, kw_only=True)
class Law:
    """What is charged by: the reference rates that are known, and the portal's own prices."""

    rates: Rates
    prices: Prices


def charged(procedure: Procedure, today: date, law: Law, arrears: fees.Arrears) -> Procedure:
    """With what the next reminder charges: its fee, interest up to today, and compensation once."""
    interest = accrued_interest(procedure, today, law)
    lines = (
        _line(procedure, "fee", _fee(procedure, today, arrears), today, REMINDER_FEE.paragraph),
        _line(procedure, "interest", _more(procedure, interest.amount), today, INTEREST, interest.until),
        _line(procedure, "compensation", _compensation(procedure), today, COMPENSATION.paragraph),
    )
    return procedure.booking(*[line for line in lines if line.amount > ZERO])


def with_interest(procedure: Procedure, today: date, law: Law) -> Procedure:
    """Up to today, where no reminder is sent: with a collection notice, or when it is handed on."""
    interest = accrued_interest(procedure, today, law)
    amount = max(_more(procedure, interest.amount), ZERO)
    return procedure.booked("interest", "interest", "charged", amount, today, INTEREST, interest.until)


def corrected(procedure: Procedure, today: date, law: Law) -> Procedure:
    """Less interest, for a payment or a credit that counts from an earlier day; no compensation from a consumer."""
    if until := interest_until(procedure):
        less = min(_more(procedure, accrued_interest(procedure, until, law).amount), ZERO)
        procedure = procedure.booked("interest", "interest", "charged", less, today, "paid or credited earlier", until)
    for line in standing(procedure.ledger, "compensation"):
        if procedure.debtor_cvr is None:
            back = Line("reversal", line.step, line.attempt, -line.amount, today, "a consumer", line.account)
            procedure = procedure.booking(back)
    return procedure


def accrued_interest(procedure: Procedure, until: date, law: Law) -> Accrued:
    """All interest of the claim up to that day, as the policy has it."""
    policy, due_on = procedure.policy, falls_due(procedure.due_on, procedure.policy.weekend_due)
    since = runs_from(
        due_on,
        procedure.issued_on,
        is_consumer=procedure.debtor_cvr is None,
        is_due_date_agreed=policy.due_date_agreed,
    )
    if not policy.interest or since is None:
        return Accrued(ZERO, until)
    moved = [Movement(line.counts_from, line.amount) for line in procedure.ledger if line.account == "principal"]
    return accrued(moved, procedure.due_on, since, until, law.rates, policy.day_count)


def interest_until(procedure: Procedure) -> date | None:
    """The last day of which interest has been asked for."""
    return max((line.counts_from for line in standing(procedure.ledger, "interest")), default=None)


def _more(procedure: Procedure, interest: Decimal) -> Decimal:
    return interest - total(procedure.ledger, "interest", "charged")


def _fee(procedure: Procedure, today: date, arrears: fees.Arrears) -> Decimal:
    own = standing(procedure.ledger, "fee")
    is_free = procedure.disputed  # renteloven § 9 b, stk. 1: no reasonable ground
    if procedure.policy.arrears == "customer":
        is_free = is_free or not fees.has_room(arrears, [line.booked_on for line in own], today)
    return ZERO if is_free else fees.reminder_fee(procedure.policy.fee, own, procedure.step, today)


def _compensation(procedure: Procedure) -> Decimal:
    wanted = fees.compensation(procedure.due_on, is_trader=procedure.debtor_cvr is not None)
    has_been = standing(procedure.ledger, "compensation") or procedure.disputed
    return wanted if procedure.policy.compensation and not has_been else ZERO


def _line(
    procedure: Procedure, kind: str, amount: Decimal, today: date, rule: str, value_on: date | None = None
) -> Line:
    return Line(kind, procedure.step + 1, procedure.attempt, amount, today, rule, kind, "charged", value_on)  # type: ignore[arg-type]
