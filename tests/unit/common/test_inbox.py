import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled, once, refuse_handled
from common.tables import Inbox

pytestmark = pytest.mark.usefixtures("sqlite")

EVENT = e.FetchPageRequested(company="12345674", fetch_id="f", cursor="1").identified("tests")


def test_an_event_is_handled_once_by_each_consumer() -> None:
    with once(EVENT, "fetcher"):
        pass

    with pytest.raises(AlreadyHandled), once(EVENT, "fetcher"):
        pytest.fail("it ran a second time")
    with once(EVENT, "dunning"):
        pass


def test_a_failure_leaves_no_note_so_that_it_is_tried_again() -> None:
    with pytest.raises(ZeroDivisionError), once(EVENT, "fetcher"):
        raise ZeroDivisionError

    refuse_handled(EVENT, "fetcher")
    with db.connection():
        assert Inbox.select().count() == 0


def test_slow_work_is_spared_when_the_event_was_handled() -> None:
    with once(EVENT, "fetcher"):
        pass

    with pytest.raises(AlreadyHandled):
        refuse_handled(EVENT, "fetcher")
