"""Where a fetch is, and what the ERP says there: slow, so outside any transaction. One page a message.

A cursor is one of
- `after:NUMBER`: the list by number, beyond NUMBER;
- `page:N:FIRST`: the list by page numbers, for a server that does not obey that; an earlier page began with invoice
  FIRST: the last one before N whose number is a power of two, so that pages that come round and round are noticed;
- `tracked:NUMBER`: what is followed and was not on the list, beyond NUMBER.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from common.events import Debtor
from common.logs import log
from fetcher.erp import Erp, Invoice, Row, Unavailable, Unreadable, is_whole
from fetcher.overdue import Terms, is_owed

START = "after:0"
FROM_PAGE_ONE = "page:1:"
TRACKED = "tracked:"
BATCH = 50  # followed invoices a message
MOST_PAGES = 10_000  # of one list; no company has a million invoices
MOST_ROWS = 1_000_000  # of one fetch
SINGLES = 10  # of them that are asked for by themselves: a slow ERP must not cost the message its time
Tracked = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Reading:
    """What one page says; `absent` were asked for by themselves. `then` is the next cursor; None after the last."""

    rows: Sequence[Row] = ()
    absent: Sequence[str] = ()
    debtors: Mapping[str, Debtor] = field(default_factory=dict)
    then: str | None = None


def read(erp: Erp, cursor: str, terms: Terms, tracked: Tracked) -> Reading:
    """`tracked(number, most)` gives the followed invoices beyond a number. Raises KeyRefused or Unavailable."""
    way, _, place = cursor.partition(":")
    if way == "after":
        return _after(erp, place, terms)
    if way == "page":
        return _numbered(erp, place, terms)
    return _followed(erp, tracked(place, BATCH))


def look(erp: Erp, number: str) -> Reading:
    """One invoice by itself. Raises KeyRefused or Unavailable."""
    row = erp.invoice(number)
    return _with_debtors(erp, [], None, absent=[number]) if row is None else _with_debtors(erp, [row], None)


def _after(erp: Erp, place: str, terms: Terms) -> Reading:
    rows = erp.page_after(terms.listed_from, terms.cutoff, place)
    if not rows:  # a short page is not the end: servers may cap the page size
        return Reading(then=TRACKED)
    if not _is_ascending(place, [row.number for row in rows]):
        return Reading(then=FROM_PAGE_ONE)
    return _with_debtors(erp, rows, f"after:{rows[-1].number}")


def _is_ascending(place: str, numbers: Sequence[str]) -> bool:
    return all(is_whole(number) for number in numbers) and all(
        int(one) < int(other) for one, other in pairwise([place, *numbers])
    )


def _numbered(erp: Erp, place: str, terms: Terms) -> Reading:
    page, _, before = place.partition(":")
    rows = erp.page(terms.listed_from, terms.cutoff, int(page))
    first = next((row.number for row in rows if row.number), "")
    if rows and first == before != "":
        log.warning("the ERP gives the same page again: it has no more", page=page)
        rows = []
    if not rows:
        return Reading(then=TRACKED)
    refuse_endless(int(page), MOST_PAGES)
    if first and (int(page).bit_count() == 1 or not before):
        before = first
    return _with_debtors(erp, rows, f"page:{int(page) + 1}:{before}")


def refuse_endless(so_far: int, most: int) -> None:
    """Raises Unavailable: what has no end can't be read."""
    if so_far >= most:
        raise Unavailable(f"its list does not end: {so_far} pages or invoices, and more")


def _followed(erp: Erp, numbers: Sequence[str]) -> Reading:
    """Missing from a batch means nothing: it is asked for by itself. Those beyond SINGLES are left to the next page."""
    rows = list(erp.invoices(numbers)) if numbers else []
    there = {row.number for row in rows}
    missing = [number for number in numbers if number not in there]
    alone = {number: erp.invoice(number) for number in missing[:SINGLES]}
    rows += [row for row in alone.values() if row is not None]
    then = None if len(numbers) < BATCH else f"{TRACKED}{numbers[-1]}"
    if len(missing) > SINGLES:
        then = f"{TRACKED}{missing[SINGLES - 1]}"
    return _with_debtors(erp, rows, then, absent=[number for number, row in alone.items() if row is None])


def _with_debtors(erp: Erp, rows: Sequence[Row], then: str | None, absent: Sequence[str] = ()) -> Reading:
    """With the debtors of what is owed. What somebody owes who can't be read can't be read either."""
    rows = _agreed(rows)
    numbers = dict.fromkeys(row.customer_number for row in rows if isinstance(row, Invoice) and is_owed(row))
    numbers.pop("", None)
    found = erp.debtors(list(numbers)) if numbers else {}
    debtors = {number: debtor for number, debtor in found.items() if isinstance(debtor, Debtor)}
    return Reading([_owed_by(row, found) for row in rows], absent, debtors, then)


def _owed_by(row: Row, debtors: Mapping[str, Debtor | Unreadable]) -> Row:
    if isinstance(row, Unreadable) or not is_owed(row):
        return row
    debtor = debtors.get(row.customer_number)
    return Unreadable(row.number, f"of its debtor {debtor.reason}") if isinstance(debtor, Unreadable) else row


def _agreed(rows: Sequence[Row]) -> list[Row]:
    """Rows that contradict each other: nobody knows which is right, so that invoice is unreadable."""
    found: dict[str, Row] = {}
    nameless = [row for row in rows if not row.number]
    for row in rows:
        if row.number and found.setdefault(row.number, row) != row:
            found[row.number] = Unreadable(row.number, "it is listed twice, and differently")
    return [*found.values(), *nameless]
