"""What a judge may look at: the books of the ERP, the mail server, a subscriber and people, and rows of our own.

All instants are real ones (UTC), as each book stamped them; `Facts.clock` says what the business clock showed then.
Invoices go by their number, which in a town is its own for every company.
"""

from tests.chaos.facts.books import Answered, Deed, Disturbance, Heard, Looked, Mail, Saved
from tests.chaos.facts.facts import Facts
from tests.chaos.facts.ours import FailedRow, FeeRow, LetterRow, LineRow, OutboxRow, ProcedureRow, QuestionRow, Tried

__all__ = [
    "Answered",
    "Deed",
    "Disturbance",
    "Facts",
    "FailedRow",
    "FeeRow",
    "Heard",
    "LetterRow",
    "LineRow",
    "Looked",
    "Mail",
    "OutboxRow",
    "ProcedureRow",
    "QuestionRow",
    "Saved",
    "Tried",
]
