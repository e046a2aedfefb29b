"""Entries to compare, out of the history or out of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Final, NamedTuple

from tailorbird.events.cells import as_text
from tailorbird.events.chunks import JsonChunk, TextChunk
from tailorbird.events.columns import object_of
from tailorbird.events.reconciling import Entry
from tailorbird.events.table import Reject, TextRows
from tailorbird.kernel.errors import InputError, nearest
from tailorbird.kernel.instants import format_instant
from tailorbird.kernel.values import Value, at_path
from tailorbird.ports.files import RowFile
from tailorbird.ports.sampled_facts import NamedFact, NamedFacts

OWN: Final = ("$person", "$time", "$id", "$source")
"""What a fact says beside its properties."""


class Asked(NamedTuple):
    """What of a source is compared."""

    key: str
    values: tuple[str, ...]
    only: Mapping[str, str]
    """What else has to be said, as texts."""


def entries_of_event(
    history: NamedFacts, event: str, begin_us: int, end_us: int, asked: Asked
) -> Iterator[Entry]:
    """The facts of an event from an instant to before another."""
    for fact in history.named(event, begin_us, end_us):
        said = object_of(fact.properties)
        if all(_text(fact, said, name) == wanted for name, wanted in asked.only.items()):
            key = _text(fact, said, asked.key) or ""
            yield Entry(key, tuple(_text(fact, said, name) for name in asked.values))


def _text(fact: NamedFact, said: Mapping[str, Value], name: str) -> str | None:
    if name in OWN:
        own = fact.subject, format_instant(fact.time_us), fact.id, fact.source
        return own[OWN.index(name)]
    value = said[name] if name in said else at_path(dict(said), name.split("."))
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_text(value)


def entries_of_file(rows: RowFile, asked: Asked, unread: list[Reject]) -> Iterator[Entry]:
    """The rows of a file, which is closed at the end; raises `InputError` for a missing column."""
    names = [asked.key, *asked.values, *asked.only]
    with closing(rows):
        for name in names if rows.columns else ():
            if name not in rows.columns:
                known, hint = ", ".join(map(repr, rows.columns)), nearest(name, rows.columns)
                mean = hint if "mean" in hint else ""
                raise InputError(f"the file has no column {name!r}{mean}; it has {known}")
        for chunk in rows.chunks(unread.append):
            if not chunk.rows:
                continue
            read = (
                TextChunk(chunk, rows.columns) if isinstance(chunk, TextRows) else JsonChunk(chunk)
            )
            columns = {name: read.texts(name) for name in dict.fromkeys(names)}
            yield from _entries(columns, len(chunk.rows), asked)


def _entries(
    columns: Mapping[str, Sequence[str | None]], count: int, asked: Asked
) -> Iterator[Entry]:
    for row in range(count):
        if all(columns[name][row] == wanted for name, wanted in asked.only.items()):
            values = tuple(columns[name][row] or None for name in asked.values)
            yield Entry(columns[asked.key][row] or "", values)
