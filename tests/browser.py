"""A real Chromium for tests, and a person in front of it who has nothing but a keyboard."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.conftest import skip_or_fail

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def browsing(width: int = 390, *, scripts: bool = False, scheme: Literal["light", "dark"] = "light") -> Iterator[Page]:
    """A page in Chromium at this width; ours need no JavaScript, the looks of axe-core do."""
    if not CHROMIUM.exists():
        skip_or_fail(f"there is no {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        size: ViewportSize = {"width": width, "height": 844}
        page = browser.new_page(java_script_enabled=scripts, viewport=size, color_scheme=scheme)
        page.set_default_timeout(10_000)
        yield page
        browser.close()


def tab_to(page: Page, label: str) -> None:
    """With the keyboard alone; a focus that can't be seen or reached is a failure."""
    button = page.get_by_role("button", name=label, exact=True)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator("button:focus-visible", has_text=label).count():
            box = button.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 44
            return
    raise AssertionError(f"{label!r} can't be reached by Tab")


def tab_until(page: Page, focused: str) -> None:
    """With the keyboard alone, to what this selector finds."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator(f"{focused}:focus-visible").count():
            return
    raise AssertionError(f"{focused} can't be reached by Tab")


def type_into(page: Page, label: str, text: str) -> None:
    """With the keyboard alone, into the field of this label."""
    tab_until(page, f"#{page.get_by_label(label, exact=True).get_attribute('id')}")
    page.keyboard.type(text)


def faults(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds wrong with the page, by these of its rules or all: rule, what it means, and where."""
    found = Axe().run(page, options={"runOnly": rules} if rules else None).response["violations"]
    return [f"{one['id']}: {one['help']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def faults_day_and_night(page: Page) -> list[str]:
    """Those of a light page, and of the same one in the dark: there only the colours are others."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = faults(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + [f"dark: {fault}" for fault in faults(page, ["color-contrast"])]


def overflow(page: Page) -> list[str]:
    """Says by how much the page is wider than its window, if it is."""
    more = int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
    return [f"wider than the window by {more} pixels"] if more else []
