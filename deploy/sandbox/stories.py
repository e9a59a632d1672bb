"""The example companies of `make run`, their invoices, and what people do at which mail. Nobody here is real.

The CVR numbers pass the modulus-11 check but lie far beyond those that have been given out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

FIRST_NUMBER = 26001
LATER = 150  # invoices that turn up as time goes by
EVERY = 3  # days


@dataclass(frozen=True)
class Creditor:
    """A company: as it stands in the ERP, and what it chose in the portal."""

    key: str
    cvr: str
    name: str
    email: str
    choices: dict[str, str] = field(default_factory=dict)
    key_is_broken: bool = False


@dataclass(frozen=True)
class Deed:
    """What somebody does `after` so many days upon a mail: a click in it, or a payment ("" is the whole amount)."""

    upon: Literal["notice", "reminder 1", "reminder 2", "reminder 3", "fees open"]
    does: Literal["start", "stop", "collect", "cover", "received", "pay"]
    after: int = 0
    amount: str = ""


@dataclass(frozen=True, kw_only=True)
class Story:
    """An invoice and what becomes of it. Days count from the first business day of the demo; `due` may be negative."""

    number: int
    of: Creditor
    who: str
    email: str | None
    cvr: str | None = None
    amount: Decimal
    due: int = -14
    arrives: int = 0
    deeds: tuple[Deed, ...] = ()
    is_malformed: bool = False


JENSEN = Creditor("demo-jensen-vvs", "99000007", "Jensen VVS ApS", "kontor@jensen-vvs.example")
NORDHAVN = Creditor(
    "demo-nordhavn-el", "99000015", "Nordhavn El A/S", "bogholderi@nordhavn-el.example", {"fee_policy": "cover"}
)
STRANDBY = Creditor(
    "demo-strandby-maler", "99000023", "Malerfirmaet Strandby", "post@strandby-maler.example", key_is_broken=True
)
HARBOUR = Creditor(
    "demo-harbour-joinery", "99000031", "Harbour Joinery ApS", "office@harbour-joinery.example", {"language": "en"}
)
CREDITORS = (JENSEN, NORDHAVN, STRANDBY, HARBOUR)

CLICKS_YES = (Deed("notice", "start"), Deed("reminder 2", "pay", 2), Deed("fees open", "cover", 1))
CLICKS_NO = (Deed("notice", "stop"),)
PAYS_IN_TIME = (Deed("notice", "pay", 1),)
PAYS_THEN_FEES = (Deed("reminder 1", "pay", 3), Deed("reminder 1", "pay", 8, "100.00"))
PAYS_AFTER_REMINDER = (Deed("reminder 1", "pay", 2),)
PAYS_IN_PARTS = (Deed("reminder 1", "pay", 4, "2000.00"), Deed("reminder 2", "pay", 5, "2850.00"))
CHANGES_MIND = (Deed("notice", "start"), Deed("notice", "stop", 2))
SILENCE: tuple[Deed, ...] = ()

# amount, who owes, address, CVR number, deeds
_JENSENS: tuple[tuple[str, str, str | None, str | None, tuple[Deed, ...]], ...] = (
    ("1250.00", "Anna Holm", "anna@holm.example", None, CLICKS_YES),
    ("3480.50", "Bo Lindqvist", "bo@lindqvist.example", None, CLICKS_NO),
    ("9875.00", "Café Havnen I/S", "regning@cafe-havnen.example", "99000058", SILENCE),
    ("640.00", "Dorte Friis", "dorte@friis.example", None, PAYS_IN_TIME),
    ("2215.75", "Emil Østergård", "emil@oestergaard.example", None, PAYS_THEN_FEES),
    ("4850.00", "Fløng Forsamlingshus", "kasserer@floeng-hus.example", None, PAYS_IN_PARTS),
    ("1795.00", "Gerda Munk", None, None, SILENCE),
)
_NORDHAVNS: tuple[tuple[str, str, str | None, str | None, tuple[Deed, ...]], ...] = (
    ("5120.00", "Henrik Bak", "henrik@bak.example", None, PAYS_AFTER_REMINDER),
    ("15300.00", "Ishuset Nord ApS", "bogholderi@ishuset-nord.example", "99000066", SILENCE),
    ("980.00", "Jytte Krogh", "jytte@krogh.example", None, CHANGES_MIND),
)
_HABITS = (PAYS_IN_TIME, SILENCE, CLICKS_YES, PAYS_AFTER_REMINDER, CLICKS_NO, PAYS_THEN_FEES, PAYS_IN_TIME)
_GIVEN = ("Karen", "Lars", "Mette", "Niels", "Oda", "Poul", "Rikke", "Svend", "Tove", "Ulla", "Viggo", "Yrsa", "Åse")
_FAMILY = ("Abel", "Brandt", "Cramer", "Dam", "Egholm", "Falk", "Gram", "Hauge", "Iversen", "Juhl", "Kirk", "Lund")


def stories() -> Iterator[Story]:
    """All of them, in the order in which they turn up; at most 200."""
    number = FIRST_NUMBER
    for creditor, table in ((JENSEN, _JENSENS), (NORDHAVN, _NORDHAVNS)):
        for amount, who, email, cvr, deeds in table:
            yield Story(number=number, of=creditor, who=who, email=email, cvr=cvr, amount=Decimal(amount), deeds=deeds)
            number += 1
    for special in _specials(number):
        yield special
        number = special.number + 1
    for place in range(25):
        yield _somebody(number + place, HARBOUR, place, due=-40 + place)
    for place in range(LATER):
        creditor = (JENSEN, NORDHAVN, JENSEN)[place % 3]
        deeds = _HABITS[place % len(_HABITS)]
        arrives = 2 + place * EVERY
        yield _somebody(number + 25 + place, creditor, 25 + place, due=arrives + 8, arrives=arrives, deeds=deeds)


def _specials(number: int) -> Iterator[Story]:
    """Too old to be asked about; not readable; behind a key that is refused."""
    people: tuple[tuple[Creditor, str, str, dict[str, Any]], ...] = (
        (JENSEN, "Kaj Gårde", "kaj@gaarde.example", {"due": -120}),
        (JENSEN, "Lis Toft", "lis@toft.example", {"is_malformed": True}),
        (STRANDBY, "Mia Rask", "mia@rask.example", {}),
    )
    for place, (creditor, who, email, rest) in enumerate(people):
        yield Story(number=number + place, of=creditor, who=who, email=email, amount=Decimal("2400.00"), **rest)


def _somebody(
    number: int, of: Creditor, place: int, *, due: int, arrives: int = 0, deeds: tuple[Deed, ...] = ()
) -> Story:
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
        deeds=deeds,
    )
