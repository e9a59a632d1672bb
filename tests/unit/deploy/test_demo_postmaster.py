"""The notification of a mailbox that is gone, read as a real one is."""

from datetime import UTC, datetime

import pytest

from deploy.sandbox.client import Envelope, Mail
from deploy.sandbox.postmaster import returned
from notifier import dsn

pytestmark = pytest.mark.fast
MAIL = Mail(
    id=1,
    sender="Jensen VVS ApS <noreply@portal.example>",
    to="lone@roed.example",
    subject="Rykker 1",
    at=datetime(2026, 3, 2, tzinfo=UTC),
    message_id="<1@portal.example>",
    links=[],
    headers=[],
    text="",
    html="",
    envelope=Envelope("bounces+1@portal.example"),
)


def test_it_is_a_failure_for_good_that_names_the_letter_by_its_envelope() -> None:
    bounce = dsn.read(returned(MAIL))

    assert "bounces+1@portal.example" in bounce.envelope
    assert (bounce.status, bounce.reason) == ("5.1.1", "550 5.1.1 User unknown")
