"""What tests and the demo say to the stand-ins. Raises requests.HTTPError, with the stand-in's words, on a refusal."""

import time
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import requests

from deploy.sandbox.serving import parse_json, to_json
from deploy.sandbox.wire import Company, ErpFault, MailFault, NewInvoice, Payment

TIMEOUT = 30  # seconds for one answer
POLL = 0.1  # seconds between two looks into the inbox


class Numbered(msgspec.Struct, frozen=True):
    """What an invoice got when it was added."""

    number: int
    customer_number: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as the list has it."""

    id: int
    sender: str = msgspec.field(name="from")
    to: str
    subject: str
    at: datetime
    message_id: str
    links: list[str]


class Envelope(msgspec.Struct, frozen=True):
    """What the mail server was told, whatever the mail says: its sender is where the mail comes back to."""

    sender: str = msgspec.field(name="from")


class Mail(Summary, frozen=True, kw_only=True):
    """A whole mail."""

    envelope: Envelope
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None


class _Door:
    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Connection"] = "close"  # an idle one may end just when it is used again
        self._session.trust_env = False  # a proxy of this machine has no business on loopback

    def _call(self, verb: str, path: str, body: object = None, wanted: Any = Any, **params: str | int | None) -> Any:
        content = None if body is None else to_json(body)
        response = self._session.request(verb, self._base_url + path, data=content, params=params, timeout=TIMEOUT)
        if not response.ok:
            raise requests.HTTPError(f"{verb} {path}: {response.status_code} {response.text}", response=response)
        return parse_json(response.content, wanted)

    def close(self) -> None:
        self._session.close()


class Erp(_Door):
    """The control door of the stand-in ERP."""

    def add_company(self, key: str, name: str, cvr: str, *, keyset: bool = True, pagesize_cap: int = 100) -> None:
        self._call("POST", "/_sandbox/companies", Company(key, name, cvr, keyset, pagesize_cap))

    def revoke(self, key: str) -> None:
        self._call("POST", f"/_sandbox/companies/{key}/revoke")

    def add_invoices(self, invoices: Sequence[NewInvoice]) -> list[Numbered]:
        """All or none; the answers stand in the order of the invoices."""
        found: list[Numbered] = self._call("POST", "/_sandbox/invoices", list(invoices), list[Numbered])
        return found

    def pay(self, number: int, amount: Decimal, on: date, *, key: str | None = None) -> None:
        """A negative amount takes a payment back."""
        self._call("POST", f"/_sandbox/invoices/{number}/pay", Payment(amount, on, key))

    def credit(self, number: int, *, key: str | None = None) -> None:
        self._call("POST", f"/_sandbox/invoices/{number}/credit", key=key)

    def change_invoice(self, number: int, *, key: str | None = None, **fields: Any) -> None:
        """Sets raw fields, such as `amount_vat="abc"`."""
        self._call("PATCH", f"/_sandbox/invoices/{number}", fields, key=key)

    def delete_invoice(self, number: int, *, key: str | None = None) -> None:
        self._call("DELETE", f"/_sandbox/invoices/{number}", key=key)

    def change_debtor(self, customer_number: str, *, key: str | None = None, **fields: Any) -> None:
        self._call("PATCH", f"/_sandbox/debtors/{customer_number}", fields, key=key)

    def fault(self, *rules: ErpFault) -> None:
        self._call("POST", "/_sandbox/faults", rules)

    def clear_faults(self) -> None:
        self._call("DELETE", "/_sandbox/faults")

    def calls(self, path: str = "/", key: str | None = None) -> int:
        """How many calls began with this path, since the start, with this key or with any."""
        table = self._call("GET", "/_sandbox/calls")
        return sum(row["count"] for row in table if row["path"].startswith(path) and key in (None, row["key"]))

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._call("GET", "/_sandbox/state")
        return found


class Inbox(_Door):
    """The mails that came."""

    def messages(self, *, to: str = "", subject: str = "", limit: int = 100, since_id: int = 0) -> list[Summary]:
        """Newest first; `to` and `subject` need only be part of the mail's."""
        words: dict[str, str | int] = {"to": to, "subject": subject, "limit": limit, "since_id": since_id}
        found: list[Summary] = self._call("GET", "/api/messages", None, list[Summary], **words)
        return found

    def message(self, message_id: int) -> Mail:
        found: Mail = self._call("GET", f"/api/messages/{message_id}", None, Mail)
        return found

    def wait_for(self, *, to: str = "", subject: str = "", since_id: int = 0, timeout: float = 30) -> Mail:
        """The newest such mail, as soon as there is one. Raises TimeoutError, naming the mails that there are."""
        end = time.monotonic() + timeout
        while not (found := self.messages(to=to, subject=subject, since_id=since_id, limit=1)):
            if time.monotonic() > end:
                there = [f"{mail.to}: {mail.subject}" for mail in self.messages(limit=20)]
                raise TimeoutError(f"no mail to {to!r} with {subject!r} in {timeout} s; the newest are {there}")
            time.sleep(POLL)
        return self.message(found[0].id)

    def clear(self) -> None:
        self._call("DELETE", "/api/messages")

    def fault(self, *rules: MailFault) -> None:
        self._call("POST", "/api/faults", rules)

    def clear_faults(self) -> None:
        self._call("DELETE", "/api/faults")
