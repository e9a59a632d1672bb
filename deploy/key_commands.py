"""`rykker keys`: list, rotate. How to change the secret: deploy/README.md."""

import sys

import typer

from common.secrets import Vault
from common.settings import Settings
from deploy import rotation
from deploy.company_commands import Json
from deploy.reports import keys_page
from deploy.reports.shown import give
from deploy.rotation import Places
from deploy.session import FAILED, database

keys_app = typer.Typer(help="The secrets that the companies' API keys are encrypted under.", no_args_is_help=True)


@keys_app.command("list")
def every(as_json: Json = False) -> None:
    """How many API keys stand under which secret. Neither keys nor secrets are shown."""
    with database(quiet=as_json) as ready:
        found = rotation.places(_vault(ready), _secrets(ready))
        give(_report(found), as_json, lambda: keys_page.listed(found))


@keys_app.command()
def rotate(as_json: Json = False) -> None:
    """Encrypt every API key under RYKKER_SECRET that stands under one of RYKKER_OLD_SECRETS.

    It may run beside all processes, be broken off, and run again. Exit code 1 if a key can't be read: its company must
    give it anew, or the secret that is missing must be set.
    """
    with database(quiet=as_json) as ready:
        found = rotation.rotate(_vault(ready), _secrets(ready))
        report = {"rotated": sum(found.counts[1:]), "current": found.counts[0], "unreadable": found.unreadable}
        give(report, as_json, lambda: keys_page.rotated(found))
    if found.unreadable:
        sys.exit(FAILED)


def _vault(ready: Settings) -> Vault:
    return Vault(ready.secret, ready.former)


def _secrets(ready: Settings) -> int:
    return 1 + len(ready.former)


def _report(found: Places) -> dict[str, object]:
    named = [{"secret": keys_page.name(place), "keys": keys} for place, keys in enumerate(found.counts)]
    return {"secrets": named, "unreadable": found.unreadable}
