"""What is kept how long: a table of rules, and a sweep that deletes a small batch at a time.

`keep` is the operator's RYKKER_KEEP_DAYS; the years of the bookkeeping are the law's. Invoices, procedures, ledger,
answers and the rows of letters stay: they are the books. So do prices and statements (a row a month and company), which
explain what was charged and keep a month from being stated twice, and objections, which explain why a procedure paused;
but what the debtor wrote in one goes with the mails to him. Whatever is to be published, sent or decided stays, too.
Sessions and attempts to log in go by themselves: decisions lets go of them where it meets them.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import SQL, Tuple, fn

from common import clock, db, topology
from common.law import BOOKKEEPING
from common.logs import log
from common.tables import (
    AuditLine,
    FailedDecision,
    FailedMessage,
    Fetch,
    FetchRun,
    Inbox,
    Letter,
    Notice,
    NoticeBatch,
    Objection,
    Outbox,
    Procedure,
)

BATCH = 500  # rows a transaction: a fraction of a second, so that the relay beside it never waits long
REST = 3600.0  # seconds between two sweeps
# Bogføringsloven (lov nr. 700 af 24/05/2022) § 12: vouchers are kept 5 years from the end of the financial year, which
# may end as late as in the year after the letter's.
BOOKKEEPING_YEARS = BOOKKEEPING.newest + 1
OVER = ("settled", "cancelled")
GOING = ("planned", "sending", "held")
CONSUMERS = tuple(topology.SUBSCRIPTIONS)  # what comes by a queue is noted under its name


def _books_closed(now: datetime) -> datetime:
    """Letters and words that came before it belong to no financial year that must still be kept."""
    return datetime(now.year - BOOKKEEPING_YEARS, 1, 1, tzinfo=UTC)


# --- what may go: queries for the keys of at most BATCH rows ---------------------------------------------------------
def _outbox(before: datetime) -> Any:
    """A failed message that is open can still be replayed: its event stays, and so do the notes who has handled it."""
    open_ = FailedMessage.select(FailedMessage.event_id).where(FailedMessage.state == "open")
    old = Outbox.select(Outbox.event_id).where(Outbox.published_at < before, Outbox.event_id.not_in(open_))
    return old.order_by(Outbox.published_at)


def _failed(before: datetime) -> Any:
    return FailedMessage.select(FailedMessage.id).where(
        FailedMessage.state != "open", FailedMessage.collected_at < before
    )


def _failed_decisions(before: datetime) -> Any:
    """They go with what they were about."""
    about = FailedMessage.select().where(FailedMessage.id == FailedDecision.failed_id)
    return FailedDecision.select(FailedDecision.id).where(FailedDecision.decided_at < before, ~fn.EXISTS(about))


def _audit(before: datetime) -> Any:
    return AuditLine.select(AuditLine.id).where(AuditLine.at < before).order_by(AuditLine.at)


def _runs(before: datetime) -> Any:
    """A company's newest run is shown, its first finished one is the horizon of all later ones, and its last one that
    was trusted is what the next is measured by: these stay.
    """
    other: Any = FetchRun.alias()
    newer = other.select().where(other.company == FetchRun.company, other.began_at > FetchRun.began_at)
    first: Any = FetchRun.alias()
    earlier = first.select().where(
        first.company == FetchRun.company, first.state == "finished", first.began_at < FetchRun.began_at
    )
    trusted: Any = FetchRun.alias()
    later = trusted.select().where(
        trusted.company == FetchRun.company,
        trusted.state == "finished",
        trusted.trusted,
        trusted.began_at > FetchRun.began_at,
    )
    replaced = (FetchRun.state == "finished") & fn.EXISTS(earlier) & fn.EXISTS(later)
    may_go = (FetchRun.state == "failed") | replaced
    return FetchRun.select(FetchRun.fetch_id).where(FetchRun.ended_at < before, may_go, fn.EXISTS(newer))


def _notices(before: datetime) -> Any:
    """Of procedures that are over, unless their letter is still to go."""
    going = Letter.select(Letter.id).where(
        Letter.id == Notice.letter_id, Letter.state.in_(("planned", "sending", "held"))
    )
    over = Notice.select(Notice.procedure_id).join(Procedure, on=Procedure.id == Notice.procedure_id)
    return over.where(Procedure.opened_at < before, Procedure.stage.in_(OVER), ~fn.EXISTS(going))


def _batches(before: datetime) -> Any:
    """A batch is named after its fetch, or after the one procedure that it is about."""
    notices = Notice.select().where(Notice.fetch_id == NoticeBatch.fetch_id)
    fetched = Fetch.select().where(Fetch.id == NoticeBatch.fetch_id, Fetch.requested_at >= before)
    opened = Procedure.select().where(Procedure.id == NoticeBatch.fetch_id, Procedure.opened_at >= before)
    return NoticeBatch.select(NoticeBatch.fetch_id).where(
        NoticeBatch.finished, ~fn.EXISTS(notices), ~fn.EXISTS(fetched), ~fn.EXISTS(opened)
    )


def _fetches(before: datetime) -> Any:
    runs = FetchRun.select().where(FetchRun.fetch_id == Fetch.id)
    batches = NoticeBatch.select().where(NoticeBatch.fetch_id == Fetch.id)
    return Fetch.select(Fetch.id).where(Fetch.requested_at < before, ~fn.EXISTS(runs), ~fn.EXISTS(batches))


def _contents(before: datetime, *, to_debtor: bool) -> Any:
    full = (Letter.to_debtor == to_debtor) & SQL("length(content) > 0") & (Letter.planned_at < before)
    over = full & Letter.state.not_in(GOING)
    return Letter.select(Letter.id).where(over).order_by(Letter.planned_at)


def _objections(before: datetime) -> Any:
    """Of procedures whose debtor has said nothing since."""
    other: Any = Objection.alias()
    since = other.select().where(other.procedure_id == Objection.procedure_id, other.raised_at >= before)
    wrote = (Objection.words != "") | (Objection.reference != "") | (Objection.phone != "")
    old = Objection.select(Objection.procedure_id).where(Objection.raised_at < before, wrote, ~fn.EXISTS(since))
    return old.distinct()


# --- what is done with them ------------------------------------------------------------------------------------------
def _delete(table: Any) -> Callable[[list[Any]], None]:
    key = table._meta.primary_key
    return lambda keys: table.delete().where(key.in_(keys)).execute()


def _forget(event_ids: list[str]) -> None:
    """An event and the notes of who has handled it go together: what can be replayed is always recognised."""
    pairs = [(consumer, event_id) for consumer in CONSUMERS for event_id in event_ids]
    Inbox.delete().where(Tuple(Inbox.consumer, Inbox.event_id).in_(pairs)).execute()
    Outbox.delete().where(Outbox.event_id.in_(event_ids)).execute()


def _empty(letter_ids: list[str]) -> None:
    Letter.update(content=b"").where(Letter.id.in_(letter_ids)).execute()


def _silence(procedure_ids: list[str]) -> None:
    gone = Objection.update(words="", reference="", phone="")
    gone.where(Objection.procedure_id.in_(procedure_ids)).execute()


@dataclass(frozen=True)
class Rule:
    """Rows of one table: which may go by now, and how they go."""

    name: str
    old: Callable[[datetime, timedelta], Any]
    go: Callable[[list[Any]], object]


RULES = (
    Rule("events", lambda now, keep: _outbox(now - keep), _forget),
    Rule("failed messages", lambda now, keep: _failed(now - keep), _delete(FailedMessage)),
    Rule("decisions on failed messages", lambda now, keep: _failed_decisions(now - keep), _delete(FailedDecision)),
    Rule("audit lines", lambda now, keep: _audit(now - keep), _delete(AuditLine)),
    Rule("notices", lambda now, keep: _notices(now - keep), _delete(Notice)),
    Rule("notice batches", lambda now, keep: _batches(now - keep), _delete(NoticeBatch)),
    Rule("fetch runs", lambda now, keep: _runs(now - keep), _delete(FetchRun)),
    Rule("fetches", lambda now, keep: _fetches(now - keep), _delete(Fetch)),
    Rule("mails to companies", lambda now, keep: _contents(now - keep, to_debtor=False), _empty),
    Rule("mails to debtors", lambda now, _: _contents(_books_closed(now), to_debtor=True), _empty),
    Rule("words of debtors", lambda now, _: _objections(_books_closed(now)), _silence),
)


def apply(rule: Rule, now: datetime, keep: timedelta) -> int:
    """One batch, in a transaction of its own; returns how many rows it was."""
    with db.transaction():
        keys = [key for (key,) in rule.old(now, keep).limit(BATCH).tuples()]
        if keys:
            rule.go(keys)
    return len(keys)


class Sweep:
    """Called again and again: each call is one batch. After all rules it rests for an hour."""

    def __init__(self, keep: timedelta, rest: float = REST) -> None:
        self.keep, self.rest = keep, rest
        self._rules: Iterator[Rule] = iter(())
        self._rule: Rule | None = None
        self._next = 0.0

    def __call__(self) -> None:
        if self._rule is None and time.monotonic() >= self._next:
            self._rules, self._next = iter(RULES), time.monotonic() + self.rest
            self._rule = next(self._rules)
        elif self._rule is not None:
            gone = apply(self._rule, clock.business_now(), self.keep)
            if gone:
                log.info("let go", what=self._rule.name, rows=gone)
            if gone < BATCH:
                self._rule = next(self._rules, None)
