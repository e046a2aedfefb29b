"""Constants as SQL text."""

from __future__ import annotations

from collections.abc import Iterable


def text_literal(text: str) -> str:
    """A text as a literal; the character zero, which ends a statement, is written by its number.

    >>> text_literal("it's")
    "'it''s'"
    """
    parts = ("'" + part.replace("'", "''") + "'" for part in text.split("\0"))
    return " || chr(0) || ".join(parts) if "\0" not in text else f"({' || chr(0) || '.join(parts)})"


def text_list(texts: Iterable[str]) -> str:
    """Texts as what stands to the right of IN."""
    return "(" + ", ".join(text_literal(text) for text in sorted(texts)) + ")"


def whole(number: int) -> str:
    """An integer that keeps its sign wherever it stands."""
    return str(number) if number >= 0 else f"({number})"
