"""CVR numbers, by which Danish companies are known; pure."""

import re

WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)


def is_valid(number: str) -> bool:
    """Eight digits whose weighted sum is a multiple of 11 (Erhvervsstyrelsen's modulus-11 check)."""
    if not re.fullmatch(r"[1-9][0-9]{7}", number, re.ASCII):
        return False
    return sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=True)) % 11 == 0
