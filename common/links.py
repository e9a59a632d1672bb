"""The links in our mails: made by the notifier, read by decisions. A link names one thing and decides nothing."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from common.events import Choice, FeeChoice
from common.secrets import LinkForged, Links
from common.settings import Settings

VALID = timedelta(days=180)  # business time; a procedure with three reminders takes two to three months
INVITED = timedelta(days=14)  # real time, as all that lets somebody in
FORGOTTEN = timedelta(hours=2)  # real time
AnswerChoice = Choice | FeeChoice
_CHOICES = ("start", "stop", "pause", "resume", "waive", "collect", "cover", "received")


@dataclass(frozen=True)
class AnswerLink:
    """A company's link to answer about one procedure; `choice` is what its mail suggested."""

    company: str
    procedure_id: str
    choice: AnswerChoice


@dataclass(frozen=True)
class DigestLink:
    """A company's link to the list of all invoices in one digest."""

    company: str
    letter_id: str


@dataclass(frozen=True)
class ClaimLink:
    """A debtor's link to what he owes, where he may object."""

    company: str
    procedure_id: str


@dataclass(frozen=True)
class PasswordLink:
    """A login's link to set its password; good once: `password_no` is that of the password it replaces."""

    login_id: str
    password_no: int


class PortalLinks:
    """Makes and reads the addresses PORTAL/answer/TOKEN, PORTAL/digest/TOKEN, PORTAL/claim/TOKEN, and those that set a
    password: PORTAL/password/TOKEN.
    """

    def __init__(self, settings: Settings) -> None:
        self._portal = settings.portal
        secret, former = settings.secret, settings.former
        self._answers = Links(secret, "answer", VALID, former=former)
        self._digests = Links(secret, "digest", VALID, former=former)
        self._claims = Links(secret, "claim", VALID, former=former)
        self._invitations = Links(secret, "invitation", INVITED, former=former, real=True)
        self._forgotten = Links(secret, "forgotten", FORGOTTEN, former=former, real=True)

    def answer(self, link: AnswerLink) -> str:
        token = self._answers.sign({"c": link.company, "p": link.procedure_id, "w": link.choice})
        return f"{self._portal}/answer/{token}"

    def digest(self, link: DigestLink) -> str:
        return f"{self._portal}/digest/{self._digests.sign({'c': link.company, 'l': link.letter_id})}"

    def claim(self, link: ClaimLink) -> str:
        return f"{self._portal}/claim/{self._claims.sign({'c': link.company, 'p': link.procedure_id})}"

    def invitation(self, link: PasswordLink) -> str:
        return f"{self._portal}/password/i/{self._invitations.sign({'l': link.login_id, 'n': link.password_no})}"

    def forgotten(self, link: PasswordLink) -> str:
        return f"{self._portal}/password/f/{self._forgotten.sign({'l': link.login_id, 'n': link.password_no})}"

    def read_password(self, kind: str, token: str) -> PasswordLink:
        """Raises secrets.LinkExpired or secrets.LinkForged."""
        match (self._invitations if kind == "i" else self._forgotten).read(token):
            case {"l": str(login_id), "n": int(password_no)}:
                return PasswordLink(login_id, password_no)
        raise LinkForged(LinkForged.__doc__)

    def read_answer(self, token: str) -> AnswerLink:
        """Raises secrets.LinkExpired or secrets.LinkForged."""
        match self._answers.read(token):
            case {"c": str(company), "p": str(procedure_id), "w": str(choice)} if choice in _CHOICES:
                return AnswerLink(company, procedure_id, cast(AnswerChoice, choice))
        raise LinkForged(LinkForged.__doc__)

    def read_digest(self, token: str) -> DigestLink:
        """Raises secrets.LinkExpired or secrets.LinkForged."""
        match self._digests.read(token):
            case {"c": str(company), "l": str(letter_id)}:
                return DigestLink(company, letter_id)
        raise LinkForged(LinkForged.__doc__)

    def read_claim(self, token: str) -> ClaimLink:
        """Raises secrets.LinkExpired or secrets.LinkForged."""
        match self._claims.read(token):
            case {"c": str(company), "p": str(procedure_id)}:
                return ClaimLink(company, procedure_id)
        raise LinkForged(LinkForged.__doc__)
