"""The example companies and their stories, as data."""

from collections import Counter

import pytest

from decisions import values
from deploy.sandbox.creditors import BAKKEN, CREDITORS, FJORDBY, HARBOUR, JENSEN, NORDHAVN, SKOVBY, STRANDBY
from deploy.sandbox.past import JOINED
from deploy.sandbox.stories import stories
from deploy.sandbox.story import Story

pytestmark = pytest.mark.fast
ALL = list(stories())
MONEY, WORDS, MAIL = {"pay", "cover"}, {"dispute", "withdraw", "paid", "call"}, {"bounce", "correct"}
WHAT_PEOPLE_DO = {"start", "stop", "pause", "resume"} | MONEY | WORDS | MAIL


def of_today(creditor: object) -> list[Story]:
    return [story for story in ALL if story.of is creditor and story.arrives == 0]


def test_stories_are_bounded_and_never_share_a_number_or_an_address() -> None:
    addresses = [story.email for story in ALL if story.email]

    assert len(ALL) <= 250
    assert len({story.number for story in ALL}) == len(ALL)
    assert len(set(addresses)) == len(addresses)


def test_every_cvr_number_passes_the_check_and_every_value_is_allowed() -> None:
    for cvr in [creditor.cvr for creditor in CREDITORS] + [story.cvr for story in ALL if story.cvr]:
        assert values.cvr(cvr) == cvr
    for creditor in CREDITORS:
        assert values.email(creditor.email).endswith(".example")
        assert values.api_key(creditor.key) == creditor.key


def test_nobody_can_be_mailed_for_real() -> None:
    assert all(story.email.endswith(".example") for story in ALL if story.email)
    assert all(deed.words.endswith(".example") for story in ALL for deed in story.deeds if deed.does == "correct")


def test_the_digest_company_has_25_overdue_invoices_and_reads_english() -> None:
    assert Counter(story.is_paid for story in of_today(HARBOUR)) == {False: 25, True: 2}
    assert HARBOUR.choices == {"language": "en"}


def test_the_stories_differ() -> None:
    jensens = of_today(JENSEN)

    assert {deed.does for story in jensens for deed in story.deeds} == WHAT_PEOPLE_DO
    assert sum(story.email is None for story in jensens) == 1
    assert sum(story.is_malformed for story in jensens) == 1
    assert sum(story.due < -60 for story in jensens) == 1
    assert NORDHAVN.choices == {"fee_policy": "cover"}
    assert STRANDBY.key_is_broken
    assert [story.deeds for story in of_today(SKOVBY)] == [(), ()]  # they go to debt collection


def test_the_company_with_a_past_had_each_of_its_invoices_before_the_demo_begins() -> None:
    past = [story for story in ALL if story.of is FJORDBY and story.due < 0]

    assert all(JOINED <= story.arrives < 0 for story in past)
    assert all(story.arrives > story.due for story in past)
    assert JOINED % 7 == 0  # a Monday, too


def test_one_company_only_looks_on() -> None:
    assert [creditor for creditor in CREDITORS if creditor.choices.get("paused")] == [BAKKEN]
    assert len(of_today(BAKKEN)) == 3


def test_invoices_keep_turning_up_for_a_year() -> None:
    arriving = Counter(story.arrives // 30 for story in ALL if story.arrives > 0)

    assert list(range(15)) == sorted(arriving)
    assert max(arriving.values()) <= 11
