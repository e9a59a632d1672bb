"""A company's way through the portal, from its invitation to the customer's payment: real processes, broker and mails,
and a real browser without JavaScript, by a person who has nothing but a keyboard.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from common import clock, db
from common.tables import Answer, AuditLine
from common.tables import Company as Row
from decisions import logins
from tests.browser import browsing, tab_until
from tests.e2e.town import Company, Town, eventually, town

PASSWORD = "hammer og søm 4 stk"


@pytest.fixture(scope="module")
def there(amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    with town(folder, amqp_url, f"sqlite:///{folder / 'rykker.sqlite'}") as built:
        yield built


def keyless(there: Town) -> Company:
    """A company that an operator has added, and that has pasted no key yet."""
    firm = there.company()
    with db.transaction():
        Row.update(api_key=None, api_key_no=0).where(Row.cvr == firm.cvr).execute()
    return firm


def enter(page: Page, focused: str, text: str = "") -> None:
    """To that, by the Tab key; then Enter, or the text."""
    tab_until(page, focused)
    page.keyboard.type(text) if text else page.keyboard.press("Enter")


def test_a_company_comes_in_pastes_its_key_and_has_an_invoice_dunned(there: Town) -> None:
    firm = keyless(there)
    invoice = firm.invoice("1250.00")
    logins.invite(firm.cvr, firm.email, clock.business_now())
    link = next(link for link in firm.mail("Velkommen til Rykkerportalen").links if "/password/i/" in link)

    with browsing() as page:
        # It chooses a password by the link in its mail, and is in.
        page.goto(link)
        enter(page, "#password", PASSWORD)
        enter(page, "#again", PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Opgaver", exact=True).wait_for()

        # It pastes the key, which is tried at Ordrestyring; the page says by itself what came of it.
        enter(page, "a:text-is('Profil')")
        enter(page, ".key summary:has-text('tom')")
        enter(page, "#api-key", firm.key)
        page.keyboard.press("Enter")
        page.get_by_text("Gemt og gyldig").wait_for(timeout=30_000)
        page.get_by_text("Firma 1 ApS", exact=False).first.wait_for()

        # Its invoices come, be it at their time of day or because it asks for them now.
        enter(page, "a:text-is('Hentninger')")
        if page.get_by_role("button", name="Hent nu").count():
            enter(page, "button:text-is('Hent nu')")
        invoice.reaches("awaiting_decision", notified_on=there.today)

        # It says yes in the portal, and sees that it has.
        enter(page, "a:text-is('Fakturaer')")
        page.get_by_role("link", name=str(invoice.number), exact=True).wait_for()
        enter(page, f"a:text-is('{invoice.number}')")
        enter(page, "button:text-is('Ja, ryk kunden')")
        page.get_by_role("status").first.wait_for()

        # The customer gets a reminder, which the page shows as it was sent.
        invoice.reminder(1)
        page.reload()
        enter(page, "a:has-text('Rykker 1')")
        page.get_by_text("1.350,00").first.wait_for()

        # Out, and in again with the password.
        enter(page, "button:text-is('Log ud')")
        page.get_by_text("Du er logget ud").wait_for()
        enter(page, "#name", firm.cvr)
        enter(page, "#password", PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Opgaver", exact=True).wait_for()

        # The payment ends it; the numbers say so.
        invoice.pay()
        there.go_on(1)
        invoice.reaches("collecting_fees")
        enter(page, "a:text-is('Tal')")
        page.get_by_text("1.250,00").first.wait_for()

    with db.connection():
        (answer,) = Answer.select().where(Answer.company == firm.cvr)
        actions = [line.action for line in AuditLine.select().where(AuditLine.company == firm.cvr)]
    assert (answer.choice, answer.by) == ("start", firm.email)
    assert {"password set", "did api key", "did invoice", "saw letter", "did logout", "login"} <= set(actions)
    life = [event for event in there.events(firm.cvr) if event.startswith(("api_key", "login", "procedure.started"))]
    assert life == ["login.invited", "api_key.submitted", "api_key.accepted", "procedure.started"]


def test_a_key_that_ordrestyring_refuses_is_not_in_use(there: Town) -> None:
    firm = keyless(there)
    logins.invite(firm.cvr, firm.email, clock.business_now())
    link = next(link for link in firm.mail("Velkommen til Rykkerportalen").links if "/password/i/" in link)

    with browsing() as page:
        page.goto(link)
        enter(page, "#password", PASSWORD)
        enter(page, "#again", PASSWORD)
        page.keyboard.press("Enter")
        enter(page, "a:text-is('Profil')")
        enter(page, ".key summary:has-text('tom')")
        enter(page, "#api-key", "not-a-key-of-anybody")
        page.keyboard.press("Enter")
        page.get_by_text("Afvist og ikke i brug").wait_for(timeout=30_000)
        page.goto(f"{there.env['RYKKER_PORTAL_URL']}/tasks")
        page.get_by_text("nøgle", exact=False).first.wait_for()

    with db.connection():
        assert Row.get_by_id(firm.cvr).api_key is None
    eventually(lambda: "api_key.refused" in there.events(firm.cvr), "the outside world hearing of it")
