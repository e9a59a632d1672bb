"""Frozen values with some fields changed."""

from typing import Any, TypeVar

T = TypeVar("T")


def but(value: T, **changes: Any) -> T:
    """A copy of a frozen dataclass. Unlike dataclasses.replace it checks nothing anew, at a tenth of the cost.

    Raises TypeError for a field that the value doesn't have.
    """
    if unknown := changes.keys() - vars(value).keys():
        raise TypeError(f"{type(value).__name__} has no {', '.join(sorted(unknown))}")
    copy = object.__new__(type(value))
    vars(copy).update(vars(value), **changes)
    return copy
