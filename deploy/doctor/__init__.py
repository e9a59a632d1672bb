"""`rykker doctor`: looks at everything that the five processes need, changes nothing, and says what to do."""

from collections.abc import Iterator

from common.settings import Settings
from deploy.doctor import broker, database, management, outside
from deploy.doctor.finding import Finding


def findings(settings: Settings) -> Iterator[Finding]:
    """One after the other; what can't be reached is a finding, too."""
    yield from broker.findings(settings.broker)
    yield from management.findings(settings)
    yield from database.findings(settings)
    yield outside.clock_file(settings)
    yield outside.mail_server(settings)
    yield outside.bounces(settings)
    yield outside.erp(settings)
