from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.shop import Shop, fact

from tailorbird.kernel.values import UNIT

DEFINITIONS = """
traits: {spent: 'sum("Order Completed", properties.revenue)'}
segments:
  repeat_viewer: count("Product Viewed", last="7d") >= 2
  top: percentile_rank(trait("spent")) >= 80
personas:
  - Viewer: in_segment("repeat_viewer")
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    facts = [
        fact("ann", "m1", "2011-04-25T10:00Z", "Product Viewed", product_id="X"),
        fact("ann", "m2", "2011-04-26T10:00Z", "Product Viewed", product_id="\x1b[31m"),
        fact("ann", "m3", "2011-04-26T11:00Z", "Order Completed", revenue=25 * UNIT // 2),
        fact("tab", "m4", "2011-04-26T11:00Z", "$merge", other="ann"),
    ]
    return Shop(tmp_path / "shop", DEFINITIONS, facts)


def test_the_answer_says_until_when_and_the_tree_shows_the_facts(shop: Shop) -> None:
    done = shop.run("explain", "repeat_viewer", "ann", "--at", "2011-04-30", "--facts", "1")
    assert done.exit_code == 0
    first, *tree = done.output.splitlines()
    assert first == (
        "ann is in the segment repeat_viewer at 2011-04-30T00:00:00Z; leaves on 2 May 2011 10:00"
    )
    assert "one person with several ids: ann, tab" in tree[0]
    assert '✓ count("Product Viewed", last="7d") >= 2  until 2 May 2011 10:00' in done.output
    assert 'count("Product Viewed", last="7d") = 2' in done.output
    assert "1 earlier, and" in done.output and "26 April 2011 10:00  Product Viewed" in done.output
    assert "\x1b" not in done.output


def test_whoever_is_out_is_told_when_nothing_will_change(shop: Shop) -> None:
    done = shop.run("explain", "repeat_viewer", "tab", "--at", "2011-06-01", "--words")
    assert "is not in the segment repeat_viewer" in done.output
    assert "no change is in sight up to" in done.output
    assert 'did "Product Viewed" at least 2 times in the last 7 days' in done.output
    assert "none; the latest is 26 April 2011 10:00" in done.output


def test_json_holds_the_whole_tree(shop: Shop) -> None:
    told = shop.json("explain", "spent", "ann", "--at", "2011-04-30")
    leaf = told["reason"]["parts"][0]
    assert told["value"] == leaf["value"] == 12.5
    assert told["subjects"] == ["ann", "tab"] and told["changes_at"] is None
    assert leaf["facts"] == [
        {
            "id": "m3",
            "at": "2011-04-26T11:00:00Z",
            "name": "Order Completed",
            "subject": "ann",
            "properties": {"revenue": 12.5},
        }
    ]


def test_a_rank_without_a_figure_is_missing_and_says_which_one_is_needed(shop: Shop) -> None:
    done = shop.run("explain", "top", "ann", "--at", "2011-04-30")
    assert 'no figure is in force for trait("spent")' in done.output
    told = shop.json("explain", "top", "ann", "--at", "2011-04-30")
    ranked = told["reason"]["parts"][0]["parts"][0]
    assert ranked["value"] is None and "no figure is in force" in ranked["notes"][0]


def test_known_then_a_fact_that_came_later_is_not_there_yet(shop: Shop) -> None:
    with shop.history() as history:
        late = fact("bob", "m9", "2011-04-25T10:00Z", "Product Viewed")
        history.append([late, late._replace(id="m10", known_us=late.time_us + 86_400_000_000)])
    words = "explain", "repeat_viewer", "bob", "--at", "2011-04-25T12:00Z"
    assert shop.json(*words)["value"] is True
    assert shop.json(*words, "--known", "then")["value"] is False


def test_names_that_are_not_there_are_refused(shop: Shop) -> None:
    unknown = shop.run("explain", "repeat_viever", "ann")
    assert unknown.exit_code == 2 and "did you mean 'repeat_viewer'" in unknown.output
    nobody = shop.run("explain", "repeat_viewer", "zoe")
    assert nobody.exit_code == 2 and "no fact of 'zoe'" in nobody.output


def test_a_definition_for_a_purpose_says_whether_she_agreed(tmp_path: Path) -> None:
    text = "segments: {keen: {when: 'did(\"Seen\")', purpose: marketing}, free: did('Seen')}\n"
    said = {"purpose": "marketing", "granted": True}
    facts = [
        fact("ann", "m1", "2011-04-25T10:00Z", "Seen"),
        fact("ann", "m2", "2011-04-26T10:00Z", "$consent", **said),
        fact("bob", "m3", "2011-04-26T10:00Z", "Seen"),
    ]
    shop = Shop(tmp_path / "shop", text, facts)
    told = shop.json("explain", "keen", "ann", "--at", "2011-05-01")["consent"]
    assert told == {
        "marketing": {
            "may": True,
            "reason": "granted",
            "said": "2011-04-26T10:00:00Z",
            "until": None,
        }
    }
    assert shop.json("explain", "free", "ann", "--at", "2011-05-01")["consent"] == {}
    done = shop.run("explain", "keen", "bob", "--at", "2011-05-01")
    assert "it is for marketing: nothing said, so it is not told to others" in done.output
