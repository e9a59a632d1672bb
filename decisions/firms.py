"""Companies for operators: a page of them with the health of their fetches, in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from peewee import JOIN, fn

from common.tables import ApiKey, Company, FetchRun, KeyTrial, Letter, Login, Procedure, SetAside
from decisions.queries import NotFound

PAGE = 50
Which = Literal["all", "trouble", "keyless", "paused"]
RUNNING = ("running", "checking", "collecting_fees")
_IS_GOOD = (FetchRun.state == "finished") & FetchRun.trusted


@dataclass(frozen=True, kw_only=True)
class Firm:
    """A company. `run` is its newest fetch that is over, `good_at` when the last good one ended; `failed_since` when
    the first one began that failed since then. `key`: none, untried, accepted, refused or unreachable.
    """

    row: Any
    run: Any
    key: str
    good_at: datetime | None
    failed_since: datetime | None
    set_aside: int
    running: int
    held: int
    login: Any

    @property
    def is_failing(self) -> bool:
        return self.run is not None and self.run.state == "failed"


def counts() -> dict[Which, int]:
    """Needs a connection, as all here."""
    return {which: _chosen("", which).count() for which in _WHICH}


def matching(search: str, which: Which) -> int:
    return int(_chosen(search, which).count())


def listed(search: str, which: Which, page: int) -> list[Firm]:
    """By name; PAGE of them."""
    return _firms(list(_chosen(search, which).order_by(Company.name, Company.cvr).paginate(page, PAGE)))


def one(cvr: str) -> Firm:
    """Raises NotFound."""
    firms = _firms(list(_with_run().where(Company.cvr == cvr[:8])))
    if not firms or cvr != firms[0].row.cvr:
        raise NotFound(NotFound.__doc__)
    return firms[0]


def runs(cvr: str, most: int) -> list[Any]:
    """The newest first."""
    return list(FetchRun.select().where(FetchRun.company == cvr).order_by(FetchRun.began_at.desc()).limit(most))


# --- which -----------------------------------------------------------------------------------------------------------
def _with_run() -> Any:
    """Each company with its newest fetch that is over, as `run`."""
    newest: Any = FetchRun.alias()
    over = newest.select(newest.fetch_id).where(newest.company == Company.cvr, newest.state != "running")
    last = over.order_by(newest.began_at.desc()).limit(1)
    return Company.select(Company, FetchRun).join(FetchRun, JOIN.LEFT_OUTER, on=(FetchRun.fetch_id == last), attr="run")


def _chosen(search: str, which: Which) -> Any:
    found = _with_run()
    if word := search.strip():
        found = found.where(Company.name.contains(word) | Company.email.contains(word) | Company.cvr.startswith(word))
    return found if which == "all" else found.where(_WHICH[which]())


def _in_trouble() -> Any:
    newer: Any = ApiKey.alias()
    replaced = newer.select().where(newer.company == KeyTrial.company, newer.key_no > KeyTrial.key_no)
    bad_key = KeyTrial.select().where(
        KeyTrial.company == Company.cvr, KeyTrial.state != "accepted", ~fn.EXISTS(replaced)
    )
    return (FetchRun.state == "failed") | ~FetchRun.trusted | ~FetchRun.marks_paid | fn.EXISTS(bad_key)


_WHICH: dict[Which, Any] = {
    "all": None,
    "trouble": _in_trouble,
    "keyless": Company.api_key.is_null,
    "paused": lambda: Company.paused,
}


# --- how they are ----------------------------------------------------------------------------------------------------
def _firms(rows: Sequence[Any]) -> list[Firm]:
    cvrs = [row.cvr for row in rows]
    keys, good, failed, logins = _keys(cvrs), _good(cvrs), _failed_since(cvrs), _logins(cvrs)
    set_aside = _counted(SetAside, SetAside.number, SetAside.company.in_(cvrs))
    running = _counted(Procedure, Procedure.id, Procedure.company.in_(cvrs) & Procedure.stage.in_(RUNNING))
    held = _counted(Letter, Letter.id, Letter.company.in_(cvrs) & (Letter.state == "held"))
    return [
        Firm(
            row=row,
            run=getattr(row, "run", None),
            key=keys.get(row.cvr, "accepted" if row.api_key else "none"),
            good_at=good.get(row.cvr),
            failed_since=failed.get(row.cvr),
            set_aside=set_aside.get(row.cvr, 0),
            running=running.get(row.cvr, 0),
            held=held.get(row.cvr, 0),
            login=logins.get(row.cvr),
        )
        for row in rows
    ]


def _counted(table: Any, column: Any, which: Any) -> dict[str, int]:
    return dict(table.select(table.company, fn.COUNT(column)).where(which).group_by(table.company).tuples())


def _keys(cvrs: Sequence[str]) -> dict[str, str]:
    """Of those that pasted one in the portal: what Ordrestyring said of the newest."""
    this = (KeyTrial.company == ApiKey.company) & (KeyTrial.key_no == ApiKey.key_no)
    tried: Any = ApiKey.select(ApiKey.company, KeyTrial.state).join(KeyTrial, JOIN.LEFT_OUTER, on=this)
    in_order = tried.where(ApiKey.company.in_(cvrs)).order_by(ApiKey.key_no).tuples()
    return {cvr: state or "untried" for cvr, state in in_order}


def _good(cvrs: Sequence[str]) -> dict[str, datetime]:
    last: Any = FetchRun.select(FetchRun.ended_at).where(FetchRun.company == Company.cvr, _IS_GOOD)
    newest = last.order_by(FetchRun.began_at.desc()).limit(1)
    found: Any = Company.select(Company.cvr, newest.alias("good_at")).where(Company.cvr.in_(cvrs)).tuples()
    read: Any = FetchRun.ended_at.python_value
    return {cvr: read(at) for cvr, at in found if at}


def _failed_since(cvrs: Sequence[str]) -> dict[str, datetime]:
    later: Any = FetchRun.alias()
    good = later.select().where(
        later.company == FetchRun.company, later.state == "finished", later.trusted, later.began_at > FetchRun.began_at
    )
    first = fn.MIN(FetchRun.began_at).coerce(False)
    failed: Any = FetchRun.select(FetchRun.company, first).where(
        FetchRun.company.in_(cvrs), FetchRun.state == "failed", ~fn.EXISTS(good)
    )
    read: Any = FetchRun.began_at.python_value
    return {cvr: read(at) for cvr, at in failed.group_by(FetchRun.company).tuples()}


def _logins(cvrs: Sequence[str]) -> dict[str, Any]:
    return {str(row.company): row for row in Login.select().where(Login.company.in_(cvrs))}
