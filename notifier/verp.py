"""The envelope sender of each letter (VERP): what comes back to it names its letter, and nobody can make one up."""

import re
from uuid import UUID

from common.secrets import Marks
from common.settings import Settings


class NotOurs(ValueError):
    """No address of ours is in it, or one that was not made here."""


class Envelopes:
    """LOCAL+LETTER-MARK@DOMAIN for the bounce address LOCAL@DOMAIN; capital letters don't matter."""

    def __init__(self, settings: Settings) -> None:
        self._local, _, self._domain = settings.bounce_address.rpartition("@")
        self._marks = Marks(settings.secret, "bounces", settings.former)
        pattern = rf"{re.escape(self._local)}\+([0-9a-f]{{32}})-([a-z2-7]{{{Marks.LENGTH}}})@{re.escape(self._domain)}"
        self._pattern = re.compile(pattern, re.IGNORECASE)

    def sender(self, letter_id: str) -> str:
        """Where a letter that can't be delivered comes back to; "" if nobody reads such mails."""
        if not self._domain:
            return ""
        number = UUID(letter_id).hex
        return f"{self._local}+{number}-{self._marks.of(number)}@{self._domain}"

    def letter_in(self, text: str) -> str:
        """The id of the letter that the first address of ours in a text is for. Raises NotOurs."""
        for found in self._pattern.finditer(text) if self._domain else ():
            number, mark = found.group(1).lower(), found.group(2).lower()
            if self._marks.is_of(number, mark):
                return str(UUID(number))
        raise NotOurs(NotOurs.__doc__)
