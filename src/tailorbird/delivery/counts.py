"""What became of messages since the start, for whoever watches the server."""

from __future__ import annotations

from collections import Counter

from tailorbird.delivery.outbox import Message
from tailorbird.governance.gate import AGAINST


class Counts:
    """Counters that only grow.

    >>> counts = Counts()
    >>> counts.tried(Message("m", "e", "ann", "segment.left", b"", "sent"), 0.5)
    >>> counts.states["sent"], counts.seconds
    (1, 0.5)
    """

    def __init__(self) -> None:
        self.states: Counter[str] = Counter({"sent": 0, "failed": 0, "dead": 0, "erased": 0})
        """Tries by what came of them, and messages about people who were erased before one."""
        self.waiting = 0
        """Messages for all endpoints when somebody last looked."""
        self.seconds = 0.0
        """How long all of them took."""
        self.held_back: Counter[str] = Counter(dict.fromkeys(AGAINST, 0))
        """Messages that were not sent because of what people said of their purposes, by reason."""

    def tried(self, message: Message, took_s: float) -> None:
        """Note a try, by the state that the message has behind it."""
        self.states[message.state] += 1
        self.seconds += took_s
