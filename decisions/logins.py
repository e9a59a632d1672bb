"""Who may come in: invitations, passwords, and logging in. Every word that a stranger hears is the same, whether the
account is there or not.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from common import db, outbox
from common.events import LoginForgotten, LoginInvited
from common.links import PasswordLink
from common.secrets import LinkForged
from common.tables import Company, Login
from decisions import attempts, audit, passwords, sessions, values
from decisions.companies import BadValue
from decisions.links import TRIAL_START, PageLinks
from decisions.values import NotAllowed


class NoEntry(Exception):
    """CVR number or e-mail and password don't belong together."""


class LinkUsed(Exception):
    """The password was set since this link was made."""


class EmailTaken(ValueError):
    """Another login has this address."""


# --- invitations -----------------------------------------------------------------------------------------------------
def invite(cvr: str, email: str, now: datetime) -> str:
    """A mail with a link to set the password goes to the company's login, which is made if there is none; its id.

    Raises BadValue and EmailTaken.
    """
    with db.transaction():
        db.alone(f"login {cvr}")
        login = Login.get_or_none(Login.company == cvr)
        address = _address(email)
        _refuse_taken(address, login.id if login else "")
        if login is None:
            login = _made("company", cvr, address, now)
        Login.update(invited_at=now, **_moved(login, address)).where(Login.id == login.id).execute()
        outbox.add(*outbox.unsaid([LoginInvited(company=cvr, login_id=login.id, asked_at=now)]))
        return str(login.id)


def add_company(cvr: str, email: str, now: datetime) -> Login:
    """The company's login, made if there is none; nobody is mailed. Raises BadValue and EmailTaken."""
    with db.transaction():
        db.alone(f"login {cvr}")
        login = Login.get_or_none(Login.company == cvr)
        _refuse_taken(address := _address(email), login.id if login else "")
        return login or _made("company", cvr, address, now)


def add_operator(email: str, now: datetime) -> Login:
    """The operator's login, made if there is none; nobody is mailed. Raises BadValue and EmailTaken."""
    with db.transaction():
        address = _address(email)
        db.alone("login operator")
        login = Login.get_or_none(Login.email == address)
        if login and login.role != "operator":
            raise EmailTaken(EmailTaken.__doc__)
        return login or _made("operator", None, address, now)


def remove(login_id: str) -> None:
    """Whoever it was is out at once."""
    with db.transaction():
        sessions.end_all(login_id)
        Login.delete().where(Login.id == login_id).execute()


def forgotten(name: str, address: str, real_now: datetime, now: datetime) -> None:
    """A mail with a link goes to the company of that CVR number or e-mail, if there is one; nobody hears whether.

    An operator gets no mail: `rykker operator` makes his link. Raises attempts.TooManyAttempts.
    """
    attempts.count(f"forgotten {_account(name)}", address, real_now)
    with db.transaction():
        login = named(name)
        _note_stranger(login, "forgotten password", now)
        if login and login.company and attempts.may_mail(f"{login.id} {login.password_no}", real_now):
            Login.update(invited_at=now).where(Login.id == login.id).execute()
            asked = LoginForgotten(company=login.company, login_id=login.id, asked_at=now)
            outbox.add(*outbox.unsaid([asked]))  # twice at one instant, where a trial's clock stands still


def _moved(login: Login, email: str) -> dict[str, Any]:
    """What changes with its address: links that were mailed to another one are no good any more."""
    return {"email": email, "password_no": login.password_no + (login.email != email)}


def _made(role: str, cvr: str | None, email: str, now: datetime) -> Login:
    login: Login = Login.create(id=str(uuid4()), role=role, company=cvr, email=email, created_at=now)
    return login


def _address(email: str) -> str:
    try:
        return str(values.email(email)).lower()
    except NotAllowed as error:
        raise BadValue("email", email, str(error)) from error


def _refuse_taken(email: str, but: str) -> None:
    if Login.get_or_none(Login.email == email, Login.id != but):
        raise EmailTaken(EmailTaken.__doc__)


# --- coming in -------------------------------------------------------------------------------------------------------
def enter(
    name: str,
    password: str,
    address: str,
    real_now: datetime,
    now: datetime,
    device_of: Callable[[Login], str] = lambda _: "",
) -> tuple[Login, str]:
    """The login and the word for the cookie. `device_of`: the word of the browser, if the login came in with it before.

    Raises NoEntry and attempts.TooManyAttempts.
    """
    account = _account(name)
    with db.connection():
        login = named(name)
    device = device_of(login) if login else ""
    attempts.count(account, address, real_now, device)
    if not passwords.fits(password, login.password if login else None) or login is None:
        _note_stranger(login, "login refused", now)
        raise NoEntry(NoEntry.__doc__)
    attempts.forgive(account, address, device)
    return login, let_in(login, "login", real_now, now)


def _note_stranger(login: Login | None, action: str, now: datetime) -> None:
    """As much work for an account that is not there; what was typed for it may be anything, and is not kept."""
    audit.note("?", action, now, login=login.id if login else None, company=login.company if login else None)


def let_in(login: Login, action: str, real_now: datetime, now: datetime) -> str:
    """A new session; the word for the cookie. Raises NoEntry if the password has been changed meanwhile."""
    with db.transaction():
        attempts.forget(real_now)
        seen: Any = Login.update(seen_at=now).where(Login.id == login.id, Login.password_no == login.password_no)
        if not seen.execute():
            raise NoEntry(NoEntry.__doc__)
        audit.note(login.email, action, now, login=login.id, company=login.company)
        return sessions.begin(login, real_now)


def named(name: str) -> Login | None:
    account = _account(name)
    is_meant: Any = Login.email == account if "@" in account else Login.company == account
    return Login.get_or_none(is_meant)


def _account(name: str) -> str:
    plain = name.strip().lower()[:254]
    return plain if "@" in plain else plain.replace(" ", "").removeprefix("dk")


def of_trial(token: str, links: PageLinks) -> Login:
    """Raises LinkForged, also for a login that was removed. Needs a connection."""
    for login in Login.select().where(Login.id.startswith(token[:TRIAL_START])):
        if links.is_trial_of(login.id, token):
            return login
    raise LinkForged(LinkForged.__doc__)


# --- passwords -------------------------------------------------------------------------------------------------------
def of_link(link: PasswordLink) -> Login:
    """Raises LinkUsed. Needs a connection."""
    login: Login | None = Login.get_or_none(Login.id == link.login_id)
    if login is None or login.password_no != link.password_no:
        raise LinkUsed(LinkUsed.__doc__)
    return login


def set_by_link(link: PasswordLink, password: str, real_now: datetime, now: datetime) -> tuple[Login, str]:
    """Sets the password, logs out everywhere else and lets in. Raises LinkUsed, passwords.WeakPassword and
    passwords.Busy.
    """
    with db.connection():
        login = of_link(link)
        passwords.check(password, *_guessable(login))
    kept = passwords.hashed(password)
    with db.transaction():
        _replace(login, link.password_no, kept)
        login.password_no = link.password_no + 1
        return login, let_in(login, "password set", real_now, now)


def change(login_id: str, old: str, new: str, address: str, session: str, real_now: datetime) -> None:
    """Raises NoEntry for a wrong old password, attempts.TooManyAttempts and passwords.WeakPassword."""
    with db.connection():
        login = Login.get_by_id(login_id)
        guessable = _guessable(login)
    _check_old(login, old, address, real_now)
    passwords.check(new, *guessable)
    kept = passwords.hashed(new)
    with db.transaction():
        _replace(login, login.password_no, kept, but=session)


def change_email(login_id: str, password: str, email: str, address: str, real_now: datetime) -> None:
    """Raises NoEntry, attempts.TooManyAttempts, BadValue and EmailTaken."""
    new = _address(email)
    with db.connection():
        login = Login.get_by_id(login_id)
    _check_old(login, password, address, real_now)
    attempts.count(f"e-mail {login_id}", address, real_now)  # or he could ask of any address whether it has a login
    with db.transaction():
        db.alone(f"login {new}")
        _refuse_taken(new, login_id)
        login = Login.get_by_id(login_id)
        Login.update(_moved(login, new)).where(Login.id == login_id).execute()


def has_password(login_id: str) -> bool:
    """Not so for whoever came in by a trial's link. Needs a connection."""
    return bool(Login.select().where(Login.id == login_id, Login.password.is_null(False)).exists())


def confirm(login_id: str, password: str, address: str, real_now: datetime) -> None:
    """That it is he. Raises NoEntry and attempts.TooManyAttempts."""
    with db.connection():
        login = Login.get_by_id(login_id)
    if login.password is not None:
        _check_old(login, password, address, real_now)


def _check_old(login: Login, password: str, address: str, real_now: datetime) -> None:
    attempts.count(login.id, address, real_now)
    if not passwords.fits(password, login.password):
        raise NoEntry(NoEntry.__doc__)
    attempts.forgive(login.id, address)


def _replace(login: Login, password_no: int, kept: str, but: str = "") -> None:
    """Compare and set: of two at once the second one is told."""
    new: Any = Login.update(password=kept, password_no=password_no + 1)
    if not new.where(Login.id == login.id, Login.password_no == password_no).execute():
        raise LinkUsed(LinkUsed.__doc__)
    sessions.end_all(login.id, but)


def _guessable(login: Login) -> list[str]:
    company = Company.get_or_none(Company.cvr == login.company)
    return [login.email, *([company.cvr, company.name] if company else [])]
