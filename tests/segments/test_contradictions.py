"""What no person can ever fulfil, and what only looks like it."""

from __future__ import annotations

import pytest

from tailorbird.language.files import load_text
from tailorbird.segments.contradictions import contradictions


def impossible(*segments: str) -> list[str]:
    lines = [f"  s{number}: '{text}'" for number, text in enumerate(segments)]
    told = load_text("segments:\n" + "\n".join(lines)).definitions
    return [found.segment for found in contradictions(told)]


@pytest.mark.parametrize(
    "text",
    [
        'did("A") and not did("A")',
        'count("A") >= 3 and count("A") < 3',
        'count("A") > 2 and not did("A")',
        '5 < count("A") and count("A") <= 5',
        'latest("A", properties.x) == "a" and latest("A", properties.x) == "b"',
        'latest("A", properties.x) == "a" and latest("A", properties.x) == 1',
        'since("A") > "3d" and since("A") < "2d"',
        'not (did("A") or did("B")) and did("B")',
        'not count("A") >= 3 and count("A") == 4',
    ],
)
def test_two_conditions_that_leave_no_room_contradict_each_other(text: str) -> None:
    assert impossible(text) == ["s0"]


@pytest.mark.parametrize(
    "text",
    [
        'did("A") and not did("A", last="7d")',
        'count("A") >= 3 and count("A") <= 3',
        'did("A") or not did("A")',
        'not since("A") > "3d" and not since("A") <= "3d"',
        'sum("A", properties.x) > 5 and count("A") < 2',
    ],
)
def test_what_somebody_can_fulfil_is_no_contradiction(text: str) -> None:
    assert impossible(text) == []


def test_contradictions_reach_through_other_segments_and_parents() -> None:
    assert impossible('did("A")', 'in_segment("s0") and not did("A")') == ["s1"]
    told = load_text(
        'segments:\n  some: did("A")\n  none: {when: \'count("A") < 1\', parent: some}\n'
    ).definitions
    assert [found.segment for found in contradictions(told)] == ["none"]
