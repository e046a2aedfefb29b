"""What is read in another thread while something is done with what was read before."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(found: Iterator[Item]) -> Generator[Item]:
    """The same items, none of them None; each is made while the one before is looked at.

    Nobody else may use meanwhile what they are made of.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, found, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, found, None)
            yield item
