"""How the process is put together."""

from common.secrets import Vault
from common.settings import Settings
from fetcher.app import bound, opener
from fetcher.erp import Erp
from fetcher.handlers import HANDLERS, LOOK_HANDLERS
from fetcher.ordrestyring import Ordrestyring

SETTINGS = Settings(secret="s" * 40, erp_url="http://127.0.0.1:1/", time_limit_seconds="100")


def test_a_company_s_key_is_unlocked_for_its_books_alone() -> None:
    books: Erp = opener(SETTINGS)(Vault(SETTINGS.secret).lock("key"))

    assert isinstance(books, Ordrestyring)
    assert books._key == "key"
    assert "key" not in repr(books)


def test_every_handler_is_given_the_erp() -> None:
    open_erp = opener(SETTINGS)

    for table in (HANDLERS, LOOK_HANDLERS):
        lines = bound(table, open_erp)
        assert [line.event for line in lines] == [line.event for line in table]
        assert all(line.by.keywords == {"open_erp": open_erp} for line in lines)  # type: ignore[attr-defined]
