"""Drafts to texts: Jinja2 → MJML → HTML, and Jinja2 → plain text, from the same words. The only importer of mjml.

A letter's file is rendered twice, once with the parts of parts.mjml and once with those of parts.txt: what the two
forms of a mail say can't differ.
"""

import re
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from mjml import mjml2html

from notifier import words
from notifier.letters.draft import Draft

TEMPLATES = Path(__file__).parent / "templates"
Form = Literal["mjml", "txt"]
_loading = Lock()  # the first letters come to all threads at once, and each would compile the same templates


@dataclass(frozen=True)
class Rendered:
    subject: str
    html: str
    text: str


def render(draft: Draft) -> Rendered:
    says = {**draft.says, "creditor": draft.creditor}
    language = draft.creditor.language
    subject, _, text = _one_full_stop(_template(draft.kind, language, "txt").render(says)).partition("\f")
    mjml = _one_full_stop(_template(draft.kind, language, "mjml").render(says))
    return Rendered(
        subject=words.plain(subject),
        html=mjml2html(mjml, fonts={}),  # no fonts from elsewhere
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
    )


def _one_full_stop(text: str) -> str:
    """The full stop of the abbreviation ends the sentence too."""
    return re.sub(r"kr\.(</strong>)?\.", r"kr.\1", text)


def _template(kind: str, language: str, form: Form) -> Template:
    with _loading:
        return _templates(language, form).get_template(f"{language}/{kind}.jinja")


@cache
def _templates(language: str, form: Form) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        auto_reload=False,  # as with code: a change wants a new process
        autoescape=form == "mjml",  # noqa: S701 - the other form is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "kr": partial(words.amount, language=language),
        "day": partial(words.day, language=language),
        "month": partial(words.month, language=language),
        "listed": partial(words.listed, language=language),
        "weekday": partial(words.weekday, language=language),
        "count": partial(words.count, language=language),
        "short": words.short,
        "wrapped": words.wrapped,
    }
    environment.globals |= {"language": language, "layout": f"layout.{form}"}
    environment.globals["part"] = environment.get_template(f"parts.{form}").module
    return environment
