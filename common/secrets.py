"""Encryption of API keys, and signed links that expire on the business clock.

Each takes the secret that it writes with, and the `former` ones, with which it only reads: so secrets can be changed.
"""

import hmac
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from common import clock


class LinkExpired(Exception):
    """The link was made too long ago."""


class LinkForged(Exception):
    """The link wasn't made here, or not for this purpose."""


class KeyUnreadable(Exception):
    """The key was encrypted under another RYKKER_SECRET: set that one again, or give the company's key anew."""


class _BusinessSigner(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(clock.business_now().timestamp())


class _RealSigner(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(clock.real_now().timestamp())


def _derived(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


class Vault:
    """Keeps API keys unreadable in the database."""

    def __init__(self, secret: str, former: Sequence[str] = ()) -> None:
        self._fernets = [Fernet(urlsafe_b64encode(_derived(one, "api keys"))) for one in (secret, *former)]
        self._all = MultiFernet(self._fernets)

    def lock(self, plain: str) -> str:
        return self._all.encrypt(plain.encode()).decode()

    def unlock(self, locked: str) -> str:
        """Raises KeyUnreadable."""
        try:
            return self._all.decrypt(locked.encode()).decode()
        except InvalidToken as error:
            raise KeyUnreadable(KeyUnreadable.__doc__) from error

    def secret_of(self, locked: str) -> int:
        """Which secret it was locked with: 0 is the one that we write with, 1 the first former one. Raises
        KeyUnreadable.
        """
        for place, fernet in enumerate(self._fernets):
            try:
                fernet.decrypt(locked.encode())
            except InvalidToken:
                continue
            return place
        raise KeyUnreadable(KeyUnreadable.__doc__)


class Links:
    """Signed texts for one purpose: a link for one thing is no good for another. `valid` is business time, or real."""

    def __init__(
        self, secret: str, purpose: str, valid: timedelta, *, former: Sequence[str] = (), real: bool = False
    ) -> None:
        self.valid = valid
        self._serializer = URLSafeTimedSerializer(
            [_derived(one, "links") for one in (*former, secret)],  # it signs with the last
            salt=purpose,
            signer=_RealSigner if real else _BusinessSigner,
            signer_kwargs={"key_derivation": "hmac", "digest_method": _sha256},
        )

    def sign(self, payload: dict[str, Any]) -> str:
        return self._serializer.dumps(payload)  # type: ignore[no-any-return,unused-ignore]

    def read(self, token: str) -> dict[str, Any]:
        """Raises LinkExpired or LinkForged."""
        if not _is_exact(token):
            raise LinkForged(LinkForged.__doc__)
        try:
            payload = self._serializer.loads(token, max_age=int(self.valid.total_seconds()))
        except SignatureExpired as error:
            raise LinkExpired(LinkExpired.__doc__) from error
        except BadSignature as error:
            raise LinkForged(LinkForged.__doc__) from error
        if not isinstance(payload, dict):
            raise LinkForged(LinkForged.__doc__)
        return payload


class Marks:
    """Short marks that nobody else can put on a text, in letters and digits that survive any mail server."""

    LENGTH = 16  # signs of base 32: 80 bits

    def __init__(self, secret: str, purpose: str, former: Sequence[str] = ()) -> None:
        self._keys = [_derived(one, purpose) for one in (secret, *former)]

    def of(self, text: str) -> str:
        return self._mark(self._keys[0], text)

    def is_of(self, text: str, mark: str) -> bool:
        return any(hmac.compare_digest(self._mark(key, text), mark) for key in self._keys)

    def _mark(self, key: bytes, text: str) -> str:
        digest = hmac.digest(key, text.encode(), "sha256")
        return b32encode(digest).decode().lower()[: self.LENGTH]


def _is_exact(token: str) -> bool:
    """Whether its signature is written the one way that we write it; Base64 is also read with strange signs in it."""
    try:
        signature = token.rpartition(".")[2].encode("ascii")
        return base64_encode(base64_decode(signature)) == signature
    except (ValueError, BadData):
        return False


def _sha256(content: bytes = b"") -> Any:
    from hashlib import sha256

    return sha256(content)
