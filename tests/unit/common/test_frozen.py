from dataclasses import dataclass

import pytest

from common.frozen import but


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


def test_a_copy_has_what_was_changed_and_all_the_rest() -> None:
    before = Point(1, 2)

    assert but(before, y=3) == Point(1, 3)
    assert before == Point(1, 2)


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match="Point has no z"):
        but(Point(1), z=1)
