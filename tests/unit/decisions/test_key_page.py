"""The page of the API key: what it says of each state, what its forms do, and that it never shows the key."""

import re
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from common import db
from common.secrets import Vault
from common.tables import ApiKey, Company, KeyTrial, Outbox
from decisions import companies, keys
from decisions.pages.key import WAITS
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, SETTINGS, Visitor, company
from tests.unit.decisions.member import Member, audited, plain

VAULT = Vault(SETTINGS.secret)
KEY = "a-key-of-ordrestyring"
PAGE = "/profile/key"


@pytest.fixture
def member(visitor: Visitor) -> Member:
    with db.transaction():
        Company.update(api_key=None, api_key_no=0).execute()
    return Member()


def tried(state: str, **fields: object) -> None:
    """What the fetcher writes of the newest key."""
    with db.transaction():
        key = ApiKey.select().order_by(ApiKey.key_no.desc()).get()
        row = {"company": CVR, "key_no": key.key_no, "state": state, "tried_at": MONDAY}
        KeyTrial.insert(row | fields).on_conflict_replace().execute()
        if state == "accepted":
            Company.update(api_key=key.locked, api_key_no=key.key_no).where(Company.cvr == CVR).execute()


def stored() -> Company:
    with db.connection():
        return Company.get_by_id(CVR)


def test_there_is_no_key_at_first_and_the_page_says_how_to_get_one(member: Member) -> None:
    html, text = member.get(PAGE).text, member.text(PAGE)

    assert "API nøgle fra Ordrestyring" in text
    assert "<span>tom</span>" in html
    assert "Der er ingen nøgle" in text
    assert "support@ordrestyring.dk" in text
    assert 'value="remove"' not in html


def test_a_key_is_saved_and_the_page_looks_until_there_is_an_answer(member: Member) -> None:
    response = member.post(PAGE, act="set", key=f"  {KEY}\n")

    assert response.status_code == 303
    assert response.headers["location"] == f"{PAGE}?look=0"
    assert "bliver prøvet nu" in member.text(f"{PAGE}?look=0")
    with db.connection():
        assert VAULT.unlock(ApiKey.get().locked) == KEY
        assert ApiKey.get().by == member.email
        assert [row.type for row in Outbox.select()] == ["api_key.submitted"]


def test_the_page_looks_again_for_less_than_a_minute_and_longer_each_time(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    path, waits = f"{PAGE}?look=0", list[int]()

    while refresh := member.get(path).headers.get("Refresh"):
        wait, _, path = refresh.partition("; url=")
        waits.append(int(wait))

    assert tuple(waits) == WAITS == tuple(sorted(WAITS))
    assert sum(waits) < 60
    assert "Se, om der er svar" in member.text(path)


def test_a_page_that_looks_again_has_no_field_to_type_in(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)

    looking, waiting = member.get(f"{PAGE}?look=0").text, member.get(PAGE).text

    assert 'name="key"' not in looking
    assert 'name="key"' in waiting


@pytest.mark.parametrize("state", ["accepted", "refused", "unreachable", "foreign"])
def test_a_page_with_an_answer_stays_as_it_is(member: Member, state: str) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried(state)

    assert "Refresh" not in member.get(f"{PAGE}?look=0").headers
    assert 'name="key"' in member.get(f"{PAGE}?look=0").text


def test_a_valid_key_is_shown_masked_with_whose_it_is(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("accepted", whose="Holm & Søn <b>", cvr=CVR)

    html, text = member.get(PAGE).text, member.text(PAGE)

    assert "Gemt og gyldig" in text
    assert "Holm &amp; Søn &lt;b&gt;" in html
    assert "••••••••ring" in text
    assert KEY not in html
    assert "andet CVR-nummer" not in text


def test_a_key_of_another_company_is_warned_of(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("accepted", whose="Andre ApS", cvr=OTHER_CVR)

    text = member.text(PAGE)

    assert "Nøglen hører til et andet CVR-nummer" in text
    assert OTHER_CVR in text


def test_a_key_that_is_another_company_s_is_said_not_to_be_in_use(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("foreign", whose="Andre <b>", cvr=OTHER_CVR)
    alone, html = member.text(PAGE), member.get(PAGE).text
    member.post(PAGE, act="set", key=KEY)
    tried("accepted", whose="Holm ApS", cvr=CVR)
    member.post(PAGE, act="set", key="another-key-of-mine")
    tried("foreign", cvr=OTHER_CVR)
    beside = member.text(PAGE)

    assert "hører til et andet CVR-nummer og er ikke i brug" in alone
    assert f"tilhører Andre <b> med CVR {OTHER_CVR}. Her er du logget ind som CVR {CVR}." in alone
    assert "Andre &lt;b&gt;" in html
    assert "Der er ingen nøgle i brug" in alone
    assert "Behold den tidligere nøgle" not in alone
    assert f"nøglen hører til CVR {OTHER_CVR}." in beside
    assert "Den tidligere nøgle er stadig i brug. Den tilhører Holm ApS." in beside
    assert "Behold den tidligere nøgle" in beside


def test_a_key_that_is_another_company_s_is_used_once_that_was_confirmed(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("foreign", cvr=OTHER_CVR)

    asked = member.post(PAGE, act="use", key_no="1")
    kept = [number for number, _ in submitted()]
    used = member.post(PAGE, act="use", key_no="1", sure="yes")

    assert (asked.status_code, kept) == (422, [1])
    assert "Sæt kryds, hvis nøglen skal bruges" in plain(asked.text)
    assert used.headers["location"] == f"{PAGE}?look=0"
    assert submitted() == [(2, True)]
    with db.connection():
        assert VAULT.unlock(ApiKey.get().locked) == KEY
        assert ApiKey.get().by == member.email
    assert (member.email, "did api key", "use") in audited()


@pytest.mark.parametrize("number", ["", "x", "-1", "1" * 10, "²"])
def test_a_number_that_no_form_has_uses_no_key(member: Member, number: str) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("foreign", cvr=OTHER_CVR)

    assert member.post(PAGE, act="use", key_no=number, sure="yes").status_code == 400
    assert submitted() == [(1, False)]


def submitted() -> list[tuple[int, bool]]:
    with db.connection():
        return [(row.key_no, row.sure) for row in ApiKey.select()]


def test_an_ordrestyring_that_is_away_is_said_with_the_next_try(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("unreachable", try_at=MONDAY + timedelta(minutes=4))
    soon = member.text(PAGE)
    tried("unreachable", try_at=MONDAY + timedelta(days=1))
    tomorrow = member.text(PAGE)
    tried("unreachable", try_at=None)
    over = member.text(PAGE)

    assert "Gemt, men Ordrestyring kan ikke nås" in soon
    assert re.search(r"Vi prøver igen kl\. \d\d\.\d\d\.", soon)
    assert re.search(r"Vi prøver igen den 24\. november 2026 kl\. \d\d\.\d\d\.", tomorrow)
    assert "Der er ingen nøgle i brug" in soon
    assert "Indsæt nøglen igen" in over


def test_a_refused_key_is_said_with_what_is_still_in_use(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("refused")
    without = member.text(PAGE)
    member.post(PAGE, act="set", key=KEY)
    tried("accepted", whose="Holm ApS")
    member.post(PAGE, act="set", key="another-key-of-mine")
    tried("refused")
    beside = member.text(PAGE)

    assert "Afvist og ikke i brug" in without
    assert "Der er ingen nøgle i brug" in without
    assert "Den tidligere nøgle er stadig i brug. Den tilhører Holm ApS." in beside
    assert "Behold den tidligere nøgle" in beside


def test_a_refused_key_can_be_forgotten_for_the_one_before_it(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("accepted")
    member.post(PAGE, act="set", key="another-key-of-mine")
    tried("refused")

    response = member.post(PAGE, act="keep")

    assert response.headers["location"] == f"{PAGE}?done=key_kept"
    assert "Gemt og gyldig" in member.text(f"{PAGE}?done=key_kept")
    assert VAULT.unlock(str(stored().api_key)) == KEY


def test_a_key_that_an_operator_put_in_is_in_use(member: Member) -> None:
    companies.change(CVR, vault=VAULT, api_key="short-key")

    text = member.text(PAGE)

    assert "I brug" in text
    assert "••••••••" in text
    assert "-key" not in text


@pytest.mark.parametrize("key", ["", "short", "with a space in it", "æøåæøåæøå", "x" * 201, "line\nbreaks-in-it"])
def test_what_is_no_key_is_refused_and_not_shown(member: Member, key: str) -> None:
    response = member.post(PAGE, act="set", key=key)

    assert response.status_code == 422
    assert "ligner ikke en nøgle" in plain(response.text)
    assert "<details open>" in response.text
    assert not key or key not in response.text
    with db.connection():
        assert ApiKey.select().count() == 0


def test_a_key_is_removed_once_that_was_confirmed(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)
    tried("accepted")

    asked = member.post(PAGE, act="remove")
    kept = stored().api_key
    removed = member.post(PAGE, act="remove", sure="yes")

    assert asked.status_code == 422
    assert "Sæt kryds" in plain(asked.text)
    assert kept is not None
    assert removed.headers["location"] == f"{PAGE}?done=key_removed"
    assert stored().api_key is None
    assert "Nøglen er fjernet" in member.text(f"{PAGE}?done=key_removed")


def test_a_form_that_says_nothing_known_changes_nothing(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)

    assert member.post(PAGE, act="other").status_code == 400
    with db.connection():
        assert ApiKey.select().count() == 1


def test_a_key_that_can_t_be_read_is_no_error(member: Member) -> None:
    companies.change(CVR, vault=Vault("another secret of forty characters, or so"), api_key=KEY)

    assert "Nøglen kan ikke læses" in member.text(PAGE)


def test_no_company_s_page_says_anything_of_another_s_key(member: Member) -> None:
    company(OTHER_CVR)
    other = Member(OTHER_CVR)
    keys.submit(CVR, KEY, "a@b.example", VAULT, MONDAY)
    tried("accepted", whose="Holm ApS")

    before = other.text(PAGE)
    other.post(PAGE, act="remove", sure="yes")

    assert "Holm ApS" not in before
    assert "Der er ingen nøgle" in before
    assert stored().api_key is not None


def test_a_key_stands_in_no_log_no_event_and_no_audit_line(member: Member) -> None:
    with capture_logs() as logs:
        member.post(PAGE, act="set", key=KEY)
        member.post(PAGE, act="set", key="no key at all")
        shown = member.get(PAGE).text

    with db.connection():
        said = [row.body for row in Outbox.select()]
    assert KEY not in str(logs) + str(said) + str(audited()) + shown
    assert "no key at all" not in str(logs) + str(audited()) + shown


def test_who_did_what_with_a_key_is_noted(member: Member) -> None:
    member.post(PAGE, act="set", key=KEY)

    assert (member.email, "did api key", "set") in audited()


@pytest.mark.parametrize("look", ["-1", "9", "x", "1e3", "99999999999"])
def test_a_look_that_no_page_asked_for_is_not_there(member: Member, look: str) -> None:
    assert member.get(f"{PAGE}?look={look}").status_code == 404
