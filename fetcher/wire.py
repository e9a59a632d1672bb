"""One question to an ERP over HTTP: the only importer of requests.

What comes back is trusted with nothing: not its size, its pace, its packing, its headers, nor where it points.
"""

import io
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from common import clock
from common.logs import log
from common.timed import Timed
from fetcher.erp import KeyRefused, Unavailable

CONNECT, READ = 5.0, 30.0  # seconds: for a connection, for the next bytes
CALL = 60.0  # seconds for one whole answer, from its first header to its last byte
LARGEST = 20_000_000  # bytes of one answer, unpacked
CHUNK = 65536  # bytes
LONGEST_WAIT = 3600.0  # seconds; more than this is not waited for, whatever Retry-After says

_thread = threading.local()


def ask(url: str, question: Mapping[str, str], key: str, until: float, absent: int | None = None) -> bytes | None:
    """The body; None for the status that means absent. `until` is on the monotonic clock.

    Raises KeyRefused or Unavailable; the key stands in neither.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise Unavailable("it is too slow to be asked all of this")
    _thread.until = time.monotonic() + min(CALL, left)
    try:
        with _get(url, question, key, left) as response:
            if response.status_code == absent:
                return None
            _refuse_other_than_ok(response)
            return _body(response)
    except requests.exceptions.SSLError as error:
        raise Unavailable(f"no connection that can be trusted: {_verdict(error)}") from None
    except (requests.RequestException, HTTPError, OSError) as error:
        if time.monotonic() >= _thread.until:
            raise Unavailable("its answer is too slow") from None
        raise Unavailable(f"no answer: {type(error).__name__}") from None  # its text may say too much


def _get(url: str, question: Mapping[str, str], key: str, left: float) -> requests.Response:
    auth: Any = (key.encode(), b"x")  # bytes: text would have to be Latin-1
    timeout = (min(CONNECT, left), min(READ, left))
    return _session().get(url, params=question, auth=auth, timeout=timeout, allow_redirects=False, stream=True)


def _refuse_other_than_ok(response: requests.Response) -> None:
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise KeyRefused(f"the ERP answered {status}")
    if status != HTTPStatus.OK:
        log.warning("ERP refused", status=status)
        raise Unavailable(f"it answered {status}", _retry_after(response.headers.get("Retry-After", "")))


def _body(response: requests.Response) -> bytes:
    """Piece by piece: a bomb of compression gets no further than its limit."""
    body = bytearray()
    while piece := response.raw.read1(CHUNK, decode_content=True):
        body += piece
        if len(body) > LARGEST:
            raise Unavailable(f"its answer is larger than {LARGEST} bytes")
    return bytes(body)


def _verdict(error: BaseException) -> str:
    """What the TLS library says of the other side, such as: certificate verify failed: self-signed certificate."""
    while isinstance(deeper := getattr(error, "reason", None) or (error.args or [None])[0], BaseException):
        error = deeper
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or type(error).__name__)


def _retry_after(text: str) -> float | None:
    """Seconds, from a number or an HTTP date; at most an hour."""
    try:
        seconds = float(text) if text.isdigit() else (_instant(text) - clock.real_now()).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _instant(text: str) -> datetime:
    at = parsedate_to_datetime(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# --- connections that end in time ------------------------------------------------------------------------------------
class _Answer(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(Timed(sock, lambda: _thread.until, READ), CHUNK)


class _Http(HTTPConnection):
    response_class = _Answer


class _Https(HTTPSConnection):
    response_class = _Answer


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call,unused-ignore]
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: a redirect that is not followed would still be read to its end, and unpacked."""


def _session() -> requests.Session:
    """Each thread has one of its own, whose connections are kept; its companies share no cookie."""
    if not hasattr(_thread, "session"):
        session = _thread.session = _Session()
        session.mount("http://", _Adapter())
        session.mount("https://", _Adapter())
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.trust_env = False  # only settings.py reads the environment
        session.headers.update(
            {"User-Agent": "Rykkerportalen", "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
    return _thread.session  # type: ignore[no-any-return]
