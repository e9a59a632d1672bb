"""A company asks for a sample of its letters: one mail to itself, sent and tried again as every mail to it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Company
from notifier.mailer import Away
from tests.unit.notifier import office as o
from tests.unit.notifier.office import Office, letter, letters
from tests.unit.notifier.samples import CVR
from tests.unit.notifier.test_telling import mail_of

ASKED = e.SampleRequested(company=CVR, asked_at=o.NOW)


@pytest.fixture
def office(sqlite: str) -> Office:
    o.company(letterhead="Jensen VVS\r\n\x00Evil\u202e street", fi_creditor="87654321", reply_to="svar@vvs.example")
    return Office()


def test_a_sample_is_planned_with_what_the_company_chose(office: Office) -> None:
    office.hear(ASKED)

    row = letter(kind="sample")
    assert (row.recipient, row.to_debtor, row.procedure_id, row.state) == ("jensen@vvs.example", False, None, "planned")
    assert (row.outstanding, row.charges, row.pay_by) == (Decimal("0.00"), Decimal("0.00"), None)
    said = mail_of(row)
    assert said.startswith("Jensen VVS\nEvil street\n")
    assert "+73< +87654321<" in said
    assert "svar@vvs.example" in said


def test_it_is_written_once_however_often_the_wish_is_heard(office: Office) -> None:
    heard = ASKED.identified("tests")
    office.hear(heard)

    with pytest.raises(AlreadyHandled):
        office.hear(heard)

    assert len(letters()) == 1


def test_another_wish_is_another_sample(office: Office) -> None:
    office.hear(ASKED)
    office.hear(e.SampleRequested(company=CVR, asked_at=o.NOW + timedelta(minutes=1)))

    assert len(letters(kind="sample")) == 2


def test_it_is_sent_and_tried_again_as_every_mail_to_the_company(office: Office) -> None:
    office.post.troubles = [Away("421 later")]
    office.hear(ASKED)

    office.hear_all(e.LetterPlanned)
    waiting = letter(kind="sample")
    office.hear_all(e.LetterPlanned)

    assert (waiting.state, waiting.tries) == ("planned", 1)
    assert letter(kind="sample").state == "sent"
    assert [to for to, _ in office.post.taken] == ["jensen@vvs.example"]


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"reminders": 1, "collection_notice": "with_last"}, "varsel om inkasso"),
        ({"reminders": 1, "collection_notice": "after"}, "1. rykker for faktura"),
        ({"fee": Decimal("0.00")}, "I alt at betale: 4.250,00 kr."),
        ({"fee": Decimal("75.50")}, "I alt at betale: 4.325,50 kr."),
        ({"language": "en"}, "SAMPLE: Reminder 1 for invoice 1001"),
    ],
)
def test_it_follows_the_company_s_choices_of_today(office: Office, chosen: dict[str, object], says: str) -> None:
    with db.transaction():
        Company.update(chosen).execute()

    office.hear(ASKED)

    assert says in mail_of(letter(kind="sample"))
