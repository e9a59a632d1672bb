"""A debtor is erased: letters that no bookkeeping law demands lose what he is known by; their rows stay, as the books.

A letter to him that carries a fee is a voucher (bogføringsloven § 12), and stays as it is until the scheduler lets go
of it. Mails to the company that name him, digests too, lose their text and subject.
"""

from typing import Any

from common.tables import Letter, Notice, Procedure

OVER = ("settled", "cancelled")  # stages of a procedure
GOING = ("planned", "sending", "held")


def erase(company: str, customer_number: str) -> int:
    """How many letters; what is still to go, or belongs to a claim that is alive again, stays. In a transaction."""
    his = Procedure.select(Procedure.id).where(
        Procedure.company == company, Procedure.customer_number == customer_number, Procedure.stage.in_(OVER)
    )
    asking = Notice.select(Notice.letter_id).where(Notice.procedure_id.in_(his))
    about = (Letter.procedure_id.in_(his) | Letter.id.in_(asking)) & Letter.state.not_in(GOING)
    to_company: Any = Letter.update(content=b"", subject="", reason="")
    to_debtor: Any = Letter.update(content=b"", subject="", reason="", recipient="")
    mine = Letter.company == company
    mails = to_company.where(mine, about, ~Letter.to_debtor).execute()
    return int(mails + to_debtor.where(mine, about, Letter.to_debtor, Letter.charges == 0).execute())
