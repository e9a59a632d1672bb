"""Templates to responses."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from decisions import addresses
from decisions.words import TEMPLATES, Words

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
STATIC = Path(__file__).parent / "static"


def page(template: str, language: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page in `language`; everything shown is escaped."""
    words = Words(language)
    return HTMLResponse(_templates().get_template(template).render(say=words, lang=language, **shown), status)


LINKED = ("/answer/", "/claim/", "/digest/")  # pages that a link in a mail opens


def error(status: int, path: str, headers: dict[str, str] | None = None) -> HTMLResponse:
    """What went wrong and what to do, in Danish with English below: whose page it is may not be known."""
    where = "text" if path.startswith(LINKED) else "room"
    known = str(status) if Words("da").has(f"error.{status}.title") else "400" if status < 500 else "500"
    response = page("error.html", "da", status, kind=f"error.{known}", where=where, english=Words("en"))
    response.headers.update(headers or {})
    return response


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"static": static, "invoice_at": addresses.invoice, "letter_at": addresses.letter}
    return environment


def _visible(shown: Any) -> Any:
    """A text without signs that nobody sees, and without those that turn the direction of others."""
    is_text = isinstance(shown, str) and not hasattr(shown, "__html__") and not shown.isprintable()
    return _UNSEEN.sub("", shown) if is_text else shown


@cache
def static(name: str) -> str:
    """The address of a static file, another one whenever its content is another: it may be cached for good."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
