"""Whoever reads people can find out which names there are."""

from __future__ import annotations

import pytest
from tests.server.talking import Talk, talk

from tailorbird.language.definitions import KINDS


def test_every_definition_is_listed_by_kind_and_name(shop: Talk) -> None:
    found = shop.get("/v1/definitions")["definitions"]
    assert [(one["kind"], one["name"]) for one in found] == [
        ("trait", "last_seen"),
        ("trait", "recency"),
        ("trait", "seen"),
        ("trait", "spent"),
        ("score", "interest"),
        ("segment", "buyer"),
        ("segment", "grown_up"),
        ("segment", "keen"),
        ("persona", "Shopper"),
        ("persona", "Looker"),
    ]
    assert found[7] == {
        "kind": "segment",
        "name": "keen",
        "gives": "condition",
        "words": 'did "Seen" at least 2 times in the last 7 days',
        "description": None,
    }


def test_one_kind_can_be_asked_for(shop: Talk) -> None:
    found = shop.get("/v1/definitions?kind=score")["definitions"]
    assert [one["name"] for one in found] == ["interest"]
    told = shop.ask("/v1/definitions?kind=sgement")
    assert told.status == 400 and "did you mean 'segment'?" in told.said["error"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_list_of_its_own(shop: Talk, kind: str) -> None:
    assert shop.get(f"/v1/{kind}s") == shop.get(f"/v1/definitions?kind={kind}")
    told = shop.ask(f"/v1/{kind}")
    assert told.status == 404 and f"did you mean '/v1/{kind}s'?" in told.said["error"]


def test_what_is_in_force_now_is_listed() -> None:
    with talk("segments: {}") as shop:
        assert shop.get("/v1/definitions") == {"definitions": []}
