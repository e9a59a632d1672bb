"""What a link's token means for the pages, and the forms that belong to it."""

from hashlib import sha256

from common.links import VALID, PortalLinks
from common.secrets import LinkExpired, LinkForged, Links
from common.settings import Settings


class FormForged(Exception):
    """The form wasn't made here, or not for this link."""


class PageLinks(PortalLinks):
    """Links, and a signed word in each form: only who was shown the page can answer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._forms = Links(settings.secret, "form", VALID)

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
