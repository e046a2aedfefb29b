"""The collector: Segment's HTTP interface, from the bytes of a request to a fact in the log.

Without a framework, which would cost more here than everything else together. Each answer says what
became of each message; one that it calls accepted is on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Protocol
from uuid import uuid4

import msgspec
from msgspec import UNSET, UnsetType

from tailorbird.events.arriving import Arrived, arrived, without
from tailorbird.events.columns import FactColumns
from tailorbird.events.envelope import subject_in
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.refusals import Refusal, RejectedItem
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.events.wire import Body, UnreadableError, read_batch, read_single, unpacked
from tailorbird.flow.collecting import Collecting
from tailorbird.flow.consenting import BehindError
from tailorbird.flow.group_commit import Admitted, OverloadedError
from tailorbird.governance.api_keys import ApiKey, without_secrets
from tailorbird.kernel import limits
from tailorbird.kernel.facts import CONSENT
from tailorbird.ports import NotWritableError, StaleWriterError
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked, TooLongError, TooManyError
from tailorbird.server.auth import KeyCheck, key_in_body
from tailorbird.server.parameters import text as text_parameter
from tailorbird.server.table import Route, answers

_BATCHES: Final = ("batch", "import", "b")
_NOT_NOW_S: Final = 5
"""After so long it may be worth trying again when the log cannot be written."""

_ACCEPTED: Final = {"status": "accepted"}
_DUPLICATE: Final = {"status": "duplicate"}


class Message(msgspec.Struct, rename="camel", omit_defaults=True):
    """One message of Segment's interface. What is not named here is let pass."""

    user_id: str | None = None
    anonymous_id: str | None = None
    message_id: str | None = None
    """Counts once, however often it is sent."""
    timestamp: str | None = None
    sent_at: str | None = None
    event: str | None = None
    """Of a track call."""
    name: str | None = None
    """Of a page or screen call."""
    previous_id: str | None = None
    """Of an alias call."""
    group_id: str | None = None
    """Of a group call."""
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    context: dict[str, Any] = {}
    write_key: str | None = None


class Batch(msgspec.Struct, rename="camel", omit_defaults=True):
    """Messages that each say their ``type``."""

    batch: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=limits.BATCH_ITEMS)]
    sent_at: str | None = None
    write_key: str | None = None


class Result(msgspec.Struct, rename="camel", omit_defaults=True):
    """What became of a message."""

    status: Literal["accepted", "duplicate", "rejected"]
    reason: str | UnsetType = UNSET
    warning: str | UnsetType = UNSET
    """What of the message was not taken, though the message was."""
    message_id: str | UnsetType = UNSET
    """The id that a message got because it came without one."""


class Results(msgspec.Struct):
    """What became of each message, in their order."""

    success: bool
    position: int
    """Lies behind everything of the request: ask for what reflects it with ``min_position``."""
    results: list[Result]


class PageSettings(msgspec.Struct):
    """What the browser's library wants to know."""

    integrations: dict[str, Any]
    plan: dict[str, Any]


def _taking(call: str, path: str, says: str, example: str) -> Route:
    return Route(
        "POST",
        f"/v1/{path}",
        f"send_{path}",
        says,
        "write",
        group="events",
        takes=Batch if call == "batch" else Message,
        gives=Results,
        refuses=Results,
        faults=(503,),
        for_pages=True,
        example=example,
    )


_EXAMPLES: Final = {
    "track": '{"event": "Product Viewed", "anonymousId": "v1", "properties": {"price": 12.5}}',
    "identify": '{"userId": "ann", "anonymousId": "v1", "traits": {"city": "Leeds"}}',
    "page": '{"anonymousId": "v1", "name": "Home"}',
    "screen": '{"anonymousId": "v1", "name": "Cart"}',
    "group": '{"userId": "ann", "groupId": "g1"}',
    "alias": '{"userId": "ann", "previousId": "v1"}',
    "batch": '{"batch": [{"type": "track", "event": "Product Viewed", "userId": "ann"}]}',
}
_ROUTES: Final = {
    route.path: (route, call)
    for call, example in _EXAMPLES.items()
    for path, says in (
        [(path, "Send messages that say their type.") for path in _BATCHES]
        if call == "batch"
        else [
            (call, f"Send {'an' if call[0] in 'ai' else 'a'} {call} call."),
            (call[0], f"The same as `/v1/{call}`, as browser libraries send it."),
        ]
    )
    for route in (_taking(call, path, says, example),)
}
_SETTINGS: Final = Route(
    "GET",
    "/v1/projects/{key}/settings",
    "read_page_settings",
    "What the browser's library asks before it sends anything.",
    "write",
    group="events",
    parameters=(text_parameter("key", "A write key.", place="path"),),
    gives=PageSettings,
    for_pages=True,
)


class Accepting(Protocol):
    """Where facts are accepted."""

    def check(self) -> None:
        """Raise `OverloadedError` or `NotWritableError` when nothing is accepted now."""

    async def accept(self, columns: FactColumns) -> Admitted:
        """Store facts; they are on the disk when this returns."""


class Collector:
    """The routes that take events."""

    def __init__(
        self,
        accepting: Accepting,
        keys: KeyCheck,
        now_us: Callable[[], int],
        new_id: Callable[[], str] = lambda: uuid4().hex,
        identifiers: Identifiers = USUAL,
        note: Callable[[Sequence[RejectedItem]], None] = lambda _: None,
        collecting: Collecting | None = None,
    ) -> None:
        """``new_id`` makes ids for messages that come without one; ``note`` is told of rejects.

        ``collecting`` says whose events may not be taken; without it nobody is asked.
        """
        self._collecting = collecting
        self._identifiers = identifiers
        self._note = note
        self._accepting = accepting
        self._keys = keys
        self._now_us = now_us
        self._new_id = new_id
        self._times = TimeReader(TimeForm())

    @answers(*(route for route, _ in _ROUTES.values()))
    async def take(self, asked: Asked) -> Answer:
        """Store the messages of one request."""
        try:
            data = await self._body(asked)
            return await self._accept(_ROUTES[asked.route.path][1], asked.key, data)
        except TooLongError:
            raise RefusedError(400, f"the body is larger than {limits.BODY_BYTES} bytes") from None
        except UnreadableError as error:
            self._note_body(asked, data, str(error))
            raise RefusedError(400, str(error)) from None
        except TooManyError:
            raise _overloaded(OverloadedError(1)) from None
        except OverloadedError as error:
            raise _overloaded(error) from None
        except (BehindError, NotWritableError, StaleWriterError) as error:
            raise RefusedError(503, str(error), retry_after_s=_NOT_NOW_S) from None

    async def _body(self, asked: Asked) -> bytes:
        """What was sent; while nothing is taken only what may say something of consent."""
        try:
            self._accepting.check()
        except (OverloadedError, NotWritableError) as refusal:
            try:
                data = await asked.text(limits.URGENT_BYTES)
            except TooLongError:
                raise refusal from None
            if CONSENT.encode() not in unpacked(data):
                raise
            return data
        return await asked.text(limits.BODY_BYTES)

    @answers(_SETTINGS)
    async def settings(self, asked: Asked) -> Answer:
        """What the browser's library asks before it sends anything."""
        segment = {
            "apiKey": asked.path["key"],
            "unbundledIntegrations": [],
            "addBundledMetadata": True,
        }
        return Answer(200, {"integrations": {"Segment.io": segment}, "plan": {}})

    async def _accept(self, call: str, key: ApiKey | None, data: bytes) -> Answer:
        text = unpacked(data)
        body = read_batch(text) if call == "batch" else as_call(read_single(text), call)
        key = key or self._keys.admitted(key_in_body(body.shared), "write")
        trusted = key.scope == "admin"
        facts = arrived(
            body.messages,
            body.shared,
            source=key.name,
            now_us=self._now_us(),
            new_id=self._new_id,
            trusted=trusted,
            times=self._times,
            identifiers=self._identifiers,
        )
        facts = await self._agreed(facts)
        told = await self._accepting.accept(facts.columns)
        if facts.refused:
            self._note_refused(call, key, body, facts.refused)
        return _results(len(body.messages), facts, told)._replace(for_pages=not trusted)

    async def _agreed(self, facts: Arrived) -> Arrived:
        """Without the messages of people who did not agree to being observed."""
        if self._collecting is None or not self._collecting.asks():
            return facts
        refused = await asyncio.to_thread(self._collecting.refused, facts)
        return without(facts, {**facts.refused, **refused}) if refused else facts

    def _note_refused(
        self, call: str, key: ApiKey, body: Body, refused: Mapping[int, Refusal]
    ) -> None:
        now_us = self._now_us()
        items: list[RejectedItem] = []
        for place, refusal in refused.items():
            if refusal.sort == "consent":  # of whom nothing may be kept
                items.append(_rejected(now_us, call, key, refusal, None, b""))
                continue
            text = body.text_of(place)
            subject = subject_in(body.messages[place][0], self._identifiers)
            items.append(_rejected(now_us, call, key, refusal, subject, text))
        self._note(items)

    def _note_body(self, asked: Asked, data: bytes, says: str) -> None:
        """A body in which no messages are; of nobody, where its key cannot be known."""
        if asked.key is not None:
            call, refusal = _ROUTES[asked.route.path][1], Refusal("body", says)
            self._note([_rejected(self._now_us(), call, asked.key, refusal, None, data)])


def _rejected(
    now_us: int, call: str, key: ApiKey, refusal: Refusal, subject: str | None, text: bytes
) -> RejectedItem:
    kept = without_secrets(text)[: limits.REJECT_BYTES]
    return RejectedItem(now_us, call, key.id, refusal, subject, kept, len(text))


def _overloaded(error: OverloadedError) -> RefusedError:
    return RefusedError(429, str(error), retry_after_s=error.retry_after_s)


def as_call(body: Body, call: str) -> Body:
    """The message of a route that says by itself which call it is."""
    message: dict[str, Any] = {**body.shared, "type": call}
    return body._replace(messages=[(message, fault) for _, fault in body.messages])


def _results(count: int, facts: Arrived, told: Admitted) -> Answer:
    """What became of each message: the first of its facts speaks for it."""
    results: list[dict[str, str]] = [_ACCEPTED] * count
    for row in sorted(told.duplicates):
        place = facts.places[row]
        if not row or facts.places[row - 1] != place:
            results[place] = _DUPLICATE
    for place, reason in facts.refused.items():
        results[place] = {"status": "rejected", "reason": reason.says}
    for place, id_ in facts.new_ids.items():
        if place not in facts.refused:
            results[place] = {**results[place], "messageId": id_}
    for place, warning in facts.warnings.items():
        if place not in facts.refused:
            results[place] = {**results[place], "warning": warning}
    status = 400 if len(facts.refused) == count else 200
    said = {"success": status == 200, "position": told.end_position, "results": results}
    return Answer(status, said)
