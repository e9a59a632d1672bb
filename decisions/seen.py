"""What a page was drawn from, so that a button on it does nothing once somebody else has acted; pure."""

import re
from dataclasses import dataclass
from decimal import Decimal

from decisions.case import Case

_WORD = re.compile(r"([0-9]{1,6})\.([0-9]{1,9})\.([0-9]{1,9})\.(-?[0-9]{1,15})")
OF_MONEY = ("waive", "cover", "received")  # choices about an amount that the page names


class Overtaken(Exception):
    """Somebody else acted, or the amount changed, after the page was shown: nothing is done."""


@dataclass(frozen=True)
class Seen:
    """The round, its newest answer and objection, and what the customer owed (øre), as the page had them."""

    round: int
    answer_no: int
    objection_no: int
    owed: int

    def __str__(self) -> str:
        """As a form carries it."""
        return f"{self.round}.{self.answer_no}.{self.objection_no}.{self.owed}"

    @property
    def said(self) -> tuple[int, int, int]:
        return self.round, self.answer_no, self.objection_no


def of(case: Case) -> Seen:
    answer_no = case.newest.answer_no if case.newest else 0
    objection_no = case.objections[-1].objection_no if case.objections else 0
    owed = case.invoice.outstanding + case.fees_open
    return Seen(case.procedure.round, answer_no, objection_no, int(owed * Decimal(100)))


def read(word: str) -> Seen:
    """Raises Overtaken for what no page of today carries."""
    found = _WORD.fullmatch(word) if word.isascii() else None
    if found is None:
        raise Overtaken(Overtaken.__doc__)
    return Seen(*map(int, found.groups()))


def is_repeat(seen: Seen | None, case: Case, choice: str) -> bool:
    """Whether just this was answered after the page was shown, and nothing else: the same click once more."""
    if seen is None or case.newest is None or case.newest.choice != choice:
        return False
    return of(case).said == (seen.round, seen.answer_no + 1, seen.objection_no)


def is_repeat_note(seen: Seen, case: Case, kind: str, words: str) -> bool:
    """The same of what the company writes down."""
    if not case.objections:
        return False
    newest = case.objections[-1]
    is_same = bool(newest.by) and (newest.kind, newest.words) == (kind, words)
    return is_same and of(case).said == (seen.round, seen.answer_no, seen.objection_no + 1)


def check(seen: Seen | None, case: Case, choice: str) -> None:
    """Raises Overtaken. None: a link's page, whose answers count whatever was said before."""
    if seen is None:
        return
    now = of(case)
    if now.said != seen.said or (choice in OF_MONEY and now.owed != seen.owed):
        raise Overtaken(Overtaken.__doc__)
