"""The reference rate: whether default interest can be computed today, and when the next half-year begins."""

from datetime import date, timedelta

from deploy.doctor.finding import Finding, bad, good, soon
from dunning.rates import DAY, Rates, next_half_year

ABOUT = "reference rate"
AHEAD = timedelta(days=14)  # before a half-year begins


def finding(known: Rates, today: date, *, is_charged: bool = True) -> Finding:
    """Illness only where a company charges interest."""
    following = next_half_year(today)
    if unknown := known.missing(today):
        halves, ill = ", ".join(map(str, unknown)), bad if is_charged else soon
        return ill(ABOUT, f"not known from {halves}: default interest ends with {unknown[0] - DAY}", _todo(unknown[0]))
    until = known.known_until(today)
    if following > until and following - today <= AHEAD:
        return soon(ABOUT, f"known until {until}; default interest would end with that day", _todo(following))
    return good(ABOUT, f"known until {until}")


def _todo(first: date) -> str:
    return f"look up Nationalbanken's lending rate on that day, then `rykker rates set {first} PERCENT`"
