"""The company's invoices: what is overdue, and what becomes of it; answers for several at once."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from common import db
from common.links import AnswerChoice, AnswerLink
from common.money import ZERO
from decisions import charts, lists, rows, store, totals
from decisions.charts import Bar
from decisions.lists import Page, Whose
from decisions.pages import exports
from decisions.pages.listed import Teller
from decisions.queries import NotFound
from decisions.rooms import Room, Visit
from decisions.rows import AT_ONCE
from decisions.standing import NoLongerPossible
from decisions.totals import BANDS, Sum, Totals
from decisions.wanted import SORTS, NoSuchPlace, Place, Wanted, place, wanted

ROWS = 50  # invoices a page
MOST = 100  # invoices that are answered at once
_KINDS = ("idle", "good", "warn", "warn", "bad")  # of the bands, as the stylesheet has them


# --- the list
def listed(visit: Visit) -> Response:
    company, chosen = visit.company, wanted(visit.query)
    whose = Whose(company.cvr, company.paused, visit.today)
    found = lists.page(whose, chosen, _place(visit, chosen), ROWS)
    shown, sums = rows.rows(company, found.numbers, visit.today), totals.totals(whose)
    return visit.page(
        "invoices.html",
        chosen=chosen,
        rows=shown,
        totals=sums,
        aging=_aging(visit, sums),
        tell=Teller(company, rows.marks_paid(company.cvr), visit.today, visit.say),
        sorts=SORTS,
        most=totals.MOST,
        around=_around(chosen, found),
        choices=[choice for choice in AT_ONCE if any(choice in row.choices for row in shown)],
        all=_all(chosen),
        empty=_empty(visit, chosen, sums),
    )


def _place(visit: Visit, chosen: Wanted) -> Place | None:
    """Raises NotFound."""
    try:
        for name in ("after", "before"):
            if token := visit.query.get(name):
                return place(token, chosen.sort, is_after=name == "after")
    except NoSuchPlace as error:
        raise NotFound(NotFound.__doc__) from error
    return None


def _around(chosen: Wanted, found: Page) -> dict[str, str]:
    """The addresses of the pages before and after."""
    around = dict[str, str]()
    if found.before:
        around |= {"first": chosen.address(), "previous": chosen.address(before=found.before.token())}
    if found.after:
        around |= {"next": chosen.address(after=found.after.token())}
    return around


def _aging(visit: Visit, sums: Totals) -> tuple[charts.Chart, list[tuple[str, Sum]]]:
    """The picture of the bands, and its table."""
    edges = [0, *BANDS]
    names = [visit.say("list.not_due")]
    names += [visit.say("list.band", least=edge + 1, most=edge + 30) for edge in edges[:-1]]
    names.append(visit.say("list.oldest", days=edges[-1]))
    table = list(zip(names, sums.bands, strict=True))
    shown = [Bar(name, each.amount, visit.say.amount(each.amount), _KINDS[n]) for n, (name, each) in enumerate(table)]
    return charts.bars(shown), table


def _all(chosen: Wanted) -> str:
    """The address without a filter."""
    return Wanted(show=chosen.show, sort=chosen.sort, down=chosen.down).address()


def _empty(visit: Visit, chosen: Wanted, sums: Totals) -> tuple[str, str]:
    """Why there is nothing to see, if there is nothing, and the way out of it."""
    is_empty = not sums.owed.count and not sums.tabs["settled"].count
    if visit.query.get("after") or visit.query.get("before"):
        return "end", chosen.address()
    if chosen.is_filtered:
        return "no_hits", _all(chosen)
    if is_empty and visit.company.api_key is None:
        return "no_key", "/profile"
    if chosen.show == "overdue":
        return "fine", "/fetches"
    return "none", "/invoices"


# --- answers
def answered(visit: Visit) -> Response:
    """Each answer in a transaction of its own, by the rules that hold for a single one. What costs the company money
    must be confirmed, too.
    """
    choice, ids = visit.field("choice"), _ticked(visit)
    shown: dict[str, Any] = {"choice": choice, "outcomes": [], "most": MOST}
    if choice not in AT_ONCE or not 0 < len(ids) <= MOST:
        fault = "choice" if choice not in AT_ONCE else "many" if ids else "none"
        return visit.page("invoices_answered.html", 422, **shown | {"fault": fault})
    with db.connection():
        numbers = rows.numbers_of(visit.company.cvr, ids)
        if choice == "stop" and (lost := _let_off(visit, numbers)) and not visit.field("sure"):
            return visit.page("invoices_answered.html", 422, **shown | {"fault": "sure", "lost": lost, "ids": ids})
        outcomes = [(numbers.get(each), _answer(visit, each, choice)) for each in ids]
    return visit.page("invoices_answered.html", **shown | {"fault": "", "outcomes": outcomes})


def _let_off(visit: Visit, numbers: Mapping[str, str]) -> Decimal:
    """The fees, interest and compensation that customers would not have to pay any more."""
    shown = rows.rows(visit.company, list(numbers.values()), visit.today)
    return sum((row.charges for row in shown if row.charges > ZERO and "stop" in row.choices), ZERO)


def _ticked(visit: Visit) -> list[str]:
    given = visit.form.getlist("procedure") if visit.form else []
    return list(dict.fromkeys(str(each)[:36].replace("\0", "") for each in given))


def _answer(visit: Visit, procedure_id: str, choice: AnswerChoice) -> str:
    """What became of it."""
    try:
        is_news = store.answer(
            AnswerLink(visit.company.cvr, procedure_id, choice), choice, visit.now, by=visit.who.email
        )
    except NotFound:
        return "missing"
    except NoLongerPossible:
        return "impossible"
    return "done" if is_news else "before"


ROOMS = (
    Room("/invoices", get=listed, post=answered, most=MOST + 10, tells=("choice",)),
    Room("/invoices.csv", get=exports.as_csv, audit="export"),
    Room("/invoices.xlsx", get=exports.as_xlsx, audit="export"),
)
