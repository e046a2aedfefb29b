"""How many messages each key may send: who has a limit and sends more is asked to come later."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Final

from tailorbird.flow.group_commit import OverloadedError
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel.instants import MINUTE, SECOND

LONGEST_S: Final = 60
"""Nobody is asked to wait longer."""


class KeyRates:
    """Counts messages by key; what a minute allows may come at once. Belongs to one event loop.

    >>> from tailorbird.governance.api_keys import make_key
    >>> key = make_key("shop", "write", bytes(36), 0)[0]._replace(per_minute=60)
    >>> rates = KeyRates(lambda: 0)
    >>> rates.count(key, 60)
    >>> rates.count(key, 1)
    Traceback (most recent call last):
    ...
    tailorbird.flow.group_commit.OverloadedError: too much at once; come again in 1 s
    """

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._left: dict[str, tuple[int, float]] = {}
        """By key's id: when it was looked at, and how many messages were left; fewer than 0 after
        a request that was larger than what was left."""

    def count(self, key: ApiKey, messages: int) -> None:
        """Count the messages of a request; raises `OverloadedError` when none are left."""
        if not key.per_minute or not messages:
            return
        now_us, most = self._now_us(), key.per_minute
        then_us, left = self._left.get(key.id, (now_us, float(most)))
        left = min(left + max(now_us - then_us, 0) * most / MINUTE, most)
        if left < 1:
            self._left[key.id] = now_us, left
            wait_s = ceil((1 - left) * MINUTE / most / SECOND)
            raise OverloadedError(min(max(wait_s, 1), LONGEST_S))
        self._left[key.id] = now_us, left - messages
