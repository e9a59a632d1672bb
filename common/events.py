"""Every message that crosses a process border; cloudevents.py has its wire form.

An event is a past participle, frozen. Its type is its class's name (`InvoiceOverdue` → `invoice.overdue`), which is the
routing key too. `about` names its subject and `version` the row version that produced it: together with installation
and company they make its id, so a repeat is recognised and real news never is taken for one.
Money is a decimal string in the event's `currency`; dates are ISO; instants are UTC. Readers pass over fields they
don't know; adding a field with a default is free, anything else is a new type beside the old one.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID, uuid5

from common.frozen import but
from common.storable import refuse_unstorable

NAMESPACE = UUID("6f1c3e0a-5a1e-4a7b-9f57-2d0f5b1f8f10")  # of this project; never changes


Choice = Literal["start", "stop", "pause", "resume", "waive"]
FeeChoice = Literal["collect", "cover", "received"]
ObjectionKind = Literal["dispute", "paid", "call", "withdraw"]


@dataclass(frozen=True, kw_only=True)
class Debtor:
    """Who owes, as the ERP has him. Without a CVR number he is a consumer."""

    customer_number: str
    name: str
    email: str | None = None
    cvr: str | None = None
    address: str = ""
    postal_code: str = ""
    city: str = ""

    def __post_init__(self) -> None:
        refuse_unstorable(self)


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """The full state of an invoice at `observed_at`; a higher `sequence` is newer."""

    number: str
    sequence: int
    status: Literal["open", "paid", "credited", "withdrawn"]
    issued_on: date | None
    due_on: date
    amount: Decimal
    paid: Decimal
    paid_on: date | None
    payment_line: str = ""
    debtor: Debtor
    observed_at: datetime
    currency: Literal["DKK"] = "DKK"

    def __post_init__(self) -> None:
        refuse_unstorable(self)

    @property
    def outstanding(self) -> Decimal:
        return max(self.amount - self.paid, Decimal("0.00")) if self.status == "open" else Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class Event:
    """What all events have: the company (its CVR number) and, once added to the outbox, an id."""

    about: ClassVar[str]
    version: ClassVar[str]
    type: ClassVar[str]
    company: str
    id: str = ""

    def __post_init__(self) -> None:
        refuse_unstorable(self)

    def __init_subclass__(cls) -> None:
        noun, rest = re.fullmatch(r"(ApiKey|[A-Z][a-z]+)(\w+)", cls.__name__).groups()  # type: ignore[union-attr]
        cls.type = f"{_snake(noun)}.{_snake(rest)}"

    @property
    def subject(self) -> str:
        return self.about.format(e=self)

    def identified(self, installation: str) -> "Event":
        """The same event with its id: UUIDv5 of installation, company, type, subject and row version."""
        parts = (installation, self.company, self.type, self.subject, self.version.format(e=self))
        return but(self, id=str(uuid5(NAMESPACE, "\n".join(parts))))


def _snake(name: str) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "_", name).lower()


# --- keys ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ApiKeyEvent(Event):
    """Of the company's key number `key_no`; the key itself stays in the database, encrypted."""

    about = "api_key/{e.key_no}"
    version = "{e.attempt}"
    key_no: int
    attempt: int = 0


class ApiKeySubmitted(ApiKeyEvent):
    """The company pasted a key: Ordrestyring is to be asked about it."""


class ApiKeyAccepted(ApiKeyEvent):
    """Ordrestyring takes it: it is in use."""


class ApiKeyRefused(ApiKeyEvent):
    """Ordrestyring doesn't take it, or has it as another company's. The one before it is still in use."""


class ApiKeyUnreachable(ApiKeyEvent):
    """Ordrestyring could not be asked; it will be, again."""


# --- fetching --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class FetchEvent(Event):
    about = "fetch/{e.fetch_id}"
    fetch_id: str


@dataclass(frozen=True, kw_only=True)
class FetchRequested(FetchEvent):
    """It is this company's time of day, or somebody asked."""

    version = "1"
    business_date: date
    occasion: str


@dataclass(frozen=True, kw_only=True)
class FetchPageRequested(FetchEvent):
    """The next page is wanted. `cursor` is the fetcher's own word for where it is."""

    version = "{e.cursor}.{e.attempt}"
    cursor: str
    attempt: int = 0


@dataclass(frozen=True, kw_only=True)
class FetchFinished(FetchEvent):
    """Everything was read. `overdue` of the `seen` invoices are newly overdue, `found` are too old to ask about.

    Not `trusted` is a fetch that saw far fewer invoices than the ones before it: no reminder leaves on its word.
    """

    version = "1"
    began_at: datetime
    seen: int
    overdue: int
    found: int
    set_aside: int
    trusted: bool = True


@dataclass(frozen=True, kw_only=True)
class FetchFailed(FetchEvent):
    """It was given up. `key_no` says which of the company's keys was refused."""

    version = "1"
    reason: Literal["key_refused", "no_key", "unavailable", "superseded"]
    key_no: int


@dataclass(frozen=True, kw_only=True)
class PaymentsUnmarked(FetchEvent):
    """Of the `seen` invoices hardly any is marked as paid, so nobody knows who has paid: nothing starts by itself.

    Said once, until payments are marked again.
    """

    version = "1"
    seen: int
    paid: int


@dataclass(frozen=True, kw_only=True)
class InvoicesSetAside(FetchEvent):
    """So many invoices can't be read, and the company has not been told of them yet."""

    version = "1"
    count: int


# --- invoices --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class InvoiceEvent(Event):
    about = "invoice/{e.invoice.number}"
    version = "{e.invoice.sequence}"
    invoice: Invoice
    fetch_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceOverdue(InvoiceEvent):
    """Past its due date and the company's waiting time, and unpaid.

    `picked`: it was found too old to ask about, and the company wants it dunned: that is its yes.
    """

    picked: bool = False


class InvoiceChanged(InvoiceEvent):
    """Still unpaid; its amount, due date or debtor is another."""


class InvoicePartlyPaid(InvoiceEvent):
    """Something was paid; the rest is outstanding."""


class InvoicePaid(InvoiceEvent):
    """The principal is paid in full; a surplus shows in `paid`."""


class InvoiceCredited(InvoiceEvent):
    """Nothing is owed any more: the invoice was credited."""


class InvoiceWithdrawn(InvoiceEvent):
    """It is gone from the ERP: asked for by itself, twice, on different days."""


class InvoiceReopened(InvoiceEvent):
    """It was paid, credited or withdrawn, and is owed again."""


@dataclass(frozen=True, kw_only=True)
class LookEvent(Event):
    about = "procedure/{e.procedure_id}"
    version = "look.{e.wake_no}"
    procedure_id: str
    invoice_number: str
    wake_no: int


class InvoiceCheckRequested(LookEvent):
    """One more look at the ERP before a step."""


@dataclass(frozen=True, kw_only=True)
class InvoiceChecked(LookEvent):
    """What the ERP says of it now."""

    invoice: Invoice


@dataclass(frozen=True, kw_only=True)
class InvoiceCheckFailed(LookEvent):
    """It couldn't be had; no step without it."""

    reason: Literal["unavailable", "key_refused", "no_key", "absent", "malformed"]


# --- the procedure ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ProcedureEvent(Event):
    about = "procedure/{e.procedure_id}"
    version = "{e.procedure_version}"
    procedure_id: str
    invoice_number: str
    procedure_version: int


@dataclass(frozen=True, kw_only=True)
class DecisionRequested(ProcedureEvent):
    """The company is to be asked; if it does nothing the procedure starts on `starts_on` (never, for None).

    Those with the same `fetch_id` are asked about together: the fetch that found them, or the end of a pause.
    """

    fetch_id: str | None
    starts_on: date | None


@dataclass(frozen=True, kw_only=True)
class ProcedureDue(Event):
    """Look again. Only a timer: the row decides; another `wake_no` does nothing."""

    about = "procedure/{e.procedure_id}"
    version = "wake.{e.wake_no}.{e.nudge}"
    procedure_id: str
    invoice_number: str
    wake_no: int
    nudge: str = ""


@dataclass(frozen=True, kw_only=True)
class ProcedureStarted(ProcedureEvent):
    """By the company's word, or by its silence."""

    by: Literal["answer", "silence"]


@dataclass(frozen=True, kw_only=True)
class ProcedureCancelled(ProcedureEvent):
    """No further letter."""

    reason: Literal["stopped", "withdrawn", "not_worth_dunning"]


@dataclass(frozen=True, kw_only=True)
class ProcedurePaused(ProcedureEvent):
    """No letter and no fee until it is resumed, at the latest on `until` (None: when the company says so)."""

    reason: Literal["disputed", "said_paid", "company"]
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class ProcedureResumed(ProcedureEvent):
    """It goes on; all distances in time are kept."""

    by: Literal["company", "debtor", "time"]


@dataclass(frozen=True, kw_only=True)
class ProcedureHeld(ProcedureEvent):
    """Its next letter waits until the company's invoices are known freshly; said once, it goes on by itself.

    `fetch_id` and `since` are of the last good fetch, if there was one.
    """

    reason: Literal["old", "failed", "shrunk"]
    fetch_id: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimEvent(ProcedureEvent):
    """A letter that asks the debtor for money: what for, all that is open of each, this letter's included."""

    step: int
    attempt: int
    fees: Decimal
    outstanding: Decimal
    interest: Decimal = Decimal("0.00")
    compensation: Decimal = Decimal("0.00")
    pay_by: date | None = None
    currency: Literal["DKK"] = "DKK"

    @property
    def total(self) -> Decimal:
        return self.outstanding + self.fees + self.interest + self.compensation


@dataclass(frozen=True, kw_only=True)
class ReminderIssued(ClaimEvent):
    """Reminder `step` is to go to the debtor; as `collection_notice` it is the last warning (inkassovarsel), too."""

    fee: Decimal
    collection_notice: bool = False


class CollectionNoticeIssued(ClaimEvent):
    """A last warning by itself, after the last reminder: pay by `pay_by`, or others will collect it."""


FEE_LETTERS = 2  # fee.reminder_issued for a claim, each without a fee of its own; then the company decides


class FeeReminderIssued(ClaimEvent):
    """The principal is paid: a letter that asks for what is open of fees, interest and compensation alone."""


@dataclass(frozen=True, kw_only=True)
class FeeReversed(ProcedureEvent):
    """The letter that earned it didn't go out, or should not have."""

    version = "{e.procedure_version}.{e.step}"
    step: int
    amount: Decimal
    currency: Literal["DKK"] = "DKK"


@dataclass(frozen=True, kw_only=True)
class DebtorUnreachable(ProcedureEvent):
    """No e-mail address: no step, no fee; the letter waits as a task for the company."""

    step: int
    attempt: int


@dataclass(frozen=True, kw_only=True)
class ProcedureCollectingFees(ProcedureEvent):
    """The principal is paid, `fees` and more are open, and the policy is to collect them from the customer."""

    fees: Decimal
    interest: Decimal = Decimal("0.00")
    compensation: Decimal = Decimal("0.00")
    currency: Literal["DKK"] = "DKK"


@dataclass(frozen=True, kw_only=True)
class ProcedureSettled(ProcedureEvent):
    """It is over. `covered` are fees and interest that the company covers itself, `costs` what the portal charges it
    for that (without VAT), `waived` the rest that it wrote off, `surplus` what the debtor has paid too much.
    """

    reason: Literal["paid", "fees_paid", "covered", "credited", "waived"]
    covered: Decimal
    costs: Decimal = Decimal("0.00")
    waived: Decimal = Decimal("0.00")
    surplus: Decimal = Decimal("0.00")
    currency: Literal["DKK"] = "DKK"


@dataclass(frozen=True, kw_only=True)
class ProcedureEscalated(ProcedureEvent):
    """Every reminder was sent and waited for, the last warning too: ready for debt collection.

    With all that a collector needs. `fees` are the reminder fees, `interest` runs to `interest_until`, `warned_on` is
    the day on which the collection notice was sent, `pay_by` the date that it gave. `collection_fee` is owed by nobody
    yet: whoever asks others to collect the claim may add it, once.
    """

    outstanding: Decimal
    fees: Decimal
    interest: Decimal = Decimal("0.00")
    interest_until: date | None = None
    compensation: Decimal = Decimal("0.00")
    collection_fee: Decimal = Decimal("0.00")
    amount: Decimal = Decimal("0.00")
    paid: Decimal = Decimal("0.00")
    issued_on: date | None = None
    due_on: date | None = None
    debtor: Debtor | None = None
    reminders: int = 0
    warned_on: date | None = None
    pay_by: date | None = None
    disputed: bool = False
    currency: Literal["DKK"] = "DKK"


@dataclass(frozen=True, kw_only=True)
class FeesUnpaid(ProcedureEvent):
    """The principal is paid; letters that asked for the rest alone were sent and waited for: the company decides."""

    fees: Decimal
    interest: Decimal = Decimal("0.00")
    compensation: Decimal = Decimal("0.00")
    currency: Literal["DKK"] = "DKK"


# --- people ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class AnswerEvent(Event):
    """What the company said of a procedure. Messages come in any order, so it tells what was said before it: `latest`
    is the number of the last answer of each choice, this one too, and `objections` of each kind of objection.
    """

    about = "procedure/{e.procedure_id}"
    version = "answer.{e.answer_no}"
    procedure_id: str
    invoice_number: str
    answer_no: int
    answered_at: datetime
    latest: dict[Choice | FeeChoice, int] = field(default_factory=dict)
    objections: dict[ObjectionKind, int] | None = None


@dataclass(frozen=True, kw_only=True)
class DecisionMade(AnswerEvent):
    """The company's click; the highest `answer_no` is what it wants."""

    choice: Choice


@dataclass(frozen=True, kw_only=True)
class FeeDecisionMade(AnswerEvent):
    """What shall happen to the fees of this invoice: collect them, cover them, or they have been received."""

    choice: FeeChoice


@dataclass(frozen=True, kw_only=True)
class ObjectionRaised(Event):
    """What the debtor said through the link in a reminder, or his company wrote down for him (`by`); the words stay in
    the database. `latest`: the number of the last objection of each kind, this one too; it may be heard before those
    that were raised before it.
    """

    about = "procedure/{e.procedure_id}"
    version = "objection.{e.objection_no}"
    procedure_id: str
    invoice_number: str
    objection_no: int
    kind: ObjectionKind
    paid_on: date | None = None
    raised_at: datetime
    latest: dict[ObjectionKind, int] = field(default_factory=dict)
    by: Literal["debtor", "company"] = "debtor"


@dataclass(frozen=True, kw_only=True)
class PolicyAdopted(Event):
    """The company wants this running procedure to follow the policy that it has now."""

    about = "procedure/{e.procedure_id}"
    version = "policy.{e.policy_no}"
    procedure_id: str
    invoice_number: str
    policy_no: int


@dataclass(frozen=True, kw_only=True)
class InvoicePicked(Event):
    """The company wants this one dunned, though it was not asked about it."""

    about = "invoice/{e.invoice_number}"
    version = "pick.{e.pick_no}"
    invoice_number: str
    pick_no: int
    picked_at: datetime


@dataclass(frozen=True, kw_only=True)
class DebtorErased(Event):
    """His personal data are to be erased, but for what the Bookkeeping Act demands."""

    about = "debtor/{e.customer_number}"
    version = "{e.erasure_no}"
    customer_number: str
    erasure_no: int


@dataclass(frozen=True, kw_only=True)
class LoginEvent(Event):
    """A mail with a link is to go to the company's login; the link is made when the mail is written."""

    about = "login/{e.login_id}"
    version = "{e.asked_at}"
    login_id: str
    asked_at: datetime


class LoginInvited(LoginEvent):
    """The company may come into the portal, once it has set a password."""


class LoginForgotten(LoginEvent):
    """Somebody says that he has forgotten its password."""


@dataclass(frozen=True, kw_only=True)
class SampleRequested(Event):
    """The company wants to see how its letters look: a reminder made of invented figures, mailed to itself."""

    about = "sample/{e.company}"
    version = "{e.asked_at}"
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class StatementDue(Event):
    """A month is over in which the portal charged this company. `month` is its first day."""

    about = "statement/{e.month}"
    version = "1"
    month: date


# --- letters ---------------------------------------------------------------------------------------------------------
LetterKind = Literal[
    "notice",
    "digest",
    "started",
    "reminder",
    "fees_open",
    "settled",
    "escalated",
    "key_refused",
    "debtor_unreachable",
    "letter_failed",
    "collection_notice",
    "fee_reminder",
    "objection",
    "held",
    "fees_unpaid",
    "statement",
    "letter_bounced",
    "payments_unmarked",
    "set_aside",
    "invited",
    "forgotten",
    "sample",
]


@dataclass(frozen=True, kw_only=True)
class NoticesDue(Event):
    """The company's waiting notices are to be written: one by one, or as one digest."""

    about = "fetch/{e.fetch_id}"
    version = "notices.{e.occasion}"
    fetch_id: str
    occasion: str


@dataclass(frozen=True, kw_only=True)
class LetterPlanned(Event):
    """Rendered and stored; to be sent."""

    about = "letter/{e.letter_id}"
    version = "{e.attempt}"
    letter_id: str
    kind: LetterKind
    attempt: int = 0


@dataclass(frozen=True, kw_only=True)
class LetterEvent(Event):
    """What became of a letter; a digest says it once for each of its procedures."""

    about = "letter/{e.letter_id}"
    version = "{e.procedure_id}.{e.letter_version}"
    letter_id: str
    letter_version: int
    kind: LetterKind
    procedure_id: str | None = None
    invoice_number: str | None = None
    step: int = 0
    attempt: int = 0


@dataclass(frozen=True, kw_only=True)
class LetterSent(LetterEvent):
    """The mail server took it."""

    sent_at: datetime


@dataclass(frozen=True, kw_only=True)
class LetterFailed(LetterEvent):
    """The mail server refused it for good."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class LetterBounced(LetterEvent):
    """It was taken, and came back: a delivery status notification (RFC 3464) says so. `status` is its code."""

    reason: str
    status: str


class LetterHeld(LetterEvent):
    """A reminder that may or may not have left: a person decides."""


@dataclass(frozen=True, kw_only=True)
class LetterWithdrawn(LetterEvent):
    """It must not go out any more."""

    reason: Literal["stopped", "paid", "stale", "changed", "discarded"]


@dataclass(frozen=True, kw_only=True)
class LetterDecisionMade(Event):
    """A person's word on a letter that is held: it never left and shall (resend), it left on `sent_on` (sent), or it
    must not leave (discard).
    """

    about = "letter/{e.letter_id}"
    version = "decision.{e.decision_no}"
    letter_id: str
    decision_no: int
    choice: Literal["resend", "sent", "discard"]
    sent_on: date | None = None
    decided_at: datetime


def _all(parent: type[Event]) -> list[type[Event]]:
    children = parent.__subclasses__()
    return children + [leaf for child in children for leaf in _all(child)]


EVENTS: dict[str, type[Event]] = {c.type: c for c in _all(Event) if not c.__subclasses__()}
