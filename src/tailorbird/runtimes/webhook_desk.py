"""The outbox of a running server, asked from its history's process: the front alone writes it."""

from __future__ import annotations

from collections.abc import Collection

from tailorbird.delivery.health import Health
from tailorbird.delivery.outbox import Message
from tailorbird.edges.local_socket import Answer, Link
from tailorbird.ports.delivery import OutboxDesk, Standing


class RemoteDesk:
    """What people ask of the outbox, handed on to the front."""

    def __init__(self, front: Link) -> None:
        self._front = front

    def standing(self, endpoint: str) -> Standing:
        """See `OutboxDesk`."""
        waiting, dead, health = self._front.ask("webhook standing", endpoint)
        return Standing(waiting, dead, Health(*health))

    def dead(self, endpoint: str, most: int) -> list[Message]:
        """See `OutboxDesk`."""
        return [Message(*found) for found in self._front.ask("webhook dead", endpoint, most)]

    def revive(self, endpoint: str, ids: Collection[str] | None) -> int:
        """See `OutboxDesk`."""
        given = None if ids is None else list(ids)
        return int(self._front.ask("webhook revive", endpoint, given))

    def forgive(self, endpoint: str) -> None:
        """See `OutboxDesk`."""
        self._front.ask("webhook forgive", endpoint)

    def drop(self, endpoint: str) -> None:
        """See `OutboxDesk`."""
        self._front.ask("webhook drop", endpoint)


def desk_answers(desk: OutboxDesk) -> dict[str, Answer]:
    """What a front answers to `RemoteDesk`."""
    return {
        "webhook standing": lambda endpoint: list(desk.standing(endpoint)),
        "webhook dead": lambda endpoint, most: [list(found) for found in desk.dead(endpoint, most)],
        "webhook revive": desk.revive,
        "webhook forgive": desk.forgive,
        "webhook drop": desk.drop,
    }
