"""Publishing says what differs, makes quick what definitions read, and is whole or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.publish import Draft, changes_between, properties_read, publish
from tailorbird.kernel.facts import Fact
from tailorbird.language.files import load, load_text
from tailorbird.ports.registry import MovedOnError

ONE = "segments:\n  loud: count('A', where=properties.volume > 3) > 1\n"
TWO = "segments:\n  loud: count('A', where=properties.volume > 4) > 1\n"


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        opened.append([Fact("ann", 5, "m1", "A", {"volume": 2}, {}, True, True, "web", 0, 5)])
        yield opened


@pytest.fixture
def registry() -> Iterator[SqliteRegistry]:
    with SqliteRegistry(None) as opened:
        yield opened


def draft(text: str, made_from: tuple[int, str] | None = None, **settings: str) -> Draft:
    return Draft({"a.yaml": text}, load_text(text), settings, made_from)


def test_the_properties_of_definitions_become_quick_to_read(
    history: DuckDbHistory, registry: SqliteRegistry
) -> None:
    done = publish(draft(ONE), registry, history, load=load, now_us=9)
    assert done.promoted == [("volume",)]
    assert history.hot_columns() == {("volume",): 0}


def test_what_is_read_most_often_comes_first() -> None:
    definitions = load_text(
        "traits:\n  a: sum('A', properties.x.y)\n  b: traits.home.city\n"
        "segments:\n  c: did('A', where=properties.x.y > 1 and properties.z == 2)\n"
        "  d: sequence('A', step('A', where=properties.z == prev.properties.x.y))\n"
    ).definitions
    assert properties_read(definitions) == [("x", "y"), ("z",), ("home",)]


def test_a_refused_publication_leaves_everything_as_it_was(
    history: DuckDbHistory, registry: SqliteRegistry
) -> None:
    publish(draft(ONE), registry, history, load=load, now_us=9)
    end = history.end_position
    with pytest.raises(MovedOnError):
        publish(draft(TWO, zone="Asia/Tokyo"), registry, history, load=load, now_us=10)
    assert registry.numbers() == [1]
    assert history.end_position == end


def test_a_version_takes_effect_behind_the_settings_that_came_with_it(
    history: DuckDbHistory, registry: SqliteRegistry
) -> None:
    done = publish(draft(ONE, zone="Asia/Tokyo"), registry, history, load=load, now_us=9)
    assert (done.settings, done.version.position) == ({"zone": "Asia/Tokyo"}, 2)


def test_publishing_again_after_it_was_cut_short_finishes_it(
    history: DuckDbHistory, registry: SqliteRegistry
) -> None:
    first = publish(draft(ONE), registry, history, load=load, now_us=9).version
    with DuckDbHistory(None) as another:
        done = publish(draft(ONE, (1, first.digest)), registry, another, load=load, now_us=10)
        assert (done.is_new, done.promoted) == (False, [("volume",)])


def test_settings_alone_make_a_version(history: DuckDbHistory, registry: SqliteRegistry) -> None:
    first = publish(draft(ONE), registry, history, load=load, now_us=9).version
    asked = draft(ONE, (1, first.digest), session_gap="20m")
    done = publish(asked, registry, history, load=load, now_us=10)
    assert (done.version.number, done.changes) == (2, [])


def test_a_comment_changes_the_files_and_no_definition() -> None:
    assert changes_between(load_text(ONE), load_text("# loud\n" + ONE)) == []
