"""What a debtor said, from its row, once dunning has made of it what it will."""

from datetime import timedelta
from time import sleep

from common import db
from common import events as e
from common.tables import Objection, Procedure
from notifier.cases import Unknown
from notifier.letters.objecting import Said
from notifier.words import LONGEST_LINE, plain, plain_lines

PATIENCE = timedelta(seconds=2)  # real time that dunning, which hears it at the same moment, is given
LOOKS = 10


def said(event: e.ObjectionRaised) -> Said:
    """Slow: outside any transaction. If dunning is late, the mail says less exactly what comes next. Raises Unknown."""
    for _ in range(LOOKS):
        if _is_heard(event):
            return _said(event, heard=True)
        sleep(PATIENCE.total_seconds() / LOOKS)
    return _said(event, heard=_is_heard(event))


def _is_heard(event: e.ObjectionRaised) -> bool:
    known = (Procedure.id == event.procedure_id) & (Procedure.objection_no >= event.objection_no)
    with db.connection():
        return Procedure.select().where(known).exists()


def _said(event: e.ObjectionRaised, *, heard: bool) -> Said:
    this = (Objection.procedure_id == event.procedure_id, Objection.objection_no == event.objection_no)
    with db.connection():
        row = Objection.get_or_none(*this)
    if row is None:
        raise Unknown(f"{Unknown.__doc__} {event.subject}")
    return Said(
        kind=event.kind,
        words=plain_lines(row.words, LONGEST_LINE),
        paid_on=row.paid_on,
        reference=plain(row.reference),
        phone=plain(row.phone),
        heard=heard,
    )
