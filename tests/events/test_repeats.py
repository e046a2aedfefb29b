from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.repeats import Repeats, hash_of_row


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=30), max_size=8))
def test_ids_are_numbered_as_by_counting_all_of_them(chunks: list[list[str]]) -> None:
    repeats, counted = Repeats(), Counter[str]()
    for chunk in chunks:
        expected = []
        for id_ in chunk:
            expected.append(f"{id_}.{counted[id_]}" if counted[id_] else id_)
            counted[id_] += 1
        assert repeats.apart(chunk) == expected


def test_sources_do_not_share_ids() -> None:
    assert hash_of_row("web", "1,2") == hash_of_row("web", "1,2") != hash_of_row("app", "1,2")
