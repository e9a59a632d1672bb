"""What the others note themselves, and what was done to everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Deed:
    """The ERP's book: from `at` on it said that so much is owed for the invoice. `what` happened: paid, credited …

    Whose it is, and when it was due, stands where it was created.
    """

    at: datetime
    invoice: str
    what: str
    outstanding: Decimal
    customer: str = ""
    due_on: date | None = None


@dataclass(frozen=True)
class Mail:
    """The mail server's book: it took this mail, whether or not the sender heard so."""

    at: datetime
    message_id: str
    to: str


@dataclass(frozen=True)
class Heard:
    """The subscriber's book: an event came. `content` is its data."""

    at: datetime
    id: str
    type: str
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Answered:
    """A person's own note: the portal had taken this answer at `at`; or it fell silent, and nobody knows (`heard`).

    `way`: by the link of a mail, or behind the login of the portal.
    """

    at: datetime
    procedure: str
    choice: str
    heard: bool = True
    way: str = "link"


@dataclass(frozen=True)
class Saved:
    """A company's own note: the portal had taken at `at` what it chose on its profile, or fell silent (`heard`)."""

    at: datetime
    company: str
    choice: str
    value: str
    heard: bool = True


@dataclass(frozen=True)
class Looked:
    """What came of a request behind the login. `strangers`: names of others on the page; it `is_own` to who asked, or
    another's, which he must not see.
    """

    at: datetime
    who: str
    what: str
    status: int
    strangers: Sequence[str] = ()
    is_own: bool = True


@dataclass(frozen=True)
class Disturbance:
    """What was done to whom, such as kill to `notifier 2`; `times` is how many mails a fault of theirs hits."""

    at: datetime
    kind: str
    to: str
    until: datetime | None = None
    times: int = 1
