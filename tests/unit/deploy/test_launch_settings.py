"""What the launcher decides, and what it refuses."""

import socket
from pathlib import Path

import pytest

from deploy import defaults
from deploy.defaults import CantStart, Port


def test_a_moved_door_carries_through_to_the_address_of_it(tmp_path: Path) -> None:
    settings = defaults.complete({"RYKKER_SANDBOX_ERP": "127.0.0.1:9010", "RYKKER_PORTAL_BIND": "[::1]:9000"}, tmp_path)

    assert settings["RYKKER_ERP_URL"] == "http://127.0.0.1:9010"
    assert settings["RYKKER_PORTAL_URL"] == "http://[::1]:9000"
    assert settings["RYKKER_SMTP_URL"] == "smtp://127.0.0.1:1025"


def test_what_is_given_stands_and_what_is_empty_is_not_given(tmp_path: Path) -> None:
    env = {"RYKKER_ERP_URL": "http://127.0.0.1:1", "RYKKER_AMQP_URL": "", "RYKKER_THREADS": "3", "PATH": "/bin"}

    settings = defaults.complete(env, tmp_path)

    assert settings["RYKKER_ERP_URL"] == "http://127.0.0.1:1"
    assert settings["RYKKER_THREADS"] == "3"
    assert not {"RYKKER_AMQP_URL", "PATH"} & set(settings)


def test_a_relative_database_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = defaults.complete({"RYKKER_DATABASE_URL": "sqlite:///here.sqlite"}, tmp_path)

    assert settings["RYKKER_DATABASE_URL"] == f"sqlite:///{tmp_path}/here.sqlite"


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = (defaults.complete({}, tmp_path)["RYKKER_SECRET"] for _ in range(2))

    assert first == second
    assert len(first) >= 43
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_the_settings_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    defaults.write_env({"RYKKER_MAIL_FROM": "A <a@b.example>", "RYKKER_CLOCK": "/x"}, tmp_path / "env")

    assert (tmp_path / "env").read_text() == "RYKKER_CLOCK=/x\nRYKKER_MAIL_FROM=A <a@b.example>\n"
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_refused_with_the_setting_that_moves_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        number = holder.getsockname()[1]
        door = Port("the portal", "127.0.0.1", number, "RYKKER_PORTAL_BIND", "127.0.0.1:{port}")

        with pytest.raises(CantStart, match=rf"^Port {number} \(the portal\) is taken\..* RYKKER_PORTAL_BIND=127"):
            defaults.check([door])


def test_all_taken_ports_are_named_at_once_with_a_command_that_moves_them() -> None:
    with socket.socket() as one, socket.socket() as two:
        for holder in (one, two):
            holder.bind(("127.0.0.1", 0))
            holder.listen()
        taken = [holder.getsockname()[1] for holder in (one, two)]
        doors = [Port("it", "127.0.0.1", port, f"DOOR_{place}", "{port}") for place, port in enumerate(taken)]

        with pytest.raises(CantStart) as refused:
            defaults.check(doors)

    moved = f"DOOR_0={taken[0] % 65535 + 1} DOOR_1={taken[1] % 65535 + 1} make run"
    assert str(refused.value) == f"Port {taken[0]} (it) is taken. Port {taken[1]} (it) is taken. Set others: {moved}"


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CantStart, match=r"192\.0\.2\.1:8000 \(the portal\) can't be opened"):
        defaults.check([Port("the portal", "192.0.2.1", 8000, "RYKKER_PORTAL_BIND", "127.0.0.1:{port}")])


@pytest.mark.parametrize("bind", ["8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", ":8000"])
def test_a_door_that_is_none_is_refused_by_name(bind: str, tmp_path: Path) -> None:
    settings = defaults.complete({"RYKKER_PORTAL_BIND": bind}, tmp_path)

    with pytest.raises(CantStart, match="RYKKER_PORTAL_BIND must be HOST:PORT"):
        defaults.ports(settings, None)


@pytest.mark.parametrize("seconds", ["0", "-20", "nan", "fast", "86401"])
def test_a_day_that_is_none_is_refused_by_name(seconds: str) -> None:
    with pytest.raises(CantStart, match="DAY_SECONDS must be"):
        defaults.clock_speed({"DAY_SECONDS": seconds})


def test_a_day_takes_20_seconds() -> None:
    assert defaults.clock_speed({}) == 4320


@pytest.mark.parametrize("port", ["0", "65536", "amqp"])
def test_a_broker_port_that_is_none_is_refused_by_name(port: str) -> None:
    with pytest.raises(CantStart, match="RYKKER_BROKER_PORT must be"):
        defaults.broker_port({"RYKKER_BROKER_PORT": port})
