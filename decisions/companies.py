"""Companies and their policies: added, changed and shown. Every value is checked, and refused by name."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from common import db
from common.pauses import take_turns_at_pause
from common.secrets import Vault
from common.tables import Company
from decisions import keys, policies, values
from decisions.choices import CHOICES, POLICY
from decisions.policies import Concerned
from decisions.values import NotAllowed


class BadValue(ValueError):
    """A value that can't be used: `field`, `value`, and what is `allowed`."""

    def __init__(self, field: str, value: Any, allowed: str) -> None:
        shown = "" if field == "api_key" else f"; it is {str(value)!r}"  # a key is never shown, not even a bad one
        super().__init__(f"{field} must be {allowed}{shown}.")
        self.field, self.value, self.allowed = field, None if field == "api_key" else value, allowed


class NoSuchCompany(LookupError):
    """No company has this CVR number."""


class CompanyExists(ValueError):
    """There is a company with this CVR number already."""


class ChangedMeanwhile(Exception):
    """Somebody else changed these choices after they were shown."""


def add(cvr: str, name: str, email: str, api_key: str | None, vault: Vault, now: datetime, **choices: Any) -> None:
    """Raises BadValue and CompanyExists. Without a key nothing can be fetched; it may come later."""
    key = {} if api_key is None else {"api_key": _locked(api_key, vault), "api_key_no": 1}
    _add(cvr, {"name": name, "email": email, **choices}, key | {"created_at": now})


def add_without_key(cvr: str, name: str, email: str, now: datetime, **choices: Any) -> None:
    """Raises BadValue and CompanyExists."""
    _add(cvr, {"name": name, "email": email, **choices}, {"created_at": now})


def _add(cvr: str, chosen: dict[str, Any], known: dict[str, Any]) -> None:
    row = _chosen(chosen) | known | {"cvr": _checked("cvr", cvr, values.cvr)}
    with db.transaction():
        if not Company.insert(row).on_conflict_ignore().as_rowcount().execute():
            raise CompanyExists(f"{CompanyExists.__doc__} {row['cvr']}")


def change(
    cvr: str,
    *,
    vault: Vault | None = None,
    api_key: str | None = None,
    running: bool = False,
    seen: str | None = None,
    **choices: Any,
) -> Concerned:
    """Changes what is named and leaves the rest. Raises BadValue and NoSuchCompany; then nothing is changed.

    Procedures that are running keep their policy, unless they, too, are to follow the company's: `running`. With
    `seen`, the fingerprint of these choices as somebody was shown them, it raises ChangedMeanwhile if they are others.
    """
    number = _checked("cvr", cvr, values.cvr)
    row = _chosen(choices)
    if api_key is not None:
        row["api_key"] = _locked(api_key, vault)
    ends_pause = row.get("paused") is False
    with db.transaction():
        if ends_pause:
            take_turns_at_pause(number)
        before = _alone_with(number)
        if seen is not None:
            _refuse_overtaken(before, row, seen)
        if "api_key" in row:  # in use at once, whatever is being tried
            row["api_key_no"] = keys.supersede(before)
        if is_another := any(row[name] != getattr(before, name) for name in row.keys() & POLICY):
            row["policy_no"] = before.policy_no + 1
        if row:
            Company.update(row).where(Company.cvr == number).execute()
        policy_no = before.policy_no + is_another
        asking = policies.ask_at_last(number, policy_no) if ends_pause else 0
        if running:
            return Concerned(adopting=policies.adopt(number, policy_no), asking=asking)
        return Concerned(keeping=policies.running(number) if is_another else 0, asking=asking)


def _refuse_overtaken(before: Company, row: dict[str, Any], seen: str) -> None:
    """A repeat, which changes nothing, is none. Raises ChangedMeanwhile."""
    is_news = any(getattr(before, name) != value for name, value in row.items())
    if is_news and fingerprint(before, row) != seen:
        raise ChangedMeanwhile(ChangedMeanwhile.__doc__)


def fingerprint(company: Company, names: Iterable[str]) -> str:
    """Another one whenever one of these choices is another."""
    chosen = [(name, str(getattr(company, name))) for name in sorted(names)]
    return sha256(repr(chosen).encode()).hexdigest()[:16]


def _alone_with(cvr: str) -> Company:
    """The company's row, locked: changes at once are counted one after the other. Raises NoSuchCompany."""
    company: Company | None = db.locked(Company.select().where(Company.cvr == cvr)).first()
    if company is None:
        raise NoSuchCompany(f"{NoSuchCompany.__doc__} {cvr}")
    return company


def listed() -> list[dict[str, Any]]:
    """All companies by name, each as `shown`."""
    with db.connection():
        return [_shown(company) for company in Company.select().order_by(Company.name, Company.cvr)]


def shown(cvr: str) -> dict[str, Any]:
    """Everything but the key: of that only `has_api_key`. Raises BadValue and NoSuchCompany."""
    number = _checked("cvr", cvr, values.cvr)
    with db.connection():
        company = Company.get_or_none(Company.cvr == number)
    if company is None:
        raise NoSuchCompany(f"{NoSuchCompany.__doc__} {number}")
    return _shown(company)


def choices() -> list[dict[str, Any]]:
    """What may be chosen, and what each does; `usual` is so until a company chooses."""
    return [
        {"name": name, "usual": _usual(name), "means": choice.means, "law": choice.law}
        for name, choice in CHOICES.items()
    ]


def _usual(name: str) -> Any:
    field = getattr(Company, name)
    usual = field.default() if callable(field.default) else field.default
    return field.python_value(usual) if isinstance(usual, int) else usual


def _shown(company: Company) -> dict[str, Any]:
    fields = {"cvr": company.cvr} | {name: getattr(company, name) for name in CHOICES}
    fields |= {"policy_no": company.policy_no}
    return fields | {"has_api_key": company.api_key is not None, "created_at": company.created_at}


def _chosen(choices: dict[str, Any]) -> dict[str, Any]:
    for field, value in choices.items():
        if field not in CHOICES:
            raise BadValue(field, value, f"left out: the choices are {', '.join(CHOICES)}")
    return {field: _checked(field, value, CHOICES[field].checked) for field, value in choices.items()}


def _locked(api_key: str, vault: Vault | None) -> str:
    if vault is None:
        raise TypeError("a key needs a vault")
    return vault.lock(_checked("api_key", api_key, values.api_key))


def _checked(field: str, value: Any, check: values.Check) -> Any:
    try:
        return check(value)
    except NotAllowed as error:
        raise BadValue(field, value, str(error)) from error
