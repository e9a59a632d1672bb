"""Names in the order of the Danish alphabet, whatever the database thinks of letters; pure."""

import unicodedata

LONGEST = 200  # signs of a name that its place in a list depends on
_LAST = {"æ": "zza", "ä": "zza", "ø": "zzb", "ö": "zzb", "å": "zzc"}  # æ, ø, å come after z, each in this order


def key(name: str) -> str:
    """What names are sorted and found by: small letters, æ, ø and å last, accents and marks left out.

    Part by part: whatever is part of a name, its key is part of the name's key.
    """
    small = " ".join(name.split()).casefold()[:LONGEST]
    return "".join(_LAST.get(sign) or _bare(sign) for sign in unicodedata.normalize("NFC", small))


def _bare(sign: str) -> str:
    """Without accents, and without what can't be seen."""
    apart = unicodedata.normalize("NFKD", sign)
    return "".join(part for part in apart if unicodedata.category(part)[0] not in "CM")
