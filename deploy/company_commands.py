"""`rykker company`: add, list, show, set, choices."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from common import clock
from common.secrets import Vault
from decisions import companies
from decisions.choices import CHOICES
from deploy.reports import company_page
from deploy.reports.shown import give
from deploy.session import Refused, database

company_app = typer.Typer(help="Companies and what they chose.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="For machines: stable keys, money as text, ISO dates, UTC.")]
Cvr = Annotated[str, typer.Argument(metavar="CVR", help="The company's CVR number, eight digits.")]
_OF_ADD = tuple(name for name in CHOICES if name not in ("name", "email"))
_OF_SET = tuple(CHOICES)
_CHOICE = "CHOICE=VALUE"


def _of(names: Sequence[str]) -> Any:
    told = f"Of: {', '.join(names)}. `rykker company choices` says what each does."
    return typer.Argument(metavar=_CHOICE, help=told)


OfAdd = Annotated[list[str] | None, _of(_OF_ADD)]
OfSet = Annotated[list[str] | None, _of(_OF_SET)]
ApiKey = Annotated[str | None, typer.Option(help="Its key to Ordrestyring. Others on this machine may see it here.")]
KeyStdin = Annotated[bool, typer.Option("--api-key-stdin", help="Read the key from standard input.")]
KeyPrompt = Annotated[bool, typer.Option("--api-key-prompt", help="Ask for the key without showing it.")]
Running = Annotated[bool, typer.Option("--running", help="Procedures that are running follow its policy, too.")]


@company_app.command()
def add(
    cvr: Cvr,
    name: Annotated[str, typer.Option(help="The company's name.")],
    email: Annotated[str, typer.Option(help="Where it is asked.")],
    choices: OfAdd = None,
    api_key: ApiKey = None,
    api_key_stdin: KeyStdin = False,
    as_json: Json = False,
) -> None:
    """Add a company, e.g. `rykker company add 99000012 --name "Jensen VVS ApS" --email kontor@jensen.example fee=75`.

    On a terminal its key is asked for; it may also come later. Nothing is fetched without one.
    """
    with database(quiet=as_json) as ready:
        chosen = _chosen(choices, _OF_ADD)
        key = _key(api_key, from_stdin=api_key_stdin, ask=sys.stdin.isatty())
        vault = Vault(ready.secret, ready.former)
        companies.add(cvr, name, email, key, vault, clock.business_now(), **chosen)
        _give(cvr, as_json=as_json)


@company_app.command("set")
def change(
    cvr: Cvr,
    choices: OfSet = None,
    api_key: ApiKey = None,
    api_key_stdin: KeyStdin = False,
    api_key_prompt: KeyPrompt = False,
    running: Running = False,
    as_json: Json = False,
) -> None:
    """Change what is named and leave the rest, e.g. `rykker company set 99000012 silence=stay wait_days=8`."""
    with database(quiet=as_json) as ready:
        chosen = _chosen(choices, _OF_SET)
        key = _key(api_key, from_stdin=api_key_stdin, ask=api_key_prompt)
        concerned = companies.change(
            cvr, vault=Vault(ready.secret, ready.former), api_key=key, running=running, **chosen
        )
        company = companies.shown(cvr)
        report = company | asdict(concerned)
        give(report, as_json, lambda: company_page.changed(company, concerned, running=running))


@company_app.command("list")
def every(as_json: Json = False) -> None:
    """All companies, by name."""
    with database(quiet=as_json):
        listed = companies.listed()
        give(listed, as_json, lambda: company_page.listed(listed))


@company_app.command()
def show(cvr: Cvr, as_json: Json = False) -> None:
    """What one company chose. Its key is never shown."""
    with database(quiet=as_json):
        _give(cvr, as_json=as_json)


@company_app.command()
def choices(as_json: Json = False) -> None:
    """What a company may choose, what is usual, and what each choice does."""
    every = companies.choices()
    give(every, as_json, lambda: company_page.choices(every))


def _give(cvr: str, *, as_json: bool) -> None:
    company = companies.shown(cvr)
    give(company, as_json, lambda: company_page.shown(company))


def _chosen(choices: Iterable[str] | None, names: Sequence[str]) -> dict[str, Any]:
    """Raises Refused for what isn't CHOICE=VALUE, is named twice, or is no choice here."""
    chosen: dict[str, str] = {}
    for choice in choices or ():
        name, equals, value = choice.partition("=")
        if not equals or name in chosen:
            raise Refused(f"{choice!r} must be {_CHOICE}, and each choice once")
        if name not in names:
            raise Refused(f"there is no choice {name!r}; the choices are {', '.join(names)}")
        chosen[name] = value
    return chosen


def _key(given: str | None, *, from_stdin: bool, ask: bool) -> str | None:
    """The key from where it was said to be; None for none. It is never shown."""
    if given is not None and from_stdin:
        raise Refused("--api-key and --api-key-stdin exclude each other")
    if from_stdin:
        return sys.stdin.readline().strip()
    if given is None and ask:
        return typer.prompt("API key", default="", hide_input=True, show_default=False, err=True) or None
    return given
