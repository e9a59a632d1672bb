"""How the people of the demo read mails, click and pay: through the stand-ins and real pages, or in a past at once."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Protocol

from deploy.sandbox.browser import Browser
from deploy.sandbox.client import Erp, Inbox, Mail, Summary
from deploy.sandbox.deeds import Answers, Objects
from deploy.sandbox.settings import Settings


class Mails(Protocol):
    """The inbox of all."""

    def messages(self, *, limit: int, since_id: int) -> Sequence[Summary]: ...
    def message(self, message_id: int) -> Mail: ...


class Clicks(Protocol):
    """A browser. Raises NoSuchButton and requests.RequestException."""

    def answer(self, link: str, choice: Answers) -> None: ...
    def object(self, link: str, kind: Objects, **typed: str) -> None: ...


@dataclass(frozen=True)
class Ways:
    """All of them."""

    erp: Erp
    inbox: Mails
    browser: Clicks


@contextmanager
def ways(sandbox: Settings) -> Iterator[Ways]:
    """Those of the stand-ins and of the portal's pages."""
    erp, inbox, browser = Erp(f"http://{sandbox.erp}"), Inbox(f"http://{sandbox.inbox}"), Browser()
    with closing(erp), closing(inbox), closing(browser):
        yield Ways(erp, inbox, browser)
