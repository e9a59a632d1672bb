"""Companies for operators: a page of them with the health of their fetches, in a constant number of queries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from peewee import JOIN, SQL, Case, fn

from common.tables import TAB, ApiKey, Company, FetchRun, KeyTrial, Letter, Login, Procedure, SetAside
from decisions.queries import NotFound

PAGE = 50
Which = Literal["all", "trouble", "keyless", "paused"]
RUNNING = ("running", "collecting_fees")  # of tables.TAB, which the index of procedures by company goes by
_IS_GOOD = (FetchRun.state == "finished") & FetchRun.trusted


@dataclass(frozen=True, kw_only=True)
class Firm:
    """A company. `run` is its newest fetch that is over, `good_at` when the last good one ended; `failed_since` when
    the first one began that failed since then. `key`: none, untried, accepted, refused, foreign or unreachable.
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
    keyless, paused = (fn.SUM(Case(None, [(which, 1)], 0)) for which in (Company.api_key.is_null(), Company.paused))
    every, *some = Company.select(fn.COUNT(Company.cvr), keyless, paused).tuples().first()
    return {"all": every, "trouble": len(_in_trouble("")), "keyless": some[0] or 0, "paused": some[1] or 0}


def listed(search: str, which: Which, page: int) -> tuple[list[Firm], int]:
    """By name, PAGE of them; and how many there are. Only those in trouble take a look at every company's fetches."""
    if which == "trouble":
        cvrs = _in_trouble(search)
        found, count = Company.select().where(Company.cvr.in_(cvrs[PAGE * (page - 1) : PAGE * page])), len(cvrs)
    else:
        chosen = Company.select().where(_matches(search), _WHICH[which])
        found, count = chosen.paginate(page, PAGE), chosen.count()
    return _firms(list(found.order_by(*_BY_NAME))), count


def one(cvr: str) -> Firm:
    """Raises NotFound."""
    firms = _firms(list(Company.select().where(Company.cvr == cvr[:8])))
    if not firms or cvr != firms[0].row.cvr:
        raise NotFound(NotFound.__doc__)
    return firms[0]


def runs(cvr: str, most: int) -> list[Any]:
    """The newest first."""
    return list(FetchRun.select().where(FetchRun.company == cvr).order_by(FetchRun.began_at.desc()).limit(most))


# --- which -----------------------------------------------------------------------------------------------------------
_BY_NAME = (Company.name, Company.cvr)
_WHICH: dict[Which, Any] = {"all": SQL("1 = 1"), "keyless": Company.api_key.is_null(), "paused": Company.paused}


def _matches(search: str) -> Any:
    word = search.strip()
    is_like = Company.name.contains(word) | Company.email.contains(word) | Company.cvr.startswith(word)
    return is_like if word else SQL("1 = 1")


def _of_newest_run(said: Callable[[Any], Any]) -> Any:
    """What is said of each company's newest fetch that is over; one look at an index for each company."""
    newest: Any = FetchRun.alias()
    over = newest.select(said(newest)).where(newest.company == Company.cvr, newest.state != "running")
    return over.order_by(newest.began_at.desc()).limit(1)


def _in_trouble(search: str) -> list[str]:
    """By name."""
    newer: Any = ApiKey.alias()
    replaced = newer.select().where(newer.company == KeyTrial.company, newer.key_no > KeyTrial.key_no)
    bad_key = KeyTrial.select().where(
        KeyTrial.company == Company.cvr, KeyTrial.state != "accepted", ~fn.EXISTS(replaced)
    )
    is_bad = _of_newest_run(lambda run: (run.state == "failed") | ~run.trusted | ~run.marks_paid)
    found: Any = Company.select(Company.cvr).where(fn.EXISTS(bad_key) | is_bad, _matches(search))
    return [cvr for (cvr,) in found.order_by(*_BY_NAME).tuples()]


# --- how they are ----------------------------------------------------------------------------------------------------
def _firms(rows: Sequence[Any]) -> list[Firm]:
    cvrs = [row.cvr for row in rows]
    keys, good, failed, logins = _keys(cvrs), _good(cvrs), _failed_since(cvrs), _logins(cvrs)
    ids = _of_newest_run(lambda run: run.fetch_id)
    newest = FetchRun.select().where(FetchRun.fetch_id.in_(Company.select(ids).where(Company.cvr.in_(cvrs))))
    last = {run.company: run for run in newest}
    set_aside = _counted(SetAside, SetAside.number, SetAside.company.in_(cvrs))
    running = _counted(Procedure, SQL("1"), Procedure.company.in_(cvrs) & TAB.in_(RUNNING))
    held = _counted(Letter, Letter.id, Letter.company.in_(cvrs) & (Letter.state == "held"))
    return [
        Firm(
            row=row,
            run=last.get(row.cvr),
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
