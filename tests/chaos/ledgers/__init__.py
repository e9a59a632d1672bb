"""Who is right in the end: the others' books against our own rows; pure. Facts come in, findings go out.

A finding is a sentence that names its rows. Add a check: a function from Facts to findings in the file
of its subject, and its line in CHECKS.
"""

from collections.abc import Callable, Iterable, Iterator

from tests.chaos.facts import Facts
from tests.chaos.ledgers.explained import (
    every_dead_letter_is_explained,
    every_held_letter_is_explained,
)
from tests.chaos.ledgers.law import (
    interest_is_what_the_law_says,
    no_customer_pays_for_too_many_letters,
    no_fee_is_charged_on_a_disputed_claim,
    no_letters_to_a_debtor_are_within_ten_days,
)
from tests.chaos.ledgers.letters import (
    every_refused_question_is_asked_again_or_shown,
    nobody_is_asked_twice,
    nobody_is_dunned_whose_company_was_not_asked,
    the_mail_server_and_we_agree_on_every_letter,
)
from tests.chaos.ledgers.messages import (
    a_subscriber_that_sleeps_has_the_newest_events,
    every_event_was_heard_under_one_id,
    everything_is_published_and_handled,
)
from tests.chaos.ledgers.money import (
    every_ledger_is_as_the_erp_has_it,
    no_krone_is_lost_or_invented,
    no_ledger_is_beyond_the_law,
    what_is_over_asks_for_nothing,
)
from tests.chaos.ledgers.people import (
    every_answer_is_honoured,
    every_reminder_had_a_fresh_look,
    no_reminder_follows_a_dispute,
    no_reminder_follows_a_stop,
    nobody_is_dunned_who_has_paid,
)
from tests.chaos.ledgers.portal import (
    every_choice_that_was_saved_holds,
    every_page_answers,
    nobody_sees_anything_of_another_company,
)
from tests.chaos.ledgers.procedures import (
    every_fee_has_its_reminder,
    every_overdue_invoice_has_one_procedure_a_round,
    every_step_has_at_most_one_fee,
    every_step_has_at_most_one_reminder,
    no_deadline_is_overdue,
)

__all__ = [
    "CHECKS",
    "Check",
    "a_subscriber_that_sleeps_has_the_newest_events",
    "every_answer_is_honoured",
    "every_choice_that_was_saved_holds",
    "every_dead_letter_is_explained",
    "every_event_was_heard_under_one_id",
    "every_fee_has_its_reminder",
    "every_held_letter_is_explained",
    "every_ledger_is_as_the_erp_has_it",
    "every_overdue_invoice_has_one_procedure_a_round",
    "every_page_answers",
    "every_refused_question_is_asked_again_or_shown",
    "every_reminder_had_a_fresh_look",
    "every_step_has_at_most_one_fee",
    "every_step_has_at_most_one_reminder",
    "everything_is_published_and_handled",
    "findings",
    "interest_is_what_the_law_says",
    "no_customer_pays_for_too_many_letters",
    "no_deadline_is_overdue",
    "no_fee_is_charged_on_a_disputed_claim",
    "no_krone_is_lost_or_invented",
    "no_ledger_is_beyond_the_law",
    "no_letters_to_a_debtor_are_within_ten_days",
    "no_reminder_follows_a_dispute",
    "no_reminder_follows_a_stop",
    "nobody_is_asked_twice",
    "nobody_is_dunned_who_has_paid",
    "nobody_is_dunned_whose_company_was_not_asked",
    "nobody_sees_anything_of_another_company",
    "the_mail_server_and_we_agree_on_every_letter",
    "what_is_over_asks_for_nothing",
]

Check = Callable[[Facts], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    every_overdue_invoice_has_one_procedure_a_round,
    no_deadline_is_overdue,
    every_step_has_at_most_one_fee,
    every_step_has_at_most_one_reminder,
    every_fee_has_its_reminder,
    every_ledger_is_as_the_erp_has_it,
    no_krone_is_lost_or_invented,
    no_ledger_is_beyond_the_law,
    no_letters_to_a_debtor_are_within_ten_days,
    no_fee_is_charged_on_a_disputed_claim,
    no_customer_pays_for_too_many_letters,
    interest_is_what_the_law_says,
    what_is_over_asks_for_nothing,
    the_mail_server_and_we_agree_on_every_letter,
    nobody_is_asked_twice,
    every_refused_question_is_asked_again_or_shown,
    nobody_is_dunned_whose_company_was_not_asked,
    every_held_letter_is_explained,
    nobody_is_dunned_who_has_paid,
    every_reminder_had_a_fresh_look,
    every_answer_is_honoured,
    no_reminder_follows_a_stop,
    no_reminder_follows_a_dispute,
    every_event_was_heard_under_one_id,
    everything_is_published_and_handled,
    a_subscriber_that_sleeps_has_the_newest_events,
    every_dead_letter_is_explained,
    every_page_answers,
    nobody_sees_anything_of_another_company,
    every_choice_that_was_saved_holds,
)


def findings(facts: Facts, checks: Iterable[Check] = CHECKS) -> list[str]:
    """One sentence for each thing that is wrong; none if all is well."""
    return [sentence for check in checks for sentence in check(facts)]
