"""Rows of a file to facts, a chunk at a time and column by column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from functools import partial
from itertools import compress
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from tailorbird.events.cells import Kind, reader_of
from tailorbird.events.chunks import Chunk, JsonChunk, PropertyReader, TextChunk, other_members
from tailorbird.events.columns import FactColumns
from tailorbird.events.envelope import is_act, refusal_of_name
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.mapping import Call, Mapping, Property
from tailorbird.events.members import nested, objects, together
from tailorbird.events.memo import Memo
from tailorbird.events.ordering import ANONYMOUS, OrderReader
from tailorbird.events.orders import Line, OrderBook
from tailorbird.events.repeats import Repeats, hash_of_row
from tailorbird.events.rules import RuleTest
from tailorbird.events.table import JsonRows, Rows
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.kernel.facts import (
    GROUP,
    MERGE,
    PAGE_VIEWED,
    SCREEN_VIEWED,
    TRAITS,
    WORKSPACE,
    WORKSPACE_FACTS,
)

_NAMES_OF_CALLS: Final[dict[Call, str]] = {
    "page": PAGE_VIEWED,
    "screen": SCREEN_VIEWED,
    "identify": TRAITS,
    "group": GROUP,
    "alias": MERGE,
}


class Mapped(NamedTuple):
    """What became of a chunk of rows."""

    columns: FactColumns
    places: Sequence[int]
    """For each fact the place of its row in the chunk."""
    refused: dict[int, str]
    """For each row that cannot be a fact, why."""
    skipped: int
    """How many rows a rule of the mapping leaves out."""


@dataclass(slots=True)
class _Draft:
    """A chunk on its way to facts."""

    chunk: Chunk
    names: list[str]
    times: list[int] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    orders: list[str] | None = None
    refused: dict[int, str] = field(default_factory=dict)
    skipped: set[int] = field(default_factory=set)

    def refuse(self, rows: Iterable[int], reason: str) -> None:
        for row in rows:
            self.refused.setdefault(row, reason)


class RowMapper:
    """Applies one mapping to the rows of one file."""

    def __init__(
        self,
        mapping: Mapping,
        columns: Sequence[str],
        kinds: MappingOf[str, Kind],
        *,
        blank: bool,
        identifiers: Identifiers = USUAL,
    ) -> None:
        """``columns`` and ``kinds`` describe the file; ``blank``: "" in it is a value, no null."""
        assert mapping.time is not None
        self._mapping = mapping
        self._identifiers: Memo[str | None, str] = Memo(
            lambda text: "" if text == WORKSPACE else identifiers.read(text) or ""
        )
        self._columns = tuple(columns)
        self._named = dict(mapping.names)
        self._event_names: Memo[str | None, str] = Memo(self._event_name)
        self._faults: Memo[str, str | None] = Memo(refusal_of_name)
        self._times = TimeReader(mapping.time.form)
        self._received = TimeReader(mapping.received.form if mapping.received else TimeForm())
        self._rules = [RuleTest(rule) for rule in mapping.rules]
        self._book = OrderBook(mapping.source)
        self._repeats = Repeats()
        self._orders = OrderReader(mapping, mapping.orders) if mapping.orders else None
        zone = mapping.time.form.zone
        prepared = partial(_prepared, kinds=kinds, zone=zone, blank=blank)
        items = mapping.orders.items if mapping.orders else ()
        entries = self._entries()
        self._items = [prepared(entry) for entry in entries if ".".join(entry.path) in items]
        self._own = [prepared(entry) for entry in entries if ".".join(entry.path) not in items]
        self._context = [prepared(entry) for entry in mapping.context]

    def _entries(self) -> list[Property]:
        mapping = self._mapping
        entries = list(mapping.properties)
        if mapping.call in ("page", "screen") and mapping.event is not None:
            entries.append(Property(("name",), mapping.event, None, None, False))
        taken = mapping.columns_used().keys() | {entry.path[0] for entry in entries}
        others = self._columns if mapping.others else ()
        return entries + [
            Property((column,), column, None, None, False)
            for column in others
            if column not in taken
        ]

    def facts(self, rows: Rows) -> Mapped:
        """The facts of a chunk but for lines of orders, which wait for `order_facts`."""
        chunk: Chunk
        if isinstance(rows, JsonRows):
            chunk = JsonChunk(rows)
        else:
            chunk = TextChunk(rows, self._columns)
        draft = _Draft(chunk, self._names(chunk))
        self._apply_rules(draft)
        self._check_names(draft)
        self._read_times(draft)
        self._read_subjects(draft)
        return self._finished(draft)

    def order_facts(self) -> FactColumns:
        """The orders of the whole file, once all its rows have been mapped."""
        return self._book.facts()

    def _names(self, chunk: Chunk) -> list[str]:
        mapping = self._mapping
        constant = mapping.constant or _NAMES_OF_CALLS.get(mapping.call)
        if constant is not None:
            return [constant] * chunk.count
        assert mapping.event is not None
        return self._event_names.column(chunk.texts(mapping.event))

    def _event_name(self, text: str | None) -> str:
        """The name for what the column says; "" when such rows are refused."""
        return self._named.get(text or "", "" if self._mapping.only_named else text or "")

    def _apply_rules(self, draft: _Draft) -> None:
        for test in self._rules:
            for row in test.rows(draft.chunk.texts, draft.chunk.count):
                if test.rule.event is None:
                    draft.skipped.add(row)
                else:
                    draft.names[row] = test.rule.event

    def _check_names(self, draft: _Draft) -> None:
        faults = self._faults.column(draft.names)
        for row, fault in enumerate(faults) if any(faults) else ():
            if fault is not None:
                draft.refused.setdefault(row, fault)

    def _read_times(self, draft: _Draft) -> None:
        assert self._mapping.time is not None
        texts = draft.chunk.texts(self._mapping.time.column)
        found = self._times.column(texts)
        for row, instant_us in enumerate(found) if None in found else ():
            if instant_us is None:
                said = f"unreadable or implausible time {texts[row]!r}" if texts[row] else "no time"
                draft.refused.setdefault(row, said)
        draft.times = [instant_us or 0 for instant_us in found]

    def _read_subjects(self, draft: _Draft) -> None:
        columns = (draft.chunk.texts(column) for column in self._mapping.person)
        subjects, *others = map(self._identifiers.column, columns)
        for column in others:
            subjects = [a or b for a, b in zip(subjects, column, strict=True)]
        if self._orders is not None:
            draft.orders = self._orders.names(draft.chunk)
        if "" in subjects and self._mapping.without_person == "order" and draft.orders:
            subjects = [
                subject or (order and ANONYMOUS + order)
                for subject, order in zip(subjects, draft.orders, strict=True)
            ]
        if any(name in WORKSPACE_FACTS for name in set(draft.names)):
            subjects = [
                WORKSPACE if name in WORKSPACE_FACTS else subject
                for name, subject in zip(draft.names, subjects, strict=True)
            ]
        if "" in subjects and self._mapping.without_person == "skip":
            draft.skipped.update(row for row, subject in enumerate(subjects) if not subject)
        elif "" in subjects:
            draft.refuse((row for row, subject in enumerate(subjects) if not subject), "no person")
        draft.subjects = subjects

    def _finished(self, draft: _Draft) -> Mapped:
        count = draft.chunk.count
        own, items = self._members(self._own, draft), self._members(self._items, draft)
        if isinstance(draft.chunk, JsonChunk) and self._mapping.others:
            used = self._mapping.columns_used()
            own = together([own, other_members(draft.chunk, used)], count)
        context = objects(self._members(self._context, draft))
        known = self._known(draft.chunk)
        lines = self._take_lines(draft, known, own, items, context)
        properties = objects(together([own, items], count) if self._items else own)
        pairs = zip(draft.names, properties, context, strict=True)
        ids, of_rows = self._ids(draft.chunk)
        columns = FactColumns(
            subject=draft.subjects,
            time_us=draft.times,
            id=ids,
            name=draft.names,
            act=[is_act(*pair) for pair in pairs],
            active=[name not in self._mapping.passive for name in draft.names],
            source=[self._mapping.source] * count,
            known_us=known,
            properties=properties,
            context=context,
        )
        gone = draft.refused.keys() | draft.skipped | lines
        places = [row for row in range(count) if row not in gone] if gone else range(count)
        refused = {row: why for row, why in draft.refused.items() if row not in draft.skipped}
        left = columns.without(gone)
        if of_rows:
            left = left._replace(id=self._apart(left.id, [place in of_rows for place in places]))
        return Mapped(left, places, refused, len(draft.skipped))

    def _apart(self, ids: Sequence[str], of_rows: Sequence[bool]) -> list[str]:
        """The ids of facts, those told apart that were made of equal rows."""
        made = iter(self._repeats.apart(list(compress(ids, of_rows))))
        return [next(made) if own else id_ for id_, own in zip(ids, of_rows, strict=True)]

    def _members(self, readers: Sequence[PropertyReader], draft: _Draft) -> Sequence[str]:
        producers = [
            (reader.entry.path, partial(reader.members, draft.chunk, draft.names))
            for reader in readers
        ]
        return nested(producers, draft.chunk.count)

    def _known(self, chunk: Chunk) -> Sequence[int | None]:
        if self._mapping.received is None:
            return [None] * chunk.count
        return self._received.column(chunk.texts(self._mapping.received.column))

    def _ids(self, chunk: Chunk) -> tuple[list[str], Collection[int]]:
        """The id of each row, and the places of those that were made of what the row says."""
        given: Sequence[str | None] = [None] * chunk.count
        if self._mapping.id is not None:
            given = chunk.texts(self._mapping.id)
            if all(given):
                return [text or "" for text in given], ()
        hashes = [hash_of_row(self._mapping.source, said) for said in chunk.contents()]
        if self._mapping.order is not None:
            places = chunk.texts(self._mapping.order)
            hashes = [
                f"{(place or '').zfill(20)}-{text}"
                for place, text in zip(places, hashes, strict=True)
            ]
        ids = [own or text for own, text in zip(given, hashes, strict=True)]
        return ids, {place for place, own in enumerate(given) if not own}

    def _take_lines(
        self,
        draft: _Draft,
        known: Sequence[int | None],
        own: Sequence[str],
        items: Sequence[str],
        context: Sequence[str | None],
    ) -> set[int]:
        """Put the lines of orders into the book; the places of all of them, refused ones too."""
        if self._orders is None or draft.orders is None:
            return set()
        rows = self._orders.lines(draft.names)
        draft.refuse((row for row in rows if not draft.orders[row]), "a line of no order")
        amounts = self._orders.amounts(draft.chunk)
        self._book.add(
            Line(
                draft.subjects[row],
                draft.names[row],
                draft.orders[row],
                draft.times[row],
                known[row],
                own[row],
                items[row],
                context[row],
                amounts[row],
            )
            for row in rows
            if row not in draft.refused and row not in draft.skipped
        )
        return set(rows)


def _prepared(
    entry: Property, *, kinds: MappingOf[str, Kind], zone: ZoneInfo | None, blank: bool
) -> PropertyReader:
    kind = entry.kind or kinds.get(entry.column, "text")
    read = reader_of(kind, zone, absolute=entry.absolute, unknown=entry.unknown)
    return PropertyReader(entry, read, blank=blank)
