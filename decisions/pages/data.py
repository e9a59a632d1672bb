"""A company's data: all that is stored of it, or of one of its customers, as a file; and a customer's erasure."""

from threading import BoundedSemaphore
from typing import Any

from starlette.responses import Response, StreamingResponse

from common import db
from decisions import erasing, export, stored
from decisions.erasing import StillAlive
from decisions.queries import NotFound
from decisions.rooms import Room, Visit

LONGEST = 100  # characters of a customer number
_turns = BoundedSemaphore(2)  # files that this process writes at a time: each keeps a core busy


def shown(visit: Visit) -> Response:
    return _page(visit)


def exported(visit: Visit) -> Response:
    """All of the company, or of one customer; what is stored of nobody is an empty file in it."""
    if not _turns.acquire(blocking=False):
        return visit.to("/profile/data", done="data_later")
    try:
        return _exported(visit)
    finally:
        _turns.release()


def _exported(visit: Visit) -> Response:
    cvr, number = visit.company.cvr, visit.field("customer", LONGEST).strip()
    with db.connection():
        if number:
            erasing.known(cvr, number)
        parts = stored.of_debtor(cvr, number) if number else stored.of_company(cvr)
        title = visit.say("data.of_customer", number=number) if number else visit.say("data.of_company", cvr=cvr)
        file = export.packed(parts, title, visit.say, visit.now)
    name = f"rykkerportalen-{cvr}{'-kunde' if number else ''}-{visit.today.isoformat()}.zip"
    sent = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(file.seek(0, 2))}
    file.seek(0)
    return StreamingResponse(export.chunks(file), media_type="application/zip", headers=sent)


def erased(visit: Visit) -> Response:
    number = visit.field("customer", LONGEST).strip()
    if visit.field("sure") != "yes":
        with db.connection():
            return _page(visit, 422, number=number, is_unsure=True)
    try:
        erasing.erase(visit.company.cvr, number, visit.who.email, visit.now)
    except StillAlive:
        with db.connection():
            return _page(visit, 409, number=number)
    return visit.to("/profile/data", customer=number, done="erased")


def _page(visit: Visit, status: int = 200, number: str | None = None, *, is_unsure: bool = False) -> Response:
    asked = number if number is not None else visit.asked("customer", LONGEST).strip()
    shown: dict[str, Any] = {"asked": asked, "is_unsure": is_unsure, "debtor": None, "ERASED": erasing.ERASED}
    if asked:
        try:
            shown["debtor"] = erasing.known(visit.company.cvr, asked)
        except NotFound:
            return visit.page("data.html", 404 if status == 200 else status, **shown)
    return visit.page("data.html", status, **shown)


ROOMS = (
    Room("/profile/data", get=shown, audit="personal data"),
    Room("/profile/data/export", post=exported, audit="data export", tells=("customer",)),
    Room("/profile/data/erase", post=erased, audit="erasure", tells=("customer",)),
)
