"""The inbox with a book of its own: notes each mail at the moment it takes it. `python -m tests.chaos.mailserver`."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from deploy.sandbox.inbox import create_app
from deploy.sandbox.mailbox import Mailbox
from deploy.sandbox.parsing import parse
from deploy.sandbox.serving import listen, run, serve
from deploy.sandbox.settings import Settings
from tests.chaos.books import Book
from tests.chaos.facts import Mail

BOOK = "mails.jsonl"
# seconds between taking a mail and saying so: whoever is killed in them never hears it
UNHEARD = float(os.environ.get("MAILSERVER_UNHEARD", "0.5"))


class BookedMailbox(Mailbox):
    def __init__(self, path: Path | str, keep: int) -> None:
        super().__init__(path, keep)
        self._book = Book(Path(path).with_name(BOOK))

    def add(self, raw: bytes, sender: str, recipients: list[str], received_at: datetime) -> None:
        super().add(raw, sender, recipients, received_at)
        self._book.write(Mail(datetime.now(UTC), str(parse(raw)["Message-ID"]), ", ".join(recipients)))
        time.sleep(UNHEARD)


def main() -> None:
    settings = Settings.from_env()
    smtp, web = listen("the inbox's mail server", settings.smtp), listen("the inbox", settings.inbox)
    serve(create_app(settings.file("inbox.sqlite"), smtp, kind=BookedMailbox), web)


if __name__ == "__main__":
    run(main)
