import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from common.tables import TABLES
from decisions.words import TEMPLATES, Words, _book


def placeholders(text: object) -> set[str]:
    return set(re.findall(r"{(\w+)}", str(text)))


def test_both_languages_have_the_same_texts_with_the_same_values() -> None:
    danish, english = _book("da"), _book("en")

    assert danish.keys() == english.keys()
    for name in danish:
        assert placeholders(danish[name]) == placeholders(english[name]), name


def test_every_text_is_used() -> None:
    code = {kind: _code(kind) for kind in ("py", "html")}
    patterns, names = _made_of_parts(code["py"], code["html"]), _book("da").keys()

    unused = [name for name in names if not (_quoted(name, code) or any(each.fullmatch(name) for each in patterns))]

    assert [name for name in unused if not _named_by_another(name, code)] == []


def _code(kind: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in Path(TEMPLATES).parent.rglob(f"*.{kind}"))


def _quoted(text: str, code: dict[str, str]) -> bool:
    return any(f"{quote}{text}{quote}" in each for each in code.values() for quote in "\"'")


def _made_of_parts(python: str, templates: str) -> list[re.Pattern[str]]:
    """Names as the code puts them together, such as `f"state.{stage}"` and `"state." ~ stage`: a gap holds no dot."""
    formatted = re.findall(r"""\bf"([a-z_]+[._][^"]*)"|\bf'([a-z_]+[._][^']*)'""", python)
    found = [re.split(r"{[^}]*}", double or single) for double, single in formatted]
    found += [[text, ""] for text in re.findall(r'"([a-z_.]+[._])"(?! ~ [^"~]+ ~ ")', python + templates)]
    found += map(list, re.findall(r'"([a-z_.]+[._])" ~ [^"~]+ ~ "([\w.]+)"', templates))
    return [re.compile("[^.]*".join(map(re.escape, parts))) for parts in found]


def _named_by_another(name: str, code: dict[str, str]) -> bool:
    """What is wrong with a field goes by a name with a dot; of an error and of a table the code knows only a part."""
    area, _, rest = name.partition(".")
    if area == "wrong":
        return _quoted(rest, code)
    if name.startswith("data.table."):
        return rest.removeprefix("table.") in {table._meta.table_name for table in TABLES}
    return re.fullmatch(r"error\.\d{3}\.(text|room)", name) is not None


def test_dates_are_written_as_people_write_them() -> None:
    summer = datetime(2026, 7, 31, 22, 5, tzinfo=UTC)

    assert Words("da").weekday(date(2026, 3, 1)) == "søndag den 1. marts"
    assert Words("en").weekday(date(2026, 3, 1)) == "Sunday 1 March"
    assert Words("da").at(summer) == "1. august 2026 kl. 00.05"
    assert Words("en").at(summer) == "1 August 2026 at 00:05"
    assert [Words("da").days(n) for n in (0, 1, 20)] == ["i dag", "1 dag", "20 dage"]


def test_a_sentence_ends_with_one_full_stop() -> None:
    assert Words("da")("choice.stop.does_fees", fees="200,00 kr.").endswith("200,00 kr.")


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_badge_says_what_the_tab_of_its_invoices_says(language: str) -> None:
    say = Words(language)
    badges = {name: name for name in ("awaiting_decision", "running", "paused", "collecting_fees", "escalated")}

    differing = [tab for tab, badge in badges.items() if say(f"list.tab.{tab}") != say(f"state.{badge}")]

    assert differing == []
    assert say("list.tab.waiting") == say("list.unasked") == say("state.found") != say("state.quiet")
    assert say("list.tab.escalated") == say("numbers.ended.escalated") == say("numbers.recovered.escalated")
    assert say("state.settled_waived") == say("numbers.ended.written_off")
