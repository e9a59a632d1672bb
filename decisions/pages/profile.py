"""A company's profile: its choices, a form a section; the timetable that they come to; a sample of its letters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from common import clock, db
from decisions import audit, companies, logins, policies, queries, samples
from decisions.attempts import TooManyAttempts
from decisions.choices import CHOICES
from decisions.companies import ChangedMeanwhile
from decisions.pages import foretold, key, sections
from decisions.pages.sections import SECTIONS, Typed
from decisions.rooms import Room, Visit
from decisions.timetable import SHAPED_BY, timetable

TRIED = tuple(name for name in SHAPED_BY if name != "paused")  # while paused there is nothing to see
FARTHEST = 731  # days from today that an example may fall due


@dataclass(frozen=True)
class Tried:
    """What somebody sent in one section and was not saved: it stays in its fields. `seen` is what he was first shown,
    until he has been told that it is no longer so.
    """

    section: str = ""
    typed: Typed = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""
    outdated: bool = False
    running: bool = False


def shown(visit: Visit) -> Response:
    return _page(visit)


def saved(visit: Visit) -> Response:
    section = sections.section(visit.field("section"))
    if section is None or visit.form is None:
        raise HTTPException(400)
    typed, running = sections.typed(section.choices, visit.form, visit.say), bool(visit.field("running"))
    if faults := sections.wrong(typed, visit.say):
        return _page(visit, 422, Tried(section.name, typed, faults, visit.field("seen", 100), running=running))
    if fault := _unconfirmed(visit, typed):
        kept = Tried(section.name, typed, {"confirm": visit.say(fault)}, visit.field("seen", 100), running=running)
        return _page(visit, 429 if fault.endswith("wait") else 422, kept)
    try:
        sent: dict[str, Any] = {"running": running, "seen": visit.field("seen"), **typed}
        concerned = companies.change(visit.company.cvr, **sent)
    except ChangedMeanwhile:
        return _page(visit, 409, Tried(section.name, typed, outdated=True, running=running))
    _note(visit, section.name)
    done = "choices_asking" if concerned.asking else "choices_running" if running else "choices"
    return visit.to("/profile", done=done)


def _unconfirmed(visit: Visit, typed: Typed) -> str:
    """What is wrong with the password, where one is needed."""
    if sections.moves_guarded(typed, visit.company.__data__):
        try:
            logins.confirm(visit.who.login_id, visit.field("confirm"), visit.address, clock.real_now())
        except logins.NoEntry:
            return "wrong.password.wrong" if visit.field("confirm") else "wrong.password.missing"
        except TooManyAttempts:
            return "wrong.password.wait"
    return ""


def _note(visit: Visit, section: str) -> None:
    """Which choices: the gate's own line says only that it was the profile."""
    who = visit.who
    audit.note(who.email, "saved choices", visit.now, login=who.login_id, company=who.company, subject=section)


def sampled(visit: Visit) -> Response:
    try:
        samples.ask(visit.company.cvr, visit.now)
    except samples.TooSoon:
        return _page(visit, 429, too_soon=True)
    return visit.to("/profile", done="sample")


def _page(visit: Visit, status: int = 200, tried: Tried | None = None, *, too_soon: bool = False) -> Response:
    with db.connection():
        company = queries.company(visit.company.cvr)
        running, panel = policies.running(company.cvr), key.panel(visit)
        has_password = logins.has_password(visit.who.login_id)
    say, stored = visit.say, company.__data__
    table = timetable(stored, visit.today)
    return visit.page(
        "profile.html",
        status,
        sections=SECTIONS,
        fields=sections,
        company=company,
        stored={name: sections.chosen(stored[name], say) for name in CHOICES},
        seen={section.name: companies.fingerprint(company, section.choices) for section in SECTIONS},
        tried=tried or Tried(),
        key=panel,
        running=running,
        has_password=has_password,
        too_soon=too_soon,
        told=foretold.Telling(table, say),
    )


# --- the timetable of other choices
def tried(visit: Visit) -> Response:
    """Nothing is saved: the values are in the address."""
    query, say = visit.request.query_params, visit.say
    stored = visit.company.__data__
    typed = {name: sections.chosen(stored[name], say) for name in TRIED} | {"due_on": visit.today.isoformat()}
    if "due_on" in query:
        typed = sections.typed(TRIED, query, say) | {"due_on": query["due_on"][:100]}
    faults = sections.wrong({name: typed[name] for name in TRIED}, say)
    due_on = _example(typed["due_on"], visit.today)
    if due_on is None:
        faults["due_on"] = say("timetable.due_on_limits")
    told = foretold.Telling(timetable(_checked(typed), due_on), say) if due_on and not faults else None
    shown: dict[str, Any] = {"typed": typed, "faults": faults, "told": told, "names": TRIED, "fields": sections}
    return visit.page("timetable.html", 422 if faults else 200, **shown)


def _checked(typed: Typed) -> dict[str, Any]:
    return {name: CHOICES[name].checked(typed[name]) for name in TRIED} | {"paused": False}


def _example(text: str, today: date) -> date | None:
    """The date, if it is one that is near enough."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if abs((found - today).days) <= FARTHEST else None


ROOMS = (
    Room("/profile", get=shown, post=saved),
    Room("/profile/timetable", get=tried, audit=None),
    Room("/profile/sample", post=sampled),
)
