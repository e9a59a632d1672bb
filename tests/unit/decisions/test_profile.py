"""The profile: every choice as a field; what is refused, what is overtaken, and what the sample costs."""

import re
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from common import db
from common.law import REMINDER_FEE
from common.tables import Company, Login, Outbox
from decisions import passwords, samples
from decisions.choices import CHOICES, POLICY
from decisions.pages import foretold, sections
from decisions.pages.sections import KINDS, OPTIONS, SECTIONS
from decisions.timetable import timetable
from decisions.words import Words
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, Visitor, company, invoice, procedure, said, stop_clock
from tests.unit.decisions.member import Member, audited, plain
from tests.unit.decisions.test_timetable import choices

DA, EN = Words("da"), Words("en")


@pytest.fixture
def member(visitor: Visitor) -> Member:
    return Member()


def row(cvr: str = CVR) -> Any:
    with db.connection():
        return Company.get_by_id(cvr)


def choose(cvr: str = CVR, **fields: Any) -> None:
    with db.transaction():
        Company.update(fields).where(Company.cvr == cvr).execute()


def form(page: str, section: str) -> dict[str, list[str]]:
    """What the browser sends with that section's form, if nothing is touched."""
    [found] = re.findall(rf'<form [^>]*id="form-{section}".*?</form>', page, flags=re.S)
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", found):
        of = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if of["type"] not in ("checkbox", "radio") or " checked" in tag:
            fields.setdefault(of["name"], []).append(of.get("value", ""))
    for name, text in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>\n(.*?)</textarea>', found, flags=re.S):
        fields.setdefault(name, []).append(unescape(text))
    return fields


def sent(member: Member, section: str, **changes: Any) -> httpx.Response:
    """The section's form as it was shown, with these fields typed anew; None unticks."""
    fields = form(member.get("/profile").text, section)
    fields |= {name: value if isinstance(value, list) else [value] for name, value in changes.items() if value}
    for name, value in changes.items():
        if value is None:
            fields.pop(name, None)
        elif value == "":
            fields[name] = [""]
    response: httpx.Response = member.client.post("/profile", data=fields)
    return response


# --- complete
def test_every_choice_stands_once_in_one_of_the_forms() -> None:
    placed = [name for section in SECTIONS for name in section.choices]

    assert sorted(placed) == sorted(CHOICES)
    assert KINDS.keys() == CHOICES.keys()


@pytest.mark.parametrize("say", [DA, EN], ids=["da", "en"])
@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_explained_in_both_languages(name: str, say: Words) -> None:
    assert say.has(f"choose.{name}.label")
    assert re.fullmatch(r"[A-ZÆØÅ0-9].{10,}[.]", sections.means(name, say), flags=re.S)
    if KINDS[name] in ("tick", "radio"):
        assert all(say.has(f"choose.{name}.is.{option}") for option in OPTIONS.get(name, ()))
    else:
        assert say.has(f"choose.{name}.limits")


@pytest.mark.parametrize("name", [name for name, choice in CHOICES.items() if choice.law])
@pytest.mark.parametrize("say", [DA, EN], ids=["da", "en"])
def test_a_limit_of_the_law_names_its_paragraph(name: str, say: Words) -> None:
    assert CHOICES[name].law in sections.limits(name, say)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_options_are_those_that_are_allowed(name: str) -> None:
    assert [CHOICES[name].checked(option) for option in OPTIONS[name]] == list(OPTIONS[name])
    assert str(Company._meta.fields[name].default) in OPTIONS[name]


def test_the_pause_comes_first_with_the_way_to_its_list(member: Member) -> None:
    page = member.get("/profile").text

    assert page.index('name="paused"') == min(page.index(f'name="{name}"') for name in CHOICES)
    assert 'href="/invoices?show=waiting"' in page


# --- saving
def test_what_was_shown_and_not_touched_is_saved_as_it_was(member: Member) -> None:
    odd: dict[str, Any] = {
        "booking_days": "mon,1,last",
        "fee": Decimal("99.50"),
        "never_dunned": ["7", "12"],
        "interest": True,
    }
    odd |= {"letterhead": "Holm\r\nHavnegade 1", "day_count": "30/360", "smallest_amount": Decimal("1250.50")}
    choose(**odd)
    before = row().__data__

    answers = [sent(member, section.name) for section in SECTIONS]

    assert {answer.status_code for answer in answers} == {303}
    after = row().__data__
    assert {**after, "letterhead": after["letterhead"].replace("\r\n", "\n")} == {
        **before,
        "letterhead": "Holm\nHavnegade 1",
        "policy_no": after["policy_no"],
    }
    assert after["policy_no"] == 1


@pytest.mark.parametrize(
    ("section", "name", "given", "kept"),
    [
        ("auto", "paused", "yes", True),
        ("asking", "wait_days", "8", 8),
        ("asking", "digest", "yes", True),
        ("asking", "fetch_at", "07:30", "07:30"),
        ("asking", "horizon_days", "90", 90),
        ("silence", "silence", "stay", "stay"),
        ("silence", "start_days", "5", 5),
        ("reminders", "fee", "75,50", Decimal("75.50")),
        ("reminders", "reminders", "2", 2),
        ("reminders", "days_between", "14", 14),
        ("reminders", "collection_notice", "after", "after"),
        ("reminders", "collection_fee", "100", Decimal("100.00")),
        ("reminders", "fee_policy", "cover", "cover"),
        ("reminders", "arrears", "claim", "claim"),
        ("interest", "interest", "yes", True),
        ("interest", "due_date_agreed", "yes", True),
        ("interest", "day_count", "actual/actual", "actual/actual"),
        ("interest", "compensation", "yes", True),
        ("books", "booking_days", ["mon", "thu"], "mon,thu"),
        ("books", "booking_month", "1, Sidste", "1,last"),
        ("books", "weekend_due", "keep", "keep"),
        ("books", "fresh_days", "5", 5),
        ("paying", "fi_creditor", "87 65 43 21", "87654321"),
        ("paying", "bank_account", "1234 567", "1234 0000000567"),
        ("paying", "payment_details", "MobilePay 12345", "MobilePay 12345"),
        ("never", "never_dunned", "7, 12", ["7", "12"]),
        ("never", "smallest_amount", "1.250,50", Decimal("1250.50")),
        ("firm", "name", "Holm & Søn", "Holm & Søn"),
        ("firm", "email", "ny@holm.dk", "ny@holm.dk"),
        ("firm", "reply_to", "svar@holm.dk", "svar@holm.dk"),
        ("firm", "language", "en", "en"),
        ("firm", "letterhead", "Holm\nHavnegade 1", "Holm\nHavnegade 1"),
    ],
)
def test_every_choice_can_be_saved_and_nothing_else_moves(
    member: Member, section: str, name: str, given: Any, kept: Any
) -> None:
    before = row().__data__

    answer = sent(member, section, **{name: given})

    stored = "booking_days" if name == "booking_month" else name
    after = row().__data__
    assert answer.headers["location"] == "/profile?done=choices"
    assert {key for key in after if after[key] != before[key]} == {stored} | (
        {"policy_no"} if stored in POLICY else set()
    )
    assert after[stored] == kept
    assert said() == []
    assert (member.email, "saved choices", section) in audited()


@pytest.mark.parametrize("name", ["paused", "digest", "interest", "due_date_agreed", "compensation"])
def test_a_tick_is_taken_back(member: Member, name: str) -> None:
    ticked: dict[str, Any] = {name: True}
    choose(**ticked)
    [section] = [one.name for one in SECTIONS if name in one.choices]

    answer = sent(member, section, **{name: None})

    assert answer.status_code == 303
    assert getattr(row(), name) is False


def test_what_is_saved_says_so_and_another_company_keeps_its_own(member: Member) -> None:
    company(OTHER_CVR)

    sent(member, "reminders", fee="50")

    assert "Valgene er gemt og gælder for nye sager." in member.text("/profile?done=choices")
    assert (row().fee, row(OTHER_CVR).fee) == (Decimal("50.00"), Decimal("100.00"))


# --- refusing
@pytest.mark.parametrize(
    ("section", "name", "given", "says"),
    [
        ("reminders", "fee", "100,01", "fra 0 til 100 kr. (renteloven § 9 b, stk. 2)"),
        ("reminders", "reminders", "4", "fra 1 til 3 (renteloven § 9 b, stk. 2)"),
        ("reminders", "days_between", "9", "fra 10 til 60 (renteloven § 9 b, stk. 2)"),
        ("reminders", "collection_fee", "101", "fra 0 til 100 kr. (renteloven § 9 b, stk. 3)"),
        ("asking", "wait_days", "31", "fra 0 til 30"),
        ("books", "booking_month", "1, 32", "tal fra 1 til 31 eller »sidste«"),
        ("paying", "bank_account", "12 34", "fire cifres reg.nr."),
        ("paying", "fi_creditor", "1234567", "otte cifre"),
        ("firm", "reply_to", "svar@", "én e-mailadresse"),
        ("firm", "name", "", "1 til 200 tegn"),
        ("silence", "silence", "maybe", "Vælg en af mulighederne"),
    ],
)
def test_what_is_not_allowed_is_refused_at_its_field_and_kept_as_it_was_typed(
    member: Member, section: str, name: str, given: str, says: str
) -> None:
    before = row().__data__

    answer = sent(member, section, **{name: given})

    field = "booking_days" if name == "booking_month" else name
    [fault] = re.findall(rf'<p class="error" id="{field}-error">(.*?)</p>', answer.text)
    [summary] = re.findall(rf'<li><a href="#{field}">(.*?)</a></li>', answer.text)
    assert answer.status_code == 422
    assert says in unescape(fault)
    assert says in unescape(summary)
    assert answer.text.count("aria-invalid") == (0 if KINDS[field] == "radio" else 1)
    assert given in ("", "maybe") or f'value="{given}"' in answer.text
    assert f'id="{field}"' in answer.text
    assert row().__data__ == before


def test_all_that_is_wrong_in_a_form_is_said_at_once_and_what_is_right_is_kept_too(member: Member) -> None:
    answer = sent(member, "reminders", fee="500", reminders="9", days_between="21")

    assert re.findall(r'<li><a href="#(\w+)">', answer.text.partition("<h1>")[0]) == ["fee", "reminders"]
    assert 'value="21"' in answer.text
    assert row().days_between == 10


def test_an_error_in_one_form_leaves_the_others_as_they_are_saved(member: Member) -> None:
    choose(start_days=7, letterhead="Holm")

    answer = sent(member, "reminders", fee="500")

    assert form(answer.text, "silence")["start_days"] == ["7"]
    assert form(answer.text, "firm")["letterhead"] == ["Holm"]


@pytest.mark.parametrize("section", ["", "nothing", "policy_no"])
def test_a_form_of_no_section_is_none(member: Member, section: str) -> None:
    assert member.post("/profile", section=section, fee="1").status_code == 400


def test_a_form_can_set_nothing_that_is_not_in_its_section(member: Member) -> None:
    sent(member, "auto", paused="yes", fee="1", policy_no="9", api_key="stolen-key", cvr=OTHER_CVR)

    assert (row().paused, row().fee, row().policy_no, row().api_key) == (True, Decimal("100.00"), 2, None)


# --- two at once
def test_whoever_comes_second_is_told_and_overwrites_nothing(member: Member) -> None:
    shown = form(member.get("/profile").text, "reminders")
    choose(fee=Decimal("70.00"))

    answer = member.client.post("/profile", data=shown | {"fee": ["50"], "running": ["yes"]})

    assert answer.status_code == 409
    assert row().fee == Decimal("70.00")
    assert "Nogen gemte, mens du skrev" in plain(answer.text)
    assert "Gælder nu: 70" in plain(answer.text)
    assert form(answer.text, "reminders")["fee"] == ["50"]


def test_he_may_save_all_the_same_once_he_has_seen_it(member: Member) -> None:
    shown = form(member.get("/profile").text, "reminders")
    choose(fee=Decimal("70.00"))
    told = member.client.post("/profile", data=shown | {"fee": ["50"]})

    answer = member.client.post("/profile", data=form(told.text, "reminders"))

    assert answer.status_code == 303
    assert row().fee == Decimal("50.00")


def test_one_who_was_refused_is_told_all_the_same_of_what_was_saved_meanwhile(member: Member) -> None:
    shown = form(member.get("/profile").text, "reminders")
    choose(fee=Decimal("70.00"))
    refused = member.client.post("/profile", data=shown | {"fee": ["500"]})

    answer = member.client.post("/profile", data=form(refused.text, "reminders") | {"fee": ["50"]})

    assert (refused.status_code, answer.status_code) == (422, 409)
    assert row().fee == Decimal("70.00")


def test_what_was_saved_in_another_form_is_no_quarrel(member: Member) -> None:
    shown = form(member.get("/profile").text, "reminders")
    choose(start_days=9, name="Holm & Søn")

    answer = member.client.post("/profile", data=shown | {"fee": ["50"]})

    assert answer.status_code == 303
    assert (row().fee, row().start_days) == (Decimal("50.00"), 9)


def test_a_double_click_saves_once_and_is_a_success(member: Member) -> None:
    shown = form(member.get("/profile").text, "reminders") | {"fee": ["50"]}

    answers = [member.client.post("/profile", data=shown) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert row().policy_no == 2


@pytest.mark.parametrize("seen", ["", "0" * 16, "x" * 20_00])
def test_a_form_that_shows_nothing_that_was_seen_changes_nothing(member: Member, seen: str) -> None:
    answer = sent(member, "auto", paused="yes", seen=seen)

    assert answer.status_code == 409
    assert row().paused is False


def test_of_two_who_save_at_once_one_wins_and_the_other_is_told(database: str, tmp_path: Any) -> None:
    stop_clock(tmp_path)
    company()
    first, second = Member(), Member()
    forms = [
        form(one.get("/profile").text, "reminders") | {"fee": [fee]} for one, fee in ((first, "50"), (second, "60"))
    ]

    with ThreadPoolExecutor(2) as pool:
        tasks = [
            pool.submit(one.client.post, "/profile", data=f) for one, f in zip((first, second), forms, strict=True)
        ]
        codes = sorted(task.result().status_code for task in tasks)

    assert codes == [303, 409]
    assert row().policy_no == 2


# --- what is running
def test_procedures_that_are_running_follow_only_if_that_is_ticked(member: Member) -> None:
    for number, stage in enumerate(("running", "paused", "settled", "awaiting_decision")):
        procedure(stage, of=invoice(f"{number}"))
    page = member.text("/profile")

    sent(member, "reminders", fee="50")
    silent = said()
    answer = sent(member, "reminders", fee="40", running="yes")

    assert "Brug også valgene i de 2 sager, der er i gang" in page
    assert (
        f"aldrig sat op på en sag, hvor kunden har fået en rykker med et lavere gebyr ({REMINDER_FEE.paragraph})"
        in page
    )
    assert silent == []
    assert answer.headers["location"] == "/profile?done=choices_running"
    assert sorted((event["data"]["procedure_id"], event["data"]["policy_no"]) for event in said()) == [
        ("p-0", 3),
        ("p-1", 3),
    ]


def test_where_nothing_is_running_nothing_is_asked_of_it(member: Member) -> None:
    procedure("awaiting_decision")

    assert 'name="running"' not in member.get("/profile").text


def test_running_procedures_of_another_company_are_not_counted_nor_moved(member: Member) -> None:
    company(OTHER_CVR)
    procedure("running", cvr=OTHER_CVR)

    sent(member, "reminders", fee="40", running="yes")

    assert 'name="running"' not in member.get("/profile").text
    assert said() == []


def test_the_end_of_a_pause_says_that_what_came_in_is_asked_about(member: Member) -> None:
    choose(paused=True)
    procedure("awaiting_decision", policy={"fee": "100.00", "reminders": 3, "silence": "start", "paused": True})

    answer = sent(member, "auto", paused=None)

    assert answer.headers["location"] == "/profile?done=choices_asking"
    assert [event["data"]["procedure_id"] for event in said()] == ["p-2041"]


def test_the_key_stands_on_the_profile_before_the_choices(member: Member) -> None:
    page = member.get("/profile").text

    assert page.index('action="/profile/key"') < page.index('name="paused"')


# --- its timetable
def test_the_timetable_is_drawn_and_told_in_words(member: Member) -> None:
    choose(reminders=2, fee=Decimal("75.00"), collection_notice="after", collection_fee=Decimal("100.00"))

    page = member.get("/profile").text

    [drawing] = re.findall(r'<svg class="line.*?</svg>', page, flags=re.S)
    [steps] = re.findall(r'<ol class="steps">.*?</ol>', page, flags=re.S)
    assert 'role="img"' in drawing
    assert 'aria-labelledby="line-title"' in drawing
    assert drawing.count("<circle") == steps.count("<li>") == 7
    assert "style" not in drawing
    text = plain(f"<body>{steps}").replace("\N{NO-BREAK SPACE}", " ")
    assert "Rykker 2 med et gebyr på 75,00 kr." in text
    assert "Varsel om inkasso, uden gebyr. Fristen er" in text
    assert "Inkassogebyret i den er 100,00 kr." in text
    assert "Gebyrer i alt: 150,00 kr." in plain(page).replace("\N{NO-BREAK SPACE}", " ")


def test_what_the_pause_comes_to_is_told(member: Member) -> None:
    choose(paused=True)

    assert "Der sker ikke mere, før du trykker på »Ryk denne faktura«." in member.text("/profile")


def test_steps_that_are_close_cover_each_other_nowhere() -> None:
    for chosen in ({"start_days": 1}, {"days_between": 60, "reminders": 1}, {"silence": "stay", "wait_days": 0}):
        dots = foretold.Telling(timetable(choices(**chosen), date(2026, 3, 2)), DA).dots

        spots = [(dot.x, dot.y) for dot in dots]
        for n, (x, y) in enumerate(spots):
            assert all((x - a) ** 2 + (y - b) ** 2 >= (2 * foretold.RADIUS) ** 2 for a, b in spots[n + 1 :])
            assert foretold.RADIUS <= x <= foretold.WIDTH - foretold.RADIUS
            assert y >= foretold.RADIUS


# --- other choices
OTHER = {
    "due_on": "2026-12-01",
    "wait_days": "0",
    "start_days": "1",
    "silence": "start",
    "weekend_due": "next",
    "reminders": "1",
    "days_between": "30",
    "fee": "25",
    "collection_notice": "after",
    "collection_fee": "0",
}


def asked(**changes: str) -> str:
    return f"/profile/timetable?{httpx.QueryParams(OTHER | changes)}"


def test_other_choices_are_shown_and_nothing_is_saved(member: Member) -> None:
    before = row().__data__

    text = member.text(asked()).replace("\N{NO-BREAK SPACE}", " ")

    assert "onsdag den 2. december: Vi spørger dig" in text
    assert "Rykker 1 med et gebyr på 25,00 kr." in text
    assert "Rykker 2" not in text
    assert row().__data__ == before
    assert said() == []


@pytest.mark.parametrize("is_paused", [True, False])
def test_a_timetable_in_a_pause_says_that_nothing_is_asked_in_it(member: Member, is_paused: bool) -> None:
    choose(paused=is_paused)

    own, others = member.text("/profile"), member.text("/profile/timetable")

    assert ("Vi spørger dig, om den skal rykkes." in own) is not is_paused
    assert ("Vi spørger dig ikke, og intet begynder af sig selv." in others) is is_paused


def test_other_choices_begin_with_those_that_hold(member: Member) -> None:
    choose(fee=Decimal("42.50"), booking_days="thu,last")

    page = member.get("/profile/timetable").text

    assert 'name="fee" value="42,50"' in page
    assert 'name="booking_month" value="sidste"' in page
    assert "med et gebyr på 42,50" in plain(page).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("fee", "101", "fra 0 til 100 kr. (renteloven § 9 b, stk. 2)"),
        ("days_between", "9", "fra 10 til 60 (renteloven § 9 b, stk. 2)"),
        ("due_on", "2026-02-30", "højst to år fra i dag"),
        ("due_on", "9999-12-31", "højst to år fra i dag"),
        ("due_on", "0001-01-01", "højst to år fra i dag"),
        ("due_on", "", "højst to år fra i dag"),
        ("wait_days", "", "fra 0 til 30"),
    ],
)
def test_other_choices_are_checked_likewise(member: Member, name: str, given: str, says: str) -> None:
    answer = member.get(asked(**{name: given}))

    assert answer.status_code == 422
    assert f'<li><a href="#{name}">' in answer.text
    assert says in plain(answer.text)
    assert '<svg class="chart' not in answer.text


# --- a sample
def test_a_sample_is_asked_for_once_a_minute(member: Member, tmp_path: Any) -> None:
    first, second = member.post("/profile/sample"), member.post("/profile/sample")
    stop_clock(tmp_path, MONDAY + timedelta(seconds=61))
    third = member.post("/profile/sample")

    assert first.headers["location"] == "/profile?done=sample"
    assert second.status_code == 429
    assert "mindre end et minut siden" in plain(second.text)
    assert third.status_code == 303
    with db.connection():
        assert [line.type.rpartition("dk.rykkerportalen.")[2] for line in Outbox.select()] == ["sample.requested"] * 2


def test_a_sample_of_another_company_is_no_reason_to_wait(member: Member) -> None:
    company(OTHER_CVR)
    Member(OTHER_CVR).post("/profile/sample")

    assert member.post("/profile/sample").status_code == 303


def test_a_wish_waits_for_one_that_is_being_written_down(database: str, tmp_path: Any) -> None:
    stop_clock(tmp_path)
    company()

    with ThreadPoolExecutor(1) as pool:
        with db.transaction():
            samples.ask(CVR, MONDAY)
            second = pool.submit(samples.ask, CVR, MONDAY + timedelta(seconds=1))
            wait([second], timeout=0.5)
        refused = second.exception()

    assert isinstance(refused, samples.TooSoon)
    assert len(said()) == 1


# --- in English
def test_the_page_speaks_english_by_choice(member: Member) -> None:
    choose(language="en", fee=Decimal("99.50"))

    page = member.get("/profile").text

    assert 'name="fee" value="99.50"' in page
    assert "Automatic fetching paused" in page
    assert not re.search(r"\b(og|gebyr|rykker)\b", plain(page).replace("rykkerportalen", ""))
    assert sent(member, "reminders", fee="75.25").status_code == 303
    assert row().fee == Decimal("75.25")


# --- what an open browser alone can't change
@pytest.fixture
def guarded(member: Member, monkeypatch: pytest.MonkeyPatch) -> Member:
    """Whose login has a password."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with db.transaction():
        Login.update(password=passwords.hashed(PASSWORD)).execute()
    return member


PASSWORD = "hammer og søm 4 stk"
MOVED = [
    ("paying", "bank_account", "1234 0000000567"),
    ("paying", "fi_creditor", "87654321"),
    ("paying", "payment_details", "MobilePay 12345"),
    ("firm", "email", "ny@holm.dk"),
]


@pytest.mark.parametrize(("section", "name", "value"), MOVED)
def test_where_money_and_mails_go_is_changed_with_the_password_alone(
    guarded: Member, section: str, name: str, value: str
) -> None:
    before = getattr(row(), name)

    without, wrong = sent(guarded, section, **{name: value}), sent(guarded, section, **{name: value, "confirm": "no"})
    unchanged = getattr(row(), name)
    right = sent(guarded, section, **{name: value, "confirm": PASSWORD})

    assert (without.status_code, wrong.status_code, unchanged) == (422, 422, before)
    assert "ved en åben skærm" in plain(without.text)
    assert "adgangskode er forkert" in plain(wrong.text)
    assert f'value="{value}"' in wrong.text or f">\n{value}</textarea>" in wrong.text
    assert (right.status_code, getattr(row(), name)) == (303, value)


def test_what_else_is_there_is_saved_without_it(guarded: Member) -> None:
    renamed = sent(guarded, "firm", name="Holm Murerfirma")
    less = sent(guarded, "reminders", reminders="2")

    assert (renamed.status_code, less.status_code) == (303, 303)
    assert (row().name, row().reminders) == ("Holm Murerfirma", 2)


def test_who_guesses_it_there_has_to_wait(guarded: Member) -> None:
    tries = [sent(guarded, "paying", bank_account="1234 567", confirm=f"guess {n}").status_code for n in range(6)]

    assert tries == [422] * 5 + [429]
    assert row().bank_account == ""


def test_the_password_is_asked_for_where_there_is_one(guarded: Member) -> None:
    asked = guarded.get("/profile").text.count('name="confirm"')
    with db.transaction():
        Login.update(password=None).execute()

    assert (asked, guarded.get("/profile").text.count('name="confirm"')) == (2, 0)
