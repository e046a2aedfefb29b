"""Regular expressions of users."""

from __future__ import annotations

import pytest

from tailorbird.language.arguments import pattern_fault
from tailorbird.language.text import is_found


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("b+", "abbc", True),
        ("^b", "ab", False),
        ("b$", "ab\n", False),
        ("a.c", "a\nc", False),
        ("(?s)a.c", "a\nc", True),
        ("A", "a", False),
        ("(?i)A", "a", True),
        ("^b", "a\nb", False),
        ("", "", True),
        (r"^\d$", "٣", False),
        ("^.$", "😀", True),
    ],
)
def test_a_pattern_is_searched_for(pattern: str, text: str, found: bool) -> None:
    assert is_found(pattern, text) is found


def test_a_pattern_that_defeats_backtracking_is_answered() -> None:
    assert is_found("(a*)*b", "a" * 50_000) is False


def test_a_faulty_pattern_is_told_once(capfd: pytest.CaptureFixture[str]) -> None:
    assert pattern_fault("(") == "'(' is no RE2 pattern: missing ): ("
    assert capfd.readouterr() == ("", "")
