"""The key's page in a real browser without JavaScript, with nothing but a keyboard, at phone and desktop width."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from common import cloudevents, db
from common.events import ApiKeySubmitted
from common.tables import Company, Outbox
from decisions.app import application
from fetcher import handlers
from fetcher.erp import KeyRefused, Owner
from tests.browser import browsing, faults, faults_day_and_night, overflow, tab_until
from tests.integration.serving import served
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, OTHER_CVR
from tests.unit.decisions.member import Member
from tests.unit.fetcher.fake_erp import FakeErp


@pytest.fixture
def portal(sqlite: str, tmp_path: Path) -> Iterator[str]:
    cases.stop_clock(tmp_path, datetime.now(UTC))
    cases.company()
    with served(application(cases.SETTINGS)) as address:
        yield f"http://{address}"


def cookie(portal: str) -> dict[str, str]:
    member = Member(settings=replace(cases.SETTINGS, portal_url=portal))
    return {"name": "rykker", "value": str(member.client.cookies["rykker"]), "url": portal}


def answer(erp: FakeErp) -> None:
    """Ordrestyring's, to the newest key."""
    with db.connection():
        wish = cloudevents.from_wire(Outbox.select().order_by(Outbox.id.desc()).get().body)
    assert isinstance(wish, ApiKeySubmitted)
    handlers.on_api_key_submitted(wish, datetime.now(UTC), lambda _: erp)


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with axe"])
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1200, "light"), (1200, "dark")])
def test_a_key_is_pasted_and_its_answer_comes_by_itself(
    portal: str, width: int, scheme: Literal["light", "dark"], *, scripts: bool
) -> None:
    with browsing(width, scripts=scripts, scheme=scheme) as page:
        wrong: list[str] = []

        def look() -> None:
            wrong.extend([*faults(page), *overflow(page)] if scripts else [])

        page.context.add_cookies([cookie(portal)])  # type: ignore[list-item]
        page.goto(f"{portal}/profile/key")
        look()
        tab_until(page, ".key summary")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("a-key-of-ordrestyring")
        look()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Gemt. Nøglen bliver prøvet nu").wait_for()
        page.goto(f"{portal}/profile/key?look=7")  # twenty seconds are long enough for axe
        look()
        page.goto(f"{portal}/profile/key?look=0")
        answer(FakeErp(owner=Owner("Café Ørsted & <Søn>", CVR)))
        page.get_by_text("Gemt og gyldig").wait_for()
        page.get_by_text("Café Ørsted & <Søn>").wait_for()
        look()
        content = page.content()

    assert wrong == []
    assert "a-key-of-ordrestyring" not in content
    assert "••••••••ring" in content


@pytest.mark.parametrize("width", [390, 1200])
def test_a_key_of_another_company_is_used_with_the_keyboard_alone(portal: str, width: int) -> None:
    member = Member(settings=replace(cases.SETTINGS, portal_url=portal))
    member.post("/profile/key", act="set", key="a-key-of-ordrestyring")
    another = FakeErp(owner=Owner("Andre & Sønner ApS", OTHER_CVR))
    answer(another)
    with browsing(width, scripts=True) as page:
        page.context.add_cookies([cookie(portal)])  # type: ignore[list-item]
        page.goto(f"{portal}/profile/key")
        wrong = [*faults_day_and_night(page), *overflow(page)]
        tab_until(page, "label:has-text('må rykke for dem') input")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Nøglen bliver prøvet nu").wait_for()
        answer(another)
        page.get_by_text("Gemt og gyldig").wait_for()

    assert wrong == []
    with db.connection():
        assert Company.get_by_id(CVR).api_key_no == 2


def test_a_key_is_removed_with_the_keyboard_alone(portal: str) -> None:
    with browsing() as page:
        page.context.add_cookies([cookie(portal)])  # type: ignore[list-item]
        page.goto(f"{portal}/profile/key")
        for erp in (FakeErp(), FakeErp(failures=[KeyRefused("no")])):
            tab_until(page, ".key summary")
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            page.keyboard.type("a-key-of-ordrestyring")
            page.keyboard.press("Enter")
            page.get_by_text("Nøglen bliver prøvet nu").wait_for()
            answer(erp)
            page.get_by_label("Indsæt nøglen").wait_for(state="attached")
        page.get_by_text("Afvist og ikke i brug").wait_for()

        tab_until(page, "summary:has-text('Fjern nøglen')")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Nøglen er fjernet.").wait_for()

    with db.connection():
        assert Company.get_by_id(CVR).api_key is None
