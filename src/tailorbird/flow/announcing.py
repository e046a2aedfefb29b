"""What other systems are told of those who turn, put into words as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tailorbird.delivery.announcing import announcements
from tailorbird.delivery.endpoints import Endpoint
from tailorbird.delivery.outbox import Message
from tailorbird.language.definitions import Definitions, Key
from tailorbird.segments.membership import Entries, Turns


class Announcing:
    """Makes messages out of steps of the record."""

    def __init__(
        self,
        endpoints: Callable[[], Sequence[Endpoint]] = tuple,
        sealed: Callable[[Iterable[Message]], Iterable[Message]] = lambda messages: messages,
    ) -> None:
        """``endpoints``: who is told, asked for each commit in which somebody turns.

        ``sealed``: messages as they may be stored.
        """
        self._endpoints = endpoints
        self._sealed = sealed
        self._purposes: dict[Key, frozenset[str]] = {}

    def define(self, definitions: Definitions) -> None:
        """Go on with others; who leaves what is defined no more is told of by what it was for."""
        self._purposes |= definitions.purposes_by_key()

    def messages(self, steps: Sequence[Turns]) -> Iterable[Message]:
        """The messages of some steps, for whoever listens."""
        endpoints = self._endpoints()
        if not endpoints:
            return ()
        return self._sealed(announcements(Entries(steps), endpoints, self._purposes))
