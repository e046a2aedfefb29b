"""What arrives over HTTP, from messages to facts on the disk: the same for every dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from tailorbird.events.arriving import Arrived, without
from tailorbird.events.cells import as_text
from tailorbird.events.columns import FactColumns
from tailorbird.events.envelope import subject_in
from tailorbird.events.refusals import Refusal, RejectedItem
from tailorbird.events.wire import Body
from tailorbird.flow.group_commit import Admitted
from tailorbird.flow.key_rates import KeyRates
from tailorbird.flow.preparing import Preparing, is_preview
from tailorbird.flow.quarantining import Quarantining
from tailorbird.flow.recent_messages import NO_FACTS, RecentMessages
from tailorbird.flow.reused_ids import ReusedIds
from tailorbird.flow.whole_bodies import kept_whole
from tailorbird.governance.api_keys import ApiKey, without_secrets
from tailorbird.kernel import limits
from tailorbird.kernel.facts import CONSENT
from tailorbird.kernel.values import Value, at_path, write_json
from tailorbird.ports.dialects import Result, Results, Sent, Status

_ACCEPTED: Final = Result("accepted")
_DUPLICATE: Final = Result("duplicate")
_REUSED: Final = Refusal(
    "conflict",
    "its messageId is that of another message, which was taken; this one says something else: "
    "whoever sends it has to make ids that are never used again",
)
_SAYS_PREVIEW: Final = '"preview":true'
"""Stands in the context of a fact that is one, and hardly of any other."""
_PREVIEW: Final = "a preview: it is shown, and not stored"


class Accepting(Protocol):
    """Where facts are accepted."""

    def check(self) -> None:
        """Raise `OverloadedError` or `NotWritableError` when nothing is accepted now."""

    async def accept(self, columns: FactColumns) -> Admitted:
        """Store facts; they are on the disk when this returns."""


class Receiving:
    """Takes messages and says of each what became of it; belongs to one event loop."""

    def __init__(
        self,
        accepting: Accepting,
        now_us: Callable[[], int],
        preparing: Preparing | None = None,
        note: Callable[[Sequence[RejectedItem]], None] = lambda _: None,
        quarantining: Quarantining | None = None,
        recent: RecentMessages | None = None,
    ) -> None:
        """``note`` is told of rejects; without ``quarantining`` nothing is kept aside.

        ``recent`` holds what became of the newest messages.
        """
        self._rates = KeyRates(now_us)
        self._reused = ReusedIds()
        self._recent = recent or RecentMessages(now_us)
        self._preparing = preparing or Preparing()
        self._note = note
        self._quarantining = quarantining
        self._accepting = accepting
        self._now_us = now_us

    def check(self) -> None:
        """Raise `OverloadedError` or `NotWritableError` when nothing is accepted now."""
        self._accepting.check()

    async def take(self, body: Body, key: ApiKey, call: str) -> Results:
        """Store the messages of one request; what is called accepted is on the disk then.

        ``call`` is what lists of rejected messages call the address. Raises `OverloadedError`,
        `BehindError`, `NotWritableError` or `StaleWriterError`, and nothing is stored then.
        """
        now_us, preparing = self._now_us(), self._preparing
        if key.per_minute:
            self._rates.count(key, _counted(body))
        facts, violations = preparing.facts(body.messages, body.shared, key, now_us)
        if preparing.asks:
            facts = await asyncio.to_thread(preparing.settled, facts, violations)
        elif violations:
            facts = preparing.settled(facts, violations)
        facts = _without_previews(facts, body)
        if facts.refused:
            facts = self._decided(facts)
            await self._keep_aside(call, key, body, facts)
        facts = preparing.marked(facts)
        told = await self._accepting.accept(facts.columns)
        hidden = ("consent", "poison") if facts.refused and preparing.asks else ("consent",)
        self._recent.note(call, key, body, facts, told, hidden)
        rejected = {place: r for place, r in facts.refused.items() if _is_rejection(r)}
        # The answer says no more than that it is a duplicate: a key that everybody can read would
        # let them find out by guessing what others said.
        conflicts = self._reused.among(body.messages, facts, told.duplicates)
        rejected |= dict.fromkeys(conflicts, _REUSED)
        if rejected:
            self._note([self._item(call, key, body, place, r) for place, r in rejected.items()])
        return _results(len(body.messages), facts, told)

    def judge(self, body: Body, key: ApiKey) -> Results:
        """Say what would become of messages, of which none is stored; nobody is asked to agree."""
        facts, violations = self._preparing.facts(body.messages, body.shared, key, self._now_us())
        facts = self._decided(without(facts, {**violations, **facts.refused}))
        return _results(len(body.messages), facts, Admitted({}, frozenset(), 0))

    def _decided(self, facts: Arrived) -> Arrived:
        """Nothing is kept aside where there is no quarantine, or somebody may not have agreed.

        Whether she did cannot be known of a message at which the program failed.
        """
        keeps, asks = self._quarantining is not None and self._quarantining.keeps, None
        refused = dict(facts.refused)
        for place, refusal in refused.items():
            if refusal.aside and keeps and refusal.sort == "poison":
                asks = self._preparing.asks if asks is None else asks
            if refusal.aside and (not keeps or (asks and refusal.sort == "poison")):
                refused[place] = refusal._replace(aside=False)
        return facts._replace(refused=refused)

    async def _keep_aside(self, call: str, key: ApiKey, body: Body, facts: Arrived) -> None:
        """Those that wait for something to be put right are on the disk when this returns."""
        aside = {place: r for place, r in facts.refused.items() if r.aside}
        if aside and self._quarantining is not None:
            kept = [self._kept(call, key, body, facts, place, r) for place, r in aside.items()]
            await self._quarantining.keep(kept)

    def _item(
        self, call: str, key: ApiKey, body: Body, place: int, refusal: Refusal
    ) -> RejectedItem:
        now_us = self._now_us()
        if refusal.sort == "consent" or (refusal.sort == "poison" and self._preparing.asks):
            return _rejected(now_us, call, key, refusal, None, b"")  # nothing of her may be kept
        text, message = body.text_of(place), body.messages[place][0]
        subject = subject_in(message, self._preparing.identifiers)
        return _rejected(now_us, call, key, refusal, subject, text)

    def _kept(
        self, call: str, key: ApiKey, body: Body, facts: Arrived, place: int, refusal: Refusal
    ) -> RejectedItem:
        """One that is kept aside, with all that is needed to take it later."""
        message, sent = body.messages[place][0], body.shared.get("sentAt")
        return self._item(call, key, body, place, refusal)._replace(
            raw=without_secrets(body.text_of(place)),
            message=without_secrets(_written(message)),
            id=facts.new_ids.get(place) or as_text(at_path(message, ("messageId",))) or "",
            sent_at=sent if isinstance(sent, str) else None,
        )

    async def keep_whole(
        self, sent: Sent, endpoint: str, call: str, key: ApiKey, says: str
    ) -> Results | None:
        """Have a request on the disk at which its dialect failed; None where that may not be.

        Raises `OverloadedError` or `NotWritableError`.
        """
        kept = self._quarantining
        if kept is None or not kept.keeps or self._preparing.asks:
            return None
        if key.per_minute:
            self._rates.count(key, 1)
        item = kept_whole(sent, endpoint, call, key, says, self._now_us(), self._preparing.new_id())
        await kept.keep([item])
        self._recent.note_body(call, key, item.raw, item.refusal)
        told = await self._accepting.accept(NO_FACTS)
        return Results(True, told.end_position, [Result("quarantined", says)])

    def note_unreadable(self, data: bytes, key: ApiKey, call: str, says: str) -> None:
        """A body in which no messages are."""
        refusal = Refusal("body", says)
        self._note([_rejected(self._now_us(), call, key, refusal, None, data)])
        self._recent.note_body(call, key, data, refusal)


def _without_previews(facts: Arrived, body: Body) -> Arrived:
    """Without the messages of pages that are only tried."""
    contexts = filter(None, facts.columns.context)
    said = any(_SAYS_PREVIEW in context for context in contexts)
    suspects = range(len(body.messages)) if said else facts.refused
    previews = {
        place: _preview(facts.refused.get(place))
        for place in suspects
        if is_preview(body.messages[place][0])
    }
    return without(facts, {**facts.refused, **previews}) if previews else facts


def _preview(refusal: Refusal | None) -> Refusal:
    if refusal is None:
        return Refusal("preview", _PREVIEW)
    if refusal.sort == "consent":
        return refusal  # nothing of her may be shown
    return Refusal("preview", f"{_PREVIEW}; otherwise it would be refused: {refusal.says}")


def _counted(body: Body) -> int:
    """How many messages a limit counts: what people say of consent is always taken."""
    given = (message for message, _ in body.messages)
    return sum(not isinstance(one, dict) or one.get("event") != CONSENT for one in given)


def _is_rejection(refusal: Refusal) -> bool:
    return not refusal.aside and refusal.sort not in ("preview", "sample")


def _rejected(
    now_us: int, call: str, key: ApiKey, refusal: Refusal, subject: str | None, text: bytes
) -> RejectedItem:
    kept = without_secrets(text)[: limits.REJECT_BYTES]
    return RejectedItem(now_us, call, key.id, refusal, subject, kept, len(text))


def _written(message: Value) -> bytes:
    """A message as JSON; nothing of one that cannot even be written."""
    try:
        return write_json(message).encode()
    except (AssertionError, RecursionError, UnicodeError):
        return b""


def _results(count: int, facts: Arrived, told: Admitted) -> Results:
    """What became of each message: the first of its facts speaks for it."""
    results = [_ACCEPTED] * count
    if not (told.duplicates or facts.refused or facts.new_ids or facts.warnings):
        return Results(True, told.end_position, results)
    for row in sorted(told.duplicates):
        place = facts.places[row]
        if not row or facts.places[row - 1] != place:
            results[place] = _DUPLICATE
    for place, reason in facts.refused.items():
        status: Status = "quarantined" if reason.aside else "rejected"
        if reason.sort == "preview":
            status = "preview"
        elif reason.sort == "sample":
            status = "sampled"
        results[place] = Result(status, reason.says)
    for place in facts.new_ids.keys() | facts.warnings.keys():
        if place not in facts.refused:
            results[place] = _with_more(results[place].status, facts, place)
    rejected = sum(map(_is_rejection, facts.refused.values()))
    return Results(rejected < count, told.end_position, results)


def _with_more(status: str, facts: Arrived, place: int) -> Result:
    result = Result("duplicate" if status == "duplicate" else "accepted")
    if place in facts.warnings:
        result.warning = facts.warnings[place]
    if place in facts.new_ids:
        result.message_id = facts.new_ids[place]
    return result
