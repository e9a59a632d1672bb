"""The companies of the demo. Nobody here is real.

The CVR numbers pass the modulus-11 check but lie far beyond those that have been given out.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Creditor:
    """A company: as it stands in the ERP, and what it chose in the portal."""

    key: str
    cvr: str
    name: str
    email: str
    choices: dict[str, str] = field(default_factory=dict)
    key_is_broken: bool = False


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
# one reminder and a notice of its own: in three weeks its invoices are ready for debt collection
_TO_COLLECTION = {"reminders": "1", "collection_notice": "after", "start_days": "1", "collection_fee": "100"}
SKOVBY = Creditor(
    "demo-skovby-tomrer",
    "99000074",
    "Skovby Tømrer ApS",
    "kontor@skovby-tomrer.example",
    _TO_COLLECTION | {"interest": "yes", "compensation": "yes", "payment_details": "Reg.nr. 0000, kontonr. 0000000000"},
)
# the one that has a past when the demo begins: past.py
FJORDBY = Creditor(
    "demo-fjordby-vvs",
    "99000104",
    "Fjordby VVS ApS",
    "kontor@fjordby-vvs.example",
    {
        "wait_days": "2",
        "interest": "yes",
        "compensation": "yes",
        "collection_fee": "100",
        "payment_details": "Reg.nr. 0000, kontonr. 0000000000",
        "letterhead": "Fjordby VVS ApS\nHavnegade 0\n0000 Fjordby",
        "bank_account": "0000 0000000000",
        "reply_to": "faktura@fjordby-vvs.example",
    },
)
BAKKEN = Creditor(
    "demo-bakken-tag", "99000112", "Bakkens Tagservice ApS", "post@bakkens-tag.example", {"paused": "yes"}
)
CREDITORS = (FJORDBY, JENSEN, NORDHAVN, STRANDBY, HARBOUR, SKOVBY, BAKKEN)
