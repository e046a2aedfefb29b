"""SQL that counts events in spans of time, and takes samples of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tailorbird.edges.warehouses.hot_properties import Path, joined
from tailorbird.edges.warehouses.layout import Connection, rows_of
from tailorbird.ports.sampled_facts import NamedFact, Sampled

_FETCHED = 10_000


def _spanned(spans: Sequence[tuple[int, int]], columns: str) -> str:
    """The facts that lie in spans, with the numbers of these."""
    listed = ", ".join(f"({n}, {begin}, {end})" for n, (begin, end) in enumerate(spans))
    return (
        f"SELECT {columns} FROM facts JOIN (VALUES {listed}) AS spans (span, begins, ends) "
        "ON time_us >= begins AND time_us < ends WHERE name[1] != '$'"
    )


def counted(connection: Connection, spans: Sequence[tuple[int, int]]) -> dict[tuple[str, int], int]:
    """By event and number of a span how many facts lie in it."""
    rows = rows_of(
        connection,
        f"SELECT name, span, count(*) FROM ({_spanned(spans, 'name, span')}) GROUP BY ALL",
    )
    return {(name, span): count for name, span, count in rows}


def sampled(
    connection: Connection, hot: Mapping[Path, int], spans: Sequence[tuple[int, int]], most: int
) -> Iterator[Sampled]:
    """So many facts of each event and span: those whose ids have the smallest hashes."""
    whole = _spanned(spans, f"name, span, id, {joined(hot)} AS properties")
    found = connection.execute(
        f"SELECT name, span, properties FROM ({whole}) "
        f"QUALIFY row_number() OVER (PARTITION BY name, span ORDER BY hash(id), id) <= {most}"
    )
    while rows := found.fetchmany(_FETCHED):
        yield from (Sampled(*row) for row in rows)


def named(
    connection: Connection, hot: Mapping[Path, int], name: str, begin_us: int, end_us: int
) -> Iterator[NamedFact]:
    """The facts of an event from an instant to before another."""
    found = connection.execute(
        f"SELECT subject, time_us, id, source, {joined(hot)} FROM facts JOIN subjects USING (who) "
        "WHERE name = ? AND time_us >= ? AND time_us < ?",
        [name, begin_us, end_us],
    )
    while rows := found.fetchmany(_FETCHED):
        yield from (NamedFact(*row) for row in rows)
