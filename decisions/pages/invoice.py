"""The page of one invoice: GET shows its life, POST does what its stage allows, each with who did it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal, get_args

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from common import db
from common.calendar import local_date
from common.events import Choice, FeeChoice
from common.links import AnswerChoice, AnswerLink
from common.tables import Letter
from decisions import addresses, held, lives, mails, saying, seen, store
from decisions.case import Case
from decisions.life import Life
from decisions.objecting import NothingLeftToSay
from decisions.pages import mailed, timeline
from decisions.pages.whole import Whole
from decisions.queries import NotFound
from decisions.rooms import Room, Visit
from decisions.seen import Overtaken
from decisions.standing import NoLongerPossible

MOST_FIELDS = 12  # of a form of ours, seven of which it uses
TOLD = ("do", "choice", "kind")  # in the audit log
_CHOICES: dict[str, AnswerChoice] = {choice: choice for choice in (*get_args(Choice), *get_args(FeeChoice))}
_NOTES: dict[str, Literal["dispute", "withdraw"]] = {"dispute": "dispute", "withdraw": "withdraw"}


def shown(visit: Visit) -> Response:
    return _page(visit)


def acted(visit: Visit) -> Response:
    act = _ACTS.get(visit.field("do"))
    if act is None:
        raise HTTPException(400)
    with db.connection():
        life = lives.life(visit.company, _number(visit), visit.today)
    try:
        return act(visit, life)
    except Overtaken:
        return _page(visit, 409, overtaken=True)
    except (NoLongerPossible, NothingLeftToSay):
        return _page(visit, 409, refused=True)


def _number(visit: Visit) -> str:
    return str(visit.path["number"]) or str(visit.query.get("number", ""))


def _back(visit: Visit, done: str) -> Response:
    address = addresses.invoice(_number(visit))
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}done={done}#done", 303)


# --- what can be done ------------------------------------------------------------------------------------------------
def _answer(visit: Visit, life: Life) -> Response:
    choice, case = _CHOICES.get(visit.field("choice")), _case(life)
    if choice is None:
        raise HTTPException(400)
    drawn_from = seen.read(visit.field("seen"))
    whole = Whole(life, visit.today, visit.say)
    must_confirm = any(option.sure for option in whole.options if option.choice == choice)
    if must_confirm and visit.field("sure") != "yes":
        return _page(visit, 422, unsure=choice)
    link = AnswerLink(visit.company.cvr, case.procedure.id, choice)
    store.answer(link, choice, visit.now, by=visit.who.email, seen=drawn_from)
    return _back(visit, "case_answered")


def _note(visit: Visit, life: Life) -> Response:
    """What the customer objects to, as the company has it from him."""
    kind, case = _NOTES.get(visit.field("kind")), _case(life)
    if kind is None:
        raise HTTPException(400)
    drawn_from = seen.read(visit.field("seen"))
    typed = saying.typed(kind, visit.form or {})
    try:
        said = saying.said(kind, typed, visit.today)
    except saying.Incomplete as error:
        return _page(visit, 422, faults=error.faults, typed=typed, said=kind)
    link = AnswerLink(visit.company.cvr, case.procedure.id, "pause")
    store.note(link, said, visit.now, visit.who.email, drawn_from)
    return _back(visit, f"case_{kind}")


def _letter(visit: Visit, life: Life) -> Response:
    """What shall become of a letter that is held."""
    choice, letter = held.CHOICES.get(visit.field("choice")), _letter_of(life, visit.field("letter"))
    seen_no = visit.counted("seen")
    if choice is None:
        raise HTTPException(400)
    if choice != "sent" and visit.field("sure") != "yes":
        return _page(visit, 422, unsure=f"{choice}-{letter.id}")
    try:
        sent_on = _sent_on(visit, letter) if choice == "sent" else None
    except saying.Unclear as error:
        typed = {"sent_on": visit.field("sent_on", 40)}
        return _page(visit, 422, faults={f"sent_on-{letter.id}": error.fault}, typed=typed, said=f"sent-{letter.id}")
    held.decide(visit.company.cvr, letter.id, choice, sent_on, visit.now, visit.who.email, seen_no)
    return _back(visit, "case_letter")


def _sent_on(visit: Visit, letter: Letter) -> date:
    """Raises Unclear."""
    text = saying.plain(visit.field("sent_on", 40))
    if not text:
        raise saying.Unclear("sent_on.missing")
    try:
        day = saying.day_of(text)
    except saying.Unclear as error:
        raise saying.Unclear("sent_on.unclear") from error
    if not local_date(letter.planned_at) <= day <= visit.today:
        raise saying.Unclear("sent_on.other")
    return day


def _case(life: Life) -> Case:
    """Raises NotFound for an invoice that is not dunned."""
    if life.case is None:
        raise NotFound(NotFound.__doc__)
    return life.case


def _letter_of(life: Life, letter_id: str) -> Letter:
    """Raises NotFound."""
    for letter in life.letters:
        if letter.id == letter_id and letter.to_debtor:
            return letter
    raise NotFound(NotFound.__doc__)


_ACTS: Mapping[str, Callable[[Visit, Life], Response]] = {"answer": _answer, "note": _note, "letter": _letter}


# --- what is shown ---------------------------------------------------------------------------------------------------
def _page(visit: Visit, status: int = 200, *, overtaken: bool = False, refused: bool = False, **more: Any) -> Response:
    """`more`: what must be confirmed (`unsure`), what is wrong with which field (`faults`), what was `typed`, and into
    which form (`said`).
    """
    with db.connection():
        life = lives.life(visit.company, _number(visit), visit.today)
    usual: dict[str, Any] = {"unsure": "", "faults": {}, "typed": {}, "said": ""}
    news = _since(visit, life) if overtaken else []
    note = "overtaken" if overtaken else "refused" if refused else ""
    known = {"whole": Whole(life, visit.today, visit.say), "today": visit.today}
    return visit.page("invoice.html", status, note=note, news=news, **known, **(usual | more))


def _since(visit: Visit, life: Life) -> list[timeline.Entry]:
    """What others did since he was shown the page, as far as that is known."""
    if visit.field("do") == "letter":
        made = [one for one in life.decisions if one.letter_id == visit.field("letter")]
        newer = [one for one in made if str(one.decision_no) != visit.field("seen")]
        return [timeline.decision(one, visit.say) for one in newer[-1:]]
    try:
        drawn_from = seen.read(visit.field("seen"))
    except Overtaken:
        return []
    is_round = life.case is not None and life.case.procedure.round == drawn_from.round
    return timeline.since(life, *drawn_from.said[1:], visit.say) if is_round else []


def letter(visit: Visit) -> Response:
    """The very letter, as it was sent."""
    number = visit.query.get("number", "") if visit.path["number"] == addresses.ELSEWHERE else visit.path["number"]
    letter_id = str(visit.path["letter_id"])
    row = lives.letter(visit.company, number, letter_id)
    mail = mails.read(bytes(row.content)) if row.content else None
    told = timeline.letter(row, visit.say)
    back, name = addresses.invoice(number), mailed.name(row, visit.say)
    return visit.page("letter.html", letter=row, mail=mail, told=told, back=back, name=name, number=number)


ROOMS = (
    Room("/invoices/{number:path}/letters/{letter_id:uuid}", get=letter, audit="letter"),
    Room("/invoices/{number:path}", get=shown, post=acted, most=MOST_FIELDS, audit="invoice", tells=TOLD),
)
