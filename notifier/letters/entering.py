"""Mails that let somebody into the portal: an invitation, a forgotten password; pure. Their links are good once."""

from collections.abc import Callable
from dataclasses import dataclass

from common import events as e
from common.links import PasswordLink
from notifier.facts import Creditor
from notifier.letters.draft import Draft

SECRET = ("invited", "forgotten")  # kinds whose bytes are not kept once they have left


@dataclass(frozen=True, kw_only=True)
class Account:
    """The company's login as it is now."""

    login_id: str
    email: str
    password_no: int


def invited(creditor: Creditor, event: e.LoginInvited, account: Account, link: Callable[[PasswordLink], str]) -> Draft:
    return _draft("invited", creditor, event, account, link)


def forgotten(
    creditor: Creditor, event: e.LoginForgotten, account: Account, link: Callable[[PasswordLink], str]
) -> Draft:
    return _draft("forgotten", creditor, event, account, link)


def _draft(
    kind: e.LetterKind,
    creditor: Creditor,
    event: e.LoginEvent,
    account: Account,
    link: Callable[[PasswordLink], str],
) -> Draft:
    says = {"link": link(PasswordLink(account.login_id, account.password_no)), "email": account.email}
    about = f"{event.subject}/{event.asked_at.isoformat()}"
    return Draft(kind=kind, creditor=creditor, about=about, recipient=account.email, says=says)
