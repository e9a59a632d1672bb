"""What the launcher says to the person in front of it; plain lines where there is no terminal."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rich.console import Console

_out = Console(highlight=False, soft_wrap=True)


def say(line: str, *, markup: bool = False) -> None:
    """A terminal that is gone is no reason to stop half-way; rich would exit."""
    with suppress(OSError, SystemExit):
        _out.print(line, markup=markup)


def refuse(line: str) -> int:
    """One clear line, and the exit code that goes with it."""
    with suppress(OSError, SystemExit):
        Console(stderr=True, highlight=False, soft_wrap=True).print(line, style="bold red", markup=False)
    return 1


def where_to_look(settings: Mapping[str, str], folder: Path, speed: float, entrances: Mapping[str, str]) -> None:
    """`entrances`: the links that let somebody into the portal with one click, by who he is then."""
    rows = (
        ("Inbox", address(settings, "SANDBOX_INBOX"), "every mail that goes out"),
        ("Portal", address(settings, "PORTAL_BIND"), "where its links lead"),
        ("ERP stand-in", address(settings, "SANDBOX_ERP"), "instead of Ordrestyring"),
        ("Command line", ".venv/bin/rykker status", "in another terminal"),
        ("Logs", f"{_short(folder)}/log/*.log", "one for each process"),
        ("Clock", f"a day takes {86_400 / speed:g} s", "DAY_SECONDS=60 make run is slower"),
    )
    say("")
    for name, place, remark in rows:
        say(f"  [bold]{name:<13}[/] {place:<28} [dim]{remark}[/]", markup=True)
    for who, link in entrances.items():  # the link on a line of its own, so that no terminal breaks it
        say(f"\n  Come in as {who}, with one click:\n  [bold]{link}[/]", markup=True)
    say("\n  Ctrl-C stops everything.\n")


def address(settings: Mapping[str, str], door: str) -> str:
    return f"http://{settings[f'RYKKER_{door}']}"


def _short(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
