"""What an event of the log says to the company, for those that no row tells better; pure."""

from decimal import Decimal
from typing import Any

from common.money import kroner
from decisions.life import Told
from decisions.words import Words

_BY_REASON = ("procedure.settled", "procedure.cancelled", "invoice.check_failed")
_PLAIN = (
    "invoice.changed",
    "invoice.credited",
    "invoice.withdrawn",
    "invoice.reopened",
    "procedure.held",
    "procedure.escalated",
    "procedure.collecting_fees",
    "fees.unpaid",
    "policy.adopted",
)


def of(event: Told, say: Words) -> str:
    """Nothing for what the answers, letters and the ledger tell."""
    name = event.type.replace(".", "_")
    if event.type in _PLAIN:
        return say(f"told.event.{name}")
    if event.type in _BY_REASON:
        return _if_known(f"told.event.{name}_{event.says.get('reason')}", say)
    match event.type:
        case "procedure.started" | "procedure.resumed":
            return _if_known(f"told.event.{name}_{event.says.get('by')}", say)
        case "debtor.unreachable":
            return say("told.event.debtor_unreachable", step=event.says.get("step", ""))
        case "invoice.checked":
            return _looked(event.says.get("invoice") or {}, say)
    return ""


def _if_known(name: str, say: Words) -> str:
    return say(name) if say.has(name) else ""


def _looked(invoice: dict[str, Any], say: Words) -> str:
    """What a look at the ERP found."""
    status = str(invoice.get("status"))
    if status != "open":
        return _if_known(f"told.event.invoice_checked_{status}", say)
    left = max(kroner(str(invoice.get("amount", "0"))) - kroner(str(invoice.get("paid", "0"))), Decimal(0))
    return say("told.event.invoice_checked_open", amount=say.amount(left))
