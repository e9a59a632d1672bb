"""How a procedure ends, and what that costs whom; pure."""

from datetime import date
from decimal import Decimal

from common.ledger import CHARGES, PAYABLE
from common.money import ZERO
from dunning.ledger import total
from dunning.moves import balanced, losing, settled, without_pending_fee
from dunning.prices import Prices
from dunning.procedure import Procedure


def paid_up(procedure: Procedure) -> str:
    """Why nothing is owed: with the charges, if any of them was paid and not given up."""
    paid = any(total(procedure.ledger, account, "received", "direct") for account in CHARGES)
    return "fees_paid" if paid else "paid"


def covered(procedure: Procedure, today: date, prices: Prices, rule: str) -> Procedure:
    """The debtor owes nothing more; the portal charges the company for the steps that were done."""
    open_ = procedure.owed.charges
    after = charging_costs(losing(procedure, "covered", CHARGES, today, rule), today, prices, rule)
    return settled(after, "covered", covered=open_, costs=after.owed.company)


def charging_costs(procedure: Procedure, today: date, prices: Prices, rule: str) -> Procedure:
    """What the steps cost by the price list of today, less what the company has been charged for them before."""
    more = _costs(procedure, today, prices) - total(procedure.ledger, "company", "portal")
    return procedure.booked("cost", "company", "portal", max(more, ZERO), today, rule)


def refunded(before: Procedure, after: Procedure, today: date, prices: Prices, rule: str) -> Procedure:
    """What the company was charged for a step that turned out to be none, at the price of the day it was charged."""
    charged_on = [line.booked_on for line in before.ledger if line.account == "company"]
    if before.reason != "covered" or not charged_on:
        return after
    less = _costs(before, max(charged_on), prices) - _costs(after, max(charged_on), prices)
    return after.booked("cost", "company", "portal", -min(less, after.owed.company), today, rule)


def _costs(procedure: Procedure, today: date, prices: Prices) -> Decimal:
    letters = (
        ("reminder", procedure.step),
        ("collection_notice", int(procedure.warned_by == "collection_notice")),
        ("fee_reminder", procedure.fee_letters),
    )
    return sum((prices.of(item, today) * count for item, count in letters), ZERO)


def uncovered(procedure: Procedure, today: date, rule: str) -> Procedure:
    """The customer owes again what the company had covered, and the company owes nothing for it."""
    for account in CHARGES:
        lost = -sum(
            (x.amount for x in procedure.ledger if x.account == account and x.kind in ("covered", "uncovered")), ZERO
        )
        procedure = procedure.booked("uncovered", account, "lost", lost, today, rule)
    procedure = balanced(procedure, today)
    return procedure.booked("cost", "company", "portal", -procedure.owed.company, today, rule)


def waived(procedure: Procedure, today: date) -> Procedure:
    """The company writes off the rest: the debtor owes nothing more."""
    after = without_pending_fee(procedure, today, "written off")
    open_ = after.owed.total
    return settled(losing(after, "waived", PAYABLE, today, "the company wrote off the rest"), "waived", waived=open_)
