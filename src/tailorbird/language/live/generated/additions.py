"""Adding a fact to the states of operations, as Python text.

After an addition that took place, ``a7`` is the new state of operation 7. Whether one takes place
at all may depend on the fact: then ``t7`` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Final

from tailorbird.kernel.limits import BAG_ENTRIES
from tailorbird.language.ast import Node, Ref
from tailorbird.language.live.bags import TimesBag
from tailorbird.language.live.generated.filters import ALWAYS, NEVER, Filters
from tailorbird.language.live.generated.source import Source
from tailorbird.language.live.lifetime import MONOIDS, LifetimeFold
from tailorbird.language.live.points import Decayed, Total
from tailorbird.language.live.scene import (
    IGNORED,
    PRUNED_EVERY,
    LiveOperation,
    ReplayError,
    added_to,
    tidied,
)
from tailorbird.language.live.sequences import Matcher, grouping, put
from tailorbird.language.live.stories import LiveAbsence, LiveMatch
from tailorbird.language.operations import (
    Absence,
    Fixed,
    Fold,
    Operation,
    Points,
    Select,
    TraitValue,
)


class Additions:
    """Writes additions for facts of one name."""

    def __init__(self, source: Source, filters: Filters) -> None:
        self._source = source
        self._filters = filters
        source.bind("added_to", added_to)
        source.bind("tidied", tidied)
        source.bind("IGNORED", IGNORED)

    def add(self, index: int, operation: Operation, live: LiveOperation) -> str:
        """Write an addition; gives when it takes place: `ALWAYS`, `NEVER` or a flag's name."""
        written = self._inline(index, operation, live)
        if written is not None:
            return written
        add, view = self._source.bind(f"add_{index}", live.add), self._filters.view()
        self._source.bind(f"operation_{index}", live)
        self._source.line(f"a{index} = {add}(slots.get({index}), {view}, {BAG_ENTRIES})")
        self._source.line(f"t{index} = a{index} is not IGNORED")
        with self._source.block(f"if t{index}:"):
            self._source.line(f"slots[{index}] = tidied(operation_{index}, a{index}, time_us)")
        return f"t{index}"

    def _inline(self, index: int, operation: Operation, live: LiveOperation) -> str | None:
        if isinstance(operation, TraitValue):
            return self._trait(index, operation)
        if isinstance(live, LiveMatch):
            return self._story(index, live, self._entry(index, live.matcher))
        if isinstance(live, LiveAbsence) and isinstance(operation, Absence):
            return self._absence(index, operation, live)
        if isinstance(operation, Points) and isinstance(live, Total | Decayed):
            return self._points(index, operation, live)
        if not isinstance(operation, Fold):
            return None
        if isinstance(live, TimesBag):
            self._source.bind(f"operation_{index}", live)
            return self._when(index, operation, lambda: self._times(index, live.keep))
        if isinstance(live, LifetimeFold) and not isinstance(operation.window, Fixed):
            write = _LIFETIME.get(operation.kind)
            if write is not None:
                return self._when(index, operation, lambda: write(self, index, operation))
        return None

    def _when(self, index: int, fold: Fold, write: Callable[[], None]) -> str:
        fits = self._filters.fits(fold.select, str(index))
        if fits == ALWAYS:
            write()
        elif fits != NEVER:
            self._source.line(f"t{index} = {fits}")
            with self._source.block(f"if t{index}:"):
                write()
            return f"t{index}"
        return fits

    def _points(self, index: int, points: Points, live: Total | Decayed) -> str:
        """One statement for each line of a score that may read the fact."""
        source, taken = self._source, list[str]()
        for number, line in enumerate(points.lines):
            fits = self._filters.fits(line.select, f"{index}_{number}")
            if fits == ALWAYS:
                self._gain(index, line.points, live)
            elif fits != NEVER:
                source.line(f"t{index}_{number} = {fits}")
                with source.block(f"if t{index}_{number}:"):
                    self._gain(index, line.points, live)
                fits = f"t{index}_{number}"
            taken.append(fits)
        if ALWAYS in taken:
            return ALWAYS
        flags = [flag for flag in taken if flag != NEVER]
        if not flags:
            return NEVER
        source.line(f"t{index} = {' or '.join(flags)}")
        return f"t{index}"

    def _gain(self, index: int, points: int, live: Total | Decayed) -> None:
        source, state = self._source, f"a{index}"
        if isinstance(live, Total):
            source.line(f"slots[{index}] = {state} = slots.get({index}, 0) + {points}")
            return
        source.line(f"{state} = slots.get({index})")
        with source.block(f"if {state} is None:"):
            source.line(f"slots[{index}] = {state} = {{}}")
        source.line(f"v = time_us // {live.hop_us}")
        source.line(f"{state}[v] = {state}.get(v, 0) + {points}")

    def _trait(self, index: int, trait: TraitValue) -> str:
        source = self._source
        source.line(f"v = {self._filters.value(Ref('properties', (trait.key,)), '')}")
        source.line(f"t{index} = v is not MISSING")
        with source.block(f"if t{index}:"):
            self._replace(index, ">", "v")
        return f"t{index}"

    # Stories

    def _story(self, index: int, live: LiveOperation, entry: tuple[str, str]) -> str:
        """Put an entry in its place, when its condition holds."""
        taken, text = entry
        if taken == NEVER:
            return NEVER
        self._source.bind("put", put)
        self._source.bind(f"operation_{index}", live)
        flag = taken if taken == ALWAYS else f"t{index}"
        if flag != ALWAYS:
            self._source.line(f"{flag} = {taken}")
        with self._source.block(f"if {flag}:") if flag != ALWAYS else nullcontext():
            self._put(index, text)
        return flag

    def _put(self, index: int, entry: str) -> None:
        """See `put`; the newest fact comes last, which is nearly always."""
        source, state = self._source, f"a{index}"
        source.line(f"{state}, v = slots.get({index}), {entry}")
        with source.block(f"if not {state}:"):
            source.line(f"slots[{index}] = {state} = [v]")
        newest = f"{state}[-1][0] < time_us and len({state}) < {PRUNED_EVERY - 1}"
        with source.block(f"elif {newest}:"):
            source.line(f"{state}.append(v)")
        with source.block("else:"):
            placed = f"put({state}, v, {BAG_ENTRIES})"
            source.line(f"slots[{index}] = {state} = tidied(operation_{index}, {placed}, time_us)")

    def _mask(self, index: int, matcher: Matcher) -> tuple[int, list[str]]:
        """Bits that any fact of the name has, and a text for each that depends on the fact.

        See `Matcher.read`.
        """
        pattern = matcher.pattern
        bits = {1 << i: step.select for i, step in enumerate(pattern.steps)}
        if pattern.without is not None:
            bits[matcher.blocked_bit] = pattern.without
        if pattern.contiguous:
            bits[matcher.act_bit] = Select()
        fixed, texts = 0, list[str]()
        for bit, select in bits.items():
            fits = self._filters.fits(select, f"{index}_{bit}")
            if fits == ALWAYS:
                fixed |= bit
            elif fits != NEVER:
                texts.append(f"({bit} if {fits} else 0)")
        return fixed, texts

    def _entry(self, index: int, matcher: Matcher) -> tuple[str, str]:
        """When a pattern reads the fact, and the entry that it makes of it."""
        if matcher.kept is not None:
            read = self._source.bind(f"read_{index}", matcher.read)
            self._source.line(f"e{index} = {read}({self._filters.view()})")
            return f"e{index} is not None", f"e{index}"
        fixed, texts = self._mask(index, matcher)
        mask, taken = str(fixed), ALWAYS if fixed else NEVER
        if texts:
            self._source.line(f"m{index} = {' | '.join([mask, *texts])}")
            mask = f"m{index}"
            taken = ALWAYS if fixed else f"{mask} != 0"
        same = self._same(index, matcher.pattern.same)
        return taken, f"[time_us, fact.id, {mask}, {same}]"

    def _same(self, index: int, node: Node | None) -> str:
        if node is None:
            return "None"
        self._source.bind("grouping", grouping)
        return f"grouping({self._filters.value(node, f'{index}_same')})"

    def _absence(self, index: int, absence: Absence, live: LiveAbsence) -> str:
        """See `LiveAbsence.add`."""
        taken, entry = self._entry(index, live.matcher)
        awaited = self._filters.fits(absence.awaited, f"{index}_awaited")
        if awaited not in (ALWAYS, NEVER):
            self._source.line(f"w{index} = {awaited}")
            awaited = f"w{index}"
        if taken == NEVER:
            entry, when = "None", awaited
        elif taken == ALWAYS or awaited == ALWAYS:
            entry = entry if taken == ALWAYS else f"{entry} if {taken} else None"
            when = ALWAYS
        else:
            entry = f"{entry} if {taken} else None"
            when = taken if awaited == NEVER else f"({taken} or {awaited})"
        same = "'true'" if absence.same is None else self._same(index, absence.same)
        return self._story(index, live, (when, f"[time_us, fact.id, {awaited}, {same}, {entry}]"))

    def _times(self, index: int, keep: int | None) -> None:
        """See `TimesBag.add`; the newest fact comes last, which is nearly always."""
        source, times = self._source, f"a{index}"
        source.line(f"{times} = slots.get({index})")
        with source.block(f"if not {times}:"):
            source.line(f"slots[{index}] = {times} = [time_us]")
        added = f"added_to({times}, time_us, {BAG_ENTRIES})"
        if keep is not None:
            with (
                source.block(f"elif len({times}) >= {keep}:"),
                source.block(f"if time_us > {times}[0]:"),
            ):
                source.line(f"del {times}[0]")
                source.line(added)
        with source.block(f"elif {times}[-1] <= time_us and len({times}) < {PRUNED_EVERY - 1}:"):
            source.line(f"{times}.append(time_us)")
        with source.block("else:"):
            tidy = f"tidied(operation_{index}, {added}, time_us)"
            source.line(f"slots[{index}] = {times} = {tidy}")

    def _count(self, index: int, _fold: Fold) -> None:
        self._source.line(f"slots[{index}] = a{index} = slots.get({index}, 0) + 1")

    def _sum(self, index: int, fold: Fold) -> None:
        source, state = self._source, f"a{index}"
        source.line(f"{state} = slots.get({index})")
        source.line(f"v = {self._filters.value(fold.value, str(index))}")
        with source.block("if type(v) is int:"):
            more = f"[{state}[0] + 1, {state}[1] + v] if {state} else [1, v]"
            source.line(f"slots[{index}] = {state} = {more}")
        with source.block(f"elif {state} is None:"):
            source.line(f"slots[{index}] = {state} = [0, 0]")

    def _extreme(self, index: int, fold: Fold, test: str) -> None:
        self._replace(index, test, self._filters.value(fold.value, str(index)))

    def _replace(self, index: int, test: str, value: str) -> None:
        """Keep [time, id, value] of the first (``<``) or the latest (``>``) fact."""
        source, state = self._source, f"a{index}"
        source.line(f"{state} = slots.get({index})")
        beyond = f"time_us {test} {state}[0]"
        tied = f"time_us == {state}[0] and fact.id {test} {state}[1]"
        with source.block(f"if not {state} or {beyond} or ({tied}):"):
            source.line(f"slots[{index}] = {state} = [time_us, fact.id, {value}]")

    def _groups(self, index: int, fold: Fold) -> None:
        source, state = self._source, f"a{index}"
        add = source.bind(f"add_{fold.kind}", MONOIDS[fold.kind][1])
        source.line(f"{state} = slots.get({index})")
        with source.block(f"if {state} is None:"):
            source.line(f"slots[{index}] = {state} = {{}}")
        value = self._filters.value(fold.value, str(index))
        source.line(f"{add}({state}, fact, {value})")
        with source.block(f"if len({state}) > {BAG_ENTRIES}:"):
            source.bind("ReplayError", ReplayError)
            source.line("raise ReplayError('heavy')")


_LIFETIME: Final[dict[str, Callable[[Additions, int, Fold], None]]] = {
    "count": Additions._count,
    "sum": Additions._sum,
    "avg": Additions._sum,
    **dict.fromkeys(("first", "first_time"), lambda to, i, fold: to._extreme(i, fold, "<")),
    **dict.fromkeys(("latest", "last_time"), lambda to, i, fold: to._extreme(i, fold, ">")),
    **dict.fromkeys(("count_by", "distinct", "favourite", "top"), Additions._groups),
}
