"""The links that let a newcomer into the portal with one click; it takes them on a business clock alone."""

from collections.abc import Mapping

import peewee

from common import db
from common.settings import Settings
from common.tables import Company, Login
from decisions.links import PageLinks


def links(env: Mapping[str, str]) -> dict[str, str]:
    """By who comes in: the first company that has a login, and an operator. None where nobody has one yet."""
    settings = Settings.from_env(env)
    db.use(settings.database_url)
    made = PageLinks(settings)
    try:
        with db.connection():
            return {_who(login): made.trial(login.id) for role in ("company", "operator") for login in _first(role)}
    except peewee.PeeweeException:  # no tables, or no database: the processes say more of it
        return {}


def _first(role: str) -> list[Login]:
    return list(Login.select().where(Login.role == role).order_by(Login.created_at).limit(1))


def _who(login: Login) -> str:
    return Company.get_by_id(login.company).name if login.company else "an operator"
