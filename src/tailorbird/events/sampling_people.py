"""A part of all people, whole: the same ones each time, whoever asks."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

ALL: Final = 10_000
"""All people, in parts of ten thousand."""


def is_in_sample(subject: str, part: int) -> bool:
    """Whether an identifier is in a sample of so many ten thousandths of all.

    Who is in a sample is in every larger one.

    >>> [is_in_sample("ann", part) for part in (0, ALL)]
    [False, True]
    """
    if part >= ALL:
        return True
    digest = sha256(b"sample:" + subject.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % ALL < part


def read_share(text: str) -> int | None:
    """The ten thousandths that a share such as ``10%`` or ``0.5%`` is; None when it is none.

    >>> read_share("10%"), read_share("0.01%"), read_share("0%"), read_share("ten")
    (1000, 1, None, None)
    """
    whole, point, rest = text.removesuffix("%").partition(".")
    digits = whole + rest
    good = text.endswith("%") and digits.isascii() and digits.isdigit()
    if not good or len(rest) > 2 or bool(point) != bool(rest) or not whole or len(whole) > 3:
        return None
    part = int(whole) * 100 + int(rest.ljust(2, "0"))
    return part if 0 < part <= ALL else None


def show_share(part: int) -> str:
    """The share that so many ten thousandths are.

    >>> show_share(1_000), show_share(25)
    ('10%', '0.25%')
    """
    whole, rest = divmod(part, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"
