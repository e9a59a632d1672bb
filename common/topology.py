"""Every exchange, queue and binding, and who hears what. One side declares (`rykker topology apply`); all others look.

All queues are quorum queues; dead letters are kept for ever, until the scheduler has collected them.
"""

from collections.abc import Iterator
from typing import Any

from kombu import Exchange, Queue, binding

from common import events as e

EVENTS = Exchange("rykker.events", type="topic", durable=True)

SUBSCRIPTIONS: dict[str, tuple[type[e.Event], ...]] = {
    "fetcher": (e.FetchRequested, e.FetchPageRequested, e.DebtorErased),
    "fetcher.look": (e.InvoiceCheckRequested, e.InvoicePicked, e.ApiKeySubmitted),
    "dunning": (
        e.InvoiceOverdue,
        e.InvoiceChanged,
        e.InvoicePartlyPaid,
        e.InvoicePaid,
        e.InvoiceCredited,
        e.InvoiceWithdrawn,
        e.InvoiceReopened,
        e.DecisionMade,
        e.FeeDecisionMade,
        e.PolicyAdopted,
        e.ObjectionRaised,
        e.ProcedureDue,
        e.FetchFinished,
        e.InvoiceChecked,
        e.InvoiceCheckFailed,
        e.LetterSent,
        e.LetterFailed,
        e.LetterWithdrawn,
        e.LetterBounced,
        e.DebtorErased,
    ),
    "notifier": (
        e.DecisionRequested,
        e.FetchFinished,
        e.FetchFailed,
        e.PaymentsUnmarked,
        e.InvoicesSetAside,
        e.NoticesDue,
        e.ProcedureStarted,
        e.ProcedureHeld,
        e.ReminderIssued,
        e.CollectionNoticeIssued,
        e.FeeReminderIssued,
        e.DebtorUnreachable,
        e.ObjectionRaised,
        e.ProcedureCollectingFees,
        e.FeesUnpaid,
        e.ProcedureSettled,
        e.ProcedureEscalated,
        e.StatementDue,
        e.SampleRequested,
        e.LoginInvited,
        e.LoginForgotten,
        e.LetterPlanned,
        e.LetterFailed,
        e.LetterBounced,
        e.LetterDecisionMade,
        e.DebtorErased,
    ),
}

LIMIT = 20  # tries of a message that kills its worker
NO_LIMIT = 1_000_000  # for retries that wait: nothing is done with them there, and many are in one worker's hands


def queues() -> Iterator[Queue]:
    """Each queue with its two companions: NAME.DQ for retries that wait, NAME.XQ for dead letters (no TTL)."""
    for name, heard in SUBSCRIPTIONS.items():
        arguments: dict[str, Any] = {
            "x-queue-type": "quorum",
            "x-delivery-limit": LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead_letters_of(name),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
        yield Queue(dead_letters_of(name), queue_arguments={"x-queue-type": "quorum"})
        yield Queue(f"{name}.DQ", queue_arguments={**arguments, "x-delivery-limit": NO_LIMIT})
        bindings = [binding(EVENTS, routing_key=event.type) for event in heard]
        yield Queue(name, bindings=bindings, queue_arguments=arguments)


def dead_letters_of(queue: str) -> str:
    return f"{queue}.XQ"


def apply(channel: Any) -> list[str]:
    """Declares what is missing; returns the names of all queues. A queue with other arguments raises."""
    EVENTS(channel).declare()
    for queue in queues():
        queue(channel).declare()
    return [queue.name for queue in queues()]


def check(channel: Any) -> None:
    """Raises amqp.NotFound if the exchange or a queue is missing: what our processes read needs a place to wait."""
    EVENTS(channel).declare(passive=True)
    for queue in queues():
        queue(channel).queue_declare(passive=True)
