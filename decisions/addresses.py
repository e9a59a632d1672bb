"""Addresses of pages; pure."""

from urllib.parse import quote, urlencode

ELSEWHERE = "-"  # in the place of a number that the query has
_UNUTTERABLE = ("", ".", "..", "pick")  # as a part of a path a browser drops it, or it names another page


def invoice(number: str) -> str:
    """Of an invoice's page; its number may hold anything."""
    if number in _UNUTTERABLE:
        return f"/invoices/?{urlencode({'number': number})}"
    return f"/invoices/{quote(number, safe='')}"


def letter(number: str, letter_id: str) -> str:
    """Of a letter about that invoice."""
    if number in (ELSEWHERE, *_UNUTTERABLE):
        return f"/invoices/{ELSEWHERE}/letters/{letter_id}?{urlencode({'number': number})}"
    return f"/invoices/{quote(number, safe='')}/letters/{letter_id}"
