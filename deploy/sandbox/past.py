"""The invoices of the company that has two months behind it when the demo begins. Nobody here is real.

Days count from the first business day of the demo, a Monday. The company is asked two banking days after an invoice
fell due, and mostly says yes on the next day; then reminders follow every ten days.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from deploy.sandbox.creditors import FJORDBY
from deploy.sandbox.deeds import SILENCE, Deed
from deploy.sandbox.story import Story

JOINED = -56  # the Monday on which the company came to the portal, eight weeks before
FIRST_NUMBER = 31001

YES = Deed("notice", "start", 1)
_CLICKED = (YES,)
_STOPPED = (Deed("notice", "stop", 1),)
_PAID_WHEN_ASKED = (Deed("notice", "pay", 1),)
_PAID_AFTER_1 = (YES, Deed("reminder 1", "pay", 3), Deed("reminder 1", "pay", 9, "100.00"))
_PAID_AFTER_2 = (YES, Deed("reminder 2", "pay", 2), Deed("fees open", "received", 6))
_PAID_AFTER_3 = (YES, Deed("reminder 3", "pay", 4), Deed("fees open", "received", 8))
_COVERED = (YES, Deed("reminder 1", "pay", 2), Deed("fees open", "cover", 1))
_OWES_THE_FEE = (YES, Deed("reminder 1", "pay", 2))
_WAIVED = (
    YES,
    Deed("reminder 1", "dispute", 1, words="Vandhanen drypper igen, og ingen er kommet for at se på den."),
    Deed("objection", "waive", 3),
)
_DISPUTED = (
    YES,
    Deed("reminder 1", "dispute", 2, words="I har faktureret 6 timer, men svenden var her kun fra 8 til 11."),
)
_SAYS_PAID = (YES, Deed("reminder 1", "paid", 3))
_WANTS_A_CALL = (YES, Deed("reminder 1", "call", 2, words="+45 12 34 56 78"))
_COMES_BACK = (YES, Deed("reminder 1", "bounce", 0))
_IN_PARTS = (YES, Deed("reminder 1", "pay", 5, "3000.00"))
_SET_ON_HOLD = (YES, Deed("reminder 1", "call", 2, words="12345678"), Deed("objection", "pause", 1))

# due, amount, who owes, his CVR number, deeds
_TABLE: tuple[tuple[int, str, str, str | None, tuple[Deed, ...]], ...] = (
    (-77, "28750.00", "Skagen Byg ApS", "99000120", _CLICKED),  # ready for debt collection
    (-74, "2180.00", "Birthe Lau", None, _PAID_AFTER_3),
    (-72, "6940.00", "Carl Moe", None, _PAID_AFTER_1),
    (-71, "1290.00", "Ditte Nørre", None, _PAID_WHEN_ASKED),
    (-69, "11460.00", "Cykelhuset I/S", "99000147", _PAID_AFTER_2),
    (-68, "875.00", "Egon Pihl", None, _STOPPED),
    (-64, "3615.50", "Freja Quist", None, _PAID_AFTER_1),
    (-59, "5230.00", "Gorm Riis", None, _COVERED),
    (-57, "2475.00", "Helle Sand", None, _PAID_WHEN_ASKED),
    (-52, "1980.00", "Inge Tang", None, _WAIVED),
    (-48, "9120.00", "Bageriet Ved Åen ApS", "99000155", _PAID_AFTER_2),
    (-46, "4405.00", "Jens Uhre", None, _PAID_AFTER_1),
    (-43, "1640.00", "Karla Vang", None, _PAID_WHEN_ASKED),
    (-41, "7325.00", "Laust Winther", None, _CLICKED),  # and this one, too
    (-34, "15900.00", "Nordkajens Rederi A/S", "99000163", _IN_PARTS),
    (-30, "2760.00", "Ole Birk", None, _COVERED),
    (-28, "1420.00", "Pia Dahl", None, _PAID_WHEN_ASKED),
    (-27, "8450.00", "Ruth Elkær", None, _DISPUTED),
    (-26, "2035.00", "Sonja Fugl", None, _OWES_THE_FEE),
    (-24, "5675.00", "Tage Grøn", None, _SET_ON_HOLD),
    (-23, "6180.00", "Uffe Høj", None, _CLICKED),  # one reminder
    (-21, "3340.00", "Vera Ibsen", None, _OWES_THE_FEE),
    (-20, "4990.00", "William Juul", None, SILENCE),
    (-17, "2515.00", "Yvonne Kær", None, _WANTS_A_CALL),
    (-16, "1875.00", "Zita Lang", None, _COMES_BACK),
    (-13, "3760.00", "Alma Mørk", None, _SAYS_PAID),
    (-9, "12380.00", "Ålegården ApS", "99000171", _STOPPED),
    (-8, "4145.00", "Bent Nygaard", None, _CLICKED),
    (-5, "2290.00", "Clara Odder", None, SILENCE),  # is to be decided, as the two that follow
    (-4, "9870.00", "Dagny Post", None, SILENCE),
    (-4, "1135.00", "Erling Ravn", None, SILENCE),
)


def past() -> Iterator[Story]:
    """In the order of their numbers; each turns up on the day after it fell due, or when the company joined."""
    for place, (due, amount, who, cvr, deeds) in enumerate(_TABLE):
        yield _invoice(place, due, amount, who, cvr=cvr, deeds=deeds)
    for place, (due, amount, who, rest) in enumerate(_specials(), len(_TABLE)):
        yield _invoice(place, due, amount, who, **rest)


def _specials() -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    """Too old to be asked about; of somebody without an address; not readable; paid in time."""
    yield -168, "3450.00", "Frode Skov", {}
    yield -141, "990.00", "Gunhild Toft", {}
    yield -22, "2620.00", "Hjalmar Ude", {"email": None, "deeds": _CLICKED}
    yield -12, "1500.00", "Ida Vester", {"is_malformed": True}
    for due, amount, who in (
        (-66, "2240.00", "Johan Wad"),
        (-62, "5110.00", "Kamma Ager"),
        (-60, "1790.00", "Leif Bro"),
    ):
        yield due, amount, who, {"is_paid": True}


def _invoice(place: int, due: int, amount: str, who: str, **rest: Any) -> Story:
    email = f"{who}@kunder.example".lower().replace(" ", ".").translate(_PLAIN)
    fields: dict[str, Any] = {"email": email, "arrives": max(due + 1, JOINED)} | rest
    return Story(number=FIRST_NUMBER + place, of=FJORDBY, who=who, amount=Decimal(amount), due=due, **fields)


_PLAIN = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "/": ""})
