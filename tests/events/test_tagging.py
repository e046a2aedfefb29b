"""Tags fill in what messages leave out, and change nothing that they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.tagging import Page, Tags, tagged_context

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit Mobile/15E148 Safari"
TAGS = Tags([Page("^/p/", "product"), Page("^/$", "home")], device=True, campaign=True)
JSON = st.recursive(
    st.none() | st.text() | st.integers(), lambda s: st.dictionaries(st.text(), s), max_leaves=5
)


@pytest.mark.parametrize(
    ("context", "properties", "added"),
    [
        ({"page": {"path": "/p/1"}}, {}, {"page": {"path": "/p/1", "type": "product"}}),
        (
            {"page": {"url": "https://a.example"}},
            {},
            {"page": {"url": "https://a.example", "type": "home"}},
        ),
        ({}, {"url": "https://a.example/p/1#x?utm_source=no"}, {"page": {"type": "product"}}),
        ({"page": {"path": "/about"}}, {}, None),
        ({"userAgent": PHONE}, {}, {"userAgent": PHONE, "device": {"class": "phone"}}),
        (
            {},
            {"search": "?utm_source=mail%20a&utm_campaign=May+1&utm_source=2&x=1"},
            {"campaign": {"source": "mail a", "name": "May 1"}},
        ),
    ],
)
def test_a_tag_is_added_where_nothing_is_said(
    context: dict[str, Any], properties: dict[str, Any], added: dict[str, Any] | None
) -> None:
    before = {
        key: dict(value) if isinstance(value, dict) else value for key, value in context.items()
    }
    assert tagged_context(context, properties, TAGS) == added
    assert context == before


def test_what_a_message_says_by_itself_stays() -> None:
    context = {
        "page": {"path": "/p/1", "type": "own"},
        "userAgent": PHONE,
        "device": "phone of mine",
        "campaign": {"name": "own"},
    }
    assert tagged_context(context, {"search": "utm_source=x"}, TAGS) is None


def test_the_first_kind_of_page_that_fits_is_taken() -> None:
    tags = Tags([Page("^/p/x", "special"), Page("^/p/", "product")])
    assert [tags.page_type(path) for path in ("/p/xy", "/p/y", "/q")] == [
        "special",
        "product",
        None,
    ]


@given(context=st.dictionaries(st.sampled_from(["page", "device", "campaign", "userAgent"]), JSON))
def test_whatever_stands_in_a_context_nothing_of_it_is_lost(context: dict[str, Any]) -> None:
    found = tagged_context(context, {"path": "/", "search": "?utm_id=1"}, TAGS) or context
    for key, value in context.items():
        if isinstance(value, dict):
            assert value.items() <= found[key].items()
        else:
            assert found[key] == value
