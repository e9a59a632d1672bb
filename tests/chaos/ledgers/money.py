"""Every krone: what the ERP says is paid, what the ledgers say is owed, and what the law allows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from common.ledger import PAYABLE, owed
from tests.chaos.facts import Facts, LineRow
from tests.chaos.ledgers.deeds import by_invoice

OVER = ("settled", "cancelled")
LARGEST, MOST = Decimal(100), 3  # renteloven § 9 b: kroner a reminder, and reminders with a fee
COMPENSATION = Decimal(310)


def every_ledger_is_as_the_erp_has_it(facts: Facts) -> Iterator[str]:
    """When all is quiet: the principal is what the ERP says is outstanding, if the company did not write it off."""
    deeds, ledgers = by_invoice(facts.deeds), by_claim(facts)
    for number, lines in ledgers.items():
        is_waived = any(line.kind == "waived" and line.account == "principal" for line in lines)
        principal, outstanding = owed(lines).principal, deeds[number][-1].outstanding
        if principal != outstanding and not is_waived:
            yield f"the ledger of invoice {number} says that {principal} is outstanding, the ERP says {outstanding}"


def no_krone_is_lost_or_invented(facts: Facts) -> Iterator[str]:
    said = {row.id for row in facts.outbox}
    for number, lines in by_claim(facts).items():
        sums = owed(lines)
        if any(getattr(sums, account) < 0 for account in PAYABLE) or sums.surplus > 0 or sums.company < 0:
            yield f"an account of invoice {number} is on the wrong side: {sums}"
        if sums.charges and sums.surplus:
            yield f"the debtor of invoice {number} owes {sums.charges}, and is owed {-sums.surplus}"
        if unheard := [line.kind for line in lines if line.event not in said]:
            yield f"the ledger of invoice {number} has lines ({', '.join(unheard)}) that no event is behind"


def no_ledger_is_beyond_the_law(facts: Facts) -> Iterator[str]:
    for number, lines in by_claim(facts).items():
        fees = _standing_fees(lines)
        if len(fees) > MOST or any(fee > LARGEST for fee in fees):
            yield f"invoice {number} has reminder fees of {', '.join(map(str, fees))}"
        charged = sum(x.amount for x in lines if (x.account, x.against) == ("compensation", "charged"))
        if charged not in (0, COMPENSATION):
            yield f"invoice {number} is charged a compensation of {charged}"


def what_is_over_asks_for_nothing(facts: Facts) -> Iterator[str]:
    newest = {row.invoice: row for row in sorted(facts.procedures, key=lambda row: row.round)}
    ledgers = by_claim(facts)
    for number, row in newest.items():
        charges = owed(ledgers.get(number, ())).charges
        if row.stage in OVER and charges:
            yield f"invoice {number} is {row.stage} ({row.reason}), and its ledger still asks for {charges}"


def _standing_fees(lines: Sequence[LineRow]) -> list[Decimal]:
    back = {(line.step, line.attempt) for line in lines if line.kind == "reversal" and line.account == "fee"}
    return [line.amount for line in lines if line.kind == "fee" and (line.step, line.attempt) not in back]


def by_claim(facts: Facts) -> Mapping[str, list[LineRow]]:
    found: dict[str, list[LineRow]] = defaultdict(list)
    for line in facts.lines:
        found[line.invoice].append(line)
    return found
