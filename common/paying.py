"""How a debtor pays; pure. The letters and the page of his claim say it by the same rule.

A payment slip (FI-kort, FIK) of type 73 has the creditor's number alone, no payment id, so the debtor has to say which
invoice he pays: formula-digital.dk, "Der er tre forskellige kortartkoder"; giro-kort.dk/fi-kort3.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

How = Literal["fik", "bank", "details", "invoice"]


@dataclass(frozen=True)
class Payment:
    """What to pay into, line by line: a payment line, a bank account, the company's own words, or what the invoice
    says. `names_invoice`: the debtor has to write the invoice's number, else nobody knows what he paid.
    """

    how: How
    lines: tuple[str, ...] = ()
    names_invoice: bool = True


def how_to_pay(payment_line: str, fi_creditor: str, bank_account: str, details: Sequence[str]) -> Payment:
    """The invoice's own line first: it alone says which invoice it is. Texts come cleaned, and go as they came."""
    if line := payment_line.strip():
        return Payment("fik", (line,), names_invoice=False)
    if fi_creditor:
        return Payment("fik", (f"+73< +{fi_creditor}<",))
    if bank_account:
        return Payment("bank", (bank_account,))
    written = tuple(detail.strip() for detail in details if detail.strip())
    return Payment("details", written) if written else Payment("invoice")
