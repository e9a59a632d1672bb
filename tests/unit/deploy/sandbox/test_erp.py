import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from deploy.sandbox import erp
from deploy.sandbox.fields import DEBTORS, INVOICES

AUTH = ("key", "x")
INVOICE = {
    "key": "key",
    "customer_name": "Grethe Sørensen",
    "email": "grethe@example.com",
    "amount": "1250.50",
    "issued_on": "2026-03-01",
    "due_on": "2026-03-29",
}


def add(door: TestClient, *changes: dict[str, Any]) -> list[int]:
    answer = door.post("/_sandbox/invoices", json=[INVOICE | change for change in changes or [{}]])
    assert answer.status_code == 201, answer.text
    return [row["number"] for row in answer.json()]


def numbers(door: TestClient, query: str) -> list[int]:
    answer = door.get(f"/debtor-invoices?{query}", auth=AUTH)
    assert answer.status_code == 200, answer.text
    return [row["invoice_number"] for row in answer.json()]


def unix(*day: int) -> int:
    return int(datetime(*day, tzinfo=ZoneInfo("Europe/Copenhagen")).timestamp())  # type: ignore[misc,arg-type]


def test_key_opens_its_company_whatever_the_password(door: TestClient) -> None:
    answer = door.get("/", auth=("key", "anything"))

    assert answer.json() == {"name": "Murer ApS", "cvr": "12345678"}


@pytest.mark.parametrize("auth", [None, ("other", "x"), ("", "x")])
def test_unknown_key_gets_401_with_a_message(door: TestClient, auth: tuple[str, str] | None) -> None:
    answer = door.get("/debtor-invoices", auth=auth)

    assert (answer.status_code, "message" in answer.json()) == (401, True)


def test_revoked_key_gets_401_until_its_company_is_added_again(door: TestClient) -> None:
    door.post("/_sandbox/companies/key/revoke")
    assert door.get("/", auth=AUTH).status_code == 401

    door.post("/_sandbox/companies", json={"key": "key", "name": "Murer ApS", "cvr": "12345678"})

    assert door.get("/", auth=AUTH).status_code == 200


def test_company_sees_only_its_own(door: TestClient) -> None:
    door.post("/_sandbox/companies", json={"key": "other", "name": "VVS", "cvr": "87654321"})
    add(door)

    assert door.get("/debtor-invoices", auth=("other", "x")).json() == []
    assert door.get("/debtor-invoices/10001", auth=("other", "x")).status_code == 404


def test_rows_have_every_field_in_ordrestyrings_words(door: TestClient) -> None:
    add(door)

    assert tuple(door.get("/debtor-invoices/10001", auth=AUTH).json()) == INVOICES.columns
    assert tuple(door.get("/debtors/K-1001", auth=AUTH).json()) == DEBTORS.columns
    assert (len(INVOICES.columns), len(DEBTORS.columns)) == (38, 40)


def test_amounts_are_exact_in_the_text_and_dates_are_local_midnight(door: TestClient) -> None:
    add(door, {"amount": "8589934.10"})

    text = door.get("/debtor-invoices/10001", auth=AUTH).text

    assert re.findall(r'"(amount|vat|amount_vat|payed_amount)":([^,]+)', text) == [
        ("amount", "6871947.28"),
        ("vat", "1717986.82"),
        ("amount_vat", "8589934.10"),
        ("payed_amount", "0.00"),
    ]
    assert f'"payment_date":{unix(2026, 3, 29)},' in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("invoice_number=10001|10003|7", [10001, 10003]),
        ("invoice_number-gt=10001&invoice_number-st=10003", [10002]),
        ("invoice_number-min=10002&invoice_number-max=10003", [10002, 10003]),
        ("invoice_number-not=10002", [10001, 10003]),
        ("amount_vat-gt=99.99&amount_vat-max=100.5", [10002]),
        ("customer_number=K-1001", [10001, 10002, 10003]),
        ("cust_name=grethe", []),
        (f"payment_date-max={unix(2026, 3, 29)}&sortby=-invoice_number", [10003, 10002, 10001]),
        ("sortby=-amount_vat", [10003, 10002, 10001]),
    ],
)
def test_filters_follow_their_suffixes(door: TestClient, query: str, found: list[int]) -> None:
    add(door, {"amount": "99.99"}, {"amount": "100.50"}, {"amount": "1000"})

    assert numbers(door, query) == found


def test_pages_are_capped_and_end_with_an_empty_one(door: TestClient) -> None:
    all_of_them = add(door, *[{}] * 205)

    pages = [numbers(door, f"page={page}&pagesize=1000&sortby=invoice_number") for page in (1, 2, 3, 4)]

    assert [len(page) for page in pages] == [100, 100, 5, 0]
    assert [number for page in pages for number in page] == all_of_them


def test_a_company_can_have_a_server_that_ignores_keysets(door: TestClient) -> None:
    door.post("/_sandbox/companies", json={"key": "key", "name": "M", "cvr": "1", "keyset": False, "pagesize_cap": 2})
    add(door, {}, {}, {})

    assert numbers(door, "invoice_number-gt=10002&sortby=invoice_number&pagesize=50") == [10001, 10002]


@pytest.mark.parametrize(
    "query", ["balance=1", "amount-about=1", "sortby=due_date", "page=0", "payment_date=soon", "id=1"]
)
def test_unknown_columns_and_values_are_errors_500(door: TestClient, query: str) -> None:
    answer = door.get(f"/debtor-invoices?{query}", auth=AUTH)

    assert (answer.status_code, "message" in answer.json()) == (500, True)


def test_missing_item_is_named_as_ordrestyring_does(door: TestClient) -> None:
    answer = door.get("/debtor-invoices/1", auth=AUTH)

    assert (answer.status_code, answer.json()) == (404, {"message": "This item does not exists"})


def test_payments_add_up_and_can_be_taken_back(door: TestClient) -> None:
    add(door)

    paid = door.post("/_sandbox/invoices/10001/pay", json={"amount": "1000.50", "date": "2026-04-07"}).json()
    more = door.post("/_sandbox/invoices/10001/pay", json={"amount": "250", "date": "2026-04-08"}).json()
    less = door.post("/_sandbox/invoices/10001/pay", json={"amount": "-250", "date": "2026-04-09"}).json()
    none = door.post("/_sandbox/invoices/10001/pay", json={"amount": "-1000.50", "date": "2026-04-10"}).json()

    assert [row["payed_amount"] for row in (paid, more, less, none)] == [1000.5, 1250.5, 1000.5, 0]
    assert [row["payed_date"] for row in (paid, more, less, none)] == [
        unix(2026, 4, 7),
        unix(2026, 4, 8),
        unix(2026, 4, 8),
        None,
    ]


def test_credited_and_deleted_invoices(door: TestClient) -> None:
    add(door, {}, {})

    assert door.post("/_sandbox/invoices/10001/credit").json()["amount_vat"] == 0
    door.delete("/_sandbox/invoices/10002")

    assert numbers(door, "") == [10001]


def test_malformed_values_are_shown_while_filters_see_the_old_one(door: TestClient) -> None:
    add(door)

    door.patch("/_sandbox/invoices/10001", json={"amount_vat": "abc", "payment_date": "soon", "text": "Tag"})
    row = door.get(f"/debtor-invoices?payment_date={unix(2026, 3, 29)}", auth=AUTH).json()[0]
    door.patch("/_sandbox/invoices/10001", content='{"amount_vat": 12.30, "payment_date": 12.345}')
    text = door.get("/debtor-invoices/10001", auth=AUTH).text

    assert (row["amount_vat"], row["payment_date"], row["text"]) == ("abc", "soon", "Tag")
    assert '"amount_vat":12.30,' in text
    assert '"payment_date":12.345,' in text


def test_debtors_are_one_by_name_and_can_get_an_address(door: TestClient) -> None:
    add(door, {"email": None}, {"email": None}, {"customer_number": "BF-7", "customer_name": "Bo"})

    door.patch("/_sandbox/debtors/K-1001", json={"customer_email": "grethe@example.com"})
    rows = door.get("/debtors", auth=AUTH).json()

    assert [(row["customer_number"], row["customer_email"]) for row in rows] == [
        ("K-1001", "grethe@example.com"),
        ("BF-7", "grethe@example.com"),
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"amount": "12.345"}, "amount must be kroner"),
        ({"amount": "NaN"}, "amount must be kroner"),
        ({"due_on": "29-03-2026"}, "$[1].due_on"),
        ({"key": "nobody"}, "$[1].key"),
        ({"number": 10001}, "$[1]"),
        ({"colour": "red"}, "colour"),
        ({"paid_amount": "1"}, "paid_on"),
    ],
)
def test_bad_input_is_refused_with_its_place_and_nothing_is_kept(
    door: TestClient, change: dict[str, Any], why: str
) -> None:
    answer = door.post("/_sandbox/invoices", json=[INVOICE | {"number": 10001}, INVOICE | change])

    assert answer.status_code == 422
    assert why in answer.json()["message"]
    assert numbers(door, "") == []


def test_number_of_two_companies_asks_for_the_key(door: TestClient) -> None:
    door.post("/_sandbox/companies", json={"key": "other", "name": "VVS", "cvr": "87654321"})
    add(door, {}, {"key": "other"})

    assert door.post("/_sandbox/invoices/10001/credit").status_code == 422
    assert door.post("/_sandbox/invoices/10001/credit?key=other").status_code == 200
    assert door.get("/debtor-invoices/10001", auth=AUTH).json()["amount_vat"] == 1250.5


def test_faults_serve_as_often_as_they_say_and_only_whom_they_name(door: TestClient) -> None:
    add(door)
    rules = [
        {"kind": "status", "path": "/debtor-invoices", "status": 429, "retry_after": 7, "times": 2, "key": "key"},
        {"kind": "malformed", "path": "/debtors"},
    ]
    door.post("/_sandbox/faults", json=rules)

    answers = [door.get("/debtor-invoices", auth=AUTH) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    with pytest.raises(ValueError, match="Expecting value"):
        door.get("/debtors", auth=AUTH).json()
    assert door.get("/_sandbox/state").json()["faults"] == []


def test_calls_are_counted_by_path_and_key(door: TestClient) -> None:
    for _ in range(2):
        door.get("/debtors?page=1", auth=AUTH)
    door.get("/debtors")

    assert door.get("/_sandbox/calls").json() == [
        {"path": "/debtors", "key": "key", "count": 2},
        {"path": "/debtors", "key": None, "count": 1},
    ]


def test_state_outlives_a_restart(door: TestClient, path: Path) -> None:
    add(door)

    again = TestClient(erp.create_app(path))

    assert numbers(again, "") == [10001]
    assert add(again) == [10002]
