"""The toy worker's next version, a process beside the old one: it says a field more, and hears an event more.

`python -m tests.integration.toy_next` works; with `deploy` it declares its binding, with `say` it says 200 events, of
which every fifth is of the new type, and with `replay` it replays what failed.
"""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from common import boot, clock, db, outbox, publisher, topology, worker
from common import events as e
from common.one_queue import OneQueue
from common.settings import Settings
from common.tables import SetAside
from common.worker import Handles
from scheduler import failed
from tests.integration import toy


@dataclass(frozen=True, kw_only=True)
class DecisionMade(e.DecisionMade):
    """As this version says it."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DecisionExplained(e.AnswerEvent):
    """An event that only this version knows."""

    reason: str


e.EVENTS[DecisionExplained.type] = DecisionExplained
topology.SUBSCRIPTIONS["dunning"] += (DecisionExplained,)


def on_decision_explained(event: DecisionExplained, now: datetime) -> None:
    with toy.once(event):
        SetAside.create(company=event.procedure_id, number=f"{event.answer_no}", reason=event.reason, seen_at=now)


def work(settings: Settings) -> None:
    soon = timedelta(milliseconds=200)
    table = [Handles(e.DecisionMade, toy.on_decision_made), Handles(DecisionExplained, on_decision_explained)]
    worker.serve(settings, {"dunning": [Handles(line.event, line.by, tries=2, first=soon) for line in table]})


def deploy(settings: Settings) -> None:
    with publisher.connected(settings.broker) as channel:
        topology.apply(channel)


def say(_: Settings) -> None:
    with db.transaction():
        outbox.add(*[_decision(number) for number in range(200)])


def _decision(number: int) -> e.Event:
    about: dict[str, Any] = {"company": "12345674", "procedure_id": "p", "answered_at": clock.business_now()}
    about |= {"invoice_number": f"{number}", "answer_no": number, "reason": "new"}
    return DecisionMade(**about, choice="stop") if number % 5 else DecisionExplained(**about)


def replay(settings: Settings) -> None:
    with db.connection():
        outcomes = list(
            failed.replay(failed.chosen("The message"), partial(OneQueue, settings.broker), clock.business_now())
        )
    assert {outcome.result for outcome in outcomes} <= {"replayed", "handled already"}, outcomes


DOES = {"": work, "deploy": deploy, "say": say, "replay": replay}

if __name__ == "__main__":
    boot.run("toy", DOES["".join(sys.argv[1:])])
