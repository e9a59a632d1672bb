"""What a company chose, as a procedure keeps it; pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A company's choices. A procedure keeps those of the day it was opened."""

    start_days: int = 3  # banking days from notice to automatic start
    silence: Literal["start", "stay"] = "start"
    fee_policy: Literal["collect", "cover"] = "collect"
    fee: Decimal = Decimal("100.00")
    reminders: int = 3
    days_between: int = 10
    smallest_amount: Decimal = Decimal("0.00")
    never_dunned: tuple[str, ...] = ()
    paused: bool = False
    booking_days: str = ""  # when it books payments: "mon,thu" or "1,15"; "" is all the time
    fresh_days: int = 3  # that a good fetch is good for
    weekend_due: Literal["next", "keep"] = "next"  # a due date on a closed day: moved to the next banking day, or kept
    arrears: Literal["customer", "claim"] = "customer"  # three fees a continuous period of arrears, or a claim
    interest: bool = False
    due_date_agreed: bool = False  # with consumers, before the debt arose; renteloven § 3, stk. 1
    day_count: Literal["actual/365", "actual/actual", "30/360"] = "actual/365"
    compensation: bool = False
    collection_notice: Literal["with_last", "after"] = "with_last"
    collection_fee: Decimal = Decimal("0.00")

    @classmethod
    def read(cls, fields: dict[str, Any]) -> "Policy":
        """From plain JSON or from a company's row; other fields are passed over."""
        return msgspec.convert(fields, cls, strict=False)


def is_worth_dunning(outstanding: Decimal, customer_number: str, policy: Policy) -> bool:
    return outstanding >= policy.smallest_amount and may_be_picked(customer_number, policy)


def may_be_picked(customer_number: str, policy: Policy) -> bool:
    """The company's word for one invoice outweighs its smallest amount, but not its list of customers never dunned."""
    return customer_number not in policy.never_dunned
