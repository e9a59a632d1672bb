"""What is done to processes, servers and lines; each deed is noted, so that what comes of it can be explained."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from common import clock
from deploy.sandbox.wire import Cut, Delay, DieAfter250, ErpFault, Hang, MailFault, Malformed, Reply, Status
from deploy.servers import Private
from tests.chaos import rows
from tests.chaos.books import Book
from tests.chaos.facts import Disturbance
from tests.chaos.lines import Lines
from tests.chaos.plan import Action
from tests.e2e.town import Town

STOPPED, RUNS = 0.25, 0.05  # seconds of each turn of a process that starves
HANDED_OVER = 0.2  # seconds in which a mail that is being sent reaches the mail server
LASTING = ("freeze", "starve", "stall", "swallow all", "swallow answers")
NOTED_LATER = ("ambush", "restart")  # when it is done: one waits for its moment, the other for its turn
AWAY = 0.5  # seconds between the end of a server and its start
ERP_FAULTS: Mapping[str, Callable[[int], Sequence[ErpFault]]] = {
    "429": lambda times: [Status(status=429, retry_after=1, times=times)],
    "500": lambda times: [Status(status=500, times=times)],
    "slow": lambda times: [Delay(seconds=2.0, times=times)],
    "cut": lambda times: [Cut(times=times)],
    "malformed": lambda times: [Malformed(times=times)],
}
MAIL_FAULTS: Mapping[str, Callable[[int], Sequence[MailFault]]] = {
    "4xx": lambda times: [Reply(code=451, times=times)],
    "4xx at data": lambda times: [Reply(code=452, at="data", times=times)],
    "5xx": lambda times: [Reply(code=550, times=times)],
    "slow": lambda times: [Hang(seconds=1.0, times=times)],  # just within what the notifier waits for an answer
    "hang": lambda times: [Hang(seconds=3.0, times=times)],  # beyond it
    "die after 250, unheard": lambda times: [DieAfter250(times=times)],
    "die after 250, heard": lambda times: [DieAfter250(answered=True, times=times)],
}


class Harm:
    """Does what the plan says of everything that can break."""

    def __init__(self, town: Town, lines: Lines, servers: Mapping[str, Private], book: Book) -> None:
        self.town, self.lines, self.servers, self.book = town, lines, servers, book
        self._deeds: dict[str, Callable[[Action], None]] = {
            "kill": self._kill,
            "ambush": self._ambush,
            "freeze": self._freeze,
            "starve": self._starve,
            "cut": lambda _: lines.cut(),
            "stall": self._stall,
            "swallow all": lambda action: self._swallow(action, lines.hold),
            "swallow answers": lambda action: self._swallow(action, lines.hold_answers),
            "restart": self._restart,
            "fault": self._fault,
        }

    def act(self, action: Action) -> None:
        if action.kind not in NOTED_LATER:
            self._note(action, action.to)
        self._deeds[action.kind](action)

    def _note(self, action: Action, to: str) -> None:
        now = clock.real_now()
        until = now + timedelta(seconds=action.size) if action.kind in LASTING else None
        times = round(action.size) if action.kind == "fault" else 1
        self.book.write(Disturbance(now, f"{action.kind} {action.word}".rstrip(), to, until, times))

    # --- processes; the town's watch starts who is gone
    def _kill(self, action: Action) -> None:
        self.town.running[action.to].kill()

    def _ambush(self, action: Action) -> None:
        """As soon as the mail server has a reminder, and has not said so yet, every notifier is killed."""
        end = time.monotonic() + action.size
        while not rows.is_reminder_under_way():
            if time.monotonic() > end:
                return
            time.sleep(0.05)
        time.sleep(HANDED_OVER)
        for name in ("notifier", "notifier 2"):
            self._note(action, name)
            self.town.running[name].kill()

    def _freeze(self, action: Action) -> None:
        process = self.town.running[action.to]
        process.send_signal(signal.SIGSTOP)
        time.sleep(action.size)
        process.send_signal(signal.SIGCONT)

    def _starve(self, action: Action) -> None:
        process, end = self.town.running[action.to], time.monotonic() + action.size
        while time.monotonic() < end:
            for sig, seconds in ((signal.SIGSTOP, STOPPED), (signal.SIGCONT, RUNS)):
                process.send_signal(sig)
                time.sleep(seconds)

    # --- lines to the broker
    def _stall(self, action: Action) -> None:
        self.lines.hold()
        time.sleep(action.size)
        self.lines.let_flow()

    def _swallow(self, action: Action, hold: Callable[[], None]) -> None:
        """Whoever asks hears nothing, and then that the line is cut; what was asked is done, or is not."""
        hold()
        time.sleep(action.size)
        self.lines.cut()
        self.lines.let_flow()

    # --- servers
    def _restart(self, action: Action) -> None:
        self._note(action, action.to)
        server = self.servers[action.to]
        server.stop() if action.word == "stop" else server.kill()
        time.sleep(AWAY)
        server.start()

    def _fault(self, action: Action) -> None:
        times = round(action.size)
        if action.to == "erp":
            self.town.erp.fault(*ERP_FAULTS[action.word](times))
        else:
            self.town.inbox.fault(*MAIL_FAULTS[action.word](times))

    def lift(self) -> None:
        """Nothing is broken any more."""
        for process in list(self.town.running.values()):
            process.send_signal(signal.SIGCONT)
        self.lines.let_flow()
        self.town.erp.clear_faults()
        self.town.inbox.clear_faults()
