import re
import threading
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from argon2 import PasswordHasher

from common import clock, db
from common.links import PasswordLink
from common.tables import Attempt, AuditLine, Company, Login, Outbox
from decisions import attempts, logins, passwords
from decisions.app import application
from decisions.companies import BadValue
from decisions.links import PageLinks
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, SETTINGS, TestClient, Visitor, company
from tests.unit.decisions.member import Member, audited, plain

EMAIL, PASSWORD = "bog@holm.example", "hammer og søm 4 stk"
NAMES = [CVR, f"DK{CVR}", "12 34 56 74", EMAIL, EMAIL.upper(), f" {EMAIL} "]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Stranger:
    """A browser before the login."""

    def __init__(self) -> None:
        self.client = TestClient(application(SETTINGS), follow_redirects=False)

    def enter(self, name: str, password: str, **fields: str) -> httpx.Response:
        sent: httpx.Response = self.client.post("/login", data={"name": name, "password": password, **fields})
        return sent

    def set(self, address: str, password: str, again: str | None = None) -> httpx.Response:
        sent: httpx.Response = self.client.post(
            address, data={"password": password, "again": password if again is None else again}
        )
        return sent


@pytest.fixture
def stranger(visitor: Visitor) -> Stranger:
    return Stranger()


def invited(password: str | None = PASSWORD) -> Login:
    login_id = logins.invite(CVR, EMAIL, MONDAY)
    if password:
        logins.set_by_link(PasswordLink(login_id, 0), password, clock.real_now(), MONDAY)
    with db.connection():
        return Login.get_by_id(login_id)


def link(login: Login, kind: str = "invitation") -> str:
    address: str = getattr(PageLinks(SETTINGS), kind)(PasswordLink(login.id, login.password_no))
    return address.removeprefix(SETTINGS.portal)


def said() -> list[str]:
    with db.connection():
        return [row.type for row in Outbox.select().order_by(Outbox.id)]


# --- coming in
@pytest.mark.parametrize("name", NAMES)
def test_a_company_comes_in_with_its_cvr_number_or_its_email(stranger: Stranger, name: str) -> None:
    invited()

    answer = stranger.enter(name, PASSWORD, next="/invoices?show=all")

    assert (answer.status_code, answer.headers["location"]) == (303, "/invoices?show=all")
    assert stranger.client.get("/profile/login").status_code == 200


def test_known_and_unknown_hear_the_same(stranger: Stranger) -> None:
    invited()
    logins.invite(OTHER_CVR, "new@b.example", MONDAY)

    wrong = [stranger.enter(name, "not the password") for name in (CVR, EMAIL, OTHER_CVR, "12121212", "no@b.example")]

    bodies = {re.sub(r'value="[^"]*" autocomplete="username"', "", answer.text) for answer in wrong}
    assert {answer.status_code for answer in wrong} == {422}
    assert len(bodies) == 1
    assert "passer ikke sammen" in plain(wrong[0].text)


def test_an_unknown_account_costs_a_hash_like_a_known_one(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = list[str]()
    monkeypatch.setattr(type(passwords.hasher), "hash", lambda _, password: hashed.append(password))

    assert passwords.fits("whatever it is", None) is False

    assert hashed == ["whatever it is"]


def test_the_form_of_another_site_lets_nobody_in(stranger: Stranger) -> None:
    invited()

    answer = stranger.client.post(
        "/login", data={"name": CVR, "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403


# --- slow-down
def test_who_guesses_has_to_wait_longer_and_longer(visitor: Visitor) -> None:
    now, waits = clock.real_now(), list[float]()

    for _ in range(12):
        try:
            attempts.count("account", "address", now)
            waits.append(0)
        except attempts.TooManyAttempts as error:
            waits.append(error.wait.total_seconds())
            now += error.wait

    assert waits[:5] == [0] * 5
    assert [wait for wait in waits if wait] == [1, 2, 4, 8][: len([wait for wait in waits if wait])]
    assert attempts.wait_after(1000, 5) == attempts.LONGEST


def test_a_try_that_comes_too_soon_is_refused_with_the_right_password_too(stranger: Stranger) -> None:
    invited()
    for _ in range(5):
        stranger.enter(CVR, "wrong wrong wrong")

    answer = stranger.enter(CVR, PASSWORD)

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "For mange forsøg" in plain(answer.text)


def test_another_address_is_not_slowed_by_the_first_but_one_address_is_for_all_accounts(visitor: Visitor) -> None:
    now = clock.real_now()
    for _ in range(5):
        attempts.count("account", "1.1.1.1", now)
    attempts.count("account", "2.2.2.2", now)

    for number in range(25):
        attempts.count(f"account {number}", "1.1.1.1", now)
    with pytest.raises(attempts.TooManyAttempts):
        attempts.count("one more", "1.1.1.1", now)


def test_the_right_password_forgives_what_was_counted_before(visitor: Visitor) -> None:
    now = clock.real_now()
    for _ in range(4):
        attempts.count("account", "address", now)

    attempts.forgive("account", "address")

    for _ in range(5):
        attempts.count("account", "address", now)


def test_failures_are_forgotten_after_a_day(visitor: Visitor) -> None:
    now = clock.real_now()
    for _ in range(5):
        attempts.count("account", "address", now - timedelta(days=2))

    attempts.count("account", "address", now)

    with db.connection():
        assert {row.failures for row in Attempt.select()} == {1}


def guessed_at(account: str) -> None:
    """By strangers from everywhere."""
    for number in range(attempts.FREE["account"] + 1):
        with suppress(attempts.TooManyAttempts):
            attempts.count(account, f"10.0.{number}.1", clock.real_now())


def test_strangers_who_guess_do_not_lock_its_owner_out(stranger: Stranger) -> None:
    invited()
    stranger.enter(CVR, PASSWORD)
    guessed_at(CVR)

    elsewhere, here = Stranger().enter(CVR, PASSWORD), stranger.enter(CVR, PASSWORD)

    assert (elsewhere.status_code, here.status_code) == (429, 303)


def test_a_browser_that_was_here_before_is_slowed_like_any_other(stranger: Stranger) -> None:
    invited()
    stranger.enter(CVR, PASSWORD)

    tries = [stranger.enter(CVR, f"wrong {number}").status_code for number in range(6)]

    assert tries == [422] * 5 + [429]


def test_a_browser_is_known_to_the_login_that_came_in_with_it_alone(stranger: Stranger) -> None:
    company(OTHER_CVR)
    invited()
    thief = logins.invite(OTHER_CVR, "thief@b.example", MONDAY)
    logins.set_by_link(PasswordLink(thief, 0), PASSWORD, clock.real_now(), MONDAY)
    stranger.enter(OTHER_CVR, PASSWORD)
    guessed_at(CVR)

    with_his_own = stranger.enter(CVR, PASSWORD)
    stranger.client.cookies["rykker-device"] = "forged"
    with_a_forged_one = stranger.enter(CVR, PASSWORD)

    assert (with_his_own.status_code, with_a_forged_one.status_code) == (429, 429)


def test_the_cookie_of_a_browser_lets_nobody_in(stranger: Stranger) -> None:
    invited()
    stranger.enter(CVR, PASSWORD)
    known = stranger.client.cookies["rykker-device"]

    for name in ("rykker", "rykker-device"):
        client = TestClient(application(SETTINGS), follow_redirects=False, cookies={name: known})
        assert client.get("/profile/login").status_code == 303


def test_a_network_of_the_new_kind_counts_as_one_address(visitor: Visitor) -> None:
    now = clock.real_now()
    for number in range(5):
        attempts.count("account", f"2001:db8:1:2:{number:x}::{number:x}", now)

    with pytest.raises(attempts.TooManyAttempts):
        attempts.count("account", "2001:db8:1:2:ffff::1", now)
    attempts.count("account", "2001:db8:1:3::1", now)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "20010db800000000::/64"),
        ("fe80::1%eth0", "fe80000000000000::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_address_is_what_one_visitor_has_of_them(address: str, network: str) -> None:
    assert attempts.network(address) == network


def test_many_passwords_at_once_do_not_hold_up_everybody(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    invited()
    monkeypatch.setattr(passwords, "_WAITING", threading.BoundedSemaphore(1))
    with passwords._WAITING:
        late = stranger.enter(CVR, PASSWORD)

    assert (late.status_code, late.headers["retry-after"]) == (429, "5")
    assert stranger.enter(CVR, PASSWORD).status_code == 303


def test_no_connection_is_held_while_a_password_is_looked_at(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = invited()
    held = list[bool]()
    turn = passwords._turn

    def noting() -> AbstractContextManager[None]:
        held.append(not db.handle.is_closed())
        return turn()

    monkeypatch.setattr(passwords, "_turn", noting)
    member = Member(email=login.email)

    stranger.enter(CVR, PASSWORD)
    stranger.set(link(login, "forgotten"), "a new one for all of us")
    stranger.client.post("/login", data={"name": "12121212", "password": "x"})
    member.post("/profile/login", old="x", password="a better one 123", again="a better one 123")
    member.post("/profile/login/email", email="new@b.example", confirm="x")

    assert len(held) >= 3
    assert not any(held)


def test_a_refused_login_is_in_the_log_of_its_company_without_what_was_typed(stranger: Stranger) -> None:
    login = invited()

    stranger.enter(CVR, "a secret that is mistyped")
    stranger.enter("a secret in the wrong field", "x")
    stranger.client.post("/forgotten", data={"name": EMAIL})

    with db.connection():
        lines = [(line.who, line.action, line.login, line.company, line.subject) for line in AuditLine.select()]
    assert lines[-3:] == [
        ("?", "login refused", login.id, CVR, ""),
        ("?", "login refused", None, None, ""),
        ("?", "forgotten password", login.id, CVR, ""),
    ]
    assert "Login afvist" in Member(email=login.email).text("/profile/audit")


# --- passwords by link
def test_an_invitation_makes_one_login_and_says_so_each_time(visitor: Visitor) -> None:
    first, second = (
        logins.invite(CVR, EMAIL, MONDAY),
        logins.invite(CVR, "new@holm.example", MONDAY + timedelta(days=1)),
    )

    with db.connection():
        (login,) = Login.select()
    assert first == second == login.id
    assert login.email == "new@holm.example"
    assert said() == ["login.invited"] * 2


def test_an_address_belongs_to_one_login(visitor: Visitor) -> None:
    company(OTHER_CVR)
    invited()

    with pytest.raises(logins.EmailTaken):
        logins.invite(OTHER_CVR, EMAIL, MONDAY)
    with pytest.raises(logins.EmailTaken):
        logins.add_operator(EMAIL, MONDAY)
    with pytest.raises(BadValue):
        logins.invite(OTHER_CVR, "no address", MONDAY)


def test_a_link_shows_and_then_sets_the_password_once(stranger: Stranger) -> None:
    login = invited(None)
    address = link(login)

    shown, shown_again = stranger.client.get(address), stranger.client.get(address)
    answer = stranger.set(address, PASSWORD)
    again = stranger.set(address, "another one, longer")

    assert (shown.status_code, shown_again.status_code, answer.status_code) == (200, 200, 303)
    assert again.status_code == 410
    assert "Linket er brugt" in plain(again.text)
    assert Stranger().enter(CVR, PASSWORD).status_code == 303


def test_a_link_speaks_the_companys_language_unless_another_is_asked_for(stranger: Stranger) -> None:
    address = link(invited(None))
    with db.connection():
        Company.update(language="en").where(Company.cvr == CVR).execute()

    theirs, danish = stranger.client.get(address), stranger.client.get(f"{address}?lang=da")

    assert "Choose a password" in theirs.text
    assert "Vælg en adgangskode" in danish.text


@pytest.mark.parametrize(
    ("password", "again", "fault"),
    [
        ("short", "short", "mindst 10 tegn"),
        ("x" * 201, "x" * 201, "højst have 200 tegn"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "for let at gætte"),
        (EMAIL, EMAIL, "for let at gætte"),
        ("1234567890", "1234567890", "for let at gætte"),
        ("Velkommen123", "Velkommen123", "for let at gætte"),
        ("Murermester <Holm> & Søn", "Murermester <Holm> & Søn", "for let at gætte"),
        (f"{CVR} {CVR}", f"{CVR} {CVR}", "for let at gætte"),
        ("Holm 2024 holm", "Holm 2024 holm", "for let at gætte"),
        (f"rykkerportalen {CVR}", f"rykkerportalen {CVR}", "for let at gætte"),
        (f"{EMAIL}{EMAIL}1", f"{EMAIL}{EMAIL}1", "for let at gætte"),
        ("Bog-bog-bog-2026", "Bog-bog-bog-2026", "for let at gætte"),
        (PASSWORD, PASSWORD + " ", "ikke ens"),
    ],
)
def test_a_password_that_is_no_good_is_refused_and_says_why(
    stranger: Stranger, password: str, again: str, fault: str
) -> None:
    address = link(invited(None))

    answer = stranger.set(address, password, again)

    assert answer.status_code == 422
    assert fault in plain(answer.text)
    with db.connection():
        assert Login.get().password is None


def test_a_password_is_the_same_however_its_letters_are_composed(visitor: Visitor) -> None:
    kept = passwords.hashed("a\N{COMBINING RING ABOVE}ben for alle")

    assert passwords.fits("\N{LATIN SMALL LETTER A WITH RING ABOVE}ben for alle", kept)


def test_a_new_password_logs_everybody_out(stranger: Stranger) -> None:
    login = invited()
    stranger.enter(CVR, PASSWORD)

    other = Stranger()
    other.set(link(login, "forgotten"), "a new one for all of us")

    assert stranger.client.get("/profile/login").status_code == 303
    assert other.client.get("/profile/login").status_code == 200


def test_a_login_that_is_under_way_while_the_password_changes_comes_to_nothing(visitor: Visitor) -> None:
    login = invited()
    logins.set_by_link(PasswordLink(login.id, 1), "a new one for all of us", clock.real_now(), MONDAY)

    with pytest.raises(logins.NoEntry):
        logins.let_in(login, "login", clock.real_now(), MONDAY)


def test_who_logs_in_anew_leaves_no_session_behind(stranger: Stranger) -> None:
    invited()
    stranger.enter(CVR, PASSWORD)
    before = stranger.client.cookies["rykker"]

    stranger.enter(CVR, PASSWORD)

    old = TestClient(application(SETTINGS), follow_redirects=False, cookies={"rykker": before})
    assert old.get("/profile/login").status_code == 303
    assert stranger.client.get("/profile/login").status_code == 200


def test_an_invitation_to_the_wrong_address_ends_with_the_one_to_the_right_one(stranger: Stranger) -> None:
    logins.invite(CVR, "wrong@b.example", MONDAY)
    with db.connection():
        to_the_wrong_one = link(Login.get())
    logins.invite(CVR, EMAIL, MONDAY + timedelta(minutes=1))
    with db.connection():
        to_the_right_one = link(Login.get())

    wrong, right = stranger.set(to_the_wrong_one, PASSWORD), Stranger().set(to_the_right_one, PASSWORD)

    assert (wrong.status_code, right.status_code) == (410, 303)


def test_links_to_an_address_end_when_the_login_moves_to_another(stranger: Stranger) -> None:
    login = invited()
    to_the_old_one = link(login, "forgotten")
    member = Member(email=login.email)

    moved = member.post("/profile/login/email", email="new@b.example", confirm=PASSWORD)

    assert moved.status_code == 303
    assert stranger.set(to_the_old_one, "a new one for all of us").status_code == 410
    assert stranger.enter(CVR, PASSWORD).status_code == 303


def test_nobody_is_flooded_with_links(visitor: Visitor) -> None:
    login, now = invited(), clock.real_now()

    def asked(at: datetime) -> int:
        for number in range(8):
            asked_at = MONDAY + (at - now) + timedelta(seconds=number)
            logins.forgotten((CVR, EMAIL)[number % 2], f"10.0.{number}.1", at, asked_at)
        return said().count("login.forgotten")

    first, soon, later = asked(now), asked(now + timedelta(minutes=59)), asked(now + timedelta(minutes=61))
    logins.set_by_link(PasswordLink(login.id, 1), "a new one for all of us", now, MONDAY)
    afresh = asked(now + timedelta(minutes=62))

    assert (first, soon, later, afresh) == (3, 3, 4, 7)


def test_a_link_for_one_thing_is_no_good_for_another(stranger: Stranger) -> None:
    login = invited(None)
    token = link(login).rsplit("/", 1)[1]

    for address in (f"/password/f/{token}", f"/password/x/{token}", f"/answer/{token}", f"/trial/{token}"):
        assert stranger.client.get(address).status_code == 404


def test_a_forgotten_password_is_asked_for_and_nobody_hears_whether_the_account_is_there(stranger: Stranger) -> None:
    invited()

    known, unknown = (stranger.client.post("/forgotten", data={"name": name}) for name in (CVR, "12121212"))

    assert known.text == unknown.text
    assert "Se i din indbakke" in plain(known.text)
    assert said() == ["login.invited", "login.forgotten"]


def test_who_asks_twice_at_one_instant_gets_one_mail(visitor: Visitor) -> None:
    invited()

    for _ in range(2):
        logins.forgotten(CVR, "1.1.1.1", clock.real_now(), MONDAY)
        logins.invite(CVR, EMAIL, MONDAY)

    assert said() == ["login.invited", "login.forgotten"]


def test_an_operator_who_forgot_gets_no_mail(stranger: Stranger) -> None:
    logins.add_operator("drift@b.example", MONDAY)

    stranger.client.post("/forgotten", data={"name": "drift@b.example"})

    assert said() == []


# --- one's own login
def test_a_changed_password_stays_here_and_logs_out_elsewhere(stranger: Stranger) -> None:
    login = invited()
    here, elsewhere = Member(email=login.email), Stranger()
    elsewhere.enter(CVR, PASSWORD)

    answer = here.post("/profile/login", old=PASSWORD, password="a better one 123", again="a better one 123")

    assert answer.headers["location"] == "/profile/login?done=password"
    assert here.get("/profile/login").status_code == 200
    assert elsewhere.client.get("/profile/login").status_code == 303
    assert Stranger().enter(CVR, "a better one 123").status_code == 303


def test_who_only_found_an_open_browser_changes_nothing(visitor: Visitor) -> None:
    login = invited()
    member = Member(email=login.email)

    password = member.post("/profile/login", old="not it at all", password="a better one 123", again="a better one 123")
    email = member.post("/profile/login/email", email="thief@b.example", confirm="not it at all")
    tries = [member.post("/profile/login", old=f"guess {n}", password="a" * 9, again="a" * 9) for n in range(6)]

    assert (password.status_code, email.status_code) == (422, 422)
    assert tries[-1].status_code == 429
    with db.connection():
        kept = Login.get_by_id(login.id)
    assert (kept.email, kept.password_no) == (EMAIL, 1)


def test_an_email_is_changed_to_one_that_is_free(visitor: Visitor) -> None:
    login = invited()
    logins.add_operator("taken@b.example", MONDAY)
    member = Member(email=login.email)

    taken = member.post("/profile/login/email", email="taken@b.example", confirm=PASSWORD)
    free = member.post("/profile/login/email", email="Free@b.example", confirm=PASSWORD)

    assert "Et andet login" in plain(taken.text)
    assert free.headers["location"] == "/profile/login?done=email"
    with db.connection():
        assert Login.get_by_id(login.id).email == "free@b.example"


def test_nobody_asks_long_which_addresses_have_a_login(visitor: Visitor) -> None:
    login = invited()
    logins.add_operator("taken@b.example", MONDAY)
    member = Member(email=login.email)

    asked = [member.post("/profile/login/email", email="taken@b.example", confirm=PASSWORD) for _ in range(6)]

    assert [answer.status_code for answer in asked] == [422] * 5 + [429]


def test_the_trial_link_is_there_on_a_business_clock_alone(visitor: Visitor) -> None:
    Member()
    trying = replace(SETTINGS, clock_file="clock")
    address = PageLinks(SETTINGS).trial(f"login-{CVR}").removeprefix(SETTINGS.portal)

    real = TestClient(application(SETTINGS), follow_redirects=False).get(address)
    trial = TestClient(application(trying), follow_redirects=False).get(f"{address}?next=/invoices")

    assert real.status_code == 404
    assert (trial.status_code, trial.headers["location"]) == (303, "/invoices")


def test_a_trial_link_is_short_and_nobody_else_can_make_one(visitor: Visitor) -> None:
    Member()
    trying = replace(SETTINGS, clock_file="clock")
    address = PageLinks(SETTINGS).trial(f"login-{CVR}").removeprefix(SETTINGS.portal)
    client = TestClient(application(trying), follow_redirects=False)
    another = PageLinks(replace(SETTINGS, secret="x" * 40)).trial(f"login-{CVR}").removeprefix(SETTINGS.portal)
    neighbour = PageLinks(SETTINGS).trial(f"login-{CVR[:2]}999999").removeprefix(SETTINGS.portal)

    forged = [another, neighbour, address[:-1], f"{address}a", f"{address[:-1]}å", "/trial/login-%25"]

    assert len(address) <= len("/trial/") + 24
    assert [client.get(path).status_code for path in forged] == [404] * len(forged)


def test_a_trial_link_ends_with_its_login(visitor: Visitor) -> None:
    member = Member()
    address = PageLinks(SETTINGS).trial(member.login_id).removeprefix(SETTINGS.portal)
    client = TestClient(application(replace(SETTINGS, clock_file="clock")), follow_redirects=False)

    logins.remove(member.login_id)

    assert client.get(address).status_code == 404


def test_a_company_gets_one_login_without_a_mail(stranger: Stranger) -> None:
    first, second = (logins.add_company(CVR, "Bog@B.example", MONDAY) for _ in range(2))

    assert first.id == second.id
    assert said() == []
    with db.connection():
        assert [(row.company, row.email) for row in Login.select()] == [(CVR, "bog@b.example")]


def test_no_password_and_no_word_of_a_cookie_is_in_the_database_or_the_log(
    stranger: Stranger, capsys: pytest.CaptureFixture[str]
) -> None:
    invited()
    stranger.enter(CVR, PASSWORD)
    word = stranger.client.cookies["rykker"]

    with db.connection():
        dump = "\n".join(db.handle.connection().iterdump())
    written = dump + "".join(capsys.readouterr())
    assert PASSWORD not in written
    assert word not in written
    assert ("bog@holm.example", "login", "") in audited()
