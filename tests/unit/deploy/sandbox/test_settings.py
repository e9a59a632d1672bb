from pathlib import Path

import pytest

from deploy.sandbox.settings import BadSetting, Settings


def test_defaults_are_on_loopback() -> None:
    settings = Settings.from_env({})

    assert [str(a) for a in (settings.erp, settings.inbox, settings.smtp)] == [
        "127.0.0.1:8010",
        "127.0.0.1:8025",
        "127.0.0.1:1025",
    ]
    assert settings.folder == Path(".run/sandbox")


@pytest.mark.parametrize("text", ["0.0.0.0:80", "8010", "127.0.0.1:0", "127.0.0.1:x", "erp.example:80", ":8010"])
def test_bad_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadSetting, match="RYKKER_SANDBOX_ERP"):
        Settings.from_env({"RYKKER_SANDBOX_ERP": text})


@pytest.mark.parametrize("text", ["[::1]:8010", "localhost:8010", "127.0.0.2:8010"])
def test_every_loopback_address_will_do(text: str) -> None:
    assert str(Settings.from_env({"RYKKER_SANDBOX_ERP": text}).erp) == text
