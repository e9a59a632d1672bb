"""The invoices of the example companies, and what becomes of each. Nobody here is real."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from deploy.sandbox import deeds as habits
from deploy.sandbox.creditors import BAKKEN, FJORDBY, HARBOUR, JENSEN, NORDHAVN, SKOVBY, STRANDBY, Creditor
from deploy.sandbox.deeds import SILENCE, Deed
from deploy.sandbox.past import past
from deploy.sandbox.story import Story

FIRST_NUMBER = 26001
LATER = 150  # invoices that turn up as time goes by
EVERY = 3  # days
OVERDUE, PAID = 25, 2  # of the company that gets a digest; where none is paid nothing would start by itself


# amount, who owes, address, CVR number, deeds
_JENSENS: tuple[tuple[str, str, str | None, str | None, tuple[Deed, ...]], ...] = (
    ("1250.00", "Anna Holm", "anna@holm.example", None, habits.CLICKS_YES),
    ("3480.50", "Bo Lindqvist", "bo@lindqvist.example", None, habits.CLICKS_NO),
    ("9875.00", "Café Havnen I/S", "regning@cafe-havnen.example", "99000058", SILENCE),
    ("640.00", "Dorte Friis", "dorte@friis.example", None, habits.PAYS_IN_TIME),
    ("2215.75", "Emil Østergård", "emil@oestergaard.example", None, habits.PAYS_THEN_FEES),
    ("4850.00", "Fløng Forsamlingshus", "kasserer@floeng-hus.example", None, habits.PAYS_IN_PARTS),
    ("1795.00", "Gerda Munk", None, None, SILENCE),
    ("2890.00", "Hanne Skov", "hanne@skov.example", None, habits.DISPUTES),
    ("1430.00", "Ib Storm", "ib@storm.example", None, habits.GIVES_IN),
    ("3975.00", "Jonna Lykke", "jonna@lykke.example", None, habits.SAYS_PAID),
    ("5260.00", "Kelds Kiosk I/S", "keld@kiosk.example", "99000082", habits.WANTS_A_CALL),
    ("1160.00", "Lone Rød", "lone@roed.example", None, habits.moves_to("lone.roed@ny.example")),
    ("2050.00", "Mads Bro", "mads@bro.example", None, habits.PAYS_NO_FEES),
)
_NORDHAVNS: tuple[tuple[str, str, str | None, str | None, tuple[Deed, ...]], ...] = (
    ("5120.00", "Henrik Bak", "henrik@bak.example", None, habits.PAYS_AFTER_REMINDER),
    ("15300.00", "Ishuset Nord ApS", "bogholderi@ishuset-nord.example", "99000066", SILENCE),
    ("980.00", "Jytte Krogh", "jytte@krogh.example", None, habits.CHANGES_MIND),
)
_SKOVBYS: tuple[tuple[str, str, str | None, str | None, tuple[Deed, ...]], ...] = (
    ("18750.00", "Nybyg ApS", "faktura@nybyg.example", "99000090", SILENCE),
    ("3320.00", "Otto Lind", "otto@lind.example", None, SILENCE),
)
_BAKKENS: tuple[tuple[str, str, str | None, str | None, tuple[Deed, ...]], ...] = (
    ("7480.00", "Preben Eng", "preben@eng.example", None, SILENCE),
    ("22600.00", "Ejerforeningen Bakketop", "formand@bakketop.example", "99000139", SILENCE),
    ("1375.00", "Ragna Thy", "ragna@thy.example", None, SILENCE),
)
_TABLES = ((JENSEN, _JENSENS), (NORDHAVN, _NORDHAVNS), (SKOVBY, _SKOVBYS), (BAKKEN, _BAKKENS))
_HABITS = (
    habits.PAYS_IN_TIME,
    SILENCE,
    habits.CLICKS_YES,
    habits.PAYS_AFTER_REMINDER,
    habits.CLICKS_NO,
    habits.PAYS_THEN_FEES,
    habits.PAYS_IN_TIME,
)
_GIVEN = ("Karen", "Lars", "Mette", "Niels", "Oda", "Poul", "Rikke", "Svend", "Tove", "Ulla", "Viggo", "Yrsa", "Åse")
_FAMILY = ("Abel", "Brandt", "Cramer", "Dam", "Egholm", "Falk", "Gram", "Hauge", "Iversen", "Juhl", "Kirk", "Lund")


def stories() -> Iterator[Story]:
    """All of them; at most 250."""
    yield from past()
    number = FIRST_NUMBER
    for creditor, table in _TABLES:
        for amount, who, email, cvr, deeds in table:
            yield Story(number=number, of=creditor, who=who, email=email, cvr=cvr, amount=Decimal(amount), deeds=deeds)
            number += 1
    for special in _specials(number):
        yield special
        number = special.number + 1
    for place in range(OVERDUE + PAID):
        yield _somebody(number + place, HARBOUR, place, due=-40 + place, is_paid=place >= OVERDUE)
    for place in range(LATER):
        creditor = (JENSEN, NORDHAVN, FJORDBY)[place % 3]
        deeds = _HABITS[place % len(_HABITS)]
        arrives = 2 + place * EVERY
        after = OVERDUE + PAID + place
        yield _somebody(number + after, creditor, after, due=arrives + 8, arrives=arrives, deeds=deeds)


def _specials(number: int) -> Iterator[Story]:
    """Too old to be asked about; not readable; behind a key that is refused."""
    people: tuple[tuple[Creditor, str, str, dict[str, Any]], ...] = (
        (JENSEN, "Kaj Gårde", "kaj@gaarde.example", {"due": -120}),
        (JENSEN, "Lis Toft", "lis@toft.example", {"is_malformed": True}),
        (STRANDBY, "Mia Rask", "mia@rask.example", {}),
    )
    for place, (creditor, who, email, rest) in enumerate(people):
        yield Story(number=number + place, of=creditor, who=who, email=email, amount=Decimal("2400.00"), **rest)


def _somebody(number: int, of: Creditor, place: int, *, due: int, arrives: int = 0, **rest: Any) -> Story:
    """One of 156 names, with an address of its own."""
    given, family = _GIVEN[place % len(_GIVEN)], _FAMILY[place % len(_FAMILY)]
    amount = Decimal(450 + place * 737 % 9200) + Decimal(place * 25 % 100) / 100
    return Story(
        number=number,
        of=of,
        who=f"{given} {family}",
        email=f"{given}.{family}.{number}@kunder.example".lower().replace("å", "aa"),
        amount=amount,
        due=due,
        arrives=arrives,
        **rest,
    )
