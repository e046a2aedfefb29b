"""Facts in order: which of a person's facts complete a pattern.

For every fact and every step the engine keeps the latest place at which a chain that ends with
this fact as this step can have begun. The later it began, the better for every bound.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import Value, write_tagged
from tailorbird.language.ast import Node, Ref, walk
from tailorbird.language.functions import group_key
from tailorbird.language.live.scene import ReplayError
from tailorbird.language.operations import Pattern, Select
from tailorbird.language.predicates import (
    Compiled,
    View,
    compile_select,
    compile_value,
    depends_on_areas,
    depends_on_prev,
    depends_on_zone,
)

_NOBODY: Final = -1


@dataclass(slots=True)
class Entry:
    """A fact as far as a pattern needs it."""

    time_us: int
    id: str
    mask: int
    """Bit i: fits step i. Then: is forbidden in between, is an act, further bits of the user."""
    same: str | None
    fact: Fact | None
    """What steps that look back see of it."""


def entry_of(data: list[Any]) -> Entry:
    """An entry from its plain form [time, id, mask, same, properties, context]."""
    fact = None
    if len(data) > 4:
        fact = _BLANK._replace(
            time_us=data[0], id=data[1], name=data[6], properties=data[4], context=data[5]
        )
    return Entry(data[0], data[1], data[2], data[3], fact)


_BLANK: Final = Fact("", 0, "", "", {}, {}, True, True, "", 0, 0)


class Matcher:
    """A compiled pattern: reads facts into entries and finds completions among entries."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.size = len(pattern.steps)
        self.blocked_bit = 1 << self.size
        self.act_bit = 2 << self.size
        self.further_bit = 4 << self.size
        self._steps: list[Compiled] = []
        self._looks_back: list[Compiled | None] = []
        for step in pattern.steps:
            back = depends_on_prev(step.select.where)
            plain = Select(**{**_fields(step.select), "where": None}) if back else step.select
            self._steps.append(compile_select(plain))
            self._looks_back.append(compile_value(_where(step.select)) if back else None)
        self._same = None if pattern.same is None else compile_value(pattern.same)
        self._without = None if pattern.without is None else compile_select(pattern.without)
        wheres = [step.select.where for step in pattern.steps]
        wheres += [pattern.same, pattern.without.where if pattern.without else None]
        self.zoned = any(map(depends_on_zone, wheres))
        self.placed = any(map(depends_on_areas, wheres))
        self.kept = _kept_paths([w for w in wheres if depends_on_prev(w)])
        self.selects = (*(step.select for step in pattern.steps), *self._also())
        self.span_us = _span(pattern)
        bounded = pattern.within_us is not None and pattern.within_us <= 0
        self.is_single = self.size == 1 and self.kept is None and not bounded
        """Every fact that fits completes a match by itself."""
        breaks = pattern.without is not None or pattern.contiguous or self.kept is not None
        self.is_monotone = not breaks
        """No further fact undoes a match, and entries alone tell one."""

    def _also(self) -> list[Select]:
        further = [] if self.pattern.without is None else [self.pattern.without]
        return [*further, Select()] if self.pattern.contiguous else further

    def read(self, view: View) -> list[Any] | None:
        """A fact's plain entry; None when the pattern has no use for it."""
        mask = 0
        for bit, fits in enumerate(self._steps):
            if fits(view):
                mask |= 1 << bit
        if self._without is not None and self._without(view):
            mask |= self.blocked_bit
        if self.pattern.contiguous and view.fact.act:
            mask |= self.act_bit
        if not mask:
            return None
        fact = view.fact
        entry = [fact.time_us, fact.id, mask, self.same_of(view)]
        if self.kept is not None:
            entry += [_parts(fact.properties, self.kept), _parts(fact.context, self.kept)]
            entry.append(fact.name)
        return entry

    def same_of(self, view: View) -> str | None:
        """The value that all facts of a match share, as a key; None when missing or not asked."""
        return None if self._same is None else grouping(self._same(view))

    def completions(
        self, entries: list[list[Any]], view: View, *, afresh: bool = False
    ) -> Iterator[int]:
        """The indexes of entries that complete a match; with ``afresh`` each starts anew."""
        if self.is_single:
            for index, plain in enumerate(entries):
                if plain[2] & 1 and (self._same is None or plain[3] is not None):
                    yield index
            return
        if not self.may_complete(entries):
            return
        read = [entry_of(entry) for entry in entries]
        if self._same is None:
            yield from self._search(read, range(len(read)), view, afresh)
            return
        groups: dict[str, list[int]] = {}
        for index, entry in enumerate(read):
            if entry.same is not None:
                groups.setdefault(entry.same, []).append(index)
        found: list[int] = []
        for members in groups.values():
            found.extend(self._search(read, members, view, afresh))
        yield from sorted(found)

    def may_complete(self, entries: list[list[Any]]) -> bool:
        """Whether every step has an entry that fits; without, nothing can be complete."""
        if len(entries) < self.size:
            return False
        missing = self.blocked_bit - 1
        for entry in entries:
            missing &= ~entry[2]
            if not missing:
                return True
        return False

    def _search(
        self, entries: list[Entry], members: Any, view: View, afresh: bool
    ) -> Iterator[int]:
        last = self.size - 1
        # began[i][k]: the latest beginning of a chain that ends with members[k] as step i.
        began: list[list[int]] = [[] for _ in self.pattern.steps]
        base = 0
        for k, index in enumerate(members):
            entry = entries[index]
            for step in range(self.size):
                start = _NOBODY
                if entry.mask >> step & 1:
                    start = self._best(entries, members, began, base, k, step, view)
                began[step].append(start)
            if began[last][k] != _NOBODY and self._allowed(entries, began[last][k], index):
                yield index
                if afresh:
                    base = k + 1

    def _best(
        self,
        entries: list[Entry],
        members: Any,
        began: list[list[int]],
        base: int,
        k: int,
        step: int,
        view: View,
    ) -> int:
        """The latest beginning among the chains that this fact may continue, or begin."""
        gap, back = self.pattern.steps[step].gap, self._looks_back[step]
        index = members[k]
        entry = entries[index]
        if step == 0:
            begins = back is None or self._fits_back(back, None, entry, view)
            return index if begins else _NOBODY
        best = _NOBODY
        for earlier in range(k - 1, base - 1, -1):
            before = entries[members[earlier]]
            passed_us = entry.time_us - before.time_us
            if gap is not None and passed_us >= gap[1]:
                break
            if self.pattern.within_us is not None and passed_us >= self.pattern.within_us:
                break
            if self.pattern.contiguous and members[earlier] < self._last_act(entries, index):
                break
            start = began[step - 1][earlier]
            if (
                start > best
                and (gap is None or passed_us >= gap[0])
                and (back is None or self._fits_back(back, before, entry, view))
            ):
                best = start
        return best

    def _fits_back(self, back: Compiled, before: Entry | None, entry: Entry, view: View) -> bool:
        assert entry.fact is not None
        prev = None if before is None else before.fact
        return bool(back(View(entry.fact, view.zone, view.areas, prev)))

    def _last_act(self, entries: list[Entry], index: int) -> int:
        """The act before an entry: a contiguous match cannot go over it."""
        for earlier in range(index - 1, -1, -1):
            if entries[earlier].mask & self.act_bit:
                return earlier
        return _NOBODY

    def _allowed(self, entries: list[Entry], start: int, end: int) -> bool:
        within_us = self.pattern.within_us
        if within_us is not None and entries[end].time_us - entries[start].time_us >= within_us:
            return False
        if self._without is None:
            return True
        return not any(entries[i].mask & self.blocked_bit for i in range(start + 1, end))


def grouping(value: Value) -> str | None:
    """A value to agree on as a key; None when it can be compared with nothing."""
    return write_tagged(value) if group_key(value) else None


def put(entries: list[list[Any]], entry: list[Any], limit: int) -> list[list[Any]]:
    """Insert a plain entry in order of time and id."""
    if not entries or entries[-1][:2] < entry[:2]:
        entries.append(entry)
    else:
        entries.insert(bisect_left(entries, entry[:2], key=_key), entry)
    if len(entries) > limit:
        raise ReplayError("heavy")
    return entries


def merged(one: list[list[Any]], other: list[list[Any]]) -> list[list[Any]]:
    """The entries of both in order."""
    return sorted(one + other, key=_key)


def later_than(entries: list[list[Any]], floor_us: int) -> list[list[Any]]:
    """The entries after an instant."""
    if not entries or entries[0][0] > floor_us:
        return entries
    return entries[bisect_right(entries, floor_us, key=lambda entry: entry[0]) :]


def _key(entry: list[Any]) -> list[Any]:
    return entry[:2]


def _where(select: Select) -> Node:
    assert select.where is not None
    return select.where


def _fields(select: Select) -> dict[str, Any]:
    return {name: getattr(select, name) for name in Select.__slots__}


def _kept_paths(wheres: list[Node | None]) -> frozenset[str] | None:
    """First keys of everything that conditions which look back read; None without such."""
    if not wheres:
        return None
    keys = set()
    for where in wheres:
        for node in walk(where) if where is not None else ():
            if isinstance(node, Ref) and node.path:
                keys.add(node.path[1] if node.root == "prev" else node.path[0])
    return frozenset(keys)


def _parts(values: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: values[key] for key in keys if key in values}


def _span(pattern: Pattern) -> int | None:
    """A match is never longer than this; None when it may be of any length."""
    if pattern.within_us is not None:
        return pattern.within_us
    gaps = [step.gap for step in pattern.steps[1:]]
    if all(gap is not None for gap in gaps):
        return sum(gap[1] for gap in gaps if gap is not None)
    return None
