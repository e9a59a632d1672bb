"""One's own login: its password and e-mail, where it is logged in, log out everywhere."""

from starlette.responses import Response

from common import clock, db
from decisions import gate, logins, passwords, sessions
from decisions.attempts import TooManyAttempts
from decisions.companies import BadValue
from decisions.rooms import Outdated, Room, Visit


def shown(visit: Visit) -> Response:
    return _page(visit)


def changed(visit: Visit) -> Response:
    if visit.field("password") != visit.field("again"):
        return _page(visit, 422, fault=("password", "password.differs"))
    try:
        logins.change(
            visit.who.login_id,
            visit.field("old"),
            visit.field("password"),
            visit.address,
            visit.who.session,
            clock.real_now(),
        )
    except passwords.WeakPassword as error:
        return _page(visit, 422, fault=("password", error.fault))
    except (logins.NoEntry, TooManyAttempts) as error:
        return _refused(visit, "old", error)
    except logins.LinkUsed as error:
        raise Outdated(str(error)) from error
    return visit.to("/profile/login", done="password")


def email_changed(visit: Visit) -> Response:
    try:
        logins.change_email(
            visit.who.login_id, visit.field("confirm"), visit.field("email"), visit.address, clock.real_now()
        )
    except BadValue:
        return _page(visit, 422, fault=("email", "email.bad"))
    except logins.EmailTaken:
        return _page(visit, 422, fault=("email", "email.taken"))
    except (logins.NoEntry, TooManyAttempts) as error:
        return _refused(visit, "confirm", error)
    return visit.to("/profile/login", done="email")


def out_everywhere(visit: Visit) -> Response:
    with db.transaction():
        sessions.end_all(visit.who.login_id)
    return gate.let_out(visit.request, "/login?done=out")


def _refused(visit: Visit, field: str, error: Exception) -> Response:
    slowed = isinstance(error, TooManyAttempts)
    return _page(visit, 429 if slowed else 422, fault=(field, "password.wait" if slowed else "password.wrong"))


def _page(visit: Visit, status: int = 200, fault: tuple[str, str] = ("", "")) -> Response:
    with db.connection():
        known = sessions.of(visit.who.login_id, clock.real_now())
    return visit.page("account.html", status, sessions=known, fault=fault)


ROOMS = (
    Room("/profile/login", get=shown, post=changed, role=None, audit="login"),
    Room("/profile/login/email", post=email_changed, role=None, audit="login e-mail", tells=("email",)),
    Room("/profile/login/out", post=out_everywhere, role=None, audit="logout everywhere"),
)
