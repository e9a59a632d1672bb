"""Ryk denne faktura: the company's word for one or several invoices, and what came of each."""

import re
from typing import Any

from starlette.responses import Response

from decisions import picking
from decisions.queries import NotFound
from decisions.rooms import Room, Visit

BACK = "/invoices?show=waiting"
LONGEST = 200  # of an invoice number


def picked(visit: Visit) -> Response:
    """With one click on one invoice he is back where he was; of several he reads what came of each."""
    numbers = _numbers(visit)
    taken = picking.take(visit.company, numbers, visit.now, visit.who.email)
    back = _back(visit)
    if len(taken) == 1 and (way := taken[numbers[0]]) in picking.CAN:
        return visit.to(_saying(back, f"picked_{way}"))
    done = [number for number, way in taken.items() if way in picking.CAN]
    rest = [(number, way) for number, way in taken.items() if way not in picking.CAN]
    return visit.page("picked.html", taken=done, rest=rest, back=back)


def _numbers(visit: Visit) -> list[str]:
    """Raises NotFound for a form that names none, or more than a page can show."""
    given: list[Any] = visit.form.getlist("number") if visit.form else []
    numbers = list(dict.fromkeys(one for one in given if isinstance(one, str) and one and "\0" not in one))
    if not 1 <= len(numbers) <= picking.MOST or max(map(len, numbers)) > LONGEST:
        raise NotFound(NotFound.__doc__)
    return numbers


def _back(visit: Visit) -> str:
    """A page of invoices here, and none elsewhere."""
    wanted = visit.field("back", 500)
    return wanted if re.fullmatch(r"/(invoices|profile|tasks)([/?][\w/?&=%.+~-]*)?", wanted, re.ASCII) else BACK


def _saying(path: str, name: str) -> str:
    bare = re.sub(r"([?&])done=[^&]*&?", r"\1", path).rstrip("?&")
    return f"{bare}{'&' if '?' in bare else '?'}done={name}"


ROOMS = (Room("/invoices/pick", post=picked, most=picking.MOST + 10, audit="pick of invoices"),)
