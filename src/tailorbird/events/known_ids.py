"""Which ids there are already: exact, compact, and quick for many at a time.

Of each id 96 bits of its hash are held in sorted arrays, 12 bytes an id; two of a hundred
million different ids are alike in them with a probability below 10^-12. The newest ids are in a
set, because an array is only sorted again when enough of them have come.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias, cast

import numpy as np

_Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
RECENT: Final = 65_536
"""So many ids are collected before they are sorted."""
LARGEST: Final = 4_194_304
"""Runs are united up to this size, which takes some tenths of a second."""
_FEW: Final = 16
"""Up to so many ids are looked for one by one."""


class _Run(NamedTuple):
    """Ids in order of their first 64 bits, with the next 32 bits of each."""

    first: _Array
    second: _Array


class KnownIds:
    """The hashes of many ids, 16 bytes each.

    >>> known = KnownIds()
    >>> known.add([bytes(16)])
    >>> known.among([bytes(16), bytes([1] * 16)])
    [True, False]
    """

    def __init__(self) -> None:
        self._recent: set[bytes] = set()
        self._runs: list[_Run] = []

    def among(self, hashes: Sequence[bytes]) -> list[bool]:
        """For each hash whether it is known."""
        recent = self._recent
        found = [hash_ in recent for hash_ in hashes]
        if len(hashes) <= _FEW:
            return [one or self._has(hash_) for one, hash_ in zip(found, hashes, strict=True)]
        if self._runs:
            asked = _run_of(b"".join(hashes))
            hit = np.zeros(len(hashes), bool)
            # In order, neighbours in the arrays are asked for one after the other.
            order = np.argsort(asked.first)
            ordered = _Run(asked.first[order], asked.second[order])
            for run in self._runs:
                hit[order] |= _within(run, ordered)
            found = [one or other for one, other in zip(found, hit.tolist(), strict=True)]
        return found

    def _has(self, hash_: bytes) -> bool:
        first = int.from_bytes(hash_[:8], "little")
        second = int.from_bytes(hash_[8:12], "little")
        for run in self._runs:
            # Looking into an array one by one is much quicker through a view of its memory.
            numbers: Any = memoryview(cast("Any", run.first))
            at = bisect_left(numbers, first)
            while at < len(numbers) and numbers[at] == first:
                if run.second[at] == second:
                    return True
                at += 1
        return False

    def add(self, hashes: Sequence[bytes]) -> None:
        """Know some more."""
        self._recent.update(hashes)
        if len(self._recent) >= RECENT:
            self.add_many(b"".join(self._recent))
            self._recent.clear()

    def add_many(self, hashes: bytes) -> None:
        """Know those that stand one behind the other in some bytes."""
        if not hashes:
            return
        self._take(_sorted(_run_of(hashes)))

    def absorb(self, others: KnownIds) -> None:
        """Know what others know; they are not used any more."""
        for run in others._runs:
            self._take(run)
        self.add(list(others._recent))

    def _take(self, run: _Run) -> None:
        """Add a run, and unite runs so that few are left, but none so large that others wait."""
        runs = self._runs
        runs.append(run)
        while len(runs) > 1 and len(runs[-1].first) * 2 > len(runs[-2].first):
            if len(runs[-1].first) + len(runs[-2].first) > LARGEST:
                break
            one, other = runs.pop(), runs.pop()
            runs.append(_merged(other, one))

    @property
    def bytes_held(self) -> int:
        """The memory of the arrays; a recent id in the set takes about a hundred bytes more."""
        return sum(part.nbytes for run in self._runs for part in run)


def _run_of(hashes: bytes) -> _Run:
    parts = np.frombuffer(hashes, dtype=np.dtype([("a", "<u8"), ("b", "<u4"), ("c", "<u4")]))
    return _Run(parts["a"].copy(), parts["b"].copy())


def _sorted(run: _Run) -> _Run:
    order = np.argsort(run.first)
    return _Run(run.first[order], run.second[order])


def _merged(one: _Run, other: _Run) -> _Run:
    places = np.searchsorted(one.first, other.first) + np.arange(len(other.first))
    rest = np.ones(len(one.first) + len(other.first), bool)
    rest[places] = False
    united = _Run(np.empty(len(rest), np.uint64), np.empty(len(rest), np.uint32))
    for target, left, right in zip(united, one, other, strict=True):
        target[places] = right
        target[rest] = left
    return united


def _within(run: _Run, asked: _Run) -> _Array:
    """Which of the asked ids are in a run; those alike in 64 bits stand side by side."""
    found = np.zeros(len(asked.first), bool)
    at = np.searchsorted(run.first, asked.first)
    pending = np.flatnonzero(run.first[np.minimum(at, len(run.first) - 1)] == asked.first)
    while len(pending):
        found[pending] |= run.second[at[pending]] == asked.second[pending]
        at[pending] += 1
        pending = pending[~found[pending] & (at[pending] < len(run.first))]
        pending = pending[run.first[at[pending]] == asked.first[pending]]
    return found
