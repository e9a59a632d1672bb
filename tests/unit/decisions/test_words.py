import re
from datetime import UTC, date, datetime
from pathlib import Path

from decisions.words import TEMPLATES, Words, _book


def placeholders(text: object) -> set[str]:
    return set(re.findall(r"{(\w+)}", str(text)))


def test_both_languages_have_the_same_texts_with_the_same_values() -> None:
    danish, english = _book("da"), _book("en")

    assert danish.keys() == english.keys()
    for name in danish:
        assert placeholders(danish[name]) == placeholders(english[name]), name


def test_every_text_is_used() -> None:
    code = "".join(
        path.read_text("utf-8") for path in Path(TEMPLATES).parent.rglob("*") if path.suffix in (".py", ".html")
    )
    by_part = (
        "state.",
        "title.",
        "next.",
        "choice.",
        "error.",
        "fact.",
        "days.",
        "dates.",
        "objection.",
        "line.",
        "wrong.",
        "nav.",
        "done.",
        "told.",
        "key.",
        "tasks.",
        "numbers.period.",
        "numbers.recovered.",
        "numbers.ended.",
        "numbers.charges.",
        "choose.",
        "section.",
        "step.",
        "list.field.",
        "list.tab.",
        "list.sort.",
        "list.next.",
        "list.column.",
        "list.empty.",
        "list.act_with.",
        "answered.became.",
        "answered.fault.",
        "fetches.state.",
        "fetches.failure.",
        "picked.because.",
        "failed.state.",
        "failed.empty.",
        "letter_kind.",
        "firms.which.",
        "firms.key.",
        "firms.run.",
        "firms.reason.",
        "firms.field.",
        "firms.value.",
        "firms.choice.",
        "audit.verb.",
        "audit.what.",
        "data.item.",
        "data.stays.",
        "data.why.",
        "data.table.",
    )
    in_claim = ("claim.title_", "claim.lead_")
    in_case = ("case.next_", "case.held_", "case.overtaken", "case.refused")
    names = [name for name in _book("da") if not name.startswith((*by_part, *in_claim, *in_case))]

    unused = [name for name in names if name not in code]

    assert unused == []


def test_dates_are_written_as_people_write_them() -> None:
    summer = datetime(2026, 7, 31, 22, 5, tzinfo=UTC)

    assert Words("da").weekday(date(2026, 3, 1)) == "søndag den 1. marts"
    assert Words("en").weekday(date(2026, 3, 1)) == "Sunday 1 March"
    assert Words("da").at(summer) == "1. august 2026 kl. 00.05"
    assert Words("en").at(summer) == "1 August 2026 at 00:05"
    assert [Words("da").days(n) for n in (0, 1, 20)] == ["i dag", "1 dag", "20 dage"]


def test_a_sentence_ends_with_one_full_stop() -> None:
    assert Words("da")("choice.stop.does_fees", fees="200,00 kr.").endswith("200,00 kr.")
