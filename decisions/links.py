"""What a link's token means for the pages, and the forms that belong to it."""

from hashlib import sha256

from common.links import INVITED, VALID, PortalLinks
from common.secrets import LinkExpired, LinkForged, Links
from common.settings import Settings


class FormForged(Exception):
    """The form wasn't made here, or not for this link."""


class PageLinks(PortalLinks):
    """Links, and a signed word in each form: only who was shown the page can answer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._portal_of = settings.portal
        self._forms = Links(settings.secret, "form", VALID, former=settings.former)
        self._trials = Links(settings.secret, "trial", INVITED, former=settings.former, real=True)

    def trial(self, login_id: str) -> str:
        """Lets in whoever tries the product out, with one click; the portal takes it on a business clock alone."""
        return f"{self._portal_of}/trial/{self._trials.sign({'l': login_id})}"

    def read_trial(self, token: str) -> str:
        """The login's id. Raises secrets.LinkExpired or secrets.LinkForged."""
        match self._trials.read(token):
            case {"l": str(login_id)}:
                return login_id
        raise LinkForged(LinkForged.__doc__)

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
