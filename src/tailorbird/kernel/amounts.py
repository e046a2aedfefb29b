"""How many of something there are, in words."""

from __future__ import annotations


def amount(count: int, one: str, several: str = "") -> str:
    """A number with what is counted; ``several`` where an s behind ``one`` is not all.

    >>> amount(1, "row"), amount(2_000, "row"), amount(0, "person")
    ('1 row', '2,000 rows', '0 people')
    >>> amount(1, "fact was marked", "facts were marked")
    '1 fact was marked'
    """
    several = several or ("people" if one == "person" else f"{one}s")
    return f"{count:,} {one if count == 1 else several}"
