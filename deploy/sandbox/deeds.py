"""What the people of the demo do at which mail, and the habits that they have."""

from dataclasses import dataclass
from typing import Literal

Upon = Literal["notice", "reminder 1", "reminder 2", "reminder 3", "objection", "fees open"]
Answers = Literal["start", "stop", "pause", "resume", "waive", "collect", "cover", "received"]
Objects = Literal["dispute", "paid", "call", "withdraw"]


@dataclass(frozen=True)
class Deed:
    """What somebody does `after` so many days upon a mail.

    A company answers, a debtor objects or pays (`amount` "" is the whole), a mailbox sends the mail back ("bounce"), or
    a company corrects the debtor's address in the ERP ("correct"). `words` are a debtor's, his phone number, or the
    right address.
    """

    upon: Upon
    does: Answers | Objects | Literal["pay", "bounce", "correct"]
    after: int = 0
    amount: str = ""
    words: str = ""


CLICKS_YES = (Deed("notice", "start"), Deed("reminder 2", "pay", 2), Deed("fees open", "cover", 1))
CLICKS_NO = (Deed("notice", "stop"),)
PAYS_IN_TIME = (Deed("notice", "pay", 1),)
PAYS_THEN_FEES = (Deed("reminder 1", "pay", 3), Deed("reminder 1", "pay", 8, "100.00"))
PAYS_AFTER_REMINDER = (Deed("reminder 1", "pay", 2),)
PAYS_IN_PARTS = (Deed("reminder 1", "pay", 4, "2000.00"), Deed("reminder 2", "pay", 5, "2850.00"))
CHANGES_MIND = (Deed("notice", "start"), Deed("notice", "stop", 2))
SILENCE: tuple[Deed, ...] = ()

STARTS = Deed("notice", "start")
DISPUTES = (
    STARTS,
    Deed("reminder 1", "dispute", 1, words="Vi aftalte 2.000 kr.\nOg hanen i badeværelset drypper stadig."),
)
GIVES_IN = (
    STARTS,
    Deed("reminder 1", "dispute", 1, words="Jeg har aldrig fået fakturaen."),
    Deed("reminder 1", "withdraw", 6),
    Deed("reminder 2", "pay", 1),
)
SAYS_PAID = (STARTS, Deed("reminder 1", "paid", 1), Deed("reminder 1", "pay", 4))
WANTS_A_CALL = (
    STARTS,
    Deed("reminder 1", "call", 1, words="+45 12 34 56 78"),
    Deed("objection", "pause", 1),
    Deed("objection", "resume", 9),
)
PAYS_NO_FEES = (STARTS, *PAYS_AFTER_REMINDER)


def moves_to(address: str) -> tuple[Deed, ...]:
    """The mailbox is gone; the company hears it and finds out the new one."""
    return STARTS, Deed("reminder 1", "bounce", 1), Deed("reminder 1", "correct", 4, words=address)
