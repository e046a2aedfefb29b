"""Which message ids are in a log: exact, compact, and quick for many at a time.

Of each id 96 bits of its keyed hash are held in sorted arrays, 12 bytes an id; two of a hundred
million different ids are alike in them with a probability below 10^-12. The newest ids are in a
set, because an array is only sorted again when enough of them have come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

_Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
RECENT: Final = 65_536
"""So many ids are collected before they are sorted."""
_HASH: Final = 16


class _Run(NamedTuple):
    """Ids in order of their first 64 bits, with the next 32 bits of each."""

    first: _Array
    second: _Array


class KnownIds:
    """The keyed hashes of all message ids of a log.

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
        if self._runs and hashes:
            asked = _run_of(b"".join(hashes))
            hit = np.zeros(len(hashes), bool)
            for run in self._runs:
                hit |= _within(run, asked)
            found = [one or bool(other) for one, other in zip(found, hit.tolist(), strict=True)]
        return found

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
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-1].first) * 2 > len(self._runs[-2].first):
            one, other = self._runs.pop(), self._runs.pop()
            first = np.concatenate((other.first, one.first))
            second = np.concatenate((other.second, one.second))
            self._runs.append(_sorted(_Run(first, second)))

    @property
    def bytes_held(self) -> int:
        """The memory of the arrays; a recent id in the set takes about a hundred bytes more."""
        return sum(part.nbytes for run in self._runs for part in run)


def _run_of(hashes: bytes) -> _Run:
    parts = np.frombuffer(hashes, dtype=np.dtype([("a", "<u8"), ("b", "<u4"), ("c", "<u4")]))
    return _Run(parts["a"].copy(), parts["b"].copy())


def _sorted(run: _Run) -> _Run:
    order = np.argsort(run.first, kind="stable")
    return _Run(run.first[order], run.second[order])


def _within(run: _Run, asked: _Run) -> _Array:
    """Which of the asked ids are in a run; those alike in 64 bits stand side by side."""
    found = np.zeros(len(asked.first), bool)
    at = np.searchsorted(run.first, asked.first)
    pending = np.arange(len(at))
    while len(pending):
        inside = at[pending] < len(run.first)
        pending = pending[inside]
        pending = pending[run.first[at[pending]] == asked.first[pending]]
        found[pending] |= run.second[at[pending]] == asked.second[pending]
        pending = pending[~found[pending]]
        at[pending] += 1
    return found
