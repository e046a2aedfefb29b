"""Regular expressions of users: RE2, so that no pattern can take exponential time."""

from __future__ import annotations

from collections.abc import Iterable
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


def is_pattern(text: str) -> bool:
    """Whether a text is a regular expression.

    >>> is_pattern("a+"), is_pattern("a(")
    (True, False)
    """
    try:
        re2.compile(text, OPTIONS)
    except re2.error:
        return False
    return True


class PatternSet:
    """Several checked patterns, looked for in one pass; none is found in an empty set.

    >>> PatternSet(["^ab", "b"]).first("abbey"), PatternSet(["^b"]).first("abbey")
    (0, None)
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._set = re2.Set.SearchSet(OPTIONS)
        self._is_empty = True
        for pattern in patterns:
            self._set.Add(pattern)
            self._is_empty = False
        self._set.Compile()

    def first(self, text: str) -> int | None:
        """The place of the first pattern that is found anywhere in a text."""
        found = None if self._is_empty else self._set.Match(text)
        return min(found) if found else None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re2._Regexp:
    return re2.compile(pattern, OPTIONS)
