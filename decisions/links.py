"""What a link's token means for the pages, and the forms that belong to it."""

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from common.links import VALID, PortalLinks
from common.secrets import LinkExpired, LinkForged, Links, Marks
from common.settings import Settings

DEVICE_KNOWN = timedelta(days=365)  # real time
TRIAL_START = 8  # signs of a login's id: enough to find it by


class FormForged(Exception):
    """The form wasn't made here, or not for this link."""


class PageLinks(PortalLinks):
    """Links, and a signed word in each form: only who was shown the page can answer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._portal_of = settings.portal
        self._forms = Links(settings.secret, "form", VALID, former=settings.former)
        self._devices = Links(settings.secret, "device", DEVICE_KNOWN, former=settings.former, real=True)
        self._trials = Marks(settings.secret, "trial", settings.former)

    def trial(self, login_id: str) -> str:
        """Lets in whoever tries the product out, with one click; the portal takes it on a business clock alone.

        So short that no terminal breaks it: how the login's id begins, and a mark on the whole of it.
        """
        return f"{self._portal_of}/trial/{login_id[:TRIAL_START]}{self._trials.of(login_id)}"

    def is_trial_of(self, login_id: str, token: str) -> bool:
        start, mark = token[:TRIAL_START], token[TRIAL_START:]
        return start == login_id[:TRIAL_START] and mark.isascii() and self._trials.is_of(login_id, mark)

    def device(self, login_id: str) -> str:
        """For the cookie that says later on that this login came in with this browser before."""
        return self._devices.sign({"l": login_id, "d": token_urlsafe(12)})

    def device_of(self, login_id: str, token: str) -> str:
        """The browser's own word, if this login came in with it; else nothing."""
        try:
            said = self._devices.read(token)
        except (LinkExpired, LinkForged):
            return ""
        return str(said.get("d")) if said.get("l") == login_id else ""

    def form(self, token: str) -> str:
        return self._forms.sign({"t": _fingerprint(token)})

    def check_form(self, token: str, form: str) -> None:
        """Raises FormForged."""
        try:
            if self._forms.read(form) == {"t": _fingerprint(token)}:
                return
        except (LinkExpired, LinkForged):
            pass
        raise FormForged(FormForged.__doc__)


def _fingerprint(token: str) -> str:
    return sha256(token.encode()).hexdigest()
