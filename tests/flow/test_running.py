"""Rows in order come in chunks, and where these end changes no answer."""

from __future__ import annotations

import os

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow import running
from tailorbird.flow.answer import answer
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR, MINUTE
from tailorbird.language.batch.plan import ALL_WAYS
from tailorbird.language.files import load_text
from tailorbird.language.laws.campaign import worlds
from tailorbird.language.laws.compare import Size

SEED = int(os.environ["TAILORBIRD_TEST_SEED"])
DEFINITIONS = load_text("""
traits:
  visits: session_count()
  last_visit: session_duration()
  rounds: sequence_count("Product Viewed", "Product Added", gap="1d")
segments:
  flash: sequence("Product Viewed", "Product Added", within="1h")
  same: sequence("Product Viewed", "Product Added", same=properties.category)
  waiting: absent("Order Completed", after="Product Added", wait="1h")
""").definitions
KEYS = [definition.key for definition in DEFINITIONS.ordered]


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("rows", [1, 3, 17])
def test_the_size_of_chunks_changes_no_answer(
    compacted: bool, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = Size(definitions=1, households=8, instants=1)
    for world, _ in zip(worlds(SEED, size), range(4), strict=False):
        at_us = max(question.at_us for question in world.questions)
        with DuckDbHistory(None) as history:
            history.append(world.history.facts)
            if compacted:
                history.compact()
            folded = answer(history, DEFINITIONS, KEYS, at_us, ways=frozenset())
            monkeypatch.setattr(running, "CHUNK_ROWS", rows)
            chunked = answer(history, DEFINITIONS, KEYS, at_us, ways=ALL_WAYS)
            monkeypatch.undo()
            for name in {fact.subject for fact in world.history.facts}:
                for key in KEYS:
                    assert chunked.value(key, name) == folded.value(key, name), (key, name)


def test_ids_decide_between_recent_and_compacted_facts_of_one_time() -> None:
    def fact(id_: str, name: str) -> Fact:
        return Fact("ann", HOUR, id_, name, {}, {}, True, True, "web", 0, HOUR)

    keys = [("segment", "flash")]
    for added, viewed, found in (("b", "a", ["ann"]), ("a", "b", [])):
        with DuckDbHistory(None) as history:
            history.append([fact(added, "Product Added")])
            history.compact()
            history.append([fact(viewed, "Product Viewed")])
            assert answer(history, DEFINITIONS, keys, DAY).members("flash") == found


def test_late_facts_stand_where_their_times_say() -> None:
    def act(subject: str, minutes: int, name: str) -> Fact:
        id_ = f"{subject}{minutes}"
        at_us = minutes * MINUTE
        return Fact(subject, at_us, id_, name, {}, {}, True, True, "web", 0, at_us)

    with DuckDbHistory(None) as history:
        history.append([act(s, 60, "Product Added") for s in ("ann", "bob", "cat")])
        history.append([act("dan", m, "Product Viewed") for m in (1, 2)])
        history.compact()
        history.append([act("bob", 30, "Product Viewed"), act("cat", 90, "Product Viewed")])
        told = answer(history, DEFINITIONS, [("segment", "flash"), ("trait", "visits")], DAY)
        assert told.members("flash") == ["bob"]
        visits = [told.value(("trait", "visits"), s) for s in ("ann", "bob", "cat", "dan")]
        assert visits == [1_000_000] * 4
