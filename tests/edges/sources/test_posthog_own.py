"""What PostHog's library says of an element is read as it wrote it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tailorbird.edges.sources.posthog_own import elements_in, own_properties

WORDS = st.text(st.sampled_from("ab\":;=. '\n"), min_size=1, max_size=8)
ELEMENTS = st.fixed_dictionaries(
    {"tag": st.sampled_from(["a", "button", "my-part"])},
    optional={"text": WORDS, "href": WORDS, "id": WORDS, "name": WORDS, "action": WORDS},
)
THEIRS = {"id": "attr_id", "name": "attr__name", "action": "attr__action"}


def written(element: dict[str, Any], classes: list[str]) -> str:
    """An element as the library writes it: quotes go from classes, and are marked in values."""
    head = element["tag"] + "".join("." + name.replace('"', "") for name in classes)
    values = {THEIRS.get(key, key): value for key, value in element.items() if key != "tag"}
    values |= {"nth-child": "1", "attr__data-x": "y"}
    told = [f'{key}="' + value.replace('"', '\\"') + '"' for key, value in sorted(values.items())]
    return f"{head}:{''.join(told)}"


@given(st.lists(st.tuples(ELEMENTS, st.lists(WORDS, max_size=2)), max_size=4))
def test_a_chain_of_elements_is_read_as_it_was_written(
    told: list[tuple[dict[str, Any], list[str]]],
) -> None:
    chain = ";".join(written(element, classes) for element, classes in told)
    assert list(elements_in(chain)) == [element for element, _ in told]


@given(st.text(st.sampled_from('ab=":;\\ .-'), max_size=60))
def test_any_text_is_read_to_its_end(chain: str) -> None:
    assert len(list(elements_in(chain))) <= len(chain)


@given(
    st.sampled_from(["$autocapture", "$exception", "$copy_autocapture", "survey sent", 3, None]),
    st.dictionaries(
        st.sampled_from(["$elements", "$elements_chain", "$el_text", "$exception_list"]),
        st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4),
    ),
)
def test_properties_of_any_shape_are_read(name: Any, properties: dict[str, Any]) -> None:
    assert all(isinstance(key, str) for key in own_properties(name, properties))
