import re
from dataclasses import fields
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from common import db
from common.secrets import Vault
from common.tables import Company
from decisions import companies
from decisions.choices import CHOICES, POLICY
from decisions.companies import BadValue, CompanyExists, NoSuchCompany
from dunning.policy import Policy
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR

pytestmark = pytest.mark.usefixtures("sqlite")
VAULT = Vault("s" * 40)
KEY = "a-key-of-ordrestyring"


def add(**fields: Any) -> None:
    row: dict[str, Any] = {"cvr": CVR, "name": "Holm", "email": "bog@holm.dk", "api_key": KEY}
    companies.add(**(row | fields), vault=VAULT, now=MONDAY)


def stored() -> Any:
    with db.connection():
        return Company.get_by_id(CVR)


def test_a_company_has_the_usual_choices_until_it_chooses() -> None:
    add()

    shown = companies.shown(CVR)

    assert shown["created_at"] == MONDAY
    assert {name: shown[name] for name in CHOICES} == {
        "name": "Holm",
        "email": "bog@holm.dk",
        "language": "da",
        "payment_details": "",
        "fi_creditor": "",
        "bank_account": "",
        "reply_to": "",
        "letterhead": "",
        "fetch_at": "06:00",
        "horizon_days": 60,
        "paused": False,
        "wait_days": 5,
        "start_days": 3,
        "silence": "start",
        "digest": False,
        "fee_policy": "collect",
        "fee": Decimal("100.00"),
        "reminders": 3,
        "days_between": 10,
        "smallest_amount": Decimal("0.00"),
        "never_dunned": [],
        "booking_days": "",
        "fresh_days": 3,
        "weekend_due": "next",
        "arrears": "customer",
        "interest": False,
        "due_date_agreed": False,
        "day_count": "actual/365",
        "compensation": False,
        "collection_notice": "with_last",
        "collection_fee": Decimal("0.00"),
    }
    assert {choice["name"]: choice["usual"] for choice in companies.choices()[2:]} == {
        name: shown[name] for name in list(CHOICES)[2:]
    }


def test_what_is_usual_is_what_dunning_takes_for_chosen() -> None:
    add()

    assert Policy.read(stored().__data__) == Policy()


def test_the_policy_is_what_a_procedure_keeps() -> None:
    assert POLICY.keys() == {field.name for field in fields(Policy)}
    for name, words in get_type_hints(Policy).items():
        for word in get_args(words) if get_origin(words) is Literal else ():
            assert POLICY[name].checked(word) == word


def test_each_choice_is_explained_in_one_sentence() -> None:
    for choice in companies.choices():
        assert re.fullmatch(r"[A-Z].{10,160}\.", choice["means"])
    for name in ("arrears", "interest", "due_date_agreed", "compensation"):
        assert "renteloven § " in CHOICES[name].means


def test_a_key_is_stored_locked_and_never_shown() -> None:
    add()

    shown = companies.shown(CVR)

    assert shown["has_api_key"] is True
    assert KEY not in str(shown)
    assert stored().api_key not in str(shown)
    assert KEY not in stored().api_key
    assert VAULT.unlock(stored().api_key) == KEY
    assert stored().api_key_no == 1


def test_a_company_may_come_without_a_key() -> None:
    add(api_key=None)

    assert companies.shown(CVR)["has_api_key"] is False
    assert stored().api_key_no == 0


def test_each_new_key_has_the_next_number() -> None:
    add()

    companies.change(CVR, vault=VAULT, api_key="another-key")
    companies.change(CVR, vault=VAULT, name="Holm & Søn")

    assert stored().api_key_no == 2
    assert VAULT.unlock(stored().api_key) == "another-key"


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("name", " Holm & Søn ", "Holm & Søn"),
        ("name", "x" * 200, "x" * 200),
        ("email", "bog+rykker@holm-son.dk", "bog+rykker@holm-son.dk"),
        ("language", "en", "en"),
        ("payment_details", "Reg. 1234\nKonto 567", "Reg. 1234\nKonto 567"),
        ("bank_account", "1234 567890", "1234 0000567890"),
        ("bank_account", "12340001234567", "1234 0001234567"),
        ("bank_account", "1234-0001 234 567", "1234 0001234567"),
        ("bank_account", " ", ""),
        ("fi_creditor", "87 65 43 21", "87654321"),
        ("fi_creditor", "+87654321<", "87654321"),
        ("fi_creditor", "", ""),
        ("reply_to", "debitor@holm.dk", "debitor@holm.dk"),
        ("reply_to", " ", ""),
        ("letterhead", "Holm & Søn\nHavnegade 1\n5000 Odense C", "Holm & Søn\nHavnegade 1\n5000 Odense C"),
        ("letterhead", "Holm\r\nHavnegade 1\rOdense", "Holm\nHavnegade 1\nOdense"),
        ("letterhead", "", ""),
        ("fetch_at", "23:59", "23:59"),
        ("horizon_days", "0", 0),
        ("horizon_days", 3650, 3650),
        ("wait_days", "30", 30),
        ("start_days", "1", 1),
        ("silence", "stay", "stay"),
        ("digest", "yes", True),
        ("digest", "Ja", True),
        ("paused", "no", False),
        ("paused", True, True),
        ("fee_policy", "cover", "cover"),
        ("fee", "0", Decimal("0.00")),
        ("fee", "99,5", Decimal("99.50")),
        ("fee", Decimal("100"), Decimal("100.00")),
        ("reminders", "1", 1),
        ("days_between", "60", 60),
        ("smallest_amount", "1.250,50", Decimal("1250.50")),
        ("smallest_amount", "1250.5", Decimal("1250.50")),
        ("never_dunned", "77, 12,77,", ["77", "12"]),
        ("never_dunned", "", []),
        ("never_dunned", ["a", "b"], ["a", "b"]),
        ("never_dunned", "x" * 50, ["x" * 50]),
        ("booking_days", " Thu,mon ", "mon,thu"),
        ("booking_days", "1,31", "1,last"),
        ("booking_days", "", ""),
        ("fresh_days", "1", 1),
        ("fresh_days", "14", 14),
        ("weekend_due", "keep", "keep"),
        ("arrears", "claim", "claim"),
        ("interest", "yes", True),  # of consumers, too: the rules decide for each debtor
        ("due_date_agreed", "ja", True),
        ("day_count", "actual/actual", "actual/actual"),
        ("day_count", "30/360", "30/360"),
        ("compensation", "yes", True),
        ("collection_notice", "after", "after"),
        ("collection_fee", "100", Decimal("100.00")),
    ],
)
def test_choices_may_come_as_text(field: str, given: object, kept: object) -> None:
    add()

    companies.change(CVR, vault=VAULT, **{field: given})  # type: ignore[arg-type]

    assert companies.shown(CVR)[field] == kept


@pytest.mark.parametrize(
    ("field", "given", "allowed"),
    [
        ("name", "  ", "1 to 200 printable characters"),
        ("name", "Holm\r\nBcc: x@y.dk", "on one line"),
        ("name", "x" * 201, "1 to 200"),
        ("email", "holm.dk", "one e-mail address"),
        ("email", "a@b.dk, c@d.dk", "one e-mail address"),
        ("email", "a@b.dk\nBcc: c@d.dk", "one e-mail address"),
        ("email", "bøg@holm.dk", "one e-mail address"),
        ("email", "a@holm", "one e-mail address"),
        ("email", f"a@{'b' * 62}.{'c' * 62}.{'d' * 62}.{'e' * 62}.dk", "one e-mail address"),  # 256 characters
        ("language", "sv", "da or en"),
        ("payment_details", "x\x07", "printable"),
        ("bank_account", "123 4567890", "four digits"),
        ("bank_account", "1234", "four digits"),
        ("bank_account", "1234 12345678901", "at most ten"),
        ("bank_account", "1234 0001234567; drop", "four digits"),
        ("bank_account", "DK5000400440116243", "four digits"),
        ("bank_account", "1234 ٣٤٥٦٧٨", "four digits"),
        ("fi_creditor", "1234567", "eight digits"),
        ("fi_creditor", "123456789", "eight digits"),
        ("fi_creditor", "8765432x", "eight digits"),
        ("reply_to", "a@b.dk, c@d.dk", "one e-mail address"),
        ("reply_to", "a@b.dk\r\nBcc: c@d.dk", "one e-mail address"),
        ("letterhead", "x" * 501, "0 to 500"),
        ("letterhead", "Holm\u202eppA", "printable"),
        ("fetch_at", "24:00", "HH:MM"),
        ("fetch_at", "6:00", "HH:MM"),
        ("fetch_at", "06.00", "HH:MM"),
        ("horizon_days", "3651", "from 0 to 3650"),
        ("horizon_days", "-1", "from 0 to 3650"),
        ("wait_days", "31", "banking days from 0 to 30"),
        ("start_days", "0", "banking days from 1 to 30"),
        ("start_days", "2.5", "a whole number"),
        ("start_days", "٣", "a whole number"),
        ("start_days", True, "a whole number"),
        ("silence", "yes", "start or stay"),
        ("digest", "maybe", "yes or no"),
        ("fee_policy", "received", "collect or cover"),
        ("fee", "100,01", "renteloven § 9 b, stk. 2"),
        ("fee", "-1", "0 to 100 kr."),
        ("fee", "NaN", "0 to 100 kr."),
        ("fee", "1e1", "0 to 100 kr."),
        ("reminders", "4", "renteloven § 9 b, stk. 2"),
        ("reminders", "0", "from 1 to 3"),
        ("days_between", "9", "renteloven § 9 b, stk. 2"),
        ("days_between", "61", "from 10 to 60"),
        ("smallest_amount", "-0,01", "0 or more"),
        ("smallest_amount", "1.000", "0 or more"),
        ("smallest_amount", "99999999999", "0 or more"),
        ("never_dunned", 77, "commas between"),
        ("never_dunned", "7\x007", "printable"),
        ("never_dunned", f"7,{'x' * 51}", "at most 50"),
        ("booking_days", "monday", "weekdays (mon,thu), days of the month (1,15,last)"),
        ("booking_days", "0", "days of the month"),
        ("booking_days", ["mon"], "days of the month"),
        ("fresh_days", "0", "days from 1 to 14"),
        ("fresh_days", "15", "days from 1 to 14"),
        ("weekend_due", "earlier", "next or keep"),
        ("arrears", "company", "customer or claim"),
        ("interest", "8", "yes or no"),
        ("due_date_agreed", "", "yes or no"),
        ("day_count", "365", "actual/365 or actual/actual or 30/360"),
        ("compensation", "310", "yes or no"),
        ("collection_notice", "never", "with_last or after"),
        ("collection_fee", "100,01", "0 to 100 kr. (renteloven § 9 b, stk. 3)"),
        ("collection_fee", "-1", "renteloven § 9 b, stk. 3"),
        ("policy_no", "7", "left out"),
        ("colour", "green", "left out"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(field: str, given: object, allowed: str) -> None:
    add()
    before = companies.shown(CVR)

    with pytest.raises(BadValue) as refused:
        companies.change(CVR, vault=VAULT, **{"name": "Andre", field: given})  # type: ignore[arg-type]

    assert refused.value.field == field
    assert refused.value.value == given
    assert str(refused.value).startswith(f"{field} must be ")
    assert allowed in str(refused.value)
    assert companies.shown(CVR) == before


@pytest.mark.parametrize("key", ["", "short", "with a space", "x" * 201, "nøgle-med-ø", "tab\tinside"])
def test_a_bad_key_is_refused_without_being_repeated(key: str) -> None:
    add()

    with pytest.raises(BadValue, match="8 to 200 printable ASCII") as refused:
        companies.change(CVR, vault=VAULT, api_key=key, name="Andre")

    assert not key or key not in str(refused.value)
    assert refused.value.value is None
    assert (stored().name, stored().api_key_no) == ("Holm", 1)


@pytest.mark.parametrize("cvr", ["1234567", "123456789", "12345675", "00000000", "abcdefgh", "1234567٤", ""])
def test_a_wrong_cvr_number_is_refused(cvr: str) -> None:
    with pytest.raises(BadValue, match=r"^cvr must be"):
        add(cvr=cvr)

    assert companies.listed() == []


@pytest.mark.parametrize("cvr", ["12345674", "10150817", "25313763", "12 34 56 74"])
def test_a_cvr_number_passes_its_check(cvr: str) -> None:
    add(cvr=cvr)

    assert companies.shown(cvr)["cvr"] == cvr.replace(" ", "")


def test_one_cvr_number_is_one_company() -> None:
    add()

    with pytest.raises(CompanyExists, match=CVR):
        add(name="Andre")

    assert stored().name == "Holm"


def test_a_company_that_is_not_there_is_said_so() -> None:
    with pytest.raises(NoSuchCompany, match=CVR):
        companies.shown(CVR)
    with pytest.raises(NoSuchCompany, match=CVR):
        companies.change(CVR, vault=VAULT, name="Holm")


def test_companies_are_listed_by_name() -> None:
    add(name="Østergaard")
    add(cvr=OTHER_CVR, name="Andersen")

    assert [company["name"] for company in companies.listed()] == ["Andersen", "Østergaard"]
