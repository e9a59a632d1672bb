"""Rows of Ordrestyring's REST v2 → frozen values; pure. What a row may hold: facts/ordrestyring-api.md.

Nothing that comes out holds a control character or is longer than its field may be.
"""

import re
import reprlib
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from common.calendar import local_date
from common.events import Debtor
from common.money import ZERO, NotAnAmount, kroner
from fetcher.erp import ORDINARY, Invoice, Malformed, Row, Unreadable

Fields = Mapping[str, Any]
YEARS = range(1990, 2100)
LONGEST = {"number": 40, "text": 200, "email": 254}  # characters
LONGEST_LIST = 1000  # characters of a field with several addresses
_LATEST = 10**10  # seconds; far beyond the years that are taken, and within what datetime can hold
_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]+")
_CVR_DIGITS = 8
CURRENCIES = ("currency", "currency_id", "currency_code")  # of these only a debtor's currency_id is documented


def invoice(row: object) -> Row:
    """The invoice, or why it can't be read."""
    if not isinstance(row, dict):
        return Unreadable("", "the row is no object")
    value = row.get("invoice_number")
    number = "" if isinstance(value, Decimal) else text(value, "number")
    try:
        if not is_exact(value, number):
            raise _bad("invoice_number", value)
        _refuse_other_currencies(row)
        return _possible(_invoice(number, row))
    except Malformed as reason:
        return Unreadable(number, str(reason))


def _invoice(number: str, row: Fields) -> Invoice:
    return Invoice(
        number=number,
        type=_type(row),
        customer_number=_customer_number(row),
        customer_name=_first(row, "cust_name", "invoice_name"),
        address=_first(row, "cust_address", "invoice_address"),
        postal_code=_first(row, "cust_postalcode", "invoice_postalcode"),
        city=_first(row, "cust_city", "invoice_city"),
        cvr=cvr(row.get("cust_cvr")),
        issued_on=_date(row, "date"),
        due_on=_required_date(row, "payment_date"),
        amount=_amount(row, "amount_vat"),
        paid=_paid(row),
        paid_on=_date(row, "payed_date"),
        payment_line=text(row.get("fi_number")),
    )


def _possible(found: Invoice) -> Invoice:
    """Of an ordinary invoice: a credit note may be negative, and nobody waits for its due date.

    To take a negative amount for a credit would end a procedure for good because of a slip.
    """
    if found.type == ORDINARY and found.amount < ZERO:
        raise Malformed(f"amount_vat is {found.amount} of an ordinary invoice")
    if found.type == ORDINARY and found.issued_on and found.due_on < found.issued_on:
        raise Malformed(f"payment_date is {found.due_on}, before it was issued on {found.issued_on}")
    return found


def _refuse_other_currencies(row: Fields) -> None:
    """All amounts here are kroner. What a number stands for is nowhere said, so only words count."""
    for name in CURRENCIES:
        value = row.get(name)
        if isinstance(value, str) and not re.fullmatch("[0-9]*", text(value)) and not _are_kroner(text(value)):
            raise _bad(name, value)


def _are_kroner(word: str) -> bool:
    return word.upper().rstrip(".") in ("DKK", "KR")


def debtor(row: object) -> Debtor | Unreadable | None:
    """Who owes; None for a row without a customer number."""
    if not isinstance(row, dict):
        return None
    value = row.get("customer_number")
    number = text(value, "number")
    if not is_exact(value, number):
        return None
    try:
        _refuse_other_currencies(row)
    except Malformed as reason:
        return Unreadable(number, str(reason))
    return Debtor(
        customer_number=number,
        name=_first(row, "customer_name", "invoice_name"),
        email=email(row.get("invoice_email")) or email(row.get("customer_email")),
        cvr=cvr(row.get("cvr")),
        address=_first(row, "customer_address", "invoice_address"),
        postal_code=_first(row, "customer_postalcode", "invoice_postalcode"),
        city=_first(row, "customer_city", "invoice_city"),
    )


# --- fields ----------------------------------------------------------------------------------------------------------
def text(value: object, kind: str = "text") -> str:
    """One line of printable text; numbers as they are written; nothing for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    line = str(value)[: LONGEST[kind] * 4]
    if not line.isprintable():
        line = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in line)
    return " ".join(line.split())[: LONGEST[kind]].rstrip()


def email(value: object) -> str | None:
    """The address, or the first of several between commas or semicolons, if it looks like one."""
    if not isinstance(value, str) or len(value) > LONGEST_LIST:
        return None
    local, _, domain = re.split("[,;]", value)[0].strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
    return address if len(address) <= LONGEST["email"] and _EMAIL.fullmatch(address) else None


def cvr(value: object) -> str | None:
    digits = re.sub("[^0-9]", "", text(value))
    return digits if len(digits) == _CVR_DIGITS else None


def _first(row: Fields, *names: str) -> str:
    return next((found for name in names if (found := text(row.get(name)))), "")


def is_exact(value: object, number: str) -> bool:
    """Whether the number is as the ERP wrote it. A shortened or cleaned one could name another, and can't be asked for.

    A dot or two would lead elsewhere in an address; U+FFFD stands for letters that were broken.
    """
    if isinstance(value, Decimal) or number in ("", ".", ".."):
        return False
    return number == str(value).strip() and "\ufffd" not in number


def _customer_number(row: Fields) -> str:
    value = row.get("customer_number")
    number = text(value, "number")
    if number and not is_exact(value, number):
        raise _bad("customer_number", value)
    return number


def _type(row: Fields) -> str:
    found = text(row.get("type"))
    if found.isascii() and found.isdigit():
        return found
    raise _bad("type", row.get("type"))


def _paid(row: Fields) -> Decimal | None:
    if row.get("payed_amount") in (None, ""):
        return None
    paid = _amount(row, "payed_amount")
    if paid < ZERO:
        raise _bad("payed_amount", paid)
    return paid


def _amount(row: Fields, name: str) -> Decimal:
    value = row.get(name)
    try:
        if isinstance(value, str | int | Decimal):
            return kroner(value)
    except NotAnAmount:
        pass
    raise _bad(name, value)


def _required_date(row: Fields, name: str) -> date:
    if found := _date(row, name):
        return found
    raise _bad(name, row.get(name))


def _date(row: Fields, name: str) -> date | None:
    """Unix seconds of local midnight, as a number or its digits; nothing and 0 are no date."""
    value = row.get(name)
    if value in (None, "", 0, "0"):
        return None
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,11}", str(value)) or abs(int(value)) > _LATEST:
        raise _bad(name, value)
    day = local_date(datetime.fromtimestamp(int(value), UTC))
    if day.year not in YEARS:
        raise _bad(name, value)
    return day


def _bad(name: str, value: object) -> Malformed:
    return Malformed(f"{name} is missing" if value in (None, "") else f"{name} is {text(reprlib.repr(value))}")
