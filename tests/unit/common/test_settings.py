import pytest

from common.settings import BadSetting, BrokerAddress, Settings

GOOD = {"RYKKER_SECRET": "x" * 43}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RYKKER_SECRET", "short"),
        ("RYKKER_DATABASE_URL", "mysql://x/y"),
        ("RYKKER_AMQP_URL", "http://127.0.0.1"),
        ("RYKKER_AMQP_URL", "amqp://127.0.0.1:port//"),
        ("RYKKER_ERP_URL", "ftp://erp.example"),
        ("RYKKER_SMTP_URL", "mail.example"),
        ("RYKKER_MAIL_FROM", "nobody"),
        ("RYKKER_PORTAL_BIND", "8000"),
        ("RYKKER_THREADS", "0"),
        ("RYKKER_TIME_LIMIT", "soon"),
        ("RYKKER_LOG", "loud"),
        ("RYKKER_CRASH_AT", "somewhere"),
        ("RYKKER_BOUNCE_ADDRESS", "bounces"),
        ("RYKKER_BOUNCE_ADDRESS", "a-name-that-is-too-long@rykker.example"),
        ("RYKKER_BOUNCE_ADDRESS", "bounces@rykker.example, b@rykker.example"),
        ("RYKKER_BOUNCE_ADDRESS", "bounces@r\N{LATIN SMALL LETTER O WITH STROKE}r.example"),  # no mail would leave
        ("RYKKER_BOUNCE_ADDRESS", "bounces@rykker.example> SIZE=1"),
        ("RYKKER_BOUNCE_ADDRESS", "b\N{LATIN SMALL LETTER O WITH STROKE}unces@rykker.example"),
        ("RYKKER_BOUNCE_ADDRESS", "..@rykker.example"),
        ("RYKKER_IMAP_URL", "http://mail.example"),
        ("RYKKER_IMAP_URL", "imap://user:password@mail.example/INBOX"),
        ("RYKKER_IMAP_URL", "imaps://user:password@mail.example/INBOX"),  # without an address
    ],
)
def test_a_bad_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.from_env(GOOD | {name: value})


@pytest.mark.parametrize(
    "outdoors",
    [
        {"RYKKER_SMTP_URL": "smtp://mail.example:25"},
        {"RYKKER_ERP_URL": "https://v2.api.ordrestyring.dk"},
        {"RYKKER_IMAP_URL": "imaps://u:p@mail.example", "RYKKER_BOUNCE_ADDRESS": "bounces@rykker.example"},
    ],
    ids=["mail server", "ERP", "mailbox"],
)
@pytest.mark.parametrize("trial", [{"RYKKER_CLOCK": "a clock"}, {"RYKKER_CRASH_AT": "commit.after:2"}], ids=str)
def test_trials_stay_indoors(outdoors: dict[str, str], trial: dict[str, str]) -> None:
    indoors = trial | {"RYKKER_ERP_URL": "http://127.0.0.1:8010", "RYKKER_SMTP_URL": "smtp://localhost:1025"}

    Settings.from_env(GOOD | indoors)
    with pytest.raises(BadSetting, match=f"{next(iter(trial))} .* on loopback"):
        Settings.from_env(GOOD | indoors | outdoors)


@pytest.mark.parametrize("address", ["bounces@rykker.example", "Ret_ur.1@mail.xn--rr-lka.example", "a@b.dk"])
def test_usual_addresses_for_bounces_are_taken(address: str) -> None:
    assert Settings.from_env(GOOD | {"RYKKER_BOUNCE_ADDRESS": address}).bounce_address == address


def test_secrets_are_not_shown() -> None:
    settings = Settings.from_env(GOOD | {"RYKKER_AMQP_URL": "amqp://user:hidden@127.0.0.1//"})

    assert "xxx" not in repr(settings)
    assert "hidden" not in repr(settings.broker)
    assert "hidden" not in str(settings.broker)


@pytest.mark.parametrize(
    ("url", "virtual_host", "port", "user"),
    [
        ("amqp://127.0.0.1", "/", 5672, "guest"),
        ("amqp://a:b@127.0.0.1:5682//", "/", 5682, "a"),
        ("amqp://a:b@127.0.0.1/%2F", "/", 5672, "a"),
        ("amqps://a%40b:c@mq.example/dunning", "dunning", 5671, "a@b"),
    ],
)
def test_the_brokers_address_is_read_one_way(url: str, virtual_host: str, port: int, user: str) -> None:
    address = BrokerAddress.parse(url)

    assert (address.virtual_host, address.port, address.user) == (virtual_host, port, user)


def test_every_old_secret_must_be_long_enough_and_none_is_shown() -> None:
    settings = Settings.from_env({"RYKKER_SECRET": "n" * 40, "RYKKER_OLD_SECRETS": f"{'o' * 40}, {'p' * 32},"})

    assert settings.former == ("o" * 40, "p" * 32)
    assert "ooo" not in repr(settings)
    with pytest.raises(BadSetting, match="RYKKER_OLD_SECRETS") as refused:
        Settings.from_env({"RYKKER_SECRET": "n" * 40, "RYKKER_OLD_SECRETS": f"{'o' * 40},{'p' * 31}"})
    assert "ppp" not in str(refused.value)
