"""The history of a running server sorts its recent facts in by itself, when they become many.

Questions about everybody take up to twice as long where many facts lie in the order of arrival.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final, Protocol

from tailorbird.edges.disks import free_bytes
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.log_lines import reason_of
from tailorbird.runtimes.waits import Waits

LEAST: Final = 100_000
"""Fewer recent facts are left as they are."""
SHARE: Final = 10
"""A tenth of what is sorted is many: all facts are then written ten times for each that stays."""
LOOK_SECONDS: Final = 5.0
FIRST_WAIT_S: Final = 60.0
LONGEST_WAIT_S: Final = 3_600.0

_logger = logging.getLogger("tailorbird.history")


class Sorted(Protocol):
    """A history that can be sorted while others read it and append."""

    @property
    def unsorted(self) -> tuple[int, int]:
        """How many recent facts there are that are not sorted in, and how many that are."""

    def compact(self) -> None:
        """Sort the recent facts in among the others."""


def is_due(recent: int, in_order: int) -> bool:
    """Whether so many recent facts are many beside those that are sorted.

    >>> is_due(100_000, 0), is_due(100_000, 1_000_001), is_due(99_999, 0)
    (True, False, False)
    """
    return recent >= max(LEAST, -(-in_order // SHARE))


def sort_if_due(history: Sorted, path: Path) -> bool:
    """Sort when there is much to be sorted; whether there was.

    ``path``: its file. Raises `InputError` when the disk has no room for it.
    """
    recent, in_order = history.unsorted
    if not is_due(recent, in_order):
        return False
    size, free = path.stat().st_size, free_bytes(path.parent)
    if free < size:
        raise InputError(
            f"the history takes {size} bytes, to sort it as many again, {free} are free"
        )
    begun_s = time.monotonic()
    history.compact()
    said = {"facts": recent, "of": recent + in_order, "s": round(time.monotonic() - begun_s, 1)}
    _logger.info("recent facts are sorted in", extra={"said": said})
    return True


def sort_for_ever(history: Sorted, path: Path) -> None:
    """Look again and again; what goes wrong is told and tried again later."""
    waits = Waits(FIRST_WAIT_S, LONGEST_WAIT_S)
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            sort_if_due(history, path)
        except Exception as error:
            wait_s = waits.after(0)
            said = {"in_s": wait_s, "why": reason_of(error)}
            _logger.warning("recent facts could not be sorted in", extra={"said": said})
            time.sleep(wait_s)
