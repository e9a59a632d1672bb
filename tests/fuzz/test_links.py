"""The links' door: tokens that were cut, bent, lengthened or made by somebody else."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.links import AnswerLink, ClaimLink, DigestLink
from common.secrets import LinkExpired, LinkForged
from decisions.links import FormForged, PageLinks
from tests.fuzz.outcomes import outcome
from tests.unit.decisions.cases import SETTINGS, stop_clock

LINKS = PageLinks(SETTINGS)
LINK = AnswerLink("12345674", "3d0d9d0c-6b9e-5d7e-8a53-0f3f4a0c7e11", "stop")
SIGNS = "ABCabc0189-_.=+/ \r\n\x00é²%"


@pytest.fixture(autouse=True)
def monday(tmp_path: Path) -> None:
    stop_clock(tmp_path)


def _token(url: str) -> str:
    return url.rpartition("/")[2]


@st.composite
def bent(draw: st.DrawFn, token: str) -> str:
    """A token that differs from a good one in one place."""
    at = draw(st.integers(0, len(token)))
    added = draw(st.text(SIGNS, max_size=3))
    return token[:at] + added + token[at + draw(st.integers(0, 3)) :]


@given(data=st.data())
@settings(max_examples=400)
def test_every_other_token_than_the_one_we_made_is_forged(data: st.DataObject) -> None:
    token = _token(LINKS.answer(LINK))
    other = data.draw(bent(token))
    if other == token:
        return

    assert isinstance(outcome(lambda: LINKS.read_answer(other), LinkForged), LinkForged)


def test_the_last_letter_counts_as_well() -> None:
    token = _token(LINKS.answer(LINK))
    others = {token[:-1] + sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"} - {
        token
    }

    for other in others:
        assert isinstance(outcome(lambda: LINKS.read_answer(other), LinkForged), LinkForged), other  # noqa: B023 - at once


@given(
    token=st.text(max_size=80) | st.sampled_from(["." * 5000, "a.b.c", ".eJw.x.y", "\ud800", "x" * 100_000, "..", ""])
)
def test_no_text_is_a_token(token: str) -> None:
    for read in (LINKS.read_answer, LINKS.read_digest, LINKS.read_claim):
        assert isinstance(outcome(lambda: read(token), LinkForged, LinkExpired), LinkForged)  # noqa: B023 - at once
    assert isinstance(outcome(lambda: LINKS.check_form("t", token), FormForged), FormForged)


def test_a_token_is_good_for_its_purpose_alone() -> None:
    answer, digest = _token(LINKS.answer(LINK)), _token(LINKS.digest(DigestLink("12345674", "l")))
    claim = _token(LINKS.claim(ClaimLink("12345674", LINK.procedure_id)))

    for read, token in [
        (LINKS.read_answer, digest),
        (LINKS.read_digest, answer),
        (LINKS.read_claim, answer),
        (LINKS.read_claim, digest),
        (LINKS.read_answer, claim),
        (LINKS.read_digest, claim),
        (LINKS.read_claim, LINKS.form(claim)),
        (LINKS.read_answer, LINKS.form(answer)),
        (LINKS.read_digest, LINKS.form(digest)),
    ]:
        with pytest.raises(LinkForged):
            read(token)
    with pytest.raises(FormForged):
        LINKS.check_form(answer, LINKS.form(digest))
