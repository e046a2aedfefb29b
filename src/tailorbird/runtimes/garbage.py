"""Keeps the collector of garbage away from what stays: a look at everybody's states takes long."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (50_000, 20, 1_000_000)
"""New objects before the young are looked at; after so many times the older; never all."""
FACTS: Final = 50_000
"""After so many facts what has become of them is set aside."""
WHOLE_AFTER_US: Final = 3_600_000_000
"""So long may circles of dead objects lie among what was set aside."""


class Garbage:
    """States are trees, so that nothing of them ever has to be found by the collector.

    What is set aside costs it nothing any more. Elsewhere circles arise, of closed connections for
    example, and some may have been set aside too: so once an hour everything is looked at, when
    there is nothing else to do.
    """

    def __init__(self, now_us: int) -> None:
        self._facts = 0
        self._whole_us = now_us
        gc.set_threshold(*THRESHOLDS)
        _set_all_aside()

    def taken(self, facts: int) -> None:
        """So many facts became part of states."""
        self._facts += facts
        if self._facts >= FACTS:
            self._facts = 0
            gc.collect(1)
            gc.freeze()

    def idle(self, now_us: int) -> None:
        """There is nothing to do."""
        if now_us - self._whole_us >= WHOLE_AFTER_US:
            self._whole_us = now_us
            gc.unfreeze()
            _set_all_aside()


def _set_all_aside() -> None:
    gc.collect()
    gc.freeze()
