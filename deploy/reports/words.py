"""Stages and reasons in plain words."""

from typing import Any

STAGES = {
    "awaiting_decision": "waiting for the company's answer",
    "running": "running",
    "checking": "running: asking Ordrestyring before the next step",
    "paused": "paused",
    "collecting_fees": "the principal is paid; the fees are being collected",
    "settled": "settled",
    "cancelled": "cancelled",
    "escalated": "all reminders sent: ready for debt collection",
}
REASONS = {
    "paid": "paid",
    "fees_paid": "paid, fees too",
    "covered": "paid; the company covers the fees",
    "waived": "the company wrote off the rest",
    "disputed": "the debtor objects",
    "said_paid": "the debtor says it is paid",
    "company": "the company wants it so",
    "credited": "the invoice was credited",
    "stopped": "the company said no",
    "withdrawn": "the invoice is gone from Ordrestyring",
    "not_worth_dunning": "too small, or a customer who is never dunned",
}


def stage_in_words(procedure: Any) -> str:
    """Where a procedure (its row) is, for a person."""
    words = STAGES.get(procedure.stage, str(procedure.stage))
    if procedure.reason:
        return f"{words}: {REASONS.get(procedure.reason, procedure.reason)}"
    if procedure.stage == "awaiting_decision" and procedure.policy.get("paused"):
        return "listed; nothing is asked while the company has paused"
    if procedure.stage == "running" and procedure.unreachable_step > procedure.step:
        return f"running: {_next_letter(procedure)} waits for an e-mail address"
    if procedure.stage == "running" and procedure.pending:
        return f"running: {_next_letter(procedure)} is on its way"
    if procedure.stage == "running":
        return f"running: {procedure.step} of {procedure.policy.get('reminders', 3)} reminders sent"
    return words


def _next_letter(procedure: Any) -> str:
    """After the last reminder it is the collection notice."""
    number = procedure.step + 1
    return f"reminder {number}" if number <= procedure.policy.get("reminders", 3) else "the collection notice"
