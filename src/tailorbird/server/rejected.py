"""What the collector rejected, and what was sent: for whoever makes pages send the right thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers
from tailorbird.server.untaken import PARAMETERS, UntakenMessage, page_of, told


class RejectedMessages(Struct):
    """One page, the newest first."""

    rejects: list[UntakenMessage]
    next: int | None
    """What to give as ``before`` for the next page; None on the last one."""


class Rejected:
    """The route that reads rejected messages."""

    def __init__(self, serving: Serving, keys: Callable[[], Mapping[str, ApiKey]]) -> None:
        """``keys`` gives all that messages came with, by their ids."""
        self._serving = serving
        self._keys = keys

    @answers(
        Route(
            "GET",
            "/v1/rejects",
            "read_rejects",
            "Read the messages that the collector rejected, with the reason, the newest first.",
            "admin",
            group="events",
            parameters=PARAMETERS,
            gives=RejectedMessages,
            faults=(503,),
        )
    )
    async def read(self, asked: Asked) -> Answer:
        """One page of them."""
        most, before = asked.query["limit"], asked.query["before"] or None
        try:
            found = await self._serving.rejecting.newest(most + 1, before, asked.query["sort"])
        except TailorbirdError as error:
            raise RefusedError(503, str(error)) from None
        page, more = page_of(found, most)
        keys = self._keys()
        return Answer(200, RejectedMessages([told(one, keys) for one in page], more))
