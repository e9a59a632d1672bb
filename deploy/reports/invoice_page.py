"""`rykker invoice` on a terminal."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType

from deploy.reports.history import Said
from deploy.reports.invoice import Booked, InvoiceLife, Mailed, Round
from deploy.reports.shown import NONE, day, instant, kroner, pairs, section, table

_LEDGER = ("Booked", "Counts from", "Line", ">Step", ">Amount", "Why")


def shown(life: InvoiceLife) -> RenderableType:
    """Where it is, then each round with its ledger and answers, then letters and history."""
    letters = table(("Letter", "To", "State", "Planned", "Sent"), map(_letter, life.letters))
    history = table(("When", "What", "Details", "Published"), map(_said, life.history))
    return Group(
        section(f"Invoice {life.number} of {life.company_name} ({life.company})", pairs(_summary(life))),
        *(_round(row) for row in life.procedures),
        section("Letters", letters),
        section("History", history),
    )


def _summary(life: InvoiceLife) -> Iterator[tuple[str, str]]:
    yield "Stage", life.in_words
    yield "Next", instant(life.next_at)
    if life.set_aside:
        yield "Set aside", life.set_aside
    if life.invoice:
        yield from _as_the_erp_has_it(life.invoice)
    if life.invoice or life.procedures:
        yield "Outstanding", f"{kroner(life.outstanding)} kr."
        yield "Fees owed", f"{kroner(life.fees)} kr."
        yield from ((label, f"{kroner(amount)} kr.") for label, amount in _others(life) if amount)


def _others(life: InvoiceLife) -> Iterator[tuple[str, Decimal]]:
    yield "Interest owed", life.interest
    yield "Compensation owed", life.compensation
    yield "Paid too much", life.surplus
    yield "Costs of the company", life.costs


def _as_the_erp_has_it(invoice: dict[str, Any]) -> Iterator[tuple[str, str]]:
    debtor = invoice["debtor"]
    yield (
        "Debtor",
        f"{debtor['name']}, {debtor.get('email') or 'no e-mail address'}, customer {debtor['customer_number']}",
    )
    yield "Due", invoice["due_on"]
    amount, paid = kroner(Decimal(invoice["amount"])), kroner(Decimal(invoice["paid"]))
    yield "Principal", f"{amount} kr., paid {paid} kr., {invoice['status']}"


def _round(row: Round) -> RenderableType:
    answers = ", ".join(f"{answer.choice} {instant(answer.answered_at)}" for answer in row.answers)
    return Group(
        section(
            f"Round {row.round}: {row.in_words}",
            pairs([("Opened", instant(row.opened_at)), ("Answers", answers or NONE)]),
        ),
        section("Ledger", table(_LEDGER, map(_line, row.ledger))),
    )


def _line(line: Booked) -> tuple[str, ...]:
    what = line.kind if line.kind == line.account else f"{line.kind}, {line.account}"
    counts_from = day(line.value_on) if line.value_on else ""
    return day(line.booked_on), counts_from, what, f"{line.step or ''}", kroner(line.amount), line.rule


def _letter(row: Mailed) -> tuple[str, ...]:
    state = f"{row.state}: {row.reason}" if row.reason else row.state
    return (
        f"{row.kind.replace('_', ' ')} {row.step or ''}".strip(),
        row.to,
        state,
        instant(row.planned_at),
        instant(row.sent_at),
    )


def _said(row: Said) -> tuple[str, ...]:
    return instant(row.at), row.type, row.details, instant(row.published_at) if row.published_at else "waiting"
