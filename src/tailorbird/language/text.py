"""Regular expressions of users: RE2, so that no pattern can take exponential time."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import re2

OPTIONS: Final = re2.Options()
"""A faulty pattern is told as a fault, not written to the terminal by the library too."""
OPTIONS.log_errors = False


def is_found(pattern: str, text: str) -> bool:
    """Whether a checked pattern is found anywhere in a text.

    ``^`` and ``$`` stand for the ends of the text, and ``.`` does not stand for a newline.

    >>> is_found("^ab+", "abbey"), is_found("a.c", "a\\nc")
    (True, False)
    """
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re2._Regexp:
    return re2.compile(pattern, OPTIONS)
