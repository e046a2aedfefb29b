"""Whether two processes see the same folders: one in a sandbox or a container may see others.

What a path names for one of them is then another file for the other, or none at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

Seen = Sequence[int]
"""What tells a folder from all others of one machine: its device and its number there."""


def seen_from(folder: Path, words: Iterable[str]) -> dict[str, Seen]:
    """A folder, and those of the files that words may name, each with what tells it apart."""
    found: dict[str, Seen] = {}
    for place in (folder, *_places(folder, words)):
        if (seen := _seen(place)) is not None:
            found[str(place)] = seen
    return found


def _places(folder: Path, words: Iterable[str]) -> Iterator[Path]:
    """Where files are or would be that words name: bare, behind `=`, or in an address."""
    for word in words:
        for text in (word, word.partition("=")[2], word.partition("://")[2]):
            if "/" in text and "\0" not in text:
                yield (folder / text).parent


def _seen(place: Path) -> Seen | None:
    try:
        told = place.stat()
    except OSError:
        return None
    return told.st_dev, told.st_ino


def other_here(places: Mapping[str, Seen]) -> str | None:
    """The first of these folders that is another one for this process; None when all are one.

    >>> other_here(seen_from(Path("/"), ["--out=/etc/ids.csv"])), other_here({"/": (0, 0)})
    (None, '/')
    """
    for place, seen in places.items():
        here = _seen(Path(place))
        if here is None or list(here) != list(seen):
            return place
    return None
