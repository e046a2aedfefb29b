"""Two sources that should say the same, compared by a key: missing, other, or there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from tailorbird.events.cells import read_number
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.values import Value, parse_number

What = Literal["only_a", "only_b", "differs", "twice_a", "twice_b"]
WHATS: Final[tuple[What, ...]] = ("only_a", "only_b", "differs", "twice_a", "twice_b")


class Entry(NamedTuple):
    """One row or fact of a source."""

    key: str
    values: tuple[str | None, ...]
    """As texts, in the order in which they are compared; None where there is none."""


class Tolerance(NamedTuple):
    """By how much two numbers may differ: both are in millionths."""

    absolute: int = 0
    share: int = 0
    """Of the larger one; a million is all of it."""

    def allows(self, one: int, other: int) -> bool:
        """Whether two numbers are near enough."""
        apart = abs(one - other)
        return apart <= self.absolute or apart * 1_000_000 <= max(abs(one), abs(other)) * self.share


def read_tolerance(text: str) -> Tolerance | None:
    """A tolerance such as ``0.01`` or ``1%``; None when it is none.

    >>> read_tolerance("0.01"), read_tolerance("1%"), read_tolerance("much")
    (Tolerance(absolute=10000, share=0), Tolerance(absolute=0, share=10000), None)
    """
    number: Value = parse_number(text.removesuffix("%"))
    if type(number) is not int or number < 0:
        return None
    return Tolerance(share=number // 100) if text.endswith("%") else Tolerance(number)


class Difference(NamedTuple):
    """One key of which the sources do not say the same."""

    what: What
    key: str
    value: str
    """The name of what differs; empty where that is the key itself."""
    a: str | None
    b: str | None


class Reconciled(NamedTuple):
    """How two sources compare."""

    keys_a: int
    keys_b: int
    same: int
    """Keys of which both say the same."""
    counts: Counter[What]
    without_key_a: int
    without_key_b: int
    """Entries that have no key, and so cannot be compared."""
    differences: list[Difference]
    """In the order of the keys."""

    @property
    def apart(self) -> int:
        """Keys that are only in one source, or differ; what is there twice is counted apart."""
        return self.counts["only_a"] + self.counts["only_b"] + self.counts["differs"]

    @property
    def keys(self) -> int:
        """Keys of both sources together."""
        return self.same + self.apart


class _Side:
    """The entries of a source by their keys: the first of each, and how many there are."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.first: dict[str, tuple[str | None, ...]] = {}
        self.more: Counter[str] = Counter()
        self.without_key = 0
        for key, values in entries:
            if not key:
                self.without_key += 1
            elif key in self.first:
                self.more[key] += 1
            else:
                self.first[key] = values
                if len(self.first) > limits.RECONCILED_KEYS:
                    raise InputError(
                        f"a source has more than {limits.RECONCILED_KEYS:,} keys; compare a "
                        "shorter time with --from and --to"
                    )

    def counted(self) -> None:
        """Compare how many entries each key has, instead of what they say."""
        self.first = {key: (str(1 + self.more[key]),) for key in self.first}
        self.more = Counter()


def reconcile(
    a: Iterable[Entry],
    b: Iterable[Entry],
    names: Sequence[str],
    tolerance: Tolerance,
    *,
    count: bool = False,
) -> Reconciled:
    """Compare two sources; ``names`` are those of the values.

    With ``count`` it is compared how many entries each key has.

    >>> one, other = Entry("o1", ("10",)), Entry("o1", ("10.5",))
    >>> reconcile([one], [other], ["revenue"], Tolerance()).differences
    [Difference(what='differs', key='o1', value='revenue', a='10', b='10.5')]
    """
    here, there = _Side(a), _Side(b)
    if count:
        here.counted()
        there.counted()
    found = sorted(_differences(here, there, names, tolerance), key=lambda one: one[:3])
    differing = {one.key for one in found if one.what == "differs"}
    counts: Counter[What] = Counter(dict.fromkeys(WHATS, 0))
    counts.update(one.what for one in found if one.what != "differs")
    counts["differs"] = len(differing)
    both = len(here.first.keys() & there.first.keys())
    return Reconciled(
        len(here.first),
        len(there.first),
        both - len(differing),
        counts,
        here.without_key,
        there.without_key,
        sorted(found, key=lambda one: (one.key, one.what, one.value)),
    )


def _differences(
    a: _Side, b: _Side, names: Sequence[str], tolerance: Tolerance
) -> Iterator[Difference]:
    for key, values in a.first.items():
        if key not in b.first:
            yield Difference("only_a", key, "", None, None)
            continue
        for name, one, other in zip(names, values, b.first[key], strict=True):
            if not _agree(one, other, tolerance):
                yield Difference("differs", key, name, one, other)
    yield from (Difference("only_b", k, "", None, None) for k in b.first if k not in a.first)
    for key, more in a.more.items():
        yield Difference("twice_a", key, "", str(more + 1), None)
    for key, more in b.more.items():
        yield Difference("twice_b", key, "", None, str(more + 1))


def _agree(one: str | None, other: str | None, tolerance: Tolerance) -> bool:
    if one == other:
        return True
    if not one or not other:
        return not one and not other
    here, there = read_number(one), read_number(other)
    if type(here) is int and type(there) is int:
        return tolerance.allows(here, there)
    return False
