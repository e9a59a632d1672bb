"""A row of a list in plain, few words; pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from common.calendar import local_date
from common.tables import Company
from decisions import saying
from decisions.pages.telling import situation
from decisions.rows import Row
from decisions.words import Words


@dataclass(frozen=True)
class Teller:
    """`marks_paid`: payments are marked in the company's books; else nothing starts by itself."""

    company: Company
    marks_paid: bool
    today: date
    say: Words

    def debtor(self, row: Row) -> str:
        return saying.plain(row.invoice.debtor.name) or self.say("list.nameless")

    def stage(self, row: Row) -> str:
        """The class of its badge."""
        if row.is_picked:
            return "picked"
        return "unasked" if row.picks or row.standing is None else row.standing.stage

    def badge(self, row: Row) -> str:
        if row.is_picked:
            return self.say("state.picked")
        if row.standing is None or row.picks:
            return self.say("list.unasked" if row.picks else "list.new")
        return self.say(f"state.{situation(row.standing)}")

    def days(self, row: Row) -> str:
        return self.say.days(row.days) if row.days > 0 else ""

    def day(self, day: date) -> str:
        return self.say("list.day", day=day.day, month=day.month, year=day.year)

    def next(self, row: Row) -> str:
        """What comes next, and when; empty for what is over."""
        name, values = self._next(row)
        return self.say(f"list.next.{name}", **values) if name else ""

    def _next(self, row: Row) -> tuple[str, dict[str, Any]]:
        if row.picks or row.is_picked:
            return "pick" if row.picks else "now", {}
        if row.standing is None:
            return "", {}
        match row.standing.stage:
            case "awaiting_decision":
                return self._silence(row)
            case "running" | "checking":
                return self._under_way(row)
            case "collecting_fees":
                return ("fees", self._on(row)) if row.procedure.wake_at and row.is_heard else ("you", {})
            case "paused":
                return self._paused(row)
            case "escalated":
                return "escalated", {}
        return "", {}

    def _silence(self, row: Row) -> tuple[str, dict[str, Any]]:
        if row.standing and not row.standing.is_overdue:
            return "not_due", {}
        return ("starts", self._on(row)) if row.procedure.wake_at and self._starts(row) else ("you", {})

    def _starts(self, row: Row) -> bool:
        """By silence."""
        company, chosen = self.company, row.procedure.policy.get("silence", self.company.silence)
        if company.paused or not self.marks_paid or row.procedure.disputed or "stay" in (company.silence, chosen):
            return False
        is_never = row.procedure.customer_number in company.never_dunned
        return row.invoice.outstanding >= company.smallest_amount and not is_never

    def _under_way(self, row: Row) -> tuple[str, dict[str, Any]]:
        found = row.procedure
        if not row.is_heard:
            return "now", {}
        if found.pending:
            return "sending", {}
        if found.unreachable_step == found.step + 1:
            return "no_address", {}
        if found.wake_at is None or found.stage == "checking":
            return "looking", {}
        if found.step < int(found.policy.get("reminders", self.company.reminders)):
            return "reminder", self._on(row) | {"step": found.step + 1}
        return "all_sent" if found.warned_on else "warning", self._on(row)

    def _paused(self, row: Row) -> tuple[str, dict[str, Any]]:
        until = row.procedure.paused_until
        is_waiting = row.standing is not None and row.standing.reason == "said_paid"
        return ("until", {"date": self.day(until)}) if is_waiting and until else ("you", {})

    def _on(self, row: Row) -> dict[str, Any]:
        """A date that has passed is today's work."""
        return {"date": self.day(max(local_date(row.procedure.wake_at), self.today))}
