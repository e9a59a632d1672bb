"""The pictures of the README: the five main pages as the example company of `make run` sees them, `make pictures`.

On a clock that stands, after the past that `make run` plays, so that the same commit makes the same pictures.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from common import clock, db, logs
from common.settings import Settings
from common.tables import TABLES, Login
from decisions.app import application
from decisions.links import PageLinks
from deploy.clockfile import BEGINNING
from deploy.sandbox import erp, inbox, prologue
from deploy.sandbox.creditors import FJORDBY
from deploy.sandbox.settings import Settings as SandboxSettings
from deploy.servers import free_port
from tests.browser import CHROMIUM, CHROMIUM_FLAGS
from tests.integration.serving import served
from tests.palette import with_palette

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
LARGEST = 120_000  # bytes of a picture
DESKTOP, PHONE = (1200, 860), (390, 844)  # pixels
DISPUTED = 31018  # the invoice that is shown: asked, reminded, and disputed with words


class Picture(NamedTuple):
    """A page and the width that it is shown at."""

    name: str
    path: str
    size: tuple[int, int] = DESKTOP


PICTURES = (
    Picture("tasks", "/tasks"),
    Picture("invoices", "/invoices"),
    Picture("invoice", f"/invoices/{DISPUTED}", (1200, 1300)),
    Picture("numbers", "/numbers"),
    Picture("profile", "/profile"),
    Picture("tasks-phone", "/tasks", PHONE),
)


def main() -> int:
    """The exit code: 1 if a page is missing or a picture too large."""
    logs.configure("pictures", "json")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, _portal(Path(folder)) as entrance, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        faults = [fault for picture in PICTURES if (fault := _take(browser, entrance, picture))]
        browser.close()
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


@contextmanager
def _portal(folder: Path) -> Iterator[str]:
    """The link that lets the company in."""
    (folder / "clock").write_text(f"{BEGINNING.isoformat()} {BEGINNING.isoformat()} 0")
    clock.follow(folder / "clock")
    db.use(f"sqlite:///{folder}/rykker.sqlite")
    with db.connection():
        db.handle.create_tables(TABLES)
    with socket.create_server(("127.0.0.1", 0)) as smtp:
        stand_in, mails = erp.create_app(folder / "erp.sqlite"), inbox.create_app(folder / "inbox.sqlite", smtp)
        with served(stand_in) as one, served(mails) as two:
            settings = _settings(folder, one, "{}:{}".format(*smtp.getsockname()))
            doors = {"RYKKER_SANDBOX_ERP": one, "RYKKER_SANDBOX_INBOX": two, "RYKKER_SANDBOX_DIR": str(folder)}
            prologue.play(settings, SandboxSettings.from_env(doors))
    with served(application(settings)) as portal, db.connection():
        link = PageLinks(settings).trial(Login.get(Login.company == FJORDBY.cvr).id)
        yield link.replace(settings.portal, f"http://{portal}")
    db.handle.close_all()


def _settings(folder: Path, erp_at: str, smtp_at: str) -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder}/rykker.sqlite",
        erp_url=f"http://{erp_at}",
        smtp_url=f"smtp://{smtp_at}",
        portal_url=f"http://127.0.0.1:{free_port()}",
        bounce_address="bounces@rykkerportalen.example",
        secret="the pictures need a secret that is long enough",
        clock_file=str(folder / "clock"),
    )


def _take(browser: Browser, entrance: str, picture: Picture) -> str | None:
    """What is wrong with it, if anything."""
    width, height = picture.size
    visitor = browser.new_context(viewport={"width": width, "height": height}, color_scheme="light", locale="da-DK")
    page = visitor.new_page()
    answer = page.goto(f"{entrance}?next={picture.path}")
    if answer is None or answer.status != 200:
        return f"{picture.path}: {answer.status if answer else 'no'} answer, so there is no picture of it"
    content = with_palette(page.screenshot(animations="disabled", caret="hide"))
    visitor.close()
    file = FOLDER / f"{picture.name}.png"
    file.write_bytes(content)
    sys.stdout.write(f"{file.relative_to(FOLDER.parents[1])}: {len(content) / 1000:.0f} KB\n")
    return f"{file.name} has more than {LARGEST} bytes" if len(content) > LARGEST else None


if __name__ == "__main__":
    sys.exit(main())
