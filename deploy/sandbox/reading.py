"""Which mail came for whom, and what its links lead to."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from common.links import PortalLinks
from common.secrets import LinkExpired, LinkForged
from deploy.sandbox.client import Mail
from deploy.sandbox.memory import Memory, Noticed
from deploy.sandbox.story import Story
from deploy.sandbox.ways import Mails

NUMBER = re.compile(r"(?<!\d)\d{5}(?!\d)")  # how invoice numbers stand in a mail
MOST_MAILS = 1000  # a look into the inbox


def answers(mail: Mail, links: PortalLinks) -> dict[str, str]:
    """The answers that a mail's links suggest, and their addresses."""
    found = dict[str, str]()
    for link in mail.links:
        token = link.partition("/answer/")[2]
        try:
            if token:
                found[links.read_answer(token).choice] = link
        except (LinkExpired, LinkForged):
            continue
    return found


@dataclass(frozen=True)
class Reading:
    """`save` keeps the memory."""

    inbox: Mails
    links: PortalLinks
    memory: Memory
    save: Callable[[], None]

    def read_mails(self, stories: Sequence[Story], today: date) -> None:
        """Notes which mail came for whom; each mail is read once."""
        by_number = {str(story.number): story for story in stories}
        for summary in reversed(self.inbox.messages(limit=MOST_MAILS, since_id=self.memory.last_mail)):
            mail = self.inbox.message(summary.id)
            for number in sorted(set(NUMBER.findall(f"{mail.subject} {mail.text}")) & by_number.keys()):
                self._note(by_number[number], mail, today)
            self.memory.last_mail = mail.id
            self.save()

    def _note(self, story: Story, mail: Mail, today: date) -> None:
        upon = self._kind(story, mail)
        if upon:
            self.memory.noticed.setdefault(story.number, {}).setdefault(upon, Noticed(mail.id, today))

    def _kind(self, story: Story, mail: Mail) -> str | None:
        """What the mail is to the one who gets it; a repeat with the same Message-ID is no second reminder."""
        if story.email and story.email in mail.to:
            known = self.memory.reminders.setdefault(story.number, [])
            if mail.message_id not in known:
                known.append(mail.message_id)
            return f"reminder {known.index(mail.message_id) + 1}"
        if story.of.email not in mail.to:
            return None
        choices = answers(mail, self.links).keys()
        if "start" in choices:
            return "notice"
        if choices & {"pause", "resume"}:
            return "objection"
        return "fees open" if choices & {"collect", "cover"} else None
