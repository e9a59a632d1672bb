"""Letters: the mail server's book against ours, and who was asked."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from tests.chaos.facts import Facts, LetterRow

LEFT_OPEN = ("planned", "sending")
MAY_HAVE_LEFT = ("sent", "held", "sending", "bounced")  # states that a letter which the mail server has taken may be in


def the_mail_server_and_we_agree_on_every_letter(facts: Facts) -> Iterator[str]:
    taken = {mail.message_id for mail in facts.mails}
    for mail in facts.mails:
        if facts.letter_of(mail) is None:
            yield f"the mail server took {mail.message_id}, which is none of our letters"
    for letter in facts.letters:
        name = f"the {letter.kind} letter {letter.id} of step {letter.step}"
        if letter.state == "sent" and letter.message_id not in taken:
            yield f"{name} counts as sent, and the mail server never took it"
        if letter.state not in MAY_HAVE_LEFT and letter.message_id in taken and not _has_excuse(facts, letter):
            yield f"the mail server took {name}, which counts as {letter.state} ({letter.reason})"
        if letter.state in LEFT_OPEN:
            yield f"{name} is still {letter.state} ({letter.reason})"


def _has_excuse(facts: Facts, letter: LetterRow) -> bool:
    """Released by a person; or mail to the company that came again, since nobody heard of it, and was refused then."""
    taken_at = min(mail.at for mail in facts.mails if mail.message_id == letter.message_id)
    failed_at = facts.heard_of("letter.failed", letter)
    refusals = [harm for harm in facts.disturbances if (harm.kind, harm.to) == ("fault 5xx", "mail")]
    came_again = taken_at < failed_at and any(harm.at <= failed_at for harm in refusals)
    return letter.id in facts.released or (letter.state == "failed" and not letter.to_debtor and came_again)


def nobody_is_asked_twice(facts: Facts) -> Iterator[str]:
    """One and the same mail may come twice, never two about the same question, unless the first was refused."""
    taken = (letter for letter in facts.letters if letter.kind == "notice" and letter.state != "failed")
    asked = Counter(letter.procedure for letter in taken)
    for procedure, count in asked.items():
        if count > 1:
            yield f"the company was asked {count} times about invoice {facts.invoice_of(procedure)} in one round"


def every_refused_question_is_asked_again_or_shown(facts: Facts) -> Iterator[str]:
    """When all is quiet an open question is in a letter that can reach its company, or an operator is told."""
    state = {letter.id: letter.state for letter in facts.letters}
    waiting = {row.id: row.invoice for row in facts.procedures if row.stage == "awaiting_decision"}
    for row in facts.questions:
        number, letter = waiting.get(row.procedure), state.get(row.letter or "", "not written")
        if number and letter in ("failed", "not written") and number not in facts.shown:
            yield f"the company was not asked about invoice {number}, whose notice is {letter}, and nobody is told"


def nobody_is_dunned_whose_company_was_not_asked(facts: Facts) -> Iterator[str]:
    taken = {mail.message_id: mail.at for mail in sorted(facts.mails, key=lambda mail: mail.at, reverse=True)}
    ids = {letter.id: letter.message_id for letter in facts.letters}
    asked_at = {row.procedure: taken.get(ids.get(row.letter or "", "")) for row in facts.questions}
    for mail, letter in facts.reminders():
        asked = asked_at.get(letter.procedure)
        if _said_so_unasked(facts, letter.procedure, mail.at):
            continue
        if asked is None or asked > mail.at:
            number = facts.invoice_of(letter.procedure)
            yield f"reminder {letter.step} of invoice {number} left, and its company was not asked before"


def _said_so_unasked(facts: Facts, procedure: str, before: datetime) -> bool:
    """Whether the company, who sees in the portal what is overdue, may have said start there before its mail came."""
    return any(
        (answer.procedure, answer.choice, answer.way) == (procedure, "start", "portal") and answer.at < before
        for answer in facts.answers
    )
