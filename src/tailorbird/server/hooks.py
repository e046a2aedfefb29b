"""The addresses that other systems post to by themselves: receipts of e-mails and the like."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

import msgspec

from tailorbird.events.wire import Body, UnreadableError
from tailorbird.flow.consenting import BehindError
from tailorbird.flow.group_commit import OverloadedError
from tailorbird.flow.hooks import key_of
from tailorbird.flow.receiving import Receiving
from tailorbird.kernel import limits
from tailorbird.ports.hooks import Arriving, Fetch, ForgedError, Messages, Provider
from tailorbird.ports.log import NotWritableError, StaleWriterError
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked, TooLongError
from tailorbird.server.parameters import text as text_parameter
from tailorbird.server.table import Route, answers

Opened = Callable[[str, str], Sequence[Mapping[str, str]]]
"""The settings of a hook, by provider and name, with its secrets; behind them older ones that
requests may still be signed with. Empty where there is none."""
_NOT_NOW_S: Final = 5
_logger = logging.getLogger("tailorbird.hooks")


class Taken(msgspec.Struct):
    """What became of what was posted."""

    accepted: int
    """Also what was known before."""
    rejected: int
    """What could not be stored; `tailorbird rejects` says why."""
    quarantined: int = 0
    """What is kept aside because it does not fit the tracking plan."""


_TAKE: Final = Route(
    "POST",
    "/v1/hooks/{provider}/{name}",
    "take_hook",
    "Take what a provider posts by itself, as its signature shows; `tailorbird hooks add` makes "
    "such an address.",
    None,
    group="events",
    parameters=(
        text_parameter("provider", "Who posts.", place="path", example="sendgrid"),
        text_parameter("name", "The name of the hook.", place="path", example="mails"),
    ),
    gives=Taken,
    faults=(400, 401, 404, 408, 429, 503),
)


class Hooks:
    """The route that inbound webhooks arrive at."""

    def __init__(
        self,
        receiving: Receiving,
        providers: Mapping[str, Provider],
        opened: Opened,
        fetch: Fetch,
        now_us: Callable[[], int],
        counts: Counter[str],
    ) -> None:
        """``counts``: how many requests were taken, forged, unreadable or for no hook."""
        self._receiving = receiving
        self._providers = providers
        self._opened = opened
        self._fetch = fetch
        self._now_us = now_us
        self._counts = counts
        self._memories: dict[str, dict[str, bytes]] = {}

    @answers(_TAKE)
    async def take(self, asked: Asked) -> Answer:
        """Store what a provider posts, once it is shown to be from there."""
        provider = self._providers.get(asked.path["provider"])
        name = asked.path["name"]
        ways = [] if provider is None else self._opened(provider.name, name)
        if provider is None or not ways:
            self._counts["unknown"] += 1
            raise RefusedError(404, "there is no such hook; `tailorbird hooks list` says which are")
        try:
            arriving = await self._arriving(asked, name, ways[0])
            await _check(provider, arriving, ways[1:])
            if provider.confirm is not None and await provider.confirm(arriving):
                _logger.info("a hook was confirmed", extra={"said": {"hook": name}})
                return Answer(200, Taken(0, 0))
            messages = provider.read(arriving)
        except UnreadableError as error:
            self._counts["unreadable"] += 1
            raise RefusedError(400, str(error)) from None
        except ForgedError as error:
            raise self._refused(provider, name, error) from None
        return await self._accept(name, messages)

    async def _arriving(self, asked: Asked, name: str, settings: Mapping[str, str]) -> Arriving:
        try:
            body = await asked.text(limits.BODY_BYTES)
        except TooLongError:
            says = f"the body is larger than {limits.BODY_BYTES} bytes"
            raise UnreadableError(says) from None
        client = asked.scope.get("client") or ("", 0)
        return Arriving(
            body,
            asked.headers,
            str(client[0]),
            settings,
            self._now_us(),
            self._fetch,
            self._memories.setdefault(name, {}),
        )

    def _refused(self, provider: Provider, name: str, error: ForgedError) -> RefusedError:
        """Who forges is told nothing; the operator reads the reason in the server's log."""
        self._counts["forged"] += 1
        said = {"hook": name, "why": str(error)}
        _logger.warning("a request to a hook was refused", extra={"said": said})
        return RefusedError(401, f"this is not shown to be from {provider.name}")

    async def _accept(self, name: str, messages: Messages) -> Answer:
        self._counts["taken"] += 1
        if not messages:
            return Answer(200, Taken(0, 0))
        try:
            self._receiving.check()
            told = await self._receiving.take(Body(list(messages), {}), key_of(name), "hook")
        except OverloadedError as error:
            raise RefusedError(429, str(error), retry_after_s=error.retry_after_s) from None
        except (BehindError, NotWritableError, StaleWriterError) as error:
            raise RefusedError(503, str(error), retry_after_s=_NOT_NOW_S) from None
        became = Counter(result.status for result in told.results)
        rejected, aside = became["rejected"], became["quarantined"]
        return Answer(200, Taken(len(told.results) - rejected - aside, rejected, aside))


async def _check(
    provider: Provider, arriving: Arriving, older: Sequence[Mapping[str, str]]
) -> None:
    """Raises `ForgedError` for a request that neither the settings nor older ones know."""
    try:
        await provider.check(arriving)
    except ForgedError:
        for settings in older:
            with suppress(ForgedError):
                await provider.check(replace(arriving, settings=settings))
                return
        raise
