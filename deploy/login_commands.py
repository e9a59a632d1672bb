"""`rykker logins`: invite, operator, link, list, remove."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from common import clock, db
from common.links import PasswordLink
from common.settings import Settings
from common.tables import Company, Login
from decisions import audit, companies, logins
from decisions.links import PageLinks
from deploy.company_commands import Cvr, Json
from deploy.reports.shown import give, instant, table
from deploy.session import Refused, database

logins_app = typer.Typer(help="Who may come into the portal.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A company's CVR number, or the e-mail of a login.")]
COMMAND = "`rykker` command"  # who did it, in the audit log


@logins_app.command()
def invite(
    cvr: Cvr,
    email: Annotated[str, typer.Option(help="Where to; else where the company is asked.")] = "",
    as_json: Json = False,
) -> None:
    """Mail a link to set a password to the company's login, which is made if there is none."""
    with database(quiet=as_json):
        company, now = companies.shown(cvr), clock.business_now()
        address = email or company["email"]
        try:
            login_id = logins.invite(company["cvr"], address, now)
        except logins.EmailTaken as error:
            raise Refused(f"{error} {address}") from error
        audit.note(COMMAND, "invited", now, company=company["cvr"])
        report = {"id": login_id, "company": company["cvr"], "email": address.lower()}
        give(report, as_json, lambda: f"{company['name']} gets a mail with a link to set its password: {address}")


@logins_app.command()
def operator(email: Annotated[str, typer.Argument(metavar="EMAIL")], as_json: Json = False) -> None:
    """Make a login for an operator, who sees all companies, and show a link that sets its password."""
    with database(quiet=as_json) as ready:
        try:
            login = logins.add_operator(email, clock.business_now())
        except logins.EmailTaken as error:
            raise Refused(f"{error} {email}: it is a company's") from error
        _give_link(ready, login, as_json=as_json)


@logins_app.command()
def link(name: Name, as_json: Json = False) -> None:
    """Show a link that sets this login's password; good once, for 14 days. Whoever has it can come in."""
    with database(quiet=as_json) as ready:
        _give_link(ready, _found(name), as_json=as_json)


@logins_app.command("list")
def every(as_json: Json = False) -> None:
    """All logins: whose, since when, when last used."""
    with database(quiet=as_json):
        listed = [_shown(login) for login in Login.select().order_by(Login.role.desc(), Login.email)]
        give(listed, as_json, lambda: _table(listed))


@logins_app.command()
def remove(name: Name, as_json: Json = False) -> None:
    """Remove a login: whoever used it is out at once. Its company and all else stay."""
    with database(quiet=as_json):
        login = _found(name)
        logins.remove(login.id)
        audit.note(COMMAND, "login removed", clock.business_now(), company=login.company, subject=login.email)
        give({"removed": login.email}, as_json, lambda: f"the login {login.email} is gone, and whoever used it is out")


def _found(name: str) -> Login:
    login: Login | None = logins.named(name)
    if login is None:
        raise Refused(f"there is no login {name!r}: `rykker logins list` shows them")
    return login


def _give_link(ready: Settings, login: Login, *, as_json: bool) -> None:
    address = PageLinks(ready).invitation(PasswordLink(login.id, login.password_no))
    audit.note(COMMAND, "link made", clock.business_now(), login=login.id, company=login.company)
    give({"email": login.email, "link": address}, as_json, lambda: _link(login.email, address))


def _link(email: str, address: str) -> RenderableType:
    return Group(f"{email} sets a password here:", Text(address, no_wrap=True, overflow="ignore"))


def _shown(login: Login) -> dict[str, Any]:
    with db.connection():
        company = Company.get_or_none(Company.cvr == login.company) if login.company else None
    fields = ("id", "role", "company", "email", "created_at", "invited_at", "seen_at")
    known = {name: getattr(login, name) for name in fields}
    return known | {"name": company.name if company else None, "has_password": login.password is not None}


def _table(listed: list[dict[str, Any]]) -> RenderableType:
    if not listed:
        return "no logins yet: `rykker logins invite CVR`, `rykker logins operator EMAIL`"
    rows = (
        (row["email"], row["company"] or row["role"], row["name"] or "", _set(row), instant(row["seen_at"]))
        for row in listed
    )
    return table(("E-mail", "Company", "Name", "Password", "Last here"), rows)


def _set(row: dict[str, Any]) -> str:
    return "set" if row["has_password"] else "not yet"
