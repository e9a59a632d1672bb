"""The numbers that matter, as small pictures with their tables: of a company, and of all for operators."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from decisions import figures, numbers
from decisions.charts import Bar, Chart, Span, Stack, bars, spans, stacked
from decisions.figures import ENDINGS, FATES, GOING_ON, Charged, Period
from decisions.numbers import Numbers
from decisions.queries import NotFound
from decisions.rooms import Room, Visit
from decisions.words import Words

USUAL, NOTHING = "year", Charged()
KINDS = {  # of bars
    "paid_unstarted": "good",
    "paid_answer": "good",
    "paid_silence": "good",
    "stopped_link": "idle",
    "stopped_portal": "idle",
    "written_off": "bad",
    "waiting": "soft",
    "going": "main",
    "escalated": "warn",
    "collected": "good",
    "waived": "idle",
    "covered": "warn",
    "reversed": "bad",
    "left": "soft",
}
RARE = ("not_worth", "other", "written_off", "taken_back")  # said if there are any


def of_company(visit: Visit) -> Response:
    period = _period(visit)
    return _page(visit, period, numbers.of_company(visit.company.cvr, period, visit.today), "numbers.title")


def of_all(visit: Visit) -> Response:
    period = _period(visit)
    return _page(visit, period, numbers.of_all(period, visit.today), "numbers.title_all")


def _period(visit: Visit) -> Period:
    name = visit.query.get("period", USUAL)
    if name not in figures.PERIODS:
        raise NotFound(NotFound.__doc__)
    return figures.period(name, visit.today)


def _page(visit: Visit, period: Period, found: Numbers, title: str) -> Response:
    is_empty = not found.ended.total and not found.recovered.total
    return visit.page(
        "numbers.html",
        title=title,
        period=period,
        periods=figures.PERIODS,
        found=found,
        is_empty=is_empty,
        endings=[name for name in ENDINGS if found.ended.parts[name] or name not in RARE],
        going_on=GOING_ON,
        going=sum(found.ended.parts[name] for name in GOING_ON),
        charged={name: part for name, part in found.charges.parts.items() if part != NOTHING or name == "fee"},
        fates=("charged", *FATES, "left"),
        kinds=KINDS,
        charts=_charts(found, visit.say),
        days=lambda number: _days(number, visit.say),
    )


def _days(number: int, say: Words) -> str:
    """Also none, where `say.days` speaks of today."""
    return say("days.one" if number == 1 else "days.many", days=number)


def _charts(found: Numbers, say: Words) -> Mapping[str, Chart]:
    return {
        "recovered": bars(
            Bar(say(f"numbers.recovered.{name}"), amount, say.amount(amount), "soft" if name == "before" else "main")
            for name, amount in found.recovered.parts.items()
        ),
        "days": spans(
            Span(say.month(month), each.quarter, each.half, each.most, _days(each.half, say))
            for month, each in list(found.paying.months.items())[-12:]
        ),
        "ended": bars(
            Bar(say(f"numbers.ended.{name}"), count, str(count), KINDS.get(name, "idle"))
            for name, count in found.ended.parts.items()
            if count
        ),
        "charges": stacked(_stack(name, part, say) for name, part in found.charges.parts.items() if part.charged),
    }


def _stack(name: str, part: Any, say: Words) -> Stack:
    fates = [(fate, getattr(part, fate)) for fate in (*FATES, "left")]
    drawn = [Bar("", amount, "", KINDS[fate]) for fate, amount in fates]
    return Stack(say(f"numbers.charges.{name}"), drawn, say.amount(part.charged))


ROOMS = (
    Room("/numbers", get=of_company),
    Room("/operator/numbers", get=of_all, role="operator"),
)
