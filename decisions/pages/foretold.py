"""A timetable in words, and as a line with its steps; pure."""

from dataclasses import dataclass
from decimal import Decimal

from common.money import ZERO
from decisions.timetable import Step, Timetable
from decisions.words import Words

WIDTH, MARGIN, RADIUS, GAP = 400, 16, 11, 3  # of the drawing, in its own units
LEVEL = 2 * RADIUS + GAP


@dataclass(frozen=True)
class Dot:
    """A step on the line, numbered as in the list; steps that are close stand one above the other."""

    number: int
    kind: str
    x: int
    y: int


class Telling:
    """What the page shows of a timetable."""

    def __init__(self, table: Timetable, say: Words) -> None:
        self.table, self.say = table, say
        self._levels = _levels(table)
        self.width, self.height = WIDTH, (max(self._levels) + 1) * LEVEL + 30
        self.line = self.height - 22

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Date and what happens, step by step."""
        return [(self.say.weekday(step.on), _says(step, self.say)) for step in self.table.steps]

    @property
    def fees(self) -> str:
        return self.say("timetable.fees", fees=_kr(self.table.fees, self.say))

    @property
    def dots(self) -> list[Dot]:
        steps = zip(self.table.steps, self._levels, strict=True)
        return [
            Dot(number, step.kind, _x(self.table, step), self.line - RADIUS - GAP - level * LEVEL)
            for number, (step, level) in enumerate(steps, 1)
        ]

    @property
    def ends(self) -> tuple[str, str]:
        return self.say.day(self.table.steps[0].on), self.say.day(self.table.steps[-1].on)


def _x(table: Timetable, step: Step) -> int:
    since = (step.on - table.steps[0].on).days
    return MARGIN + round((WIDTH - 2 * MARGIN) * since / max(table.days, 1))


def _levels(table: Timetable) -> list[int]:
    """The lowest place for each step where it covers none before it."""
    last: list[int] = []  # on each level, where its last one stands
    levels = []
    for step in table.steps:
        x = _x(table, step)
        level = next((n for n, other in enumerate(last) if x - other >= LEVEL), len(last))
        last[level : level + 1] = [x]
        levels.append(level)
    return levels


def _kr(amount: Decimal, say: Words) -> str:
    """With spaces that no line breaks at."""
    return say.amount(amount).replace(" ", "\N{NO-BREAK SPACE}")


def _says(step: Step, say: Words) -> str:
    match step.kind:
        case "reminder":
            name = "reminder" if step.fee > ZERO else "reminder_free"
            text, more = say(f"step.{name}", number=step.number, fee=_kr(step.fee, say)), "warns"
        case "notice":
            text, more = say("step.notice"), "notice_until"
        case "ready" if step.fee > ZERO:
            fee = say("step.ready_fee", fee=_kr(step.fee, say))
            return f"{say('step.ready')} {fee}"
        case _:
            return say(f"step.{step.kind}")
    return f"{text} {say(f'step.{more}', date=say.day(step.pay_by))}" if step.pay_by else text
