"""What companies and an operator do in the portal behind the login, and note of it."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar
from uuid import uuid5

import requests

from common import clock, events
from decisions import addresses
from deploy.sandbox.browser import TooLate
from tests.chaos.books import Book
from tests.chaos.facts import Answered, Saved
from tests.chaos.plan import Action
from tests.chaos.portal import PAGES, LoggedOut, Member, NotNow
from tests.e2e.town import Invoice

T = TypeVar("T")
LETTER = re.compile(r'href="(/invoices/[^"/]+/letters/[^"]+)"')
ONCE_MORE = 3  # times that somebody who has left, or was overtaken, opens the page anew


class Office:
    """Does what the plan says behind the login. `members` by the names that the plan has for them."""

    def __init__(self, members: Mapping[str, Member], answers: Book, notes: Book, choices: Book) -> None:
        self.members, self._answers, self._notes, self._choices = members, answers, notes, choices
        self.deeds: dict[str, Callable[[Action], None]] = {
            "fetch now": lambda action: self._fetch(self.members[action.to]),
            "save": lambda action: self._save(action, self.members[action.to]),
            "leave": lambda action: self.members[action.to].leave(),
        }

    # --- about an invoice
    def answer(self, invoice: Invoice, choice: str) -> None:
        """Says so on the invoice's page."""
        self._say(invoice, {"do": "answer", "choice": choice}, choice, self._answers)

    def note(self, invoice: Invoice, kind: str) -> None:
        """Writes down what the customer objects to, or that he no longer does."""
        words = {"words": "Kunden siger, at det ikke er lavet færdigt"} if kind == "dispute" else {}
        self._say(invoice, {"do": "note", "kind": kind}, kind, self._notes, **words)

    def _say(self, invoice: Invoice, form: dict[str, str], word: str, book: Book, **typed: str) -> None:
        member, rounds = self._whose(invoice), invoice.rounds()
        if not rounds:
            raise NotNow("the company has heard nothing of it yet")
        began = clock.real_now()
        try:
            sent = self._sent(lambda: member.send(addresses.invoice(str(invoice.number)), form, **typed))
        except requests.RequestException:
            book.write(Answered(began, rounds[-1], word, heard=False, way="portal"))
            raise
        procedure = uuid5(events.NAMESPACE, f"{member.company}\n{invoice.number}\n{sent['seen'].partition('.')[0]}")
        book.write(Answered(clock.real_now(), str(procedure), word, way="portal"))

    # --- about the company
    def _fetch(self, member: Member) -> None:
        self._sent(lambda: member.send("/fetches", {}, "/fetches"))

    def _save(self, action: Action, member: Member) -> None:
        """A fee holds for procedures that are running, too."""
        is_fee = action.word == "fee"
        value = f"{action.size:.0f}" if is_fee else f"Mester siden {1900 + action.size:.0f}"
        section = {"section": "reminders" if is_fee else "firm"}
        more = {"running": "yes"} if is_fee else {}
        began = clock.real_now()
        try:
            self._sent(lambda: member.send("/profile", section, **{action.word: value}, **more))
        except requests.RequestException:
            self._choices.write(Saved(began, member.company, action.word, value, heard=False))
            raise
        self._choices.write(Saved(clock.real_now(), member.company, action.word, value))

    def _sent(self, send: Callable[[], T]) -> T:
        """Whoever was overtaken, or had left, looks anew and decides the same."""
        for _ in range(ONCE_MORE):
            with suppress(TooLate, LoggedOut):
                return send()
        raise NotNow("others were there before each time")

    # --- looking
    def look(self, member: Member, own: Invoice | None, others: Invoice | None) -> None:
        """At every page of the navigation, an invoice with its letters, and one that is none of his business."""
        for path in PAGES[member.role]:
            _looked(member, path)
        if own:
            page = _looked(member, addresses.invoice(str(own.number)))
            for letter in LETTER.findall(page)[:2]:
                _looked(member, letter)
        if others:
            _looked(member, addresses.invoice(str(others.number)), is_own=False)

    def _whose(self, invoice: Invoice) -> Member:
        return next(member for member in self.members.values() if member.company == invoice.company.cvr)


def _looked(member: Member, path: str, *, is_own: bool = True) -> str:
    with suppress(LoggedOut):
        return member.look(path, is_own=is_own)
    return member.look(path, is_own=is_own)
