"""A table that forgets what is old keeps what is new."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.newest import Newest

KEYS = st.integers(0, 12)


@given(st.lists(st.tuples(st.booleans(), KEYS)), st.integers(2, 9))
def test_the_newest_half_is_held_and_never_more_than_all(
    looks: list[tuple[bool, int]], most: int
) -> None:
    table: Newest[int, str] = Newest(most)
    last: dict[int, str] = {}
    """What was put in or found, the oldest first."""
    for number, (is_put, key) in enumerate(looks):
        if is_put:
            held = f"{key}-{number}"
            table.put(key, held)
            last.pop(key, None)
            last[key] = held
        else:
            found = table.find(key)
            if key in list(last)[-(most // 2) :]:
                assert found == last[key]
            assert found is None or found == last[key]
            if found is not None:
                last[key] = last.pop(key)
        assert len(table) <= most
    for key in list(last)[-(most // 2) :]:
        assert table.find(key) == last[key]
