"""Mails to the mail server: the only importer of smtplib. What can go wrong has three names."""

import io
import re
import smtplib
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from socket import gethostname
from urllib.parse import unquote, urlsplit

from common import crash
from common.timed import Timed
from notifier.words import plain
from notifier.writing import Unusable, usable

MOST_MAILS = 100  # on one connection
LONGEST_ANSWER = 65536  # bytes; real ones have a few hundred
LONGEST_IDLE = 60.0  # seconds; mail servers hang up after some minutes
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LONGEST_ENVELOPE_ID = 100  # characters (RFC 3461, 4.4)
OURS = (503, 530, 534, 535, 538, 555)  # refusals that mean our session, password or parameters, not this letter
_ADDRESS = re.compile(r"\S+@\S+")


class NotSent(Exception):
    """The mail server did not take the mail."""


class Refused(NotSent):
    """For good: the same letter will not be taken later either."""


class Away(NotSent):
    """For now: the letter has not been taken, and may be later."""


class Unknown(NotSent):
    """The whole letter was handed over, but no answer came: it may have been taken or not."""


class _Bounded(smtplib.SMTP):
    """An SMTP client whose patience is for a whole answer, and whose memory is not the server's."""

    _until = 0.0

    def getreply(self) -> tuple[int, bytes]:
        self._until = time.monotonic() + float(self.timeout)
        if self.file is None:
            self.file = _Answers(Timed(self.sock, lambda: self._until, float(self.timeout)))
        self.file.so_far = 0
        try:
            return super().getreply()
        except smtplib.SMTPResponseException as error:  # its own word for a line without end: no word about the letter
            raise smtplib.SMTPServerDisconnected("its answer has no end") from error


class _BoundedTls(_Bounded, smtplib.SMTP_SSL):
    """The same, encrypted from the start."""


class _Answers(io.BufferedReader):
    so_far = 0

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        self.so_far += len(line)
        if self.so_far > LONGEST_ANSWER:
            raise OSError("its answer has no end")
        return line


@dataclass
class _Line:
    """A connection, and how it was used."""

    smtp: smtplib.SMTP
    mails: int = 0
    used_at: float = 0.0

    def is_worn(self) -> bool:
        return self.mails >= MOST_MAILS or time.monotonic() - self.used_at > LONGEST_IDLE


class Mailer:
    """Sends from `sender` through the server of `url`; each thread keeps a connection of its own."""

    def __init__(self, url: str, sender: str, timeout: float) -> None:
        self._parts = urlsplit(url)
        self._sender, self._timeout = parseaddr(sender)[1], timeout
        self._tls = ssl.create_default_context() if self._parts.scheme != "smtp" else None
        self._here = threading.local()
        self._open: set[smtplib.SMTP] = set()

    def send(self, recipient: str, content: bytes, bounces_to: str = "") -> None:
        """Returns once the server has taken it. Raises Refused, Away or Unknown."""
        try:
            recipient = usable(recipient)
        except Unusable as error:
            raise Refused(str(error)) from error
        line = self._line()
        try:
            _address(line.smtp, bounces_to or self._sender, recipient, is_ours=bool(bounces_to))
            _hand_over(line.smtp, content)
        except (OSError, smtplib.SMTPException, Unknown) as error:
            self._hang_up()
            raise _named(error) from error
        line.mails, line.used_at = line.mails + 1, time.monotonic()

    def greet(self) -> None:
        """Connects and logs in as for a mail, and sends none. Raises Away."""
        self._line()

    def close(self) -> None:
        for smtp in list(self._open):
            self._close(smtp)

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._here, "line", None)
        if line and not line.is_worn() and _is_alive(line.smtp):
            return line
        self._hang_up()
        try:
            line = self._here.line = _Line(self._connected())
        except (OSError, smtplib.SMTPException) as error:  # a refusal here is no word about the letter
            raise Away(_said(error)) from error
        except ValueError as error:  # a challenge that is no Base64, say; its text may hold the password
            raise Away(f"no session with the mail server: {type(error).__name__}") from None
        return line

    def _connected(self) -> smtplib.SMTP:
        scheme, host = self._parts.scheme, self._parts.hostname or ""
        port, local = self._parts.port or PORTS[scheme], gethostname()
        if scheme == "smtps":
            smtp: smtplib.SMTP = _BoundedTls(host, port, local, timeout=self._timeout, context=self._tls)
        else:
            smtp = _Bounded(host, port, local, timeout=self._timeout)
        self._open.add(smtp)
        try:
            if scheme == "smtp+starttls":
                smtp.starttls(context=self._tls)
            if self._parts.username:
                smtp.login(unquote(self._parts.username), unquote(self._parts.password or ""))
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            self._close(smtp)
            raise
        return smtp

    def _hang_up(self) -> None:
        line: _Line | None = self._here.__dict__.pop("line", None)
        if line:
            self._close(line.smtp)

    def _close(self, smtp: smtplib.SMTP) -> None:
        self._open.discard(smtp)
        with suppress(OSError, smtplib.SMTPException):
            smtp.putcmd("quit")  # without waiting for the answer
        smtp.close()


def _is_alive(smtp: smtplib.SMTP) -> bool:
    with suppress(OSError, smtplib.SMTPException):
        return smtp.rset()[0] == 250
    return False


def _address(smtp: smtplib.SMTP, sender: str, recipient: str, is_ours: bool) -> None:
    """Asks for reports without the letter, where somebody reads them and the server offers it (RFC 3461)."""
    asks = is_ours and smtp.has_extn("dsn")
    named = f"ENVID={sender.replace('+', '+2B')}"  # the other signs of such an address stand for themselves
    of_mail = ["RET=HDRS", *([named] if len(sender) <= LONGEST_ENVELOPE_ID else [])]
    _expect(2, smtp.mail(sender, of_mail if asks else []))
    _expect(2, smtp.rcpt(recipient, ["NOTIFY=FAILURE,DELAY"] if asks else []))


def _hand_over(smtp: smtplib.SMTP, content: bytes) -> None:
    _expect(3, smtp.docmd("DATA"))
    crash.here("mail.data_begun")
    smtp.send(re.sub(rb"(?m)^\.", b"..", content.removesuffix(b"\r\n")) + b"\r\n.\r\n")
    crash.here("mail.data_ended")
    try:
        answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Unknown(_said(error)) from error
    if answer[0] // 100 not in (2, 4, 5):
        raise Unknown(_said(smtplib.SMTPResponseException(*answer)))
    _expect(2, answer)


def _expect(hundreds: int, answer: tuple[int, bytes]) -> None:
    if answer[0] // 100 != hundreds:
        raise smtplib.SMTPResponseException(*answer)


def _named(error: Exception) -> NotSent:
    if isinstance(error, NotSent):
        return error
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
    return Refused(_said(error)) if code // 100 == 5 and code not in OURS else Away(_said(error))


def _said(error: Exception) -> str:
    """The server's code and words in one line, without anybody's address."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return plain(_ADDRESS.sub("…", f"{error.smtp_code} {text}"))
    return plain(_ADDRESS.sub("…", f"{type(error).__name__}: {error}"))
