"""Kroner as Decimal with two places; pure. Nothing here ever touches a float."""

from decimal import ROUND_HALF_UP, Decimal

OERE = Decimal("0.01")
ZERO = Decimal("0.00")
LARGEST = Decimal("1000000000")  # a billion kroner: more is a mistake in the source, not an invoice


class NotAnAmount(ValueError):
    """An amount is a number of kroner of at most a billion."""


def kroner(value: str | int | Decimal) -> Decimal:
    """Kroner from text, whole numbers or decimals, rounded half up to whole øre.

    >>> kroner("1250.5")
    Decimal('1250.50')
    """
    if isinstance(value, float | bool):
        raise NotAnAmount(f"{NotAnAmount.__doc__} {value!r} is none.")
    try:
        amount = Decimal(value)
        if amount.is_finite() and abs(amount) <= LARGEST:
            return amount.quantize(OERE, ROUND_HALF_UP)
    except (ArithmeticError, TypeError, ValueError):
        pass
    raise NotAnAmount(f"{NotAnAmount.__doc__} {value!r} is none.")


def is_money(amount: Decimal) -> bool:
    """Whether it is a whole number of øre of at most a billion kroner."""
    return amount.is_finite() and -LARGEST <= amount <= LARGEST and amount == round(amount, 2)


def shown(amount: Decimal, language: str = "da") -> str:
    """Kroner as people write them.

    >>> shown(Decimal("1234567.80")), shown(Decimal("1234.5"), "en")
    ('1.234.567,80 kr.', 'DKK 1,234.50')
    """
    english = f"{amount:,.2f}"
    return f"DKK {english}" if language == "en" else f"{english.translate(str.maketrans(',.', '.,'))} kr."
