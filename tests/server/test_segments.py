"""Members are told page after page, each once."""

from __future__ import annotations

import random
from itertools import count
from urllib.parse import quote

import pytest
from tests.server.talking import Talk, seen

from tailorbird.kernel.facts import Fact

NUMBERS = count()


def bought(who: str) -> Fact:
    return seen(who, f"m{next(NUMBERS)}", "Bought")


def pages(shop: Talk, limit: int) -> list[list[str]]:
    found, after = [], ""
    while True:
        page = shop.get(f"/v1/segments/buyer/members?limit={limit}{after}")
        found.append(page["ids"])
        if page["next"] is None:
            return found
        assert len(page["ids"]) == limit and page["next"] == page["ids"][-1]
        after = f"&after={quote(page['next'])}"


def test_the_last_page_says_that_it_is(shop: Talk) -> None:
    shop.take_in(*map(bought, "abcd"))
    assert pages(shop, 2) == [["a", "b"], ["c", "d"]]
    assert pages(shop, 3) == [["a", "b", "c"], ["d"]]
    assert pages(shop, 1_000) == [["a", "b", "c", "d"]]


def test_nobody_is_in_an_empty_segment(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    assert shop.get("/v1/segments/buyer/members") == {"segment": "buyer", "ids": [], "next": None}


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_who_stays_is_told_once_while_others_come_and_go(shop: Talk, limit: int) -> None:
    chance = random.Random(limit)
    staying = [f"s{number:02}" for number in range(20)]
    shop.take_in(*map(bought, staying))
    told, after = [], ""
    while True:
        page = shop.get(f"/v1/segments/buyer/members?limit={limit}{after}")
        told += page["ids"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
        shop.take_in(bought(f"s{chance.randrange(20):02}x"), seen("bob", f"o{next(NUMBERS)}"))
    assert [name for name in told if name in staying] == staying
    assert told == sorted(set(told))


def test_an_unknown_segment_names_a_near_one(shop: Talk) -> None:
    told = shop.ask("/v1/segments/buyers/members")
    assert (told.status, told.said) == (
        404,
        {"error": "there is no segment 'buyers'; did you mean 'buyer'?"},
    )


def test_names_need_no_letters_of_english(shop: Talk) -> None:
    shop.take_in(bought("ä/ö"), bought("日本"))
    assert pages(shop, 1) == [["ä/ö"], ["日本"]]
