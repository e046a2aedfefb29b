"""Ids for rows that have none: equal rows of one file are different facts."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from tailorbird.events.known_ids import KnownIds

_BYTES: Final = 12


def hash_of_row(source: str, said: str) -> str:
    """The id of the first row that says this; a file of the same source gives it again."""
    whole = f"{source}\x1e{said}".encode("utf-8", "surrogatepass")
    return blake2b(whole, digest_size=_BYTES).hexdigest()


class Repeats:
    """Tells apart the equal rows of one file, however far from each other they stand.

    The second row with an id gets ``.1`` after it, the third ``.2``: importing the file again, or a
    longer one that begins with it, gives each of its rows the same id as before.

    >>> repeats = Repeats()
    >>> repeats.apart(["a", "b", "a"]), repeats.apart(["a", "c"])
    (['a', 'b', 'a.1'], ['a.2', 'c'])
    """

    def __init__(self) -> None:
        self._known = KnownIds()
        self._again: dict[str, int] = {}
        """How often those came again that did; most rows of a file do not."""

    def apart(self, ids: Sequence[str]) -> list[str]:
        """The ids of the next rows, each of them unlike all before."""
        hashes = [blake2b(id_.encode(), digest_size=16).digest() for id_ in ids]
        known = self._known.among(hashes)
        here: set[bytes] = set()
        told = list(ids)
        for place, (id_, hash_) in enumerate(zip(ids, hashes, strict=True)):
            if known[place] or hash_ in here:
                count = self._again[id_] = self._again.get(id_, 0) + 1
                told[place] = f"{id_}.{count}"
            else:
                here.add(hash_)
        self._known.add(list(here))
        return told
