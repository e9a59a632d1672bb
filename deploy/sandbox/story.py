"""An invoice of the demo, and what becomes of it."""

from dataclasses import dataclass
from decimal import Decimal

from deploy.sandbox.creditors import Creditor
from deploy.sandbox.deeds import Deed


@dataclass(frozen=True, kw_only=True)
class Story:
    """Days count from the first business day of the demo; `due` and `arrives` are negative for what was before it."""

    number: int
    of: Creditor
    who: str
    email: str | None
    cvr: str | None = None
    amount: Decimal
    due: int = -14
    arrives: int = 0
    deeds: tuple[Deed, ...] = ()
    is_malformed: bool = False
    is_paid: bool = False  # when it arrives

    @property
    def customer_number(self) -> str:
        return f"K-{self.number}"
