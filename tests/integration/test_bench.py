"""Every row of `make bench`, with next to nothing to do: it must not rot. How fast it is, is not asked here."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from common import db
from deploy import servers
from notifier.mailer import Mailer
from tests.bench import doors, run
from tests.bench.figures import Figure, note
from tests.bench.place import Options, Place, place
from tests.conftest import skip_or_fail

TINY = {"mail": 40, "relay": 700, "fetch": 150, "consume": 600, "click": 40, "portal": 100, "tick": 30, "size": 25}


@pytest.fixture(scope="module")
def there() -> Iterator[Place]:
    if not (servers.rabbitmq_server() and servers.postgres_programs()):
        skip_or_fail("measuring needs servers of its own: install rabbitmq-server and postgresql")
    with place(Options(threads="2", repeat=1)) as found:
        yield found
    db.handle.close_all()


@pytest.mark.parametrize("row", list(run.ROWS))
def test_a_row_measures_both_and_finds_everything_done(there: Place, row: str) -> None:
    tiny = replace(there, options=replace(there.options, n=TINY[row]))

    figures = list(run.ROWS[row](tiny))

    assert {figure.row for figure in figures} == {row}
    assert all(figure.ours > 0 and (figure.bare is None or figure.bare > 0) for figure in figures)


def test_where_smtp_sink_is_missing_another_one_counts_the_mails(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "PROGRAM", "no-such-program")

    with there.fresh() as room, room.crew() as crew:
        doors.start_sink(crew, room)
        mailer = Mailer(room.settings.smtp_url, room.settings.mail_from, 10)
        for _ in range(3):
            mailer.send("grethe@holm.example", b"Subject: Hej\r\n\r\nHej\r\n")
        mailer.close()

        assert doors.counted(crew) == 3


def test_what_was_started_is_ended_when_measuring_fails(there: Place) -> None:
    with pytest.raises(ZeroDivisionError), there.fresh() as room, room.crew() as crew:
        doors.start_erp(crew, room)
        started = crew.running["erp"]
        raise ZeroDivisionError

    assert started.returncode is not None


def test_each_figure_is_a_line_of_json_with_its_ratio(tmp_path: Path) -> None:
    figure = Figure(row="relay", what="rows", n=10, ours=3.0, bare=4.0, unit="events/s", met=False)

    note(figure, "2026-03-02T07:00:00+00:00", tmp_path / "lines")
    note(replace(figure, bare=None), "2026-03-02T07:00:00+00:00", tmp_path / "lines")

    lines = [msgspec.json.decode(line) for line in (tmp_path / "lines").read_bytes().splitlines()]
    assert [line["ratio"] for line in lines] == [0.75, None]
    assert lines[0]["row"] == "relay"


@pytest.mark.parametrize(
    ("env", "said"), [({"ONLY": "mail,nothing"}, "nothing"), ({"N": "many"}, "N must be"), ({"N": "0"}, "N must be")]
)
def test_an_option_that_can_not_be_used_is_refused_by_name(
    env: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(env) == 2
    assert said in capsys.readouterr().err
