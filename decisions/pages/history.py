"""What has happened to a case: letters, answers, and what the debtor said. Pure."""

from dataclasses import dataclass
from datetime import datetime

from common.tables import Answer, Letter, Objection
from decisions.case import Case
from decisions.words import Words

_LETTERS = {
    "reminder": "answer.reminded",
    "collection_notice": "answer.warned",
    "fee_reminder": "answer.fee_reminded",
}


@dataclass(frozen=True)
class Happened:
    at: datetime
    what: str
    words: str = ""  # the debtor's own

    def on(self, say: Words) -> str:
        return say.at(self.at)


def of(case: Case, say: Words) -> list[Happened]:
    """Oldest first."""
    happened = [_letter(letter, say) for letter in case.letters]
    happened += [_answer(answer, say) for answer in case.answers]
    happened += [objection(said, say, "raised") for said in case.objections]
    return sorted(happened, key=lambda event: event.at)


def objection(said: Objection, say: Words, how: str) -> Happened:
    """`how`: as the company reads it (`raised`), or the debtor himself (`said`)."""
    paid_on = say.day(said.paid_on) if said.paid_on else ""
    what = say(f"objection.{said.kind}.{how}", date=paid_on, phone=said.phone)
    reference = say("objection.reference", reference=said.reference) if said.reference else ""
    return Happened(said.raised_at, f"{what} {reference}".strip(), said.words)


def _letter(letter: Letter, say: Words) -> Happened:
    what = _LETTERS.get(letter.kind, "answer.asked")
    said = say(what, step=letter.step, recipient=letter.recipient)
    return Happened(letter.sent_at, f"{said}{say('answer.bounced')}" if letter.state == "bounced" else said)


def _answer(answer: Answer, say: Words) -> Happened:
    return Happened(answer.answered_at, say("answer.answered", choice=say(f"choice.{answer.choice}.answered")))
