"""Messages for other systems: the outbox, the ways to get them there, and whom they go to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from tailorbird.delivery.endpoints import Endpoint, SealedSecret
from tailorbird.delivery.health import Health
from tailorbird.delivery.outbox import Message
from tailorbird.delivery.retry import Outcome


class Standing(NamedTuple):
    """How one endpoint's part of the outbox is."""

    waiting: int
    dead: int
    """Messages that were given up and can be sent again by hand."""
    health: Health


HeldBack = Callable[[Message], bool]
"""Whether a message may not be sent, because of its purposes."""


class OutboxDesk(Protocol):
    """What people ask of the outbox; each call is a transaction of its own."""

    def standing(self, endpoint: str) -> Standing:
        """How much waits for an endpoint, and how it is."""

    def dead(self, endpoint: str, most: int) -> list[Message]:
        """So many messages that were given up, the newest first."""

    def revive(self, endpoint: str, ids: Collection[str] | None) -> int:
        """Send messages again that were given up, all or some; they come last. Gives how many."""

    def forgive(self, endpoint: str) -> None:
        """Forget that an endpoint failed: it is sent messages as if it never had."""

    def drop(self, endpoint: str) -> None:
        """Forget everything of an endpoint; when this is done nothing more is sent to it."""


class Outbox(OutboxDesk, Protocol):
    """Messages from the commit that made them until they have arrived, for whoever sends them."""

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written within is kept at its end, or nothing of it after an error."""

    def recover(self) -> list[Message]:
        """Take back what a process that is gone had claimed; gives it, as of unknown outcome."""

    def claim(
        self, endpoint: str, now_us: int, most: int, is_held_back: HeldBack | None = None
    ) -> list[Message]:
        """Claim so many messages that are due, the longest due first.

        Those with purposes that are held back are gone. Without ``is_held_back`` nobody can tell,
        and they wait.
        """

    def next_due_us(self, endpoint: str, *, is_open: bool = True) -> int | None:
        """When the next message is due that is not claimed; one with purposes if that is open."""

    def discard(self, message: Message) -> None:
        """Forget a claimed message, and that anything was told of whom it is about."""

    def was_told(self, message: Message) -> bool:
        """Whether the endpoint may know that the person is where the message says that she left."""

    def keep(self, message: Message, now_us: int) -> None:
        """Note what became of a claimed message; one that was sent is gone with that."""

    def give_up(self, endpoint: str, why: str, now_us: int) -> None:
        """Give up all that waits for an endpoint and is not claimed."""

    def endpoints(self) -> list[str]:
        """The ids of the endpoints that anything is kept of."""

    def forget_dead(self, before_us: int) -> None:
        """Forget what was given up before an instant."""

    def health(self, endpoint: str) -> Health:
        """How an endpoint is."""

    def put_health(self, endpoint: str, health: Health) -> None:
        """Note how an endpoint is."""


class Channel(Protocol):
    """A way to get a message to somebody else's machine."""

    async def send(self, endpoint: Endpoint, secrets: Sequence[bytes], message: Message) -> Outcome:
        """Try once; whatever goes wrong is in the outcome."""


class Receivers(Protocol):
    """Whom messages go to, as it is decided now."""

    def endpoints(self) -> Mapping[str, Endpoint]:
        """All endpoints by id, also those that are disabled."""

    def disable(self, endpoint: str, why: str, now_us: int) -> None:
        """Let nothing more be sent to an endpoint, until it is enabled."""


class Endpoints(Receivers, Protocol):
    """Where endpoints of webhooks are kept, with the secrets that sign for them."""

    def secrets_of(self, endpoint: str) -> list[SealedSecret]:
        """The secrets of an endpoint, the newest first."""

    def add_endpoint(self, endpoint: Endpoint, secret: SealedSecret) -> None:
        """Keep a new endpoint."""

    def replace_secret(self, endpoint: str, secret: SealedSecret, expires_us: int) -> None:
        """Give an endpoint another secret; the others sign until an instant."""

    def enable(self, endpoint: str) -> None:
        """Let messages be made and sent again."""

    def remove_endpoint(self, endpoint: str) -> None:
        """Forget an endpoint and its secrets."""
