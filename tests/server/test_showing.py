"""What a page may see is what the settings list, in plain JSON."""

from __future__ import annotations

import json

from tailorbird.flow.viewing import PersonView
from tailorbird.kernel.instants import DAY
from tailorbird.language.files import load_text
from tailorbird.server.showing import Showing

PLAN = """
traits:
  since: first_time("Seen")
  gap: last_time("Seen") - first_time("Seen")
scores:
  interest: {points: {Seen: 1}}
segments:
  keen: did("Seen")
  secret: did("Bought")
"""
DEFINITIONS = load_text(PLAN).definitions
VIEW = PersonView(
    "ann",
    ("ann",),
    True,
    {"since": 0, "gap": 3 * DAY, "email": "ann@example.org"},
    {"interest": 1_500_000},
    ("keen", "secret"),
    None,
    0,
    0,
    False,
    DEFINITIONS,
)


def profile(*fields: str) -> object:
    said = json.loads(Showing(fields).message(VIEW).data)
    assert said["type"] == "profile_update"
    del said["newProfile"]["version"]
    return said["newProfile"]


def test_values_are_written_by_their_types() -> None:
    assert profile("traits.since", "traits.gap", "scores.interest") == {
        "scores": {"interest": 1.5},
        "traits": {"since": "1970-01-01T00:00:00Z", "gap": "3d"},
    }


def test_segments_are_shown_by_name_or_all() -> None:
    assert profile("segments.keen", "segments.none") == {"segments": ["keen"]}
    assert profile("segments") == {"segments": ["keen", "secret"]}


def test_what_nobody_defined_is_null() -> None:
    assert profile("scores.other", "traits.name") == {
        "scores": {"other": None},
        "traits": {"name": None},
    }


def test_equal_views_have_one_version_and_others_another() -> None:
    showing = Showing(("segments.keen",))
    same = VIEW._replace(segments=("keen",), at_us=5, as_of=7)
    assert showing.message(VIEW) == showing.message(same)
    assert showing.message(VIEW).id != showing.message(VIEW._replace(segments=())).id
    assert showing.message(None) == showing.message(VIEW._replace(segments=()))
