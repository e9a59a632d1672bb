"""What each letter says, and to whom; and every letter rendered, in both languages and both forms."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from jinja2 import UndefinedError

from common.events import LetterBounced, LetterFailed, LetterKind
from notifier.facts import Claim
from notifier.letters import asking
from notifier.letters.draft import Draft, letter_id
from notifier.letters.entering import SECRET
from notifier.render import Rendered, render
from notifier.words import plain, short, wrapped
from tests.unit.notifier import samples
from tests.unit.notifier.samples import CASE, LINKS, TODAY, case

VARIANTS = [
    pytest.param(draft, id=f"{name}-{language}") for language in ("da", "en") for name, draft in samples.every(language)
]
CLIPPED_BY_GMAIL = 102_000
OF_NO_INVOICE = (
    "digest",
    "key_refused",
    "held",
    "payments_unmarked",
    "set_aside",
    "statement",
    "invited",
    "forgotten",
    "sample",
)
BUTTON = re.compile(r'<a href="([^"]+)"[^>]*>(.*?)</a>', flags=re.S)


def shown(rendered: Rendered) -> str:
    """What a reader of the HTML sees."""
    body = re.sub(r"<style.*?</style>|<!--.*?-->", "", rendered.html.partition("<body")[2], flags=re.S)
    body = re.sub(r"</?(strong|b|a|span)\b[^>]*>", "", body)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)).replace("\N{NO-BREAK SPACE}", " "))


def text(rendered: Rendered) -> str:
    return re.sub(r"\s+", " ", rendered.text.replace("\N{NO-BREAK SPACE}", " "))


def links(rendered: Rendered) -> dict[str, str]:
    """Label → choice that the link answers."""
    found = {re.sub(r"<[^>]+>", "", label).strip(): unescape(href) for href, label in BUTTON.findall(rendered.html)}
    return {
        label: LINKS.read_answer(url.rpartition("/")[2]).choice for label, url in found.items() if "/answer/" in url
    }


# --- which letter ----------------------------------------------------------------------------------------------------
def test_the_same_letter_has_the_same_id_and_another_one_has_another() -> None:
    ids = {letter_id(about, "reminder", step, attempt) for about in "ab" for step in (1, 2) for attempt in (0, 1)}

    assert len(ids) == 8
    assert samples.reminder(CASE, 1).id == letter_id(samples.CLAIM.procedure_id, "reminder", 1, 0)


def test_only_demands_go_to_the_debtor() -> None:
    to_debtor = {draft.kind for _, draft in samples.every("da") if draft.to_debtor}
    to_company = {d.recipient for _, d in samples.every("da") if not d.to_debtor and d.kind not in SECRET}

    assert to_debtor == {"reminder", "collection_notice", "fee_reminder"}
    assert to_company == {"jensen@vvs.example"}


def test_there_is_a_sample_of_every_kind() -> None:
    assert {draft.kind for _, draft in samples.every("da")} == set(LetterKind.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("claim", "today", "starts_on"),
    [
        ({}, date(2026, 3, 2), date(2026, 3, 5)),
        ({}, date(2026, 3, 31), date(2026, 4, 8)),  # Easter lies between
        ({"silence": "stay"}, date(2026, 3, 2), None),
        ({"disputed": True}, date(2026, 3, 2), None),
        ({"start_days": 0, "due_on": date(2026, 3, 2)}, date(2026, 3, 2), date(2026, 3, 3)),
        ({"start_days": 1, "due_on": date(2026, 3, 7)}, date(2026, 3, 2), date(2026, 3, 10)),  # a Saturday
        ({"start_days": 1, "due_on": date(2026, 3, 7), "weekend_due": "keep"}, date(2026, 3, 2), date(2026, 3, 8)),
    ],
)
def test_silence_starts_it_after_banking_days(claim: dict[str, Any], today: date, starts_on: date | None) -> None:
    assert asking.notice(case(**claim), LINKS, today).says["starts_on"] == starts_on


# --- every letter ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("draft", VARIANTS)
def test_every_letter_is_whole_in_both_forms(draft: Draft) -> None:
    rendered = render(draft)

    for form in (rendered.subject, rendered.html.partition("<body")[2], rendered.text):
        assert not re.search(r"{{|}}|{%|%}|\bNone\b|Undefined|</?mj-|kr\.(</strong>)?\.", form)
    assert len(rendered.html.encode()) < CLIPPED_BY_GMAIL
    assert "http://" not in re.sub(r"http://www\.w3\.org", "", rendered.html)
    assert not re.search(r"<img|fonts\.g|@import", rendered.html)
    assert "display:none" in rendered.html  # the preheader
    assert rendered.html.startswith(f'<!doctype html><html lang="{draft.creditor.language}"')
    assert "\n\n\n\n" not in rendered.text
    assert not re.search(r"[a-zæøå][.?!][A-ZÆØÅ]", re.sub(r"\S+://\S+", "", rendered.text))  # sentences glued together
    assert rendered.subject == plain(rendered.subject)
    assert draft.kind in OF_NO_INVOICE or "1042" in rendered.subject


@pytest.mark.parametrize("draft", VARIANTS)
def test_both_forms_say_the_same(draft: Draft) -> None:
    rendered = render(draft)

    html, sentences = (
        shown(rendered),
        re.split(r"(?<=[.?!]) ", re.sub(r"\S+/(answer|digest|claim)/\S+", "", text(rendered))),
    )
    missing = [
        s for s in sentences if len(s) > 20 and ":" not in s and "*" not in s and "--" not in s and s not in html
    ]

    assert missing == []


@pytest.mark.parametrize("draft", VARIANTS)
def test_no_word_of_the_other_language_is_left(draft: Draft) -> None:
    foreign = {"da": r"\b(the|invoice|reminder|you|paid)\b", "en": r"\b(og|faktura|rykker|du|betalt|ikke|kr)\b|[æå]"}

    said = (
        text(render(draft))
        .lower()
        .replace("renteloven", "")
        .replace("inkassoloven", "")
        .replace("boligforeningen østerbro v/ejendomskontoret", "")
    )
    said = re.sub(r"https://\S+|café æblet|user unknown|the tap still drips.*?after 16\.|odense c|holm & søn", "", said)

    assert not re.search(foreign[draft.creditor.language], said, flags=re.I)


def test_a_word_that_a_letter_doesn_t_have_is_an_error() -> None:
    draft = samples.reminder(CASE, 1)
    says = {name: value for name, value in draft.says.items() if name != "is_last"}

    with pytest.raises(UndefinedError):
        render(replace(draft, says=says))


HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "</mj-text><mj-button href='https://evil.example'>Pay</mj-button>",
    '" onclick="x" <!-- & &amp; -->',
)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["da", "en"])
def test_what_comes_from_the_erp_stays_text(name: str, language: str) -> None:
    for _, draft in samples.every(language, debtor=name, number=f"7{name}", payment_line=name):
        rendered = render(draft)
        body = rendered.html.partition("<body")[2]

        assert not re.search(r"""<script|</?mj-|href=.https://evil|onclick="|<!-- &""", body)
        if draft.kind not in OF_NO_INVOICE:
            assert name in unescape(body)
            assert name in re.sub(r"\s+", " ", rendered.text)


def test_a_name_can_t_add_lines_or_turn_the_text_around() -> None:
    assert plain("Evil\r\nBcc: a@b.example\x00\u202egnp.exe\u200b") == "Evil Bcc: a@b.examplegnp.exe"
    assert len(plain("x" * 1000)) == 200
    assert short("a" * 100).endswith("…")
    assert max(map(len, wrapped("word " * 100).splitlines())) <= 72


# --- single letters --------------------------------------------------------------------------------------------------
def test_the_notice_has_what_a_decision_needs() -> None:
    rendered = render(asking.notice(case(), LINKS, TODAY))

    for form in (shown(rendered), text(rendered)):
        for word in (
            "Grethe Sørensen",
            "1042",
            "12.500,00 kr.",
            "16. februar 2026",
            "14 dage",
            "torsdag den 5. marts 2026",
        ):
            assert word in form
        assert "Er fakturaen betalt? Så tryk Stop." in form
    assert links(rendered) == {"Start rykkerprocedure": "start", "Stop": "stop"}


@pytest.mark.parametrize(
    ("claim", "says", "not_says"),
    [
        ({}, "med et gebyr på 100,00 kr.", "ingen e-mailadresse"),
        ({"fee": Decimal("0.00")}, "uden gebyr", "gebyr på"),
        ({"email": None}, "Kunden har ingen e-mailadresse", "gebyr på"),
        ({"silence": "stay"}, "sker der ingenting", "af sig selv"),
        ({"disputed": True}, "sker der ingenting", "af sig selv"),
        ({"disputed": True}, "uden gebyr", "gebyr på"),
        ({"step": 3}, "sender vi et varsel om inkasso til", "sender vi rykkeren"),
        ({"outstanding": Decimal("500.00")}, "mangler der stadig 500,00 kr.", "er den ikke betalt"),
    ],
)
def test_the_notice_says_what_will_happen(claim: dict[str, Any], says: str, not_says: str) -> None:
    rendered = render(asking.notice(case(**claim), LINKS, TODAY))

    assert says in text(rendered)
    assert not_says not in text(rendered)


def test_one_disputed_claim_does_not_hide_when_silence_starts_the_others() -> None:
    cases = [case(procedure_id="p-1", disputed=True), case(procedure_id="p-2")]
    batch = asking.Batch(id="f-1", attempt=0, first=cases, count=2, outstanding=Decimal("2500.00"))

    assert asking.digest(batch, LINKS, date(2026, 3, 2)).says["starts_on"] == date(2026, 3, 5)


def test_the_digest_lists_fifty_with_their_links_and_leads_to_the_rest() -> None:
    draft = samples.digest(CASE, 5000)
    rendered = render(draft)

    answers = [href for href, _ in BUTTON.findall(rendered.html) if "/answer/" in href]
    (page,) = {href for href, _ in BUTTON.findall(rendered.html) if "/digest/" in href}
    assert len(set(answers)) == 100
    assert LINKS.read_digest(page.rpartition("/")[2]).letter_id == draft.id
    assert "Der er 4.950 til" in shown(rendered)


def test_a_digest_that_begins_with_a_disputed_invoice_says_when_the_others_start() -> None:
    disputed, usual = case(disputed=True), case(procedure_id="p-2", number="1043")
    batch = asking.Batch(id="f-1", attempt=0, first=[disputed, usual], count=2, outstanding=Decimal(25000))

    assert "begynder rykkerproceduren af sig selv" in text(render(asking.digest(batch, LINKS, TODAY)))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_reminder_keeps_principal_and_fees_apart(step: int) -> None:
    rendered = render(samples.reminder(CASE, step, paid="2000.00"))

    said = text(rendered)
    assert "10.500,00 kr." in said
    assert "Gebyr for denne rykker: 100,00 kr." in said
    assert f"I alt at betale: {10_500 + 100 * step:,}".replace(",", ".") + ",00 kr." in said
    assert ("Gebyrer for tidligere rykkere" in said) == (step > 1)
    for word in ("Jensen VVS ApS", "CVR-nr. 12345674", "12. marts 2026", "+71<000000000104216+12345678<", "§ 9 b"):
        assert word in said
    assert links(rendered) == {}
    assert not re.search("inkasso|retten|advokat|RKI", said)


@pytest.mark.parametrize(
    ("line", "creditor", "says"),
    [
        ("+71<1042+1<", {"fi_creditor": "87654321"}, "Betalingslinje (FIK): +71<1042+1< Beløb"),
        ("", {"fi_creditor": "87654321"}, "(FIK): +73< +87654321< Besked til modtageren: faktura 1042 Beløb"),
        ("", {"bank_account": "1234 0000000005"}, "kontonr.): 1234 0000000005 Besked til modtageren: faktura 1042"),
        (
            "",
            {"payment_details": ("Reg. 1234 konto 5",)},
            "beløbet Reg. 1234 konto 5 Besked til modtageren: faktura 10",
        ),
        ("", {}, "Brug betalingsoplysningerne på fakturaen, og skriv fakturanummer 1042."),
    ],
)
@pytest.mark.parametrize("form", [text, shown])
def test_a_reminder_says_how_to_pay(form: Any, line: str, creditor: dict[str, Any], says: str) -> None:
    chosen = {"payment_details": ()} | creditor
    of = replace(CASE, creditor=replace(CASE.creditor, **chosen), claim=replace(CASE.claim, payment_line=line))

    assert says in form(render(samples.reminder(of, 1)))


def test_a_letterhead_stands_above_what_a_debtor_gets_and_above_nothing_else() -> None:
    of = samples.headed(CASE)

    letter, told = render(samples.reminder(of, 1)), render(asking.notice(of, LINKS, TODAY))

    head = "Jensen VVS ApS Industrivej 4, 5000 Odense C Telefon 12 34 56 78"
    assert text(letter).startswith(f"{head} 1. rykker")
    assert head in shown(letter)
    assert "Industrivej" not in told.text + told.html


def test_a_debtor_answers_to_the_address_that_the_company_chose() -> None:
    letter = render(samples.reminder(samples.headed(CASE), 1))

    assert "debitor@jensen.example" in letter.text
    assert CASE.creditor.email not in letter.text + letter.html


# --- the sample
def test_a_sample_is_the_first_reminder_marked_as_one_and_leads_nowhere() -> None:
    drafts = dict(samples.every("da"))
    sample, real = drafts["sample"], samples.reminder(CASE, 1)

    rendered = render(sample)

    assert (sample.to_debtor, sample.recipient, sample.procedure_id) == (False, CASE.creditor.email, None)
    assert sample.says.keys() == real.says.keys()
    assert rendered.subject == "PRØVE – Rykker 1: faktura 1001 fra Jensen VVS ApS"
    assert text(rendered).startswith("PRØVE: 1. rykker for faktura 1001 Det er kun en prøve.")
    assert "href=" not in rendered.html
    assert "https://" not in rendered.text
    assert "Reg. 1234 konto 0012345678" in text(rendered)
    assert "4.350,00 kr." in text(rendered)


def test_a_sample_of_a_company_that_sends_one_reminder_warns_as_that_does() -> None:
    said = text(render(dict(samples.every("da"))["sample-letterhead"]))

    assert "PRØVE: 1. rykker og varsel om inkasso" in said
    assert "I alt at betale: 4.250,00 kr." in said
    assert "+73< +87654321< Besked til modtageren: faktura 1001" in said


@pytest.mark.parametrize(
    ("step", "reminders", "is_last"), [(1, 1, False), (1, 3, False), (2, 2, True), (2, 3, False), (3, 3, True)]
)
def test_the_last_reminder_says_that_it_is(step: int, reminders: int, is_last: bool) -> None:
    said = text(render(samples.reminder(case(reminders=reminders), step)))

    assert ("den sidste rykker" in said) == is_last


def test_a_reminder_without_a_fee_names_none() -> None:
    said = text(render(samples.reminder(CASE, 1, fee="0.00")))

    assert "gebyr" not in said.lower()
    assert "I alt at betale: 12.500,00 kr." in said


@pytest.mark.parametrize(
    ("reason", "claim", "says", "answers"),
    [
        ("paid", {}, "Der er ikke sendt nogen rykker.", {}),
        ("paid", {"step": 2}, "Der er sendt 2 rykkere", {}),
        ("fees_paid", {"step": 1}, "har betalt faktura 1042 og det, der var lagt til", {}),
        ("covered", {"step": 1}, "Du dækker de 100,00 kr., der var lagt til, så", {"Kræv dem hos kunden": "collect"}),
        ("credited", {"step": 1}, "er faldet bort", {}),
        ("credited", {}, "Der er ikke sendt nogen rykker.", {}),
    ],
)
def test_the_end_is_told_as_it_was(reason: str, claim: dict[str, Any], says: str, answers: dict[str, str]) -> None:
    rendered = render(samples.settled(case(**claim), reason, "100.00" if reason == "covered" else "0.00"))

    assert says in text(rendered)
    assert links(rendered) == answers


@pytest.mark.parametrize(
    ("claim", "says", "asks_for_address"),
    [
        ({}, "Ret adressen på Grethe Sørensen", True),
        ({"email": None}, "Ret adressen på Grethe Sørensen", True),
        ({"email": "ny@holm.example"}, "er nu ny@holm.example. Du skal ikke gøre noget", False),
        ({"outstanding": Decimal("0.00")}, "Fakturaen er betalt. Mangler der stadig noget, skriver vi", False),
    ],
)
@pytest.mark.parametrize("kind", [LetterBounced, LetterFailed])
def test_a_letter_that_did_not_arrive_asks_for_what_is_still_to_be_done(
    kind: Any, claim: dict[str, Any], says: str, asks_for_address: bool
) -> None:
    rendered = render(samples.undelivered(case(**claim), kind, "reminder"))

    assert says in text(rendered)
    assert ("Spørg kunden" in text(rendered)) == asks_for_address
    assert links(rendered) == ({} if "outstanding" in claim else {"Stop rykkerne": "stop"})


def test_open_fees_have_three_answers() -> None:
    (draft,) = (draft for name, draft in samples.every("da") if name == "fees_open")

    letter = render(draft)

    assert "er betalt, men ikke gebyrerne" in letter.subject
    assert links(letter) == {
        "Kræv dem hos kunden": "collect",
        "Jeg dækker dem": "cover",
        "Kunden har betalt dem": "received",
    }


def test_the_next_reminder_comes_no_sooner_than_ten_days_after_the_last() -> None:
    claim: Claim = case(last_reminder_on=date(2026, 2, 25), days_between=3).claim

    assert claim.next_reminder_on(TODAY) == date(2026, 3, 7)
    assert case().claim.next_reminder_on(TODAY) == TODAY
