"""The portal's pages under many users at once: 1,000 companies, 200,000 invoices on PostgreSQL.

Each user is logged in, opens pages one after the other on a connection of his own, and looks at each for half a second
to a second and a half before he goes on. Users come from companies of all sizes; one in ten belongs to the biggest.
"""

import http.client
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median, quantiles
from urllib.parse import quote, urlencode

from common import clock, db
from common.tables import KnownInvoice, Login, Session
from decisions import sessions
from tests.bench import portal_data
from tests.bench.crew import cpu_seconds, until
from tests.bench.doors import is_listening
from tests.bench.figures import Figure
from tests.bench.place import Place, Room

LOOKING = (0.5, 1.5)  # seconds
MEDIAN, P99 = 50.0, 150.0  # milliseconds that a page may take
GROUPS = ("waiting", "awaiting_decision", "running", "paused", "collecting_fees", "escalated", "settled")
LARGEST = 60_000  # bytes that a page may have
SEED = 7


@dataclass(frozen=True)
class Size:
    """How much there is to see, and how many look; `pages` is what each of them opens."""

    big: int = portal_data.BIG
    small: int = portal_data.SMALL
    companies: int = portal_data.COMPANIES
    users: int = 50
    pages: int = 40

    @property
    def invoices(self) -> int:
        return self.big + self.small * (self.companies - 1)


@dataclass(frozen=True)
class User:
    """Somebody with a cookie, and the addresses that he may open, by the page that they are of."""

    cookie: str
    pages: dict[str, list[str]]


@dataclass
class Seen:
    """What one page took, and how big it was."""

    took: list[float] = field(default_factory=list)
    largest: int = 0


def run(place: Place) -> Iterator[Figure]:
    """With N=… invoices in the biggest company, a few in others, and a few users."""
    n = place.options.n
    size = Size(n, 20, 10, users=6, pages=4) if n else Size()
    with place.fresh() as room, room.crew() as crew:
        portal_data.fill(size.big, size.small, size.companies)
        users = _users(size)
        crew.module("portal", "decisions")
        crew.wait_ready("portal")
        until(lambda: is_listening(room.portal), "the portal listening", 20)
        _warm(room, users)
        before, began = cpu_seconds(crew.running["portal"].pid), time.perf_counter()
        seen = _walk(room, users, size.pages)
        busy = (cpu_seconds(crew.running["portal"].pid) - before) / (time.perf_counter() - began)
    for page, each in sorted(seen.items()):
        yield _figure(page, each, busy, size)


def _figure(page: str, seen: Seen, busy: float, size: Size) -> Figure:
    p50, p99 = median(seen.took) * 1000, quantiles([*seen.took, max(seen.took)], n=100)[98] * 1000
    return Figure(
        row="portal",
        what=f"{page}, {size.users} users at once, {size.invoices:,} invoices",
        n=len(seen.took),
        ours=p50,
        unit="ms at the median",
        target=f"{MEDIAN:.0f}, p99 {P99:.0f}, {LARGEST // 1000} kB",
        met=p50 < MEDIAN and p99 < P99 and seen.largest < LARGEST,
        detail={
            "p99 ms": {"ours": p99},
            "largest answer, bytes": {"ours": float(seen.largest)},
            "cores that the portal used": {"ours": busy},
        },
    )


def _warm(room: Room, users: Sequence[User]) -> None:
    """What is read once, or remembered for some minutes: templates, texts, connections, a large company's figures."""
    with ThreadPoolExecutor(len(users)) as pool:
        list(pool.map(lambda user: _open(room.portal, user, [p[0] for p in user.pages.values()], still=False), users))


def _walk(room: Room, users: Sequence[User], pages: int) -> dict[str, Seen]:
    seen: dict[str, Seen] = defaultdict(Seen)
    with ThreadPoolExecutor(len(users)) as pool:
        walks = [_chosen(user, number, pages) for number, user in enumerate(users)]
        for walk in pool.map(lambda pair: _open(room.portal, pair[0], pair[1]), zip(users, walks, strict=True)):
            for page, seconds, size in walk:
                seen[page].took.append(seconds)
                seen[page].largest = max(seen[page].largest, size)
    return seen


def _chosen(user: User, number: int, pages: int) -> list[str]:
    """The same walk in every run; all pages equally often."""
    dice = random.Random(SEED + number)
    return [dice.choice(user.pages[page]) for page in dice.choices(sorted(user.pages), k=pages)]


def _open(bind: str, user: User, paths: Sequence[str], *, still: bool = True) -> list[tuple[str, float, int]]:
    dice, walk = random.Random(user.cookie), list[tuple[str, float, int]]()
    connection = http.client.HTTPConnection(bind, timeout=30)
    for path in paths:
        if still:
            time.sleep(dice.uniform(*LOOKING))
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"rykker={user.cookie}"})
        answer = connection.getresponse()
        size = len(answer.read())
        took = time.perf_counter() - began
        assert answer.status == 200, (answer.status, path)
        walk.append((next(page for page, paths in user.pages.items() if path in paths), took, size))
    connection.close()
    return walk


# --- who looks at what -----------------------------------------------------------------------------------------------
def _users(size: Size) -> list[User]:
    """Two of them are operators."""
    dice = random.Random(SEED)
    small = dice.sample(range(1, size.companies), size.users)
    firms = [portal_data.BIGGEST if number % 10 == 0 else _cvr(small[number]) for number in range(size.users - 2)]
    with db.transaction():
        members = [User(_word(number, cvr), _pages(cvr, dice)) for number, cvr in enumerate(firms)]
        return [*members, *(User(_word(size.users + number, None), _operators()) for number in range(2))]


def _cvr(number: int) -> str:
    return f"{int(portal_data.BIGGEST) + number}"


def _word(number: int, cvr: str | None) -> str:
    login = Login.get_or_none(Login.company == cvr) if cvr else None
    if login is None:
        row = {"id": f"login-{number}", "role": "company" if cvr else "operator", "company": cvr}
        login = Login.create(**row, email=f"user-{number}@vvs.example", created_at=clock.business_now())
    word = sessions.begin(login, clock.real_now())
    assert Session.select().count()
    return word


def _pages(cvr: str, dice: random.Random) -> dict[str, list[str]]:
    known = KnownInvoice.select(KnownInvoice.number).where(KnownInvoice.company == cvr).limit(5000)
    numbers = dice.sample([row.number for row in known], 20)
    return {
        "/tasks": ["/tasks"],
        "/invoices": ["/invoices", *(f"/invoices?show={group}" for group in GROUPS)],
        "/invoices, sorted and searched": [
            "/invoices?sort=amount&down=1",
            "/invoices?show=settled&sort=debtor",
            *(f"/invoices?{urlencode({'search': number})}" for number in numbers[:4]),
        ],
        "/invoices/NUMBER": [f"/invoices/{quote(number, safe='')}" for number in numbers],
        "/numbers": ["/numbers"],
        "/fetches": ["/fetches"],
        "/profile": ["/profile"],
    }


def _operators() -> dict[str, list[str]]:
    paths = ("/operator", "/operator/letters", "/operator/failed", "/operator/audit", "/operator/numbers")
    return {path: [path] for path in paths}
