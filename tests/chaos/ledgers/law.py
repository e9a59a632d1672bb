"""What the law says of letters, fees and interest: counted anew from the others' books, by no rule of ours."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from common.calendar import add_banking_days, local_date
from common.money import kroner
from tests.chaos.facts import Deed, Facts, LetterRow, LineRow, Mail
from tests.chaos.ledgers.deeds import by_invoice
from tests.chaos.ledgers.money import MOST, by_claim

APART = timedelta(days=10)  # renteloven § 9 b, stk. 2
PERCENT = Decimal("9.75")  # a year until 30 June 2026, after which no rate is known: the reference rate 1.75 + 8
Letter = tuple[str, int, int]  # procedure, step and attempt
Days = tuple[date, date]  # the first and the last of them


def no_letters_to_a_debtor_are_within_ten_days(facts: Facts) -> Iterator[str]:
    """As the mail server has it; one and the same mail may come twice."""
    left: dict[str, dict[str, date]] = defaultdict(dict)
    for mail, letter in _to_debtors(facts):
        left[facts.invoice_of(letter.procedure)].setdefault(mail.message_id, _day(facts, mail.at))
    for number, days in left.items():
        for before, after in pairwise(sorted(days.values())):
            if after - before < APART:
                yield f"letters about invoice {number} left on {before} and on {after}"


def no_fee_is_charged_on_a_disputed_claim(facts: Facts) -> Iterator[str]:
    """For a letter that left after its debtor had disputed the claim, whatever the company said to that."""
    charged = _charged(facts)
    for mail, letter in facts.reminders():
        said = [one for one in facts.objections if one.procedure == letter.procedure]
        before = [one.at for one in said if one.choice == "dispute" and one.heard and one.at < facts.claimed(mail)]
        if not before or any(one.choice == "withdraw" and one.at >= max(before) for one in said):
            continue
        if (letter.procedure, letter.step, letter.attempt) in charged:
            number = facts.invoice_of(letter.procedure)
            yield f"reminder {letter.step} of invoice {number} has a fee after the dispute of {max(before):%T}"


def no_customer_pays_for_too_many_letters(facts: Facts) -> Iterator[str]:
    """Three fees in a time in which he always owed something, ten days apart, whichever claims they are for."""
    deeds = by_invoice(facts.deeds)
    claims: dict[str, list[str]] = defaultdict(list)
    for number, (created, *_) in deeds.items():
        claims[created.customer or number].append(number)
    for customer, numbers in claims.items():
        days = sorted(day for number in numbers for day in _days_with_a_fee(facts, number))
        if any(after - before < APART for before, after in pairwise(days)):
            yield f"customer {customer} pays fees for the letters of {', '.join(map(str, days))}"
        for began, ended in _periods([_owed(facts, deeds[number]) for number in numbers]):
            within = [day for day in days if began <= day <= ended]
            if len(within) > MOST:
                yield f"customer {customer} owed something from {began} to {ended}, and pays {len(within)} fees"


def interest_is_what_the_law_says(facts: Facts) -> Iterator[str]:
    """To the øre on a claim of which nothing was paid; else no more than that."""
    deeds = by_invoice(facts.deeds)
    for number, lines in by_claim(facts).items():
        charged = sum(x.amount for x in lines if (x.account, x.against) == ("interest", "charged"))
        until, due_on = _interest_until(lines), deeds[number][0].due_on
        if not charged or until is None or due_on is None:
            continue
        days = (until - add_banking_days(due_on, 0)).days
        most = kroner(max(deed.outstanding for deed in deeds[number]) * PERCENT / 100 * days / 365)
        if charged > most or (len(deeds[number]) == 1 and charged != most):
            yield f"invoice {number} bears interest of {charged} until {until}; the law says {most}"


# --- counting --------------------------------------------------------------------------------------------------------
def _to_debtors(facts: Facts) -> Iterator[tuple[Mail, LetterRow]]:
    found = ((mail, facts.letter_of(mail)) for mail in sorted(facts.mails, key=lambda mail: mail.at))
    return ((mail, letter) for mail, letter in found if letter and letter.to_debtor)


def _day(facts: Facts, at: datetime) -> date:
    return local_date(facts.business(at))


def _charged(facts: Facts) -> set[Letter]:
    """Those whose fee stands."""
    back = {(row.procedure, row.step, row.attempt) for row in facts.fees if row.kind == "reversal"}
    return {(row.procedure, row.step, row.attempt) for row in facts.fees if row.kind == "fee"} - back


def _days_with_a_fee(facts: Facts, number: str) -> set[date]:
    charged = _charged(facts)
    mine = [(mail, x) for mail, x in facts.reminders() if facts.invoice_of(x.procedure) == number]
    return {_day(facts, mail.at) for mail, x in mine if (x.procedure, x.step, x.attempt) in charged}


def _owed(facts: Facts, deeds: Sequence[Deed]) -> Days:
    """From the day after it was due to the one on which it was paid."""
    created, last = deeds[0], deeds[-1]
    began = (created.due_on or _day(facts, created.at)) + timedelta(days=1)
    return began, date.max if last.outstanding else _day(facts, last.at)


def _periods(owed: Sequence[Days]) -> list[Days]:
    found: list[Days] = []
    for began, ended in sorted(owed):
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        else:
            found.append((began, ended))
    return found


def _interest_until(lines: Sequence[LineRow]) -> date | None:
    """The last day for which interest is asked."""
    back = {(x.step, x.attempt) for x in lines if (x.kind, x.account) == ("reversal", "interest")}
    asked = (x.value_on for x in lines if x.kind == "interest" and (x.step, x.attempt) not in back)
    return max((day for day in asked if day), default=None)
