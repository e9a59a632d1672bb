"""Operators: the companies, one of them, a new one, and invitations to the portal."""

from decimal import Decimal
from typing import Any, cast, get_args

from starlette.responses import Response

from common import db
from decisions import companies, firms, logins, trail
from decisions.choices import CHOICES
from decisions.companies import BadValue, CompanyExists
from decisions.firms import Which
from decisions.paging import pages
from decisions.queries import NotFound
from decisions.rooms import Room, Visit
from decisions.words import Words

RUNS, LINES = 10, 10  # the last ones, on a company's page
LONGEST_SEARCH = 100
LAST_PAGE = 100_000
FIELDS = ("cvr", "name", "email", "language")
UNSHOWN = ("name", "never_dunned", "payment_details")  # said elsewhere, of debtors, or of no use here


def listed(visit: Visit) -> Response:
    which, page = visit.query.get("which", "all"), visit.number("page", 1, LAST_PAGE) or LAST_PAGE
    if which not in get_args(Which):
        raise NotFound(NotFound.__doc__)
    search = visit.asked("search", LONGEST_SEARCH)
    found, count = firms.listed(search, cast(Which, which), page)
    last = pages(count, firms.PAGE)
    if not 1 <= page <= last:
        raise NotFound(NotFound.__doc__)
    shown: dict[str, Any] = {"firms": found, "counts": firms.counts(), "which": which, "search": search, "count": count}
    return visit.page("operator.html", at=page, pages=last, **shown)


def shown(visit: Visit) -> Response:
    return _page(visit)


def blank(visit: Visit) -> Response:
    return visit.page("operator_new.html", typed=dict.fromkeys(FIELDS, ""), fault=None)


def added(visit: Visit) -> Response:
    """The company and its invitation, or neither."""
    typed = {name: visit.field(name, 300).strip() for name in FIELDS}
    try:
        with db.transaction():
            companies.add_without_key(now=visit.now, **typed)
            logins.invite(typed["cvr"].replace(" ", ""), typed["email"], visit.now)
    except BadValue as error:
        return visit.page("operator_new.html", 422, typed=typed, fault=(error.field, f"firm_{error.field}"))
    except CompanyExists:
        return visit.page("operator_new.html", 422, typed=typed, fault=("cvr", "firm_exists"))
    except logins.EmailTaken:
        return visit.page("operator_new.html", 422, typed=typed, fault=("email", "firm_taken"))
    return visit.to(f"/operator/companies/{typed['cvr'].replace(' ', '')}", done="firm_added")


def invited(visit: Visit) -> Response:
    cvr, email = str(visit.path["cvr"]), visit.field("email", 300)
    with db.connection():
        firms.one(cvr)
    try:
        logins.invite(cvr, email, visit.now)
    except (BadValue, logins.EmailTaken) as error:
        wrong = "firm_taken" if isinstance(error, logins.EmailTaken) else "firm_email"
        with db.connection():
            return _page(visit, 422, typed=email, fault=wrong)
    return visit.to(f"/operator/companies/{cvr}", done="firm_invited")


def _page(visit: Visit, status: int = 200, typed: str | None = None, fault: str = "") -> Response:
    firm = firms.one(str(visit.path["cvr"]))
    email = typed if typed is not None else firm.login.email if firm.login else firm.row.email
    known: dict[str, Any] = {"runs": firms.runs(firm.row.cvr, RUNS)}
    known |= {"lines": trail.lines(trail.Asked(company=firm.row.cvr), 1, LINES)}
    chosen = [(name, _told(visit.say, getattr(firm.row, name))) for name in CHOICES if name not in UNSHOWN]
    known |= {"chosen": chosen, "typed": email, "fault": fault, "told": trail.told}
    return visit.page("operator_company.html", status, firm=firm, **known)


def _told(say: Words, value: Any) -> str:
    """A choice as its page shows it: an amount, yes or no, a word of the reader's language."""
    if isinstance(value, Decimal):
        return say.amount(value)
    name = f"firms.value.{str(value).lower()}"
    return say(name) if say.has(name) else str(value) or "–"


ROOMS = (
    Room("/operator", get=listed, role="operator", audit="companies"),
    Room(
        "/operator/companies/new", get=blank, post=added, role="operator", audit="new company", tells=("cvr", "email")
    ),
    Room("/operator/companies/{cvr}", get=shown, role="operator", audit="company"),
    Room("/operator/companies/{cvr}/invite", post=invited, role="operator", audit="invitation", tells=("email",)),
)
