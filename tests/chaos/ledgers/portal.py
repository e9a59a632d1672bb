"""Behind the login: every page answers, nobody sees anything of others, and what was chosen holds."""

from collections.abc import Iterator

from tests.chaos.facts import Facts, Saved

WELL = (200, 303, 409, 422, 429, 503)
NOT_FOUND = (404, 429, 503)  # what whoever asks for something of another's is told


def every_page_answers(facts: Facts) -> Iterator[str]:
    for one in facts.looked:
        if one.status not in (WELL if one.is_own else NOT_FOUND):
            yield f"{one.who} was answered {one.status} to {one.what} at {one.at:%T}"


def nobody_sees_anything_of_another_company(facts: Facts) -> Iterator[str]:
    for one in facts.looked:
        if one.strangers:
            yield f"{one.who} was shown {', '.join(one.strangers)} by {one.what} at {one.at:%T}"


def every_choice_that_was_saved_holds(facts: Facts) -> Iterator[str]:
    """The last one; if whoever saved it heard nothing, then that or the one before."""
    for (company, choice), stored in facts.choices.items():
        mine = sorted((s for s in facts.saved if (s.company, s.choice) == (company, choice)), key=lambda one: one.at)
        may_hold = _may_hold(mine)
        if may_hold and stored not in may_hold:
            yield f"{company} saved {' or '.join(sorted(may_hold))} as its {choice}, and it is {stored or 'nothing'}"


def _may_hold(saved: list[Saved]) -> set[str]:
    """The last that was heard, and all that may have been taken after it; none before anything was heard."""
    heard = [place for place, one in enumerate(saved) if one.heard]
    return {one.value for one in saved[heard[-1] :]} if heard else set()
