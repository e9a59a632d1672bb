"""`rykker company` and `rykker fetch`."""

import pytest

from common import clock, db
from common.secrets import Vault
from common.tables import Company, Fetch, Outbox, Procedure
from decisions.choices import CHOICES
from tests.unit.deploy.conftest import SECRET, Rykker, refusal, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]
CVR = "12345674"
KEY = "a-key-of-ordrestyring"
ADD = ("company", "add", CVR, "--name", "Jensen VVS ApS", "--email", "kontor@jensen.example")


def stored_key() -> str | None:
    with db.connection():
        locked = Company.get_by_id(CVR).api_key
    return Vault(SECRET).unlock(locked) if locked else None


def test_add_shows_the_company_and_never_its_key(rykker: Rykker) -> None:
    added = rykker(*ADD, "fee=75", "silence=stay", "--api-key", KEY)

    assert added.exit_code == 0
    assert "Jensen VVS ApS" in added.stdout
    assert "75.00" in added.stdout
    assert KEY not in added.output
    assert stored_key() == KEY


def test_add_reads_the_key_from_standard_input(rykker: Rykker) -> None:
    shown = told(rykker(*ADD, "--api-key-stdin", "--json", typed=f"{KEY}\n"))

    assert shown["has_api_key"] is True
    assert stored_key() == KEY


def test_add_without_a_key_says_that_nothing_is_fetched(rykker: Rykker) -> None:
    assert "nothing is fetched" in rykker(*ADD).stdout
    assert stored_key() is None


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("company", "add", "12345670", "--name", "A", "--email", "a@b.example"), "cvr"),
        (("company", "add", CVR, "--name", "A", "--email", "nobody"), "email"),
        ((*ADD, "fee=500"), "§ 9 b, stk. 2"),
        ((*ADD, "collection_fee=101"), "§ 9 b, stk. 3"),
        ((*ADD, "booking_days=monday"), "mon,thu"),
        ((*ADD, "policy_no=3"), "'policy_no'"),
        ((*ADD, "fee=10", "fee=20"), "fee=20"),
        ((*ADD, "name=Other"), "'name'"),
        ((*ADD, "colour=red"), "'colour'"),
        ((*ADD, "fee"), "'fee'"),
        ((*ADD, "--api-key", "short"), "api_key"),
        ((*ADD, "--api-key", KEY, "--api-key-stdin"), "--api-key-stdin"),
        (("company", "show", "1234"), "cvr"),
        (("company", "show", CVR), CVR),
        (("company", "set", CVR, "fee=10"), CVR),
        (("fetch", CVR), CVR),
        (("invoice", CVR, "1"), CVR),
    ],
)
def test_what_is_wrong_is_refused_by_name(rykker: Rykker, words: tuple[str, ...], named: str) -> None:
    said = refusal(rykker(*words), 2)

    assert named in said
    assert "short" not in said
    assert told(rykker("company", "list", "--json")) == []


def test_add_refuses_a_second_company_with_the_same_number(rykker: Rykker) -> None:
    rykker(*ADD)

    assert CVR in refusal(rykker(*ADD), 2)


def test_set_changes_what_is_named_and_leaves_the_rest(rykker: Rykker) -> None:
    rykker(*ADD, "fee=75", "--api-key", KEY)

    shown = told(rykker("company", "set", CVR, "silence=stay", "never_dunned=K-1, K-2", "--json"))

    assert (shown["silence"], shown["fee"], shown["never_dunned"]) == ("stay", "75.00", ["K-1", "K-2"])
    assert stored_key() == KEY


def test_set_says_how_many_running_procedures_keep_their_policy(rykker: Rykker) -> None:
    rykker(*ADD)
    running_procedures(2)

    assert "keep theirs: 2" in rykker("company", "set", CVR, "fee=50").stdout
    assert "keep theirs" not in rykker("company", "set", CVR, "wait_days=8").stdout
    shown = told(rykker("company", "set", CVR, "fee=60", "--json"))
    assert (shown["policy_no"], shown["adopting"], shown["keeping"]) == (3, 0, 2)


def test_set_running_says_how_many_follow_the_new_policy(rykker: Rykker) -> None:
    rykker(*ADD)
    running_procedures(3)

    assert "to follow it: 3" in rykker("company", "set", CVR, "fee=50", "--running").stdout
    shown = told(rykker("company", "set", CVR, "fee=60", "--running", "--json"))
    assert (shown["policy_no"], shown["adopting"], shown["keeping"]) == (3, 3, 0)
    with db.connection():
        assert Outbox.select().where(Outbox.type == "policy.adopted").count() == 6


def running_procedures(count: int) -> None:
    row = {"company": CVR, "round": 1, "version": 1, "stage": "running", "reason": "", "sequence": 1, "amount": 100}
    row |= {"customer_number": "7", "paid": 0, "due_on": "2026-02-02", "policy": {}, "opened_at": clock.business_now()}
    row |= dict.fromkeys(("answer_no", "fee_answer_no", "step", "attempt", "unreachable_step", "wake_no"), 0)
    with db.transaction():
        Procedure.insert_many(
            [row | {"id": f"p{n}", "invoice_number": f"{n}", "pending": False} for n in range(count)]
        ).execute()


def test_choices_are_explained_with_the_law(rykker: Rykker) -> None:
    page = " ".join(rykker("company", "choices").stdout.split())

    assert all(name in page for name in CHOICES)
    assert "Limited by renteloven § 9 b, stk. 3." in page
    explained = told(rykker("company", "choices", "--json"))
    assert [choice["name"] for choice in explained] == list(CHOICES)
    assert explained[-1] == {
        "name": "collection_fee",
        "usual": "0.00",
        "means": CHOICES["collection_fee"].means,
        "law": "renteloven § 9 b, stk. 3",
    }


@pytest.mark.parametrize("command", ["add", "set"])
def test_help_names_every_choice_and_where_it_is_explained(rykker: Rykker, command: str) -> None:
    page = " ".join(rykker("company", command, "--help").stdout.replace("│", " ").split())

    assert [name for name in CHOICES if name not in page] == []
    assert "`rykker company choices`" in page


def test_set_takes_a_new_key(rykker: Rykker) -> None:
    rykker(*ADD, "--api-key", KEY)

    rykker("company", "set", CVR, "--api-key-stdin", typed="another-good-key\n")

    assert stored_key() == "another-good-key"


def test_set_asks_for_a_key_without_showing_it(rykker: Rykker) -> None:
    rykker(*ADD)

    changed = rykker("company", "set", CVR, "--api-key-prompt", "--json", typed=f"{KEY}\n")

    assert KEY not in changed.output
    assert stored_key() == KEY


def test_list_and_show_are_readable(rykker: Rykker) -> None:
    rykker(*ADD, "--api-key", KEY)

    assert CVR in rykker("company", "list").stdout
    assert "fee_policy" in rykker("company", "show", CVR).stdout


def test_a_name_is_shown_as_it_is(rykker: Rykker) -> None:
    rykker("company", "add", CVR, "--name", "[bold]Jensen[/] :smile:", "--email", "a@b.example", "--api-key", KEY)

    for words in (("company", "show", CVR), ("company", "list"), ("fetch", CVR)):
        assert "[bold]Jensen[/] :smile:" in rykker(*words).stdout


def test_fetch_asks_once_while_one_is_on_its_way(rykker: Rykker) -> None:
    rykker(*ADD, "--api-key", KEY)

    asked = told(rykker("fetch", CVR, "--json"))

    with db.connection():
        assert [row.id for row in Fetch.select()] == [asked["fetch_id"]]
        assert [row.type for row in Outbox.select()] == ["fetch.requested"]
    assert (asked["requested_at"], asked["is_new"]) == ("2026-03-02T07:00:00Z", True)
    again = rykker("fetch", CVR).stdout
    assert "on its way" in again
    assert "rykker status" in again
    assert told(rykker("fetch", CVR, "--json"))["fetch_id"] == asked["fetch_id"]


def test_fetch_refuses_a_company_without_a_key(rykker: Rykker) -> None:
    rykker(*ADD)

    assert "no API key" in refusal(rykker("fetch", CVR), 2)
