"""A company that pauses: nobody is asked about what comes in, until the pause is over."""

from common import db


def take_turns_at_pause(company: str) -> None:
    """Whoever ends the pause, and whoever opens a procedure that it leaves unasked, does so alone until he commits.

    So the one who ends it sees every procedure that was opened in it; what is opened after that is asked about.
    """
    db.alone(f"pause/{company}")
