"""Lists in pages, which are numbered from 1; pure."""


def pages(count: int, rows: int) -> int:
    """How many pages of so many rows; an empty list has one, too."""
    return max(1, -(-count // rows))
