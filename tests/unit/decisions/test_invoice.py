import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common import clock, db
from common import events as e
from common.cloudevents import to_wire
from common.ledger import owed
from common.tables import (
    Answer,
    FetchRun,
    KnownInvoice,
    LedgerLine,
    Letter,
    LetterDecision,
    Outbox,
    Pick,
    Procedure,
    SetAside,
)
from decisions import addresses, held
from decisions.pages import books
from decisions.queries import NotFound
from decisions.standing import offered
from decisions.words import Words
from tests.unit.decisions.cases import (
    CVR,
    MONDAY,
    OTHER_CVR,
    Visitor,
    answers,
    buttons,
    company,
    fee,
    heard,
    invoice,
    known,
    letter,
    line,
    objection,
    objections,
    procedure,
    said,
    stop_clock,
)
from tests.unit.decisions.member import Member, audited, plain
from tests.unit.decisions.test_answer import everything
from tests.unit.decisions.test_standing import STAGES

PAGE = "/invoices/2041"
HOSTILE = ("2041/7", "12/letters/3", "<script>alert(1)</script>", "a?b#c&d", "..", "pick", "ø å", "' OR 1=1 --", "100%")


@pytest.fixture
def member(visitor: Visitor) -> Member:
    return Member()


def seen(page: httpx.Response) -> str:
    """What the buttons of a page carry."""
    of_button = r'name="do" value="(?:answer|note)">\s*<input type="hidden" name="seen" value="([^"]+)"'
    return str(re.findall(of_button, page.text)[0])


def press(member: Member, choice: str, drawn_from: str | None = None, path: str = PAGE, **more: str) -> httpx.Response:
    """As the button of a page that was just opened, or of an older one."""
    word = drawn_from if drawn_from is not None else seen(member.get(path))
    return member.post(path, do="answer", choice=choice, seen=word, **({"sure": "yes"} | more))


def note(member: Member, kind: str = "dispute", drawn_from: str | None = None, **fields: str) -> httpx.Response:
    word = drawn_from if drawn_from is not None else seen(member.get(PAGE))
    return member.post(PAGE, do="note", kind=kind, seen=word, **fields)


def mail(kind: str = "reminder", state: str = "held", *, about: str = "p-2041", cvr: str = CVR, **fields: Any) -> str:
    """A letter to the debtor; returns its id."""
    row = {"id": str(uuid4()), "company": cvr, "about": about, "kind": kind, "step": 1, "procedure_id": about}
    row |= {"to_debtor": True, "recipient": "anne@orsted.dk", "subject": "Rykker", "message_id": "", "content": b""}
    row |= {"state": state, "planned_at": MONDAY - timedelta(days=2), "reason": ""}
    row |= {"sent_at": MONDAY - timedelta(days=1) if state == "sent" else None}
    with db.transaction():
        Letter.insert(row | fields).execute()
    return str((row | fields)["id"])


def decide(member: Member, letter_id: str, choice: str, drawn_from: int = 0, **more: str) -> httpx.Response:
    fields = {"do": "letter", "letter": letter_id, "choice": choice, "seen": str(drawn_from), "sure": "yes"} | more
    return member.post(PAGE, **fields)


def decisions() -> list[tuple[int, str, str]]:
    with db.connection():
        return [(row.decision_no, row.choice, row.by) for row in LetterDecision.select()]


def told(event: e.Event, at: Any = MONDAY) -> None:
    """In the log, as another process said it."""
    known_ = event.identified("tests")
    row = {"event_id": known_.id, "type": known_.type, "company": known_.company, "subject": known_.subject}
    row |= {"body": to_wire(known_, source="tests", time=at), "at": at, "added_at": at, "published_at": at}
    with db.transaction():
        Outbox.insert(row).execute()


def of_procedure(kind: Any, **fields: Any) -> Any:
    return kind(company=CVR, procedure_id="p-2041", invoice_number="2041", **fields)


# --- looking ---------------------------------------------------------------------------------------------------------
def test_looking_changes_nothing_but_the_log_of_who_looked(member: Member) -> None:
    procedure()
    before = [row for row in everything() if row[0] not in ("AuditLine", "Session")]  # type: ignore[index]

    assert {member.client.request(method, PAGE).status_code for method in ("GET", "HEAD")} == {200}

    assert [row for row in everything() if row[0] not in ("AuditLine", "Session")] == before  # type: ignore[index]
    assert audited()[-1] == (member.email, "saw invoice", "2041")


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_offers_what_the_rules_allow_and_no_more(member: Member, stage: str) -> None:
    standing = STAGES[stage]
    paid = invoice().amount if not standing.is_owed else Decimal("0.00")
    due_on = invoice().due_on if standing.is_overdue else MONDAY.date() + timedelta(days=3)
    of = invoice(paid=paid, status="open" if standing.is_owed else "paid", due_on=due_on)
    procedure(standing.stage, of=of, reason=standing.reason, disputed=standing.reason == "disputed")

    page = member.get(PAGE)

    assert page.status_code == 200
    assert set(buttons(page)) == set(offered(standing, None))


@pytest.mark.parametrize(
    ("cvr", "number"), [(CVR, "9999"), (OTHER_CVR, "2041"), (CVR, "2041\0"), (CVR, "9" * 501), (CVR, "")]
)
def test_what_is_not_the_companys_is_not_there(visitor: Visitor, cvr: str, number: str) -> None:
    procedure()
    if cvr == OTHER_CVR:
        company(OTHER_CVR)
    member = Member(cvr)

    shown = member.get(addresses.invoice(number))
    done = member.post(addresses.invoice(number), do="answer", choice="stop", seen="1.0.0.1250000")

    assert (shown.status_code, done.status_code) == (404, 404)
    assert answers() == []


@pytest.mark.parametrize("number", HOSTILE)
def test_a_number_may_hold_anything(member: Member, number: str) -> None:
    procedure(of=invoice(number))
    path = addresses.invoice(number)

    page = member.get(path)
    done = press(member, "stop", path=path)

    assert page.status_code == 200
    assert "<script>" not in page.text
    assert done.status_code == 303
    assert answers() == [(1, "stop")]
    assert member.get(done.headers["location"]).status_code == 200


def test_hostile_names_and_words_are_shown_as_text(member: Member) -> None:
    debtor = e.Debtor(customer_number="1", name="<img src=x onerror=alert(1)> {{ 7*7 }}", email='"><b>@x.dk')
    procedure("running", of=invoice(debtor=debtor))
    objection("p-2041", words="</blockquote><script>alert(1)</script>")
    mail(recipient="<i>\"'", reason="<u>550</u>", state="failed")

    page = member.get(PAGE).text

    for tag in ("<img src=x", "<script", "<b>", "<i>", "<u>"):
        assert tag not in page
    assert "{{ 7*7 }}" in page


def test_an_invoice_of_all_rounds_is_told_as_one_life(member: Member) -> None:
    procedure("cancelled", id="p-first", round=1, reason="withdrawn", opened_at=MONDAY - timedelta(days=40))
    with db.transaction():
        Answer.insert(
            procedure_id="p-first",
            company=CVR,
            answer_no=1,
            choice="start",
            answered_at=MONDAY - timedelta(days=39),
            by="per@holm.dk",
        ).execute()
    mail(state="sent", about="p-first", sent_at=MONDAY - timedelta(days=38))
    procedure("running", round=2)
    mail(state="bounced", reason="550 no such user", sent_at=MONDAY, step=2)
    letter("p-2041", "notice", MONDAY - timedelta(days=4))
    line("p-first", "fee", "100.00", step=1, rule="renteloven § 9 b, stk. 2")
    line("p-2041", "paid", "-40.00", rule="the ERP", event="unknown")
    told(of_procedure(e.InvoiceChecked, wake_no=2, invoice=invoice()))
    told(of_procedure(e.InvoiceCheckFailed, wake_no=3, reason="unavailable"))
    told(of_procedure(e.PolicyAdopted, policy_no=2))
    told(of_procedure(e.ProcedureStarted, procedure_version=4, by="silence"))

    page = plain(member.get(PAGE).text)

    for part in (
        "Fakturaen blev hentet som forfalden",
        "per@holm.dk valgte »Ja, ryk kunden«",
        "Rykker 1 til anne@orsted.dk: sendt",
        "Rykker 2 til anne@orsted.dk: kom retur 550 no such user",
        "Mail til dig med spørgsmålet, om fakturaen skal rykkes: sendt",
        "Gebyr for rykker 1: 100,00 kr. renteloven § 9 b, stk. 2",
        "Betaling: 40,00 kr. fra Ordrestyring",
        "Vi så efter i Ordrestyring: 12.500,00 kr. mangler",
        "Ordrestyring svarede ikke, da vi så efter",
        "Sagen følger nu dine nyeste valg",
        "Rykkerne begyndte af sig selv, fordi ingen svarede",
    ):
        assert part in page.replace("\u00a0", " "), part
    assert page.index("Rykker 2 til") < page.index("Rykker 1 til") < page.index("Fakturaen blev hentet")


def test_a_round_that_was_dunned_says_nothing_of_another_invoice(member: Member) -> None:
    procedure()
    procedure(of=invoice("2042"))
    mail(about="p-2042", recipient="other@x.dk", state="sent")
    fee("p-2042", 1, amount="66.00")

    page = member.get(PAGE).text

    assert "other@x.dk" not in page
    assert "66,00" not in page


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked, handler = list[str](), logging.Handler()
    handler.emit = lambda record: asked.append(str(record.msg))  # type: ignore[method-assign]
    peewee = logging.getLogger("peewee")
    level = peewee.level
    peewee.addHandler(handler)
    peewee.setLevel(logging.DEBUG)
    try:
        yield asked
    finally:
        peewee.removeHandler(handler)
        peewee.setLevel(level)


def test_a_long_life_takes_as_many_queries_as_a_short_one_and_is_bounded(member: Member) -> None:
    procedure("running")
    with statements() as short:
        member.get(PAGE)
    for number in range(250):
        told(of_procedure(e.InvoiceCheckFailed, wake_no=number, reason="unavailable"))
    for number in range(2, 9):
        procedure("running", id=f"p-{number}", round=number)
        mail(about=f"p-{number}", state="sent")
        line(f"p-{number}", "fee", "1.00")
        objection(f"p-{number}")

    with statements() as long:
        page = member.get(PAGE)

    assert len(long) == len(short)
    assert page.text.count("Ordrestyring svarede ikke") == 200


# --- the ledger ------------------------------------------------------------------------------------------------------
def test_the_ledger_comes_to_what_common_ledger_says_after_every_line(visitor: Visitor) -> None:
    procedure("running")
    line("p-2041", "principal", "12500.00", "principal")
    line("p-2041", "fee", "100.00", step=1)
    line("p-2041", "paid", "-12500.00", "principal")
    line("p-2041", "paid", "-50.00", "surplus")
    line("p-2041", "cost", "25.00", "company", against="portal")
    line("p-2041", "waived", "-100.00")
    with db.connection():
        ledger = list(LedgerLine.select().order_by(LedgerLine.id))

    entries, sums = books.of(ledger, invoice(), Words("da")), dict(books.sums(ledger, Words("da")))

    owes = ["12500.00", "12600.00", "100.00", "100.00", "100.00", "0.00"]
    assert [entry.owes for entry in entries] == [Decimal(amount) for amount in owes]
    assert all(entry.amount > 0 for entry in entries)
    assert (entries[0].debit, entries[0].credit) == ("Faktura", "Faktureret")
    assert (entries[2].debit, entries[2].credit) == ("Indbetalt", "Faktura")
    assert sums["I alt"] == owed(ledger).total
    assert sums["Kunden har til gode"] == Decimal("50.00")
    assert sums["Rykkerportalens omkostninger, som du betaler"] == Decimal("25.00")


# --- acting ----------------------------------------------------------------------------------------------------------
def test_an_answer_says_who_gave_it(member: Member) -> None:
    procedure()

    response = press(member, "start")

    assert response.status_code == 303
    with db.connection():
        [row] = Answer.select()
    assert (row.choice, row.by, row.answered_at) == ("start", member.email, MONDAY)
    [event] = said()
    assert (event["type"], event["data"]["latest"]) == ("dk.rykkerportalen.decision.made", {"start": 1})
    assert audited()[-1] == (member.email, "did invoice", "2041/answer/start")
    page = member.text(response.headers["location"])
    assert "Dit svar er gemt" in page
    assert f"{member.email} valgte »Ja, ryk kunden«" in page


@pytest.mark.parametrize("choice", ["waive", "cover", "stop"])
def test_what_costs_money_is_done_only_when_it_is_confirmed(member: Member, choice: str) -> None:
    procedure("collecting_fees", of=invoice(paid=invoice().amount, status="paid"))
    fee("p-2041", 1)

    unsure = press(member, choice, sure="")

    assert unsure.status_code == 422
    assert "Du mangler at bekræfte" in unsure.text
    assert answers() == []
    assert press(member, choice).status_code == 303
    assert answers() == [(1, choice)]


def test_a_stop_that_gives_nothing_up_needs_no_tick(member: Member) -> None:
    procedure("running")

    assert press(member, "stop", sure="").status_code == 303


@pytest.mark.parametrize("choice", ["received", "collect", "pause"])
def test_the_rest_needs_no_tick(member: Member, choice: str) -> None:
    procedure("collecting_fees", of=invoice(paid=invoice().amount, status="paid"))
    fee("p-2041", 1)

    assert press(member, choice, sure="").status_code == 303

    assert answers() == [(1, choice)]


def test_the_same_click_twice_is_one_answer(member: Member) -> None:
    procedure()
    word = seen(member.get(PAGE))

    clicks = [press(member, "stop", word).status_code for _ in range(3)]

    assert clicks == [303] * 3
    assert answers() == [(1, "stop")]


def test_the_second_is_told_who_was_there_before_him_and_nothing_is_done(member: Member, visitor: Visitor) -> None:
    procedure()
    word = seen(member.get(PAGE))
    press(Member(email="per@holm.dk"), "start")
    with db.transaction():
        Answer.update(by="per@holm.dk").execute()

    late = press(member, "stop", word)

    assert late.status_code == 409
    assert "per@holm.dk valgte »Ja, ryk kunden« (23. november 2026 kl. 11.00)" in plain(late.text)
    assert "Det, du valgte, er ikke gjort" in late.text
    assert buttons(late) == ["pause", "stop", "waive"]
    assert answers() == [(1, "start")]
    assert press(member, "stop", seen(late)).status_code == 303


def test_an_answer_by_link_and_a_word_of_the_debtor_overtake_a_page_too(member: Member, visitor: Visitor) -> None:
    procedure("running")
    word = seen(member.get(PAGE))
    visitor.object(visitor.claim_link("p-2041"), "dispute", words="Det er forkert")

    late = press(member, "waive", word)

    assert late.status_code == 409
    assert "Kunden gjorde indsigelse (23. november" in plain(late.text)
    assert answers() == []
    visitor.press(visitor.answer_link("p-2041"), "resume")
    later = press(member, "stop", seen(late))
    assert later.status_code == 409
    assert "Svar med linket i mailen: »Fortsæt med at rykke«" in plain(later.text)


def test_an_amount_that_changed_is_not_given_up_but_a_stop_still_stops(member: Member) -> None:
    procedure("running")
    word = seen(member.get(PAGE))
    known(invoice(paid=Decimal("2500.00")))

    assert press(member, "waive", word).status_code == 409
    assert answers() == []

    assert press(member, "stop", word).status_code == 303


def test_what_dunning_heard_in_the_meantime_is_nobody_elses_deed(member: Member) -> None:
    procedure()
    press(member, "start")
    word = seen(member.get(PAGE))
    heard("p-2041", stage="running", version=9, answer_no=1, wake_no=4)

    assert press(member, "stop", word).status_code == 303


def test_a_new_round_overtakes_a_page_of_the_old_one(member: Member) -> None:
    procedure("settled", reason="covered")
    word = seen_of(1, 0, 0)
    procedure("running", id="p-new", round=2)

    late = press(member, "stop", word)

    assert late.status_code == 409
    assert answers() == []


def seen_of(round_: int, answer: int, objected: int) -> str:
    return f"{round_}.{answer}.{objected}.1250000"


@pytest.mark.parametrize("word", ["", "x", "1.0.0", "1.0.0.1250000.1", "٣.0.0.0", "9" * 900])
def test_a_form_that_no_page_made_does_nothing(member: Member, word: str) -> None:
    procedure()

    assert press(member, "stop", word).status_code == 409

    assert answers() == []


@pytest.mark.parametrize(
    "fields", [{}, {"do": "answer", "choice": "x"}, {"do": "note", "kind": "paid"}, {"do": "letter", "letter": "x"}]
)
def test_what_no_button_says_is_refused(member: Member, fields: dict[str, str]) -> None:
    procedure()

    assert member.post(PAGE, **fields).status_code in (400, 404)

    assert (answers(), objections(), decisions()) == ([], [], [])


def test_what_can_be_done_no_more_is_said(member: Member) -> None:
    procedure("settled", reason="paid")

    late = press(member, "pause", seen_of(1, 0, 0))

    assert late.status_code == 409
    assert "Det kan ikke lade sig gøre længere" in late.text
    assert answers() == []


# --- the customer objects --------------------------------------------------------------------------------------------
def test_nothing_starts_by_silence_once_a_dispute_is_noted(member: Member) -> None:
    procedure(wake_at=MONDAY + timedelta(days=2))
    assert "begynder rykkerne af sig selv" in member.get(PAGE).text

    note(member, words="x")

    page = member.get(PAGE).text
    assert "begynder rykkerne af sig selv" not in page
    assert "uden gebyr" in page


@pytest.mark.parametrize("stage", ["awaiting_decision", "running", "checking", "collecting_fees", "escalated"])
def test_the_company_writes_down_that_its_customer_objects(member: Member, stage: str) -> None:
    paid = invoice().amount if stage == "collecting_fees" else Decimal("0.00")
    procedure(stage, of=invoice(paid=paid, status="paid" if paid else "open"))
    word = seen(member.get(PAGE))

    clicks = [note(member, drawn_from=word, words="Fliserne er skæve").status_code for _ in range(2)]

    assert clicks == [303] * 2
    [row] = objections()
    assert (row["kind"], row["words"], row["by"]) == ("dispute", "Fliserne er skæve", member.email)
    [event] = said()
    assert event["type"] == "dk.rykkerportalen.objection.raised"
    assert (event["data"]["by"], event["data"]["latest"]) == ("company", {"dispute": 1})
    page = member.get(PAGE)
    assert f"{member.email} noterede, at kunden har gjort indsigelse" in plain(page.text)
    assert 'value="dispute"' not in page.text
    if stage != "awaiting_decision":
        assert "Kunden har gjort indsigelse" in page.text
        assert "resume" in buttons(page)


def test_a_dispute_without_words_is_not_noted_and_what_was_typed_stays(member: Member) -> None:
    procedure("running")

    empty, long = note(member, words="  "), note(member, words="å" * 2001)

    assert (empty.status_code, long.status_code) == (422, 422)
    assert "å" * 2001 in long.text
    assert objections() == []


def test_the_company_takes_back_what_it_wrote_down(member: Member) -> None:
    procedure("running")
    note(member, words="x")

    taken_back = note(member, "withdraw")

    assert taken_back.status_code == 303
    assert [(row["kind"], row["by"]) for row in objections()] == [("dispute", member.email), ("withdraw", member.email)]
    assert said()[-1]["data"]["by"] == "company"
    assert set(buttons(member.get(PAGE))) == {"pause", "stop", "waive"}


def test_the_company_takes_back_nothing_that_its_customer_said(member: Member, visitor: Visitor) -> None:
    """Fees would run again on his claim: renteloven § 9 b, stk. 1."""
    procedure("running")
    visitor.object(visitor.claim_link("p-2041"), "dispute", words="Det er forkert")
    page = member.get(PAGE)

    refused = note(member, "withdraw")

    assert 'name="kind"' not in page.text
    assert refused.status_code == 409
    assert len(objections()) == 1


def test_the_customer_sees_that_it_was_noted_but_not_in_which_words(member: Member, visitor: Visitor) -> None:
    procedure("running")
    note(member, words="Han er sur")

    page = visitor.open(visitor.claim_link("p-2041")).text

    assert "har noteret, at du har gjort indsigelse" in page
    assert "Han er sur" not in page
    assert 'value="withdraw"' in page


def test_what_the_company_notes_uses_up_nothing_of_what_its_customer_may_say(member: Member, visitor: Visitor) -> None:
    procedure("running", objection_no=20)
    for number in range(1, 21):
        objection("p-2041", number, "dispute" if number % 2 else "withdraw", by="bog@holm.dk")

    said_himself = visitor.object(visitor.claim_link("p-2041"), "call", phone="12345678")

    assert said_himself.status_code == 303


# --- held letters ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("choice", "sent_on"), [("resend", ""), ("discard", ""), ("sent", "2026-11-22")])
def test_a_word_on_a_held_letter_is_written_and_told_once(member: Member, choice: str, sent_on: str) -> None:
    procedure("running", pending=True)
    letter_id = mail()

    clicks = [decide(member, letter_id, choice, sent_on=sent_on).status_code for _ in range(2)]

    assert clicks == [303] * 2
    assert decisions() == [(1, choice, member.email)]
    [event] = said()
    assert (event["type"], event["subject"]) == ("dk.rykkerportalen.letter.decision_made", f"letter/{letter_id}")
    assert (event["data"]["choice"], event["data"]["sent_on"]) == (choice, sent_on or None)
    page = member.get(PAGE)
    assert "Det er på vej." in page.text
    assert 'name="letter"' not in page.text


@pytest.mark.parametrize("choice", ["resend", "discard"])
def test_a_letter_is_not_sent_again_or_discarded_without_a_tick(member: Member, choice: str) -> None:
    procedure("running", pending=True)

    response = decide(member, mail(), choice, sure="")

    assert response.status_code == 422
    assert "details open" in response.text
    assert decisions() == []


@pytest.mark.parametrize("day", ["", "x", "2026-11-20", "2026-11-24", "9999-99-99"])
def test_a_day_on_which_it_can_not_have_left_is_refused(member: Member, day: str) -> None:
    procedure("running", pending=True)

    response = decide(member, mail(), "sent", sent_on=day)

    assert response.status_code == 422
    assert decisions() == []


def test_what_came_of_a_decision_is_shown_and_it_can_be_made_anew(member: Member) -> None:
    procedure("running", pending=True)
    letter_id = mail(outcome="not_that_day 2026-11-22 2026-11-23", decision_no=1)
    with db.transaction():
        made = {"letter_id": letter_id, "decision_no": 1, "company": CVR, "choice": "sent", "decided_at": MONDAY}
        LetterDecision.insert(made, sent_on=date(2026, 11, 21), by="per@holm.dk").execute()

    page = plain(member.get(PAGE).text)

    assert "Det kan være sendt fra 22. november 2026 til 23. november 2026." in page
    assert "per@holm.dk oplyste, at brevet blev sendt den 21. november 2026" in page
    assert decide(member, letter_id, "discard", 1).status_code == 303
    assert [number for number, _, _ in decisions()] == [1, 2]


def test_a_second_word_on_the_same_letter_is_told_of_the_first(member: Member) -> None:
    procedure("running", pending=True)
    letter_id = mail()
    decide(Member(email="per@holm.dk"), letter_id, "discard")
    with db.transaction():
        LetterDecision.update(by="per@holm.dk").execute()

    late = decide(member, letter_id, "resend")

    assert late.status_code == 409
    assert "per@holm.dk kasserede det tilbageholdte brev (23. november" in plain(late.text)
    assert len(decisions()) == 1


@pytest.mark.parametrize("state", ["planned", "sending", "sent", "withdrawn", "bounced", "failed"])
def test_a_letter_that_is_not_held_waits_for_no_word(member: Member, state: str) -> None:
    procedure("running", pending=True)

    response = decide(member, mail(state=state), "resend")

    assert response.status_code == 409
    assert decisions() == []


def test_nobody_decides_on_a_letter_of_another_invoice_or_company(member: Member) -> None:
    company(OTHER_CVR)
    procedure("running")
    procedure("running", of=invoice("2042"))
    procedure("running", of=invoice("2043"), cvr=OTHER_CVR)

    mail()
    statuses = [decide(member, mail(about="p-2042"), "discard").status_code]
    statuses += [decide(member, mail(about="p-2043", cvr=OTHER_CVR), "discard").status_code]

    assert statuses == [404, 404]
    assert decisions() == []


def test_a_letter_of_another_company_is_none_whoever_asks(visitor: Visitor) -> None:
    letter_id = mail()

    with pytest.raises(NotFound):
        held.decide(OTHER_CVR, letter_id, "discard", None, MONDAY, "x@y.dk", 0)


# --- the letters -----------------------------------------------------------------------------------------------------
TEXT = "Kære Anne\r\n\r\nhttps://p.dk/claim/eyJh.b_-c\r\n<b>Hilsen</b>"
BYTES = (
    b"Subject: =?utf-8?q?Rykker_=3Cb=3E?=\r\nFrom: Holm <post@rykker.dk>\r\nTo: anne@orsted.dk\r\n"
    b"Date: Mon, 16 Nov 2026 08:30:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + TEXT.encode()
)


def test_a_letter_is_shown_as_it_was_sent_but_for_what_opens_its_links(member: Member) -> None:
    procedure("running")
    letter_id = mail(state="sent", content=BYTES)

    page = member.get(f"{PAGE}/letters/{letter_id}")

    assert page.status_code == 200
    assert "Kære Anne" in page.text
    assert "https://p.dk/claim/…" in page.text
    assert "eyJh" not in page.text
    assert "&lt;b&gt;Hilsen&lt;/b&gt;" in page.text
    assert "Rykker &lt;b&gt;" in page.text
    assert "Holm &lt;post@rykker.dk&gt;" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert audited()[-1] == (member.email, "saw letter", f"2041/{letter_id}")


def test_a_mail_that_asked_about_the_invoice_is_one_of_its_letters(member: Member) -> None:
    from tests.unit.decisions.cases import in_digest

    procedure()
    letter_id = mail("digest", "sent", about="fetch-1", procedure_id=None, to_debtor=False, content=BYTES)
    in_digest(letter_id, "p-2041")

    assert "Kære Anne" in member.text(f"{PAGE}/letters/{letter_id}")
    assert f"/invoices/2041/letters/{letter_id}" in member.get(PAGE).text


NO_MAILS = (b"\xff\xfe\x00", b"Content-Type: text/plain; charset=nowhere\r\n\r\n\xff", b"Subject: =?x?q?=ff?=\r\n\r\n")


@pytest.mark.parametrize("content", NO_MAILS)
def test_bytes_that_are_no_mail_are_no_error(member: Member, content: bytes) -> None:
    procedure("running")

    assert member.get(f"{PAGE}/letters/{mail(state='sent', content=content)}").status_code == 200


def test_a_letter_whose_bytes_were_deleted_says_so(member: Member) -> None:
    procedure("running")

    assert "Brevets indhold er slettet" in member.text(f"{PAGE}/letters/{mail(state='sent')}")


def test_no_letter_of_another_invoice_or_company_is_shown(member: Member) -> None:
    company(OTHER_CVR)
    procedure("running")
    procedure("running", of=invoice("2042"))
    procedure("running", of=invoice("2043"), cvr=OTHER_CVR)
    ids = [mail(about="p-2042", content=BYTES), mail(about="p-2043", cvr=OTHER_CVR, content=BYTES), str(uuid4())]
    ids.append(mail(cvr=OTHER_CVR, content=BYTES))

    paths = [f"{PAGE}/letters/{letter_id}" for letter_id in ids] + [f"/invoices/2043/letters/{ids[1]}"]

    assert {member.get(path).status_code for path in paths} == {404}


# --- invoices that are not dunned ------------------------------------------------------------------------------------
def test_one_that_was_found_and_not_asked_about_can_be_picked(member: Member) -> None:
    known(invoice())
    with db.transaction():
        KnownInvoice.update(asked=False).execute()

    page = member.get(PAGE)

    assert 'action="/invoices/pick"' in page.text
    assert "Ryk denne faktura" in page.text
    with db.transaction():
        Pick.insert(company=CVR, number="2041", pick_no=1, picked_at=MONDAY, by="per@holm.dk").execute()
    picked = member.get(PAGE).text
    assert 'action="/invoices/pick"' not in picked
    assert "per@holm.dk valgte, at fakturaen skal rykkes" in picked


@pytest.mark.parametrize(
    ("status", "tracked", "said"),
    [
        ("open", True, "Sidst set i Ordrestyring 23. november 2026 kl. 11.00"),
        ("open", False, "Oplysninger hentet i Ordrestyring 23. november 2026 kl. 11.00"),
        ("withdrawn", False, "Sidst set i Ordrestyring 21. november 2026 kl. 11.00"),
    ],
)
def test_when_it_was_last_seen_is_said_only_of_what_is_looked_for(
    member: Member, status: Any, tracked: bool, said: str
) -> None:
    known(invoice(status=status, observed_at=MONDAY))
    with db.transaction():
        FetchRun.insert(fetch_id="f1", company=CVR, began_at=MONDAY - timedelta(days=2)).execute()
        KnownInvoice.update(asked=tracked, tracked=tracked, fetch_id="f1").execute()

    text = member.text(PAGE)

    assert said in text
    assert text.count("Sidst set") + text.count("Oplysninger hentet") == 1


def test_one_that_can_not_be_read_says_why(member: Member) -> None:
    with db.transaction():
        SetAside.insert(company=CVR, number="77", reason="payment_date is <b>", seen_at=MONDAY).execute()

    page = member.get("/invoices/77")

    assert page.status_code == 200
    assert "forfaldsdatoen kan ikke være &lt;b&gt;" in page.text


def test_one_that_is_not_due_has_nothing_to_be_done(member: Member) -> None:
    known(invoice(due_on=MONDAY.date() + timedelta(days=9)))

    assert "Der er ikke noget at gøre lige nu" in member.get(PAGE).text


# --- the page of a link ----------------------------------------------------------------------------------------------
def test_an_old_answer_is_no_news_when_its_link_is_opened_again(visitor: Visitor, tmp_path: Path) -> None:
    link = visitor.answer_link(procedure())
    location = visitor.press(link, "start").headers["location"]
    stop_clock(tmp_path, MONDAY + timedelta(days=9))

    later, right_after = visitor.open(link).text, visitor.open(location).text

    assert "Dit svar er modtaget" in right_after
    assert "Dit svar er modtaget" not in later
    assert "Du svarede »Ja, ryk kunden«" in later
    assert clock.business_now() == MONDAY + timedelta(days=9)


def test_a_dispute_shows_on_the_page_of_a_link_before_dunning_has_heard_it(visitor: Visitor) -> None:
    procedure("running")
    visitor.object(visitor.claim_link("p-2041"), "dispute", words="x")

    page = visitor.open(visitor.answer_link("p-2041"))

    assert set(buttons(page)) == {"resume", "stop", "waive"}


def test_the_page_speaks_english_too(visitor: Visitor) -> None:
    with db.transaction():
        from common.tables import Company

        Company.update(language="en").execute()
    procedure("running", of=replace(invoice(), paid=Decimal("0.00")))
    mail()
    with db.connection():
        assert Procedure.select().count() == 1

    page = Member().text(PAGE)

    assert "What you can do" in page
    assert "The letter never left" in page
