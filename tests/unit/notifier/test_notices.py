"""Asking the company: one by one, or all of a fetch in one digest."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from common import db, outbox
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import ApiKey, Company, FetchRun, KeyTrial, Notice, NoticeBatch, Outbox, Procedure, SetAside
from notifier import batches, notices
from tests.unit.notifier import office as o
from tests.unit.notifier.office import NOW, Office, due_at, letter, letters, said
from tests.unit.notifier.samples import CVR

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def company(office: Office) -> None:
    o.company()


def asked(office: Office, numbers: Iterable[str], fetch_id: str | None = "f-1") -> None:
    for number in numbers:
        o.procedure(number, fetch_id=fetch_id)
        office.hear(o.requested(number, fetch_id))


def publish() -> None:
    with db.transaction():
        Outbox.update(published_at=NOW).execute()


def in_letter() -> dict[str, str | None]:
    with db.connection():
        return {row.procedure_id: row.letter_id for row in Notice.select()}


def test_few_new_invoices_are_asked_about_one_by_one_as_soon_as_the_fetch_is_over(office: Office) -> None:
    asked(office, ("1", "2", "3"))
    office.hear(o.finished(overdue=3))
    office.hear_all(e.NoticesDue)

    assert sorted(row.about for row in letters(kind="notice")) == ["p-1", "p-2", "p-3"]
    assert {row.recipient for row in letters()} == {"jensen@vvs.example"}
    assert len(said(e.LetterPlanned)) == 3
    assert in_letter() == {row.about: row.id for row in letters()}


def test_before_the_fetch_is_over_only_the_net_is_set(office: Office) -> None:
    asked(office, ("1", "2", "3"))

    assert letters() == []
    (late,) = due_at(e.NoticesDue)
    assert late - NOW >= HOUR


def test_news_that_comes_after_the_end_of_a_small_fetch_is_written_at_once(office: Office) -> None:
    office.hear(o.finished(overdue=2))
    office.hear_all(e.NoticesDue)
    publish()
    asked(office, ("1",))
    office.hear_all(e.NoticesDue)

    assert letter(kind="notice").about == "p-1"


def test_news_that_comes_while_a_timer_waits_adds_no_second_one(office: Office) -> None:
    office.hear(o.finished(overdue=3))
    asked(office, ("1", "2", "3"))

    assert len(said(e.NoticesDue)) == 1


def test_a_timer_that_is_leaving_may_not_see_what_comes_now(office: Office) -> None:
    office.hear(o.finished(overdue=3))
    outbox.claim("a relay")
    asked(office, ("1",))

    assert len(said(e.NoticesDue)) == 2


def test_one_that_no_fetch_brought_is_written_at_once(office: Office) -> None:
    asked(office, ("1",), fetch_id=None)
    office.hear_all(e.NoticesDue)

    assert letter(kind="notice").about == "p-1"


@pytest.mark.parametrize(("count", "kinds"), [(20, {"notice": 20}), (21, {"digest": 1})])
def test_more_than_20_are_one_digest(office: Office, count: int, kinds: dict[str, int]) -> None:
    asked(office, o.numbers(count))
    office.hear(o.finished(overdue=count))
    office.hear_all(e.NoticesDue)

    assert {kind: len(letters(kind=kind)) for kind in kinds} == kinds
    assert len(letters()) == sum(kinds.values())
    assert None not in in_letter().values()


def test_a_digest_waits_for_the_last_of_its_fetch_and_no_longer(office: Office) -> None:
    office.hear(o.finished(overdue=25))
    asked(office, o.numbers(24))

    (patience,) = due_at(e.NoticesDue)
    assert patience == NOW + batches.STRAGGLERS

    asked(office, ("the last",))
    assert due_at(e.NoticesDue) == [patience, NOW]
    office.hear(said(e.NoticesDue)[-1])
    office.hear(said(e.NoticesDue)[0])

    digest = letter(kind="digest")
    assert "25 forfaldne fakturaer" in digest.subject
    assert len(letters()) == 1


def test_a_straggler_after_the_digest_gets_a_letter_of_its_own(office: Office) -> None:
    office.hear(o.finished(overdue=25))
    asked(office, o.numbers(23))
    office.hear_all(e.NoticesDue)
    publish()

    asked(office, ("late",))
    office.hear(said(e.NoticesDue)[-1])

    assert letter(kind="notice").about == "p-late"
    assert None not in in_letter().values()


def test_a_company_that_wants_digests_gets_one_for_two_and_a_notice_for_one(office: Office) -> None:
    with db.transaction():
        Company.update(digest=True).execute()

    asked(office, ("1", "2"))
    office.hear(o.finished(overdue=2))
    asked(office, ("3",), fetch_id=None)
    office.hear_all(e.NoticesDue)

    assert letter(kind="digest").about == "f-1"
    assert letter(kind="notice").about == "p-3"


def test_a_bundle_of_a_big_fetch_and_of_a_company_that_wants_digests_waits_for_both(office: Office) -> None:
    other = "10150817"
    with db.transaction():
        Company.create(cvr=other, name="Bo El", email="bo@el.example", digest=True, created_at=NOW)
        Company.create(cvr="25313763", name="Per", email="per@el.example", created_at=NOW)
        rows = [("f-1", CVR, 25), ("f-2", other, 2), ("f-3", "25313763", 2)]
        made = [NoticeBatch.create(fetch_id=f, company=c, overdue=n, finished=True) for f, c, n in rows]

        assert batches.waiting_for_all(made) == {"f-1", "f-2"}
        assert batches.waiting_for_all(made[:1]) == {"f-1"}


def test_an_invoice_that_is_over_is_not_asked_about(office: Office) -> None:
    asked(office, ("1", "2"))
    with db.transaction():
        Procedure.update(stage="settled").where(Procedure.id == "p-1").execute()
    office.hear(o.finished(overdue=2))
    office.hear_all(e.NoticesDue)

    assert letter().about == "p-2"


def test_notices_that_another_worker_wrote_meanwhile_are_looked_at_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(office, ("1", "2"))
    office.hear(o.finished(overdue=2))
    due = said(e.NoticesDue)
    before = notices.waiting(due[0])
    office.hear(due[0])

    with monkeypatch.context() as late, pytest.raises(notices.Overtaken):
        late.setattr(notices, "waiting", lambda _: before)
        office.hear(due[1])
    office.hear(due[1])

    assert len(letters()) == 2


def test_a_fetch_that_failed_asks_about_what_it_found(office: Office) -> None:
    asked(office, ("1",))
    office.hear(e.FetchFailed(company=CVR, fetch_id="f-1", reason="unavailable", key_no=1))
    office.hear_all(e.NoticesDue)

    assert letter().kind == "notice"


@pytest.mark.parametrize("reason", ["key_refused", "no_key"])
def test_a_key_that_is_refused_is_told_once(office: Office, reason: str) -> None:
    for fetch_id, key_no in (("f-1", 1), ("f-2", 1), ("f-3", 2)):
        office.hear(e.FetchFailed(company=CVR, fetch_id=fetch_id, reason=reason, key_no=key_no))  # type: ignore[arg-type]

    assert {(row.about, row.step) for row in letters(kind="key_refused")} == {(CVR, 1), (CVR, 2)}
    assert len(said(e.LetterPlanned)) == len(letters()) == 2


def pasted(key_no: int, state: str | None, try_at: datetime | None = None) -> None:
    key = {"company": CVR, "key_no": key_no}
    with db.transaction():
        ApiKey.insert(key | {"locked": "x", "submitted_at": NOW, "by": "a@b.example"}).execute()
        if state:
            KeyTrial.insert(key | {"state": state, "tried_at": NOW, "try_at": try_at}).execute()


@pytest.mark.parametrize("reason", ["key_refused", "no_key"])
@pytest.mark.parametrize(
    ("state", "try_at", "told"),
    [
        (None, None, 0),  # it is being tried
        ("unreachable", NOW + HOUR, 0),  # it will be tried again
        ("accepted", None, 0),
        ("unreachable", None, 1),  # nobody tries it any more
        ("refused", None, 1),
    ],
)
def test_a_company_whose_newer_key_is_being_tried_is_not_told_of_the_old_one(
    office: Office, reason: str, state: str | None, try_at: datetime | None, told: int
) -> None:
    pasted(2, state, try_at)

    office.hear(e.FetchFailed(company=CVR, fetch_id="f-1", reason=reason, key_no=1))  # type: ignore[arg-type]

    assert len(letters(kind="key_refused")) == told


def test_a_company_whose_newer_key_is_in_use_is_not_told_of_the_old_one(office: Office) -> None:
    with db.transaction():
        Company.update(api_key="x", api_key_no=2).execute()
    pasted(1, "refused")

    office.hear(e.FetchFailed(company=CVR, fetch_id="f-1", reason="key_refused", key_no=1))
    office.hear(e.FetchFailed(company=CVR, fetch_id="f-2", reason="key_refused", key_no=2))

    assert [row.step for row in letters(kind="key_refused")] == [2]


@pytest.mark.parametrize(("count", "kind"), [(1, "notice"), (21, "digest")])
@pytest.mark.parametrize(("marks_paid", "says"), [(False, "sker der ingenting"), (True, "af sig selv")])
def test_where_payments_are_not_marked_no_start_is_promised(
    office: Office, count: int, kind: str, *, marks_paid: bool, says: str
) -> None:
    with db.transaction():
        FetchRun.create(fetch_id="f-1", company=CVR, state="finished", began_at=NOW, marks_paid=marks_paid)
    asked(office, o.numbers(count))
    office.hear(o.finished(overdue=count))
    office.hear_all(e.NoticesDue)
    office.hear_all(e.LetterPlanned)

    ((_, content),) = office.post.taken
    assert [row.kind for row in letters()] == [kind]
    assert says in plain_text(content)


def plain_text(content: bytes) -> str:
    part = message_from_bytes(content, policy=default).get_body(("plain",))
    assert part
    return " ".join(part.get_content().split())


def test_a_company_is_told_once_that_hardly_an_invoice_is_marked_as_paid(office: Office) -> None:
    for fetch_id in ("f-1", "f-2"):
        unmarked = e.PaymentsUnmarked(company=CVR, fetch_id=fetch_id, seen=120, paid=3)
        office.hear(unmarked)
        with pytest.raises(AlreadyHandled):
            office.hear(unmarked)

    assert {row.about for row in letters(kind="payments_unmarked")} == {f"{CVR}/f-1", f"{CVR}/f-2"}
    assert len(said(e.LetterPlanned)) == len(letters()) == 2


def test_a_company_is_told_which_invoices_are_set_aside_and_why(office: Office) -> None:
    with db.transaction():
        for number, reason in (("1002", "amount_vat is 'abc'"), ("?", "invoice_number is missing")):
            SetAside.create(company=CVR, number=number, reason=reason, fetch_id="f-1", seen_at=NOW)
        SetAside.create(company="10150817", number="7", reason="another company's", fetch_id="f-2", seen_at=NOW)
    office.hear(e.InvoicesSetAside(company=CVR, fetch_id="f-1", count=2))
    office.hear_all(e.LetterPlanned)

    ((recipient, content),) = office.post.taken
    assert recipient == "jensen@vvs.example"
    assert "Faktura 1002: beløbet kan ikke være 'abc'" in plain_text(content)
    assert "Uden nummer: fakturanummeret mangler" in plain_text(content)
    assert "another company" not in plain_text(content)


def test_what_reads_well_again_before_it_is_told_is_not_told(office: Office) -> None:
    office.hear(e.InvoicesSetAside(company=CVR, fetch_id="f-1", count=2))

    assert letters() == []


def test_a_big_digest_lists_fifty_and_says_of_each_that_it_was_sent(office: Office) -> None:
    with db.transaction():
        for number in o.numbers(120):
            o.procedure(number)
            Notice.create(procedure_id=f"p-{number}", company=CVR, fetch_id="f-1")
    office.hear(o.finished(overdue=120))
    office.hear_all(e.NoticesDue)
    office.hear_all(e.LetterPlanned)

    assert len({event.procedure_id for event in said(e.LetterSent)}) == 120
    (recipient, content), *others = office.post.taken
    assert (recipient, others) == ("jensen@vvs.example", [])
    assert len(content) < 200_000
