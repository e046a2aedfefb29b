"""The history of a workspace in one DuckDB file: sorted and recent facts, both in every answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from copy import copy
from pathlib import Path as FilePath
from typing import Any, NamedTuple, Self, TypeAlias

import duckdb
import numpy as np

from tailorbird.edges.warehouses import arrivals, layout, samples
from tailorbird.edges.warehouses.hot_properties import Path, can_be_hot, joined, literal
from tailorbird.edges.warehouses.layout import Connection, number_of, rows_of
from tailorbird.edges.warehouses.rewriting import Progress, rewrite
from tailorbird.events.columns import (
    FactColumns,
    columns_from_rows,
    columns_of,
    fact_of,
    object_of,
)
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import MERGE, UNMERGE, Fact
from tailorbird.ports.history import Appended
from tailorbird.ports.log import LogChunk, PackedChunk
from tailorbird.ports.sampled_facts import NamedFact, Sampled

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

SLICE_ROWS = 5_000_000
"""Rows that a rewrite sorts at a time."""

_FACT = "time_us, id, name, act, active, source, position, known_us"
_EXPORTED = "subject, time_us, id, name, act, active, source, position, known_us"


class Counts(NamedTuple):
    """What a history holds."""

    facts: int
    subjects: int
    """How many subjects have facts, the workspace not counted."""
    names: dict[str, int]
    """The most frequent fact names, with their counts, the most frequent first."""
    distinct_names: int
    first_time_us: int | None
    last_time_us: int | None


class DuckDbHistory:
    """All facts of a workspace, by column.

    One object uses one connection and belongs to one thread. The file belongs to one process.

    >>> with DuckDbHistory(None) as history:
    ...     fact = Fact("ann", 5, "m1", "Seen", {"price": 2_000_000}, {}, True, True, "web", 0, 5)
    ...     history.append([fact, fact])
    ...     history.history_of(["ann"]) == [fact]
    Appended(accepted=1, duplicates=1, first_position=0)
    True
    """

    changing: AbstractContextManager[Any] = nullcontext()
    """Held while tables change places; who appends from other threads sets one and holds it too."""
    _is_still = False
    _twin: Any = None

    def __init__(
        self, path: FilePath | None, *, memory_limit: str = "2GB", threads: int = 2
    ) -> None:
        """Open or make the history at a path; None keeps it in memory."""
        self._connection = _opened(path, memory_limit, threads)
        try:
            layout.prepare(self._connection, str(path))
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write everything out and let the file go."""
        self._connection.close()

    def beside(self) -> Self:
        """The same history over a connection of its own, for another thread."""
        other = copy(self)
        other._connection = self._connection.cursor()
        other._is_still, other._twin = False, None
        return other

    @contextmanager
    def as_of_now(self) -> Iterator[None]:
        """All that is read within is as it was at first, whatever others append or put in place.

        A question of several statements needs it: properties may get typed columns in between, and
        are then no longer where it looks for them.
        """
        if self._twin is not None:
            yield
            return
        twin = self.beside()
        with closing(twin), ExitStack() as ending:
            with self.changing:
                for one in (self, twin):
                    ending.enter_context(one._still())
                    _ = one.end_position  # what is seen is what there is when something is read
            self._twin = twin
            try:
                yield
            finally:
                self._twin = None

    def reading_ahead(self) -> Self:
        """The same history for another thread, as of the same instant; one for each question."""
        return self.beside() if self._twin is None else self._twin

    @contextmanager
    def _still(self) -> Iterator[None]:
        if self._is_still:
            yield
            return
        self._is_still = True
        try:
            with self._transaction():
                yield
        finally:
            self._is_still = False

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""
        return number_of(self._connection, "SELECT end_position FROM meta")

    @property
    def is_compact(self) -> bool:
        """Whether all facts are sorted, so that queries give them in the order of ``base``."""
        return not rows_of(self._connection, "SELECT 1 FROM tail LIMIT 1")

    @property
    def unsorted(self) -> tuple[int, int]:
        """How many recent facts there are that are not sorted in, and how many that are."""
        recent, in_order = (
            number_of(self._connection, f"SELECT count(*) FROM {table}")
            for table in ("tail", "base")
        )
        return recent, in_order

    @property
    def last_time_us(self) -> int | None:
        """The time of the latest fact; None when there is none."""
        found: int | None = rows_of(self._connection, "SELECT max(time_us) FROM facts")[0][0]
        return found

    @property
    def last_act_us(self) -> int | None:
        """The time of the latest act: lists, figures and settings do not count."""
        found = rows_of(self._connection, "SELECT max(time_us) FROM facts WHERE act")[0][0]
        assert found is None or isinstance(found, int)
        return found

    @property
    def first_time_us(self) -> int | None:
        """The time of the first act; None when there is none."""
        found = rows_of(self._connection, "SELECT min(time_us) FROM facts WHERE act")[0][0]
        assert found is None or isinstance(found, int)
        return found

    def counted(self, spans: Sequence[tuple[int, int]]) -> dict[tuple[str, int], int]:
        """See `SampledFacts`."""
        return samples.counted(self._connection, spans)

    def sampled(self, spans: Sequence[tuple[int, int]], most: int) -> Iterator[Sampled]:
        """See `SampledFacts`; nothing else may be asked before it has ended."""
        with self._still():
            yield from samples.sampled(self._connection, self.hot_columns(), spans, most)

    def named(self, name: str, begin_us: int, end_us: int) -> Iterator[NamedFact]:
        """See `NamedFacts`; nothing else may be asked before it has ended."""
        with self._still():
            yield from samples.named(self._connection, self.hot_columns(), name, begin_us, end_us)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        rows_of(self._connection, "BEGIN")
        try:
            yield
        except BaseException:
            rows_of(self._connection, "ROLLBACK")
            raise
        rows_of(self._connection, "COMMIT")

    def append(self, facts: Sequence[Fact]) -> Appended:
        """Store facts as one batch, each message id once; they get their positions here."""
        return self.append_columns([columns_of(facts)])

    def append_columns(self, batch: Iterable[FactColumns]) -> Appended:
        """Store one batch in one transaction; an error while it is read leaves nothing behind."""
        with self._staged((columns, None) for columns in batch), self._transaction():
            return arrivals.store(self._connection, self.hot_columns())

    def append_logged(self, chunks: Iterable[LogChunk | PackedChunk]) -> None:
        """Take over facts that the log has, with their positions, in one transaction.

        The chunks follow each other, the first one begins at the end position. An error while they
        are read leaves nothing behind.
        """
        following = [self.end_position]

        def arriving() -> Iterator[arrivals.Arrived]:
            for chunk in chunks:
                following.append(chunk.next_position)
                yield chunk if isinstance(chunk, PackedChunk) else chunk[:2]

        with self._staged(arriving()), self._transaction():
            arrivals.store_logged(self._connection, self.hot_columns(), following[-1])

    @contextmanager
    def _staged(self, batch: Iterable[arrivals.Arrived]) -> Iterator[None]:
        try:
            arrivals.stage(self._connection, batch)
            yield
        finally:
            arrivals.discard(self._connection)

    def columns_from(self, position: int, most: int) -> LogChunk:
        """The facts at so many positions from one on, in the order of the log."""
        end = min(position + most, self.end_position)
        with self._still():
            rows = rows_of(
                self._connection,
                f"SELECT subject, time_us, id, name, act, active, source, known_us, "
                f"{joined(self.hot_columns())}, context, position "
                f"FROM facts JOIN subjects USING (who) "
                f"WHERE position >= {position} AND position < {end} ORDER BY position",
            )
        columns = columns_from_rows([row[:-1] for row in rows])
        return LogChunk(columns, [row[-1] for row in rows], end)

    def hot_columns(self) -> dict[Path, int]:
        """The properties that have typed columns, and the number in the names of those columns."""
        return layout.hot_columns(self._connection)

    def promote(self, paths: Iterable[Path], *, max_rows: int = SLICE_ROWS) -> list[Path]:
        """Give properties typed columns in one rewrite; the answer lists those that got some.

        A property whose name the engine cannot address, or beyond `limits.HOT_COLUMNS`, goes on
        being read from ``rest``; that changes the speed of an answer and nothing else.
        """
        hot = self.hot_columns()
        wanted = [path for path in dict.fromkeys(paths) if path not in hot and can_be_hot(path)]
        wanted = wanted[: limits.HOT_COLUMNS - len(hot)]
        if wanted:
            new = {path: number for number, path in enumerate(wanted, len(hot))}
            self._rewrite(max_rows, new, "true", None)
        return wanted

    def compact(self, max_rows: int = SLICE_ROWS, progress: Progress | None = None) -> None:
        """Sort the recent facts in among the others; does nothing when there are none."""
        if not self.is_compact:
            self._rewrite(max_rows, {}, "true", progress)

    def erase(self, subjects: Iterable[str], *, max_rows: int = SLICE_ROWS) -> None:
        """Remove all facts of some subjects, as if they had never been."""
        numbers = sorted(self.subject_numbers(subjects).values())
        if not numbers:
            return
        listed = ", ".join(map(str, numbers))
        self._rewrite(max_rows, {}, f"who NOT IN ({listed})", None)
        rows_of(self._connection, f"DELETE FROM subjects WHERE who IN ({listed}) AND who > 0")

    def _rewrite(
        self, max_rows: int, new_hot: dict[Path, int], kept: str, progress: Progress | None
    ) -> None:
        rewrite(
            self._connection,
            max_rows=max_rows,
            new_hot=new_hot,
            kept=kept,
            progress=progress,
            changing=self.changing,
        )

    def history_of(self, subjects: Iterable[str]) -> list[Fact]:
        """All facts of some subjects, ordered by time and message id."""
        numbers = sorted(self.subject_numbers(subjects).values())
        if not numbers:
            return []
        return self._facts(f"who IN ({', '.join(map(str, numbers))})")

    def links(self) -> list[Fact]:
        """Everything that says which subjects are one person."""
        return self._facts(f"name IN ({literal(MERGE)}, {literal(UNMERGE)})")

    def workspace_facts(self) -> list[Fact]:
        """All facts about everybody: settings, figures, areas."""
        about_everybody = f"who = {layout.WORKSPACE_NUMBER}"
        # Most workspaces have none, and to plan how properties are put together takes longer.
        if not rows_of(self._connection, f"SELECT 1 FROM facts WHERE {about_everybody} LIMIT 1"):
            return []
        return self._facts(about_everybody)

    def facts_where(
        self, condition: str, *, contexts: bool = True, names: Mapping[int, str] | None = None
    ) -> list[Fact]:
        """Facts that meet a condition in SQL, ordered by subject number, time and message id.

        Without ``contexts`` these are empty, which is quicker. So is knowing the ``names`` of all
        their subjects, by number.
        """
        return self._facts(condition, layout.ORDER, contexts=contexts, names=names)

    def _facts(
        self,
        condition: str,
        order: str = "time_us, id",
        *,
        contexts: bool = True,
        names: Mapping[int, str] | None = None,
    ) -> list[Fact]:
        subject, source = "subject", "facts JOIN subjects USING (who)"
        if names is not None:
            subject, source = "who", "facts"
        with self._still():
            found = self.query(
                f"SELECT {subject}, {_FACT}, {joined(self.hot_columns())} AS properties"
                f"{', context' if contexts else ''} FROM {source} WHERE {condition} "
                f"ORDER BY {order}"
            )
        subjects, time_us, id_, name, *others, properties = (
            column.tolist() for key, column in found.items() if key != "context"
        )
        if names is not None:
            subjects = map(names.__getitem__, subjects)
        nothing: list[dict[str, Any]] = [{}] * len(time_us)
        cells = (
            subjects,
            time_us,
            id_,
            name,
            map(object_of, properties),
            map(object_of, found["context"].tolist()) if contexts else nothing,
            *others,
        )
        return list(map(fact_of, zip(*cells, strict=True)))

    def query(self, sql: str, parameters: object = None) -> dict[str, Array]:
        """The columns of an answer, fetched to its end; where there are nulls they are masked.

        128-bit integers would come as doubles: cast what must be exact.
        """
        columns: dict[str, Array] = self._connection.execute(sql, parameters).fetchnumpy()
        return columns

    def define_table(self, name: str, columns: Mapping[str, Array]) -> None:
        """Make or replace a temporary table that queries can join."""
        self._connection.register("defined", dict(columns))
        rows_of(self._connection, f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM defined")
        self._connection.unregister("defined")

    def subject_numbers(self, subjects: Iterable[str]) -> dict[str, int]:
        """The numbers of those subjects that have one."""
        rows = rows_of(
            self._connection,
            "SELECT subject, who FROM subjects JOIN (SELECT unnest(?::VARCHAR[]) AS subject) "
            "USING (subject)",
            [list(dict.fromkeys(subjects))],
        )
        return dict(rows)

    def subject_names(self, numbers: Iterable[int]) -> list[str]:
        """The subjects with the given numbers, in the same order."""
        asked = np.fromiter(numbers, np.int64)
        self._connection.register("numbered", {"who": np.unique(asked)})
        found = self.query("SELECT who, subject FROM subjects JOIN numbered USING (who)")
        self._connection.unregister("numbered")
        names = dict(zip(found["who"].tolist(), found["subject"].tolist(), strict=True))
        return [names[number] for number in asked.tolist()]

    def nearest_subject(self, subject: str) -> str | None:
        """The subject whose spelling is closest to a text; None when none is close."""
        rows = rows_of(
            self._connection,
            "SELECT subject, jaro_winkler_similarity(lower(subject), lower(?)) AS likeness "
            f"FROM subjects WHERE who != {layout.WORKSPACE_NUMBER} AND likeness > 0.8 "
            "ORDER BY likeness DESC, subject LIMIT 1",
            [subject],
        )
        return rows[0][0] if rows else None

    def counts(self, names: int = 1_000) -> Counts:
        """What is stored, with at most so many of the most frequent fact names."""
        facts, subjects, distinct, first, last = rows_of(
            self._connection,
            "SELECT count(*), count(DISTINCT who) FILTER (who > 0), count(DISTINCT name), "
            "min(time_us), max(time_us) FROM facts",
        )[0]
        frequent = rows_of(
            self._connection,
            f"SELECT name, count(*) FROM facts GROUP BY name ORDER BY 2 DESC, 1 LIMIT {names}",
        )
        return Counts(facts, subjects, dict(frequent), distinct, first, last)

    def export_parquet(self, path: FilePath) -> None:
        """Write all facts to a Parquet file in the order of their positions.

        ``properties`` and ``context`` are JSON texts whose numbers count millionths.
        """
        with self._still():
            rows_of(
                self._connection,
                f"COPY (SELECT {_EXPORTED}, {joined(self.hot_columns())} AS properties, context "
                f"FROM facts JOIN subjects USING (who) ORDER BY position) "
                f"TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, "
                f"KV_METADATA {{tailorbird_layout: '{layout.LAYOUT}'}})",
            )

    def import_parquet(self, path: FilePath) -> None:
        """Take over the facts that `export_parquet` wrote, with their positions; ours is empty."""
        if number_of(self._connection, "SELECT count(*) FROM facts"):
            raise InputError(f"{path} is only taken over by an empty history, and this one is not")
        with self._transaction():
            _restore(self._connection, path)


def _opened(path: FilePath | None, memory_limit: str, threads: int) -> Connection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "threads": threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        return duckdb.connect(":memory:" if path is None else str(path), config=settings)
    except duckdb.Error as error:
        raise InputError(_why_not(path, str(error))) from error


def _why_not(path: FilePath | None, reason: str) -> str:
    holder = re.search(r"PID (\d+)", reason)
    if "lock" in reason and holder is not None:
        return (
            f"{path} is in use by process {holder[1]}; one process at a time can open it: "
            "wait until that one has ended"
        )
    first = reason.partition("\n")[0]
    return f"the history {path} cannot be opened: {first}; {layout.made_again(path)}"


def _restore(connection: Connection, path: FilePath) -> None:
    written = f"read_parquet({literal(str(path))})"
    try:
        rows_of(
            connection,
            f"""
            INSERT INTO subjects
            SELECT (SELECT max(who) FROM subjects) + row_number() OVER (ORDER BY subject), subject
            FROM (SELECT DISTINCT subject FROM {written} ANTI JOIN subjects USING (subject))
            """,
        )
        renamed = f"SELECT * RENAME (properties AS rest) FROM {written}"
        joined_rows = f"SELECT * EXCLUDE (subject) FROM ({renamed}) JOIN subjects USING (subject)"
        rows_of(connection, f"INSERT INTO tail BY NAME {joined_rows}")
    except duckdb.Error as error:
        raise InputError(f"{path} is not a file that a history was exported to: {error}") from error
    rows_of(
        connection,
        "UPDATE meta SET end_position = (SELECT coalesce(max(position) + 1, 0) FROM tail)",
    )
