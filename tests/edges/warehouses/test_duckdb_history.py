from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.columns import columns_of
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.values import IdNumber


def fact(id_: str, subject: str = "ann", time_us: int = 5, **properties: Any) -> Fact:
    return Fact(subject, time_us, id_, "Seen", properties, {}, True, True, "web", 0, time_us)


def placed(facts: list[Fact]) -> list[Fact]:
    """Each message id once, with the positions that a history gives them."""
    first = {fact.id: fact for fact in reversed(facts)}
    kept = [fact for fact in facts if fact is first[fact.id]]
    return [fact._replace(position=position) for position, fact in enumerate(kept)]


def ordered(facts: list[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: fact.key)


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        yield opened


def test_a_stored_fact_comes_back_as_it_was(history: DuckDbHistory) -> None:
    values = {
        "number": 12_500_000,
        "big": IdNumber("12345678901234567890"),
        "text": "Ünï \n \U0001f600 'quoted' \"twice\"",
        "yes": True,
        "nothing": None,
        "list": [1, {"x": None}, []],
        "object": {"#": "no id", "a.b": {"c": -1}},
    }
    stored = Fact("ann", -7, "m1", "Seen", values, {"active": False}, False, False, "app", 0, 9)
    history.append([stored])
    assert history.history_of(["ann", "nobody"]) == [stored]


def test_a_message_id_is_stored_once_within_a_batch_and_between_batches(
    history: DuckDbHistory,
) -> None:
    assert history.append([fact("a"), fact("b"), fact("a", time_us=9)])[:2] == (2, 1)
    assert history.append([fact("b", "bob"), fact("c")])[:2] == (1, 1)
    assert [(f.id, f.time_us, f.position) for f in history.history_of(["ann", "bob"])] == [
        ("a", 5, 0),
        ("b", 5, 1),
        ("c", 5, 2),
    ]


def test_positions_follow_the_order_of_arrival_without_a_gap(history: DuckDbHistory) -> None:
    arrived = [fact(f"m{n % 900}", f"p{n * 7919 % 1000}", n * 31 % 997) for n in range(5_000)]
    history.append(arrived[:1_000])
    result = history.append(arrived)
    assert result == (0, 5_000, 900)
    assert history.end_position == 900
    everybody = history.history_of({f.subject for f in arrived})
    assert everybody == ordered(placed(arrived))


def test_a_batch_that_fails_while_it_is_read_leaves_nothing(history: DuckDbHistory) -> None:
    def breaking() -> Iterator[Any]:
        yield columns_of([fact("a")])
        raise ValueError("the file ends here")

    with pytest.raises(ValueError, match="ends here"):
        history.append_columns(breaking())
    assert history.counts().facts == 0
    assert history.append([fact("a")]).first_position == 0


def test_a_history_lasts_beyond_the_process_that_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    with DuckDbHistory(path) as first:
        first.append([fact("a"), fact("b")])
        first.promote([("price",)])
    with DuckDbHistory(path) as second:
        assert [f.id for f in second.history_of(["ann"])] == ["a", "b"]
        assert second.hot_columns() == {("price",): 0}
        assert second.append([fact("b"), fact("c")]) == (1, 1, 2)


def test_a_file_that_is_no_history_is_refused_by_name(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are only notes, and they are long enough to look like a file" * 100)
    with pytest.raises(InputError, match=r"notes\.txt cannot be opened"):
        DuckDbHistory(text)
    foreign = tmp_path / "foreign.duckdb"
    with duckdb.connect(str(foreign)) as connection:
        connection.execute("CREATE TABLE things (x INTEGER)")
    with pytest.raises(InputError, match="not a history of this version"):
        DuckDbHistory(foreign)


def test_values_of_a_hot_property_leave_the_rest_when_their_type_allows(
    history: DuckDbHistory,
) -> None:
    history.append([fact("0", price=2_500_000, brand="x"), fact("1", price="2.5")])
    assert history.promote([("price",), ("brand",), ("price",)]) == [("price",), ("brand",)]
    history.append([fact("2", price=True), fact("3", price=None), fact("4", price=[1])])
    columns = "n_0, t_0, b_0, t_1, rest"
    rows = history._connection.execute(f"SELECT {columns} FROM facts ORDER BY id").fetchall()
    assert rows == [
        (2_500_000, None, None, "x", None),
        (None, "2.5", None, None, None),
        (None, None, True, None, None),
        (None, None, None, None, '{"price":null}'),
        (None, None, None, None, '{"price":[1]}'),
    ]


def test_a_property_that_the_engine_cannot_address_stays_in_the_rest(
    history: DuckDbHistory,
) -> None:
    assert history.promote([('a"b',), ("##",), ("a", ""), ()]) == []


def test_links_and_workspace_facts_are_found_among_all_others(history: DuckDbHistory) -> None:
    link = Fact("a", 3, "l", "$merge", {"other": "b"}, {}, False, True, "x", 0, 3)
    unlink = Fact("a", 4, "u", "$unmerge", {"links": ["l"]}, {}, False, True, "x", 0, 4)
    zone = Fact(WORKSPACE, 1, "z", "$setting", {"name": "zone"}, {}, False, True, "x", 0, 1)
    history.append([fact("m"), unlink, zone, link])
    assert [f.id for f in history.links()] == ["l", "u"]
    assert [f.id for f in history.workspace_facts()] == ["z"]
    assert history.subject_numbers([WORKSPACE]) == {WORKSPACE: 0}


def test_counts_tell_what_is_stored(history: DuckDbHistory) -> None:
    assert history.counts()[:2] == (0, 0)
    assert history.last_time_us is None
    history.append([fact("1"), fact("2", "bob", 9), fact("3", WORKSPACE)._replace(name="$area")])
    assert history.counts() == (3, 2, {"Seen": 2, "$area": 1}, 2, 5, 9)
    assert history.counts(names=1).names == {"Seen": 2}


def test_subject_numbers_and_names_are_inverse(history: DuckDbHistory) -> None:
    history.append([fact("1", "b"), fact("2", "a"), fact("3", "c")])
    numbers = history.subject_numbers(["c", "a", "nobody", "b"])
    assert set(numbers) == {"a", "b", "c"}
    asked = [numbers["c"], numbers["a"], numbers["c"]]
    assert history.subject_names(asked) == ["c", "a", "c"]


def test_compaction_moves_everything_into_the_sorted_base(history: DuckDbHistory) -> None:
    history.append([fact(f"m{n:03}", f"p{n % 7}", n * 37 % 11) for n in range(100)])
    before = history.history_of([f"p{n}" for n in range(7)])
    steps: list[tuple[int, int]] = []
    history.compact(max_rows=20, progress=lambda done, total: steps.append((done, total)))
    assert history.history_of([f"p{n}" for n in range(7)]) == before
    assert len(steps) > 3
    assert steps[-1] == (100, 100)
    tail, sorted_rows = (
        history._connection.execute(f"SELECT who, time_us, id FROM {table}").fetchall()
        for table in ("tail", "base")
    )
    assert tail == []
    assert sorted_rows == sorted(sorted_rows)


def test_a_rewrite_that_is_cut_short_loses_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, _total: int) -> None:
        if done > 10:
            raise KeyboardInterrupt

    path = tmp_path / "history.duckdb"
    with DuckDbHistory(path) as history:
        history.append([fact(f"m{n:02}", f"p{n % 7}") for n in range(50)])
        before = history.history_of([f"p{n}" for n in range(7)])
        with pytest.raises(KeyboardInterrupt):
            history.compact(max_rows=5, progress=interrupt)
        assert history.history_of([f"p{n}" for n in range(7)]) == before
    with DuckDbHistory(path) as history:
        assert history.history_of([f"p{n}" for n in range(7)]) == before
        history.compact(max_rows=5)
        assert history.is_compact
        assert history.history_of([f"p{n}" for n in range(7)]) == before
        assert history.last_time_us == 5


class Meanwhile:
    """What is held while tables change places; facts arrive at the last moment before that."""

    def __init__(self, history: DuckDbHistory, facts: list[Fact]) -> None:
        self._arriving, self._facts, self._times = history.beside(), facts, 0

    def __enter__(self) -> None:
        self._times += 1
        if self._times == 2:  # the first time a walk begins
            self._arriving.append(self._facts)

    def __exit__(self, *_: object) -> None:
        pass


def test_what_arrives_while_facts_are_sorted_stays_recent(history: DuckDbHistory) -> None:
    history.append([fact("1", "a"), fact("2", "b")])
    history.changing = Meanwhile(history, [fact("0", "a", time_us=1), fact("3", "c")])
    history.compact()
    assert history.unsorted == (2, 2)
    assert [one.id for one in history.history_of(["a", "b", "c"])] == ["0", "1", "2", "3"]
    history.changing = Meanwhile(history, [fact("4", "b", x=1)])
    assert history.promote([("x",)]) == [("x",)]
    assert history.history_of(["b"])[-1].properties == {"x": 1}
    assert history.unsorted == (1, 4)


def test_a_subject_is_erased_with_what_arrives_meanwhile(history: DuckDbHistory) -> None:
    history.append([fact("1", "a"), fact("2", "b")])
    history.changing = Meanwhile(history, [fact("3", "a"), fact("4", "b")])
    history.erase(["a"])
    assert [one.id for one in history.history_of(["a", "b"])] == ["2", "4"]


def test_erased_subjects_never_existed(history: DuckDbHistory) -> None:
    history.append([fact("1", "a"), fact("2", "b")])
    history.compact()
    history.append([fact("3", "a"), fact("4", "c")])
    history.erase(["a", "nobody"])
    assert [f.id for f in history.history_of(["a", "b", "c"])] == ["2", "4"]
    assert set(history.subject_numbers(["a", "b", "c"])) == {"b", "c"}
    history.erase(["a"])
    assert history.append([fact("5", "a")]).first_position == 4


def test_a_query_gives_arrays_and_leaves_the_connection_free(history: DuckDbHistory) -> None:
    history.append([fact(str(n), time_us=n, **({"x": 1} if n else {})) for n in range(3)])
    history.define_table("asked", {"t": np.array([1, 2])})
    found = history.query("SELECT time_us, rest FROM facts JOIN asked ON t = time_us ORDER BY 1")
    assert found["time_us"].tolist() == [1, 2]
    masked = history.query("SELECT nullif(time_us, ?) AS t FROM facts ORDER BY time_us", [1])["t"]
    assert np.ma.getmaskarray(masked).tolist() == [False, True, False]
    assert history.end_position == 3


def test_a_taken_over_export_keeps_positions_and_refuses_to_mix(tmp_path: Path) -> None:
    file = tmp_path / "it's all.parquet"
    with DuckDbHistory(None) as first, DuckDbHistory(None) as second:
        first.append([fact("a", x=1), fact("b", "bob", x="y")])
        first.promote([("x",)])
        first.export_parquet(file)
        second.import_parquet(file)
        assert second.history_of(["ann", "bob"]) == first.history_of(["ann", "bob"])
        assert second.append([fact("a"), fact("c")]) == (1, 1, 2)
        with pytest.raises(InputError, match="empty history"):
            second.import_parquet(file)
    strange = tmp_path / "strange.parquet"
    duckdb.execute(f"COPY (SELECT 1 AS x) TO '{strange}' (FORMAT parquet)")
    with DuckDbHistory(None) as third:
        with pytest.raises(InputError, match=r"strange\.parquet is not a file"):
            third.import_parquet(strange)
        assert third.counts().facts == 0


PATHS = [("a",), ("b",), ("a", "b"), ("a", "0"), ("é x",), ("$k", "a"), ("#",), ("a.b",)]
KEYS = st.sampled_from(["a", "b", "0", "é x", "$k", "#", "##", "a.b", "", 'q"', "it's"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18) + 1, 10**18 - 1),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5),
    st.just(IdNumber("-12345678901234567890")),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
FACTS = st.builds(
    Fact,
    st.sampled_from(["", "a", "b", "é", WORKSPACE]),
    st.integers(-3, 3),
    st.sampled_from([f"m{n}" for n in range(12)]),
    st.sampled_from(["Seen", "$merge", "it's"]),
    st.dictionaries(KEYS, VALUES, max_size=4),
    st.dictionaries(KEYS, VALUES, max_size=1),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["web", ""]),
    st.just(0),
    st.integers(0, 3),
)


class Late(NamedTuple):
    """Facts that arrive while all are sorted, and some path gets a column of its own."""

    facts: list[Fact]
    path: tuple[str, ...] | None


ACTIONS = st.lists(
    st.one_of(
        st.lists(FACTS, max_size=6),
        st.sampled_from(["compact", "move"]),
        st.builds(Late, st.lists(FACTS, max_size=3), st.none() | st.sampled_from(PATHS)),
        st.lists(st.sampled_from(PATHS), min_size=1, max_size=3),
    ),
    max_size=7,
)


def _moved(history: DuckDbHistory) -> DuckDbHistory:
    with tempfile.TemporaryDirectory() as folder:
        history.export_parquet(Path(folder, "all.parquet"))
        history.close()
        fresh = DuckDbHistory(None)
        fresh.import_parquet(Path(folder, "all.parquet"))
    return fresh


@settings(max_examples=60)
@given(ACTIONS)
def test_whatever_is_done_to_the_files_the_facts_are_the_same(actions: list[Any]) -> None:
    history, arrived = DuckDbHistory(None), []
    for action in actions:
        if action == "compact":
            history.compact(max_rows=2)
        elif action == "move":
            history = _moved(history)
        elif isinstance(action, Late):
            history.changing = Meanwhile(history, action.facts)
            before = history.end_position
            _ = history.promote([action.path]) if action.path else history.compact(max_rows=2)
            history.changing = nullcontext()
            arrived += action.facts if history.end_position > before else []
        elif action and isinstance(action[0], tuple) and not isinstance(action[0], Fact):
            history.promote(action, max_rows=3)
        else:
            history.append(action)
            arrived += action
    everybody = ["", "a", "b", "é", WORKSPACE]
    found, expected = history.history_of(everybody), ordered(placed(arrived))
    history.close()
    assert found == expected
