"""What a company may choose, value by value; pure. Values may come as text, from the command line or a form."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from common.cvr import is_valid
from common.money import NotAnAmount, kroner

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_YES_NO = {"yes": True, "ja": True, "true": True, "no": False, "nej": False, "false": False}

Check = Callable[[Any], Any]


class NotAllowed(ValueError):
    """Says what is allowed."""


def cvr(value: Any) -> str:
    """As common.cvr has it."""
    number = str(value).replace(" ", "")
    if not re.fullmatch(r"[1-9][0-9]{7}", number, re.ASCII):
        raise NotAllowed("eight digits")
    if not is_valid(number):
        raise NotAllowed("a CVR number; one of these eight digits is wrong")
    return number


def email(value: Any) -> str:
    address = str(value).strip()
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise NotAllowed("one e-mail address, such as bogholder@firma.dk")
    return address


def text(least: int, most: int, *, lines: bool = False) -> Check:
    def check(value: Any) -> str:
        given = str(value).strip()
        given = given.replace("\r\n", "\n").replace("\r", "\n") if lines else given  # as browsers send them
        printable = given.replace("\n", "") if lines else given
        if not least <= len(given) <= most or not printable.isprintable():
            raise NotAllowed(f"{least} to {most} printable characters{'' if lines else ' on one line'}")
        return given

    return check


def bank_account(value: Any) -> str:
    """Registration number (four digits) and account (up to ten), as "1234 0001234567"; "" for none.

    Account numbers of fewer digits are filled with zeros on the left, as banks print them.
    """
    given = str(value).strip()
    found = re.fullmatch(r"([0-9]{4})[ -]*([0-9][0-9 ]{0,19})", given, re.ASCII)
    account = found[2].replace(" ", "") if found else ""
    if given and not 1 <= len(account) <= 10:
        raise NotAllowed("a registration number of four digits and an account of at most ten, such as 1234 0001234567")
    return f"{found[1]} {account:0>10}" if found else ""


def fi_creditor(value: Any) -> str:
    """The creditor's number of payment slips (FI-kreditornummer): eight digits; "" for none.

    No source gives it a check digit. That of a payment slip belongs to the payment id (giro-kort.dk/fi-kort5.html), and
    CompanyInfo::checkFICreditorID of Dynamics AX 2012 (learn.microsoft.com) asks for eight digits or nothing.
    """
    number = str(value).replace(" ", "").removeprefix("+").removesuffix("<")
    if number and not re.fullmatch(r"[0-9]{8}", number, re.ASCII):
        raise NotAllowed("eight digits, such as 87654321")
    return number


def optional(check: Check) -> Check:
    """What `check` allows, or nothing."""
    return lambda value: check(value) if str(value).strip() else ""


def one_of(*allowed: str) -> Check:
    def check(value: Any) -> str:
        if value not in allowed:
            raise NotAllowed(" or ".join(allowed))
        return str(value)

    return check


def whole(least: int, most: int, unit: str) -> Check:
    def check(value: Any) -> int:
        given = str(value).strip()
        if not re.fullmatch(r"[0-9]{1,6}", given, re.ASCII) or not least <= int(given) <= most:
            raise NotAllowed(f"a whole number of {unit} from {least} to {most}")
        return int(given)

    return check


def yes_or_no(value: Any) -> bool:
    chosen = _YES_NO.get(str(value).strip().lower())
    if chosen is None:
        raise NotAllowed("yes or no")
    return chosen


def time_of_day(value: Any) -> str:
    given = str(value).strip()
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", given, re.ASCII):
        raise NotAllowed("a time of day as HH:MM, from 00:00 to 23:59")
    return given


def amount(most: Decimal | None = None) -> Check:
    """Kroner with at most two decimals; a comma is the decimal sign where there is one."""
    allowed = f"an amount of 0 to {most:.0f} kr." if most is not None else "an amount in kroner of 0 or more"

    def check(value: Any) -> Decimal:
        given = str(value).strip()
        plain = given.replace(".", "").replace(",", ".") if "," in given else given
        if not re.fullmatch(r"[0-9]+(\.[0-9]{1,2})?", plain, re.ASCII):
            raise NotAllowed(allowed)
        try:
            found = kroner(plain)
        except NotAnAmount as error:
            raise NotAllowed(allowed) from error
        if most is not None and found > most:
            raise NotAllowed(allowed)
        return found

    return check


def customer_numbers(value: Any) -> list[str]:
    """A list, or a text with commas between; the order stays, repeats go."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise NotAllowed("customer numbers with commas between")
    numbers = list(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
    if not all(len(number) <= 50 and number.isprintable() for number in numbers):
        raise NotAllowed("customer numbers of at most 50 printable characters, with commas between")
    return numbers


def api_key(value: Any) -> str:
    key = str(value).strip()
    if not re.fullmatch(r"[\x21-\x7e]{8,200}", key):
        raise NotAllowed("8 to 200 printable ASCII characters without spaces")
    return key
