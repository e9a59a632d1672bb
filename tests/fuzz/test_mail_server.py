"""The mail server's door: answers without end, without sense, or in no known language."""

import base64
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifier import sending
from notifier.mailer import Away, Mailer, NotSent, Refused, Unknown
from tests.fuzz import raw
from tests.fuzz.outcomes import outcome

TO, CONTENT = "a@b.example", b"Subject: x\r\n\r\nx\r\n"
PLACES = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END")
USUAL = {"CONNECT": b"220 hi\r\n", "EHLO": b"250 me\r\n", "DATA": b"354 go on\r\n"}


class Server:
    """Answers as usual but in one place."""

    def __init__(self, place: str, says: Callable[[socket.socket], None]) -> None:
        self.place, self.odd, self.taken = place, says, 0

    def __call__(self, line: socket.socket) -> None:
        """A whole conversation."""
        with suppress(OSError), line.makefile("rb") as heard:
            self._say(line, "CONNECT")
            for command in heard:
                word = command.split()[0].decode("latin-1").upper() if command.split() else ""
                self._say(line, word)
                if word == "DATA":
                    while heard.readline() not in (b".\r\n", b""):
                        pass
                    self.taken += 1
                    self._say(line, "END")

    def _say(self, line: socket.socket, word: str) -> None:
        if word == self.place:
            self.odd(line)
        else:
            line.sendall(USUAL.get(word, b"250 OK\r\n"))


@pytest.fixture
def server() -> Iterator[raw.Server]:
    with raw.running() as found:
        found.talks_first = True
        yield found


def send(server: raw.Server, timeout: float = 0.5, user: str = "") -> None:
    mailer = Mailer(server.url.replace("http://", f"smtp://{user}"), "us@rykker.example", timeout)
    try:
        mailer.send(TO, CONTENT)
    finally:
        mailer.close()


def answering(place: str, answer: bytes) -> Server:
    return Server(place, lambda line: line.sendall(answer))


# --- without end -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("again", "pause"),
    [(b"250-and more\r\n" * 1000, 0.0), (b"x" * 100_000, 0.0), (b"2", 0.02), (b"250-\r\n", 0.02)],
    ids=["lines", "a line", "slow line", "slow lines"],
)
def test_an_answer_without_end_is_given_up_and_is_no_refusal(
    server: raw.Server, place: str, again: bytes, pause: float
) -> None:
    server.says = Server(place, raw.for_ever(b"", again, pause))
    began = time.monotonic()
    tracemalloc.start()

    with pytest.raises(NotSent) as caught:
        send(server)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert type(caught.value) is (Unknown if place == "END" else Away)
    assert peak < 5_000_000
    assert time.monotonic() - began < 20  # without the limit it would be as long as the server likes


# --- without sense ---------------------------------------------------------------------------------------------------
odd_answers = st.binary(max_size=40).map(lambda said: said + b"\r\n") | st.builds(
    lambda code, between, text: code + between + text + b"\r\n",
    st.sampled_from([b"000", b"099", b"199", b"200", b"299", b"354", b"399", b"600", b"999", b"-25", b"25", b"2e2"]),
    st.sampled_from([b" ", b"-", b"", b"\t"]),
    st.binary(max_size=20) | st.sampled_from(["tak for brevet, Åse".encode(), b"\xff\xfe\x00", b"a@b.example"]),
)


@given(place=st.sampled_from(PLACES), answer=odd_answers)
@settings(max_examples=80)
@example("END", b"999 taken\r\n")
@example("END", b"taken\r\n")
@example("END", b"354 go on\r\n")
@example("END", b"200 \xc3\xa6\r\n")
def test_whatever_the_server_says_has_one_of_three_names(server: raw.Server, place: str, answer: bytes) -> None:
    conversation = server.says = answering(place, answer)

    named = outcome(lambda: send(server, timeout=0.2), NotSent)

    code = answer[:3]
    assert TO not in str(named)
    assert str(named).isprintable()
    if place == "END" and conversation.taken and not (code.isdigit() and code[:1] in b"245"):
        assert isinstance(named, Unknown), "what was handed over whole may have been taken"


@pytest.mark.parametrize("answer", [b"999 ?\r\n", b"354 more\r\n", b"100 soon\r\n", b"tak\r\n", b"\xff\r\n", b"0\r\n"])
def test_a_reminder_is_held_when_nobody_knows_what_the_last_answer_means(server: raw.Server, answer: bytes) -> None:
    server.says = answering("END", answer)

    with pytest.raises(Unknown) as caught:
        send(server)

    assert sending.outcome_of(caught.value, 0, to_debtor=True).state == "held"


@pytest.mark.parametrize("challenge", [b"334 ***\r\n", b"334 \xff\r\n", b"334\r\n", b"235 x\r\n", b"999 x\r\n"])
@pytest.mark.parametrize("way", [b"CRAM-MD5", b"LOGIN", b"PLAIN", b"CRAM-MD5 LOGIN PLAIN"])
def test_a_challenge_that_makes_no_sense_is_a_server_that_is_away(
    server: raw.Server, challenge: bytes, way: bytes
) -> None:
    def conversation(line: socket.socket) -> None:
        with suppress(OSError), line.makefile("rb") as heard:
            line.sendall(b"220 hi\r\n")
            for command in heard:
                words = {b"EHLO": b"250-me\r\n250 AUTH " + way + b"\r\n", b"QUIT": b""}
                line.sendall(words.get(command.split()[0] if command.split() else b"", challenge))

    server.says = conversation

    with pytest.raises(Away) as caught:
        send(server, user="user:hidden@")

    assert "hidden" not in str(caught.value)
    assert base64.b64encode(b"hidden").decode() not in str(caught.value)


def test_a_refusal_is_for_good_and_for_the_letter_alone(server: raw.Server) -> None:
    server.says = answering("RCPT", "550 ukendt modtager Åse\r\n".encode("latin-1"))

    with pytest.raises(Refused, match="550 ukendt modtager"):
        send(server)
