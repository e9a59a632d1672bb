"""The rows of keys that companies pasted: which one is to be tried, and what came of it."""

from common import db
from common.events import ApiKeySubmitted
from common.inbox import AlreadyHandled
from common.tables import ApiKey, Company, KeyTrial
from fetcher.store import company


def candidate(event: ApiKeySubmitted) -> ApiKey:
    """The key that this event wants tried. Raises AlreadyHandled if it was removed or replaced, or has its answer."""
    with db.connection():
        newest = ApiKey.select().where(ApiKey.company == event.company).order_by(ApiKey.key_no.desc()).first()
        if newest is None or newest.key_no != event.key_no:
            raise AlreadyHandled(f"key {event.key_no} was removed or replaced")
        if company(event.company).api_key_no >= event.key_no:
            raise AlreadyHandled(f"key {event.key_no} is not the newest any more")
        trial = KeyTrial.get_or_none(company=event.company, key_no=event.key_no)
        if trial and (trial.state != "unreachable" or trial.tries > event.attempt):
            raise AlreadyHandled(f"key {event.key_no} was tried: {trial.state}")
    return newest  # type: ignore[no-any-return]


def write(trial: KeyTrial) -> None:
    """Inserts or overwrites."""
    kept = [field for field in KeyTrial._meta.sorted_fields if not field.primary_key]
    again = KeyTrial.insert(trial.__data__)
    again.on_conflict(conflict_target=(KeyTrial.company, KeyTrial.key_no), preserve=kept).execute()


def use(key: ApiKey) -> None:
    """From now on invoices are fetched with it. Needs the company's lock."""
    older = (Company.cvr == key.company) & (Company.api_key_no < key.key_no)
    Company.update(api_key=key.locked, api_key_no=key.key_no).where(older).execute()
