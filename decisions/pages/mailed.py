"""A letter in plain words: which it is, and why it is as it is; pure."""

from datetime import date

from common.tables import Letter
from decisions.words import Words

_LOST = "the process that was sending it is gone"
_LAWS = ("renteloven", "inkassoloven")
_CODES = ("stopped", "paid", "stale", "changed", "discarded")  # why one was withdrawn


def name(letter: Letter, say: Words) -> str:
    known = f"told.letter.{letter.kind}"
    return say(known if say.has(known) else "told.letter.other", step=letter.step, recipient=letter.recipient)


def reason(letter: Letter, say: Words) -> str:
    """In our words where they are ours; what a mail server answered stays as it is."""
    if letter.state == "withdrawn" and letter.reason in _CODES:
        return say(f"told.withdrawn.{letter.reason}")
    if letter.state == "held":
        return _why_held(letter.reason, say)
    return letter.reason if letter.state in ("failed", "bounced") else ""


def _why_held(why: str, say: Words) -> str:
    if why.startswith(_LAWS):
        return say("told.held.law", law=why)
    return say("told.held.lost" if why.startswith(_LOST) or not why else "told.held.doubtful", why=why)


def outcome(letter: Letter, say: Words) -> str:
    """Why a decision on a letter came to nothing, if it did: the notifier's words, `notifier/held.py`."""
    word, *days = letter.outcome.split() or [""]
    if word == "not_that_day" and len(days) == 2:
        first, last = (say.day(date.fromisoformat(day)) for day in days)
        return say("told.outcome.not_that_day", first=first, last=last)
    return say("told.outcome.not_held") if word == "not_held" else ""
