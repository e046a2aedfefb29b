"""Messages that arrive over the network to facts: ids, clocks put right, links between people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tailorbird.events.admission import faults
from tailorbird.events.cells import as_text, tagged
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.events.consenting import doubt_about
from tailorbird.events.envelope import Said, fault_of_time, is_act, said_by
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.refusals import Refusal, RefusedError
from tailorbird.events.times import PLAUSIBLE_FROM_US, TimeForm, TimeReader
from tailorbird.kernel import limits
from tailorbird.kernel.facts import CONSENT, MERGE, RESERVED, WORKSPACE, WORKSPACE_FACTS
from tailorbird.kernel.values import Value

LINKED: Final = "$merge"
"""Follows the message id in the id of a link that an identify call makes."""
ORIGINAL: Final = "originalTimestamp"
"""In the context of a fact whose clock was ahead: the time that it came with."""
REASON_CHARACTERS: Final = 200
"""What was given stands in a reason, but not all of it when it is long."""
_MOST_TYPE: Final = 40


class Arrived(NamedTuple):
    """The facts of some messages."""

    columns: FactColumns
    places: list[int]
    """For each fact the place of its message; some messages are two facts."""
    refused: dict[int, Refusal]
    """By the place of a message why it is none."""
    new_ids: dict[int, str]
    """By place the ids of messages that came without one."""
    warnings: dict[int, str]
    """By place what of a message was not taken, though the message was."""


def arrived(
    messages: Sequence[tuple[Value, Refusal | None]],
    shared: Mapping[str, Any],
    *,
    source: str,
    now_us: int,
    new_id: Callable[[], str],
    trusted: bool = False,
    times: TimeReader | None = None,
    identifiers: Identifiers = USUAL,
) -> Arrived:
    """Turn messages into facts; each comes with the fault that it may have.

    ``shared`` says what holds for messages that say nothing else of it. A client's clock is put
    right by ``sentAt``: as much as that is off from now, the message's time is too. Later than
    now is nothing; such a time becomes now, and the context keeps what was said. Only who is
    ``trusted`` may set reserved facts. A message is stored with all of its facts or not at all.
    ``times`` remembers parts of times from one call to the next.
    """
    times = times or TimeReader(TimeForm())
    times.forget_if_large()
    maker = _Maker(source, now_us, new_id, trusted, times, identifiers)
    sent = shared.get("sentAt")
    rows: list[tuple[Any, ...]] = []
    places: list[int] = []
    refused: dict[int, Refusal] = {}
    for place, (message, fault) in enumerate(messages):
        if fault is not None:
            refused[place] = fault._replace(says=fault.says[:REASON_CHARACTERS])
            continue
        try:
            usual = maker.usual(message, sent)
            made = maker.rows(message, sent, place) if usual is None else [usual]
        except RefusedError as reason:
            refused[place] = Refusal(reason.sort, str(reason)[:REASON_CHARACTERS])
            continue
        except Exception as error:  # the others of the request are not to suffer for it
            says = f"this should not happen, report it: {type(error).__name__}"
            refused[place] = Refusal("poison", says, aside=True)
            continue
        rows += made
        places += [place] * len(made)
    columns = columns_from_rows(rows)
    return _whole(Arrived(columns, places, refused, maker.new_ids, maker.warnings))


def _whole(found: Arrived) -> Arrived:
    """Without the facts of messages of which one cannot be stored."""
    at_fault = faults(found.columns)
    if not at_fault:
        return found
    beyond = {found.places[row]: Refusal("size", says) for row, says in at_fault.items()}
    return without(found, {**beyond, **found.refused})


def without(found: Arrived, refused: Mapping[int, Refusal]) -> Arrived:
    """The same where all these messages are refused, by their places."""
    gone = {row for row, place in enumerate(found.places) if place in refused}
    places = [place for place in found.places if place not in refused]
    return found._replace(columns=found.columns.without(gone), places=places, refused=dict(refused))


class _Maker:
    def __init__(
        self,
        source: str,
        now_us: int,
        new_id: Callable[[], str],
        trusted: bool,
        times: TimeReader,
        identifiers: Identifiers,
    ) -> None:
        self._source = source
        self._now_us = now_us
        self._new_id = new_id
        self._trusted = trusted
        self._times = times
        self._identifiers = identifiers
        self.new_ids: dict[int, str] = {}
        self.warnings: dict[int, str] = {}

    def usual(self, message: Value, sent: Value) -> tuple[Any, ...] | None:
        """The same as `rows` for a track call in its usual form, quicker; None for any other."""
        if not isinstance(message, dict) or message.get("type") != "track":
            return None
        said = message.get
        name, id_, subject = said("event"), said("messageId"), said("userId")
        properties, context = said("properties"), said("context")
        if subject is None:
            subject = said("anonymousId")
        if (
            not (type(name) is type(id_) is type(subject) is str)
            or (type(properties) is not dict and properties is not None)
            or (type(context) is not dict and context is not None)
            or not id_
            or not 0 < len(name) <= limits.NAME_CHARACTERS
            or name[0] == "$"
            or subject == WORKSPACE
            or self._identifiers.refuses(subject)
        ):
            return None
        time_us, context = self._time(message, context or {}, sent)
        written = tagged(properties) if properties else None
        around = tagged(context) if context else None
        act = is_act(name, written, around)
        return self._row(subject, time_us, id_, name, act, written, around)

    def rows(self, message: Value, sent: Value, place: int) -> list[tuple[Any, ...]]:
        """The rows of one message's facts."""
        if not isinstance(message, dict):
            raise RefusedError("type", "a message is a JSON object")
        call = message.get("type")
        if isinstance(call, str) and len(call) > _MOST_TYPE:
            raise RefusedError("type", f"there is no message type {call[:_MOST_TYPE]!r}...")
        said = said_by(message, self._identifiers)
        if said.passed_over is not None:
            self.warnings[place] = f"{said.passed_over}; kept under another identifier"
        if said.name in RESERVED or call == "alias" or said.subject == WORKSPACE:
            self._check_reserved(call, said)
            if said.name == CONSENT and (doubt := doubt_about(said.properties)):
                self.warnings[place] = "; ".join(filter(None, (self.warnings.get(place), doubt)))
        time_us, context = self._time(message, said.context, sent)
        id_ = message.get("messageId")
        if type(id_) is not str:
            id_ = as_text(id_)
        if not id_:
            id_ = self.new_ids[place] = self._new_id()
        properties = tagged(said.properties) if said.properties else None
        around = tagged(context) if context else None
        act = is_act(said.name, properties, around)
        row = self._row(said.subject, time_us, id_, said.name, act, properties, around)
        if call != "identify" or not (other := self._other(message, said, place)):
            return [row]
        link = tagged({"other": other})
        if len(id_) + len(LINKED) > limits.ID_CHARACTERS:
            most = limits.ID_CHARACTERS - len(LINKED)
            says = f"the message id of this identify has more than {most} characters"
            raise RefusedError("size", says)
        return [row, self._row(said.subject, time_us, id_ + LINKED, MERGE, False, link, None)]

    def _row(
        self,
        subject: str,
        time_us: int,
        id_: str,
        name: str,
        act: bool,
        properties: str | None,
        context: str | None,
    ) -> tuple[Any, ...]:
        source = self._source
        return subject, time_us, id_, name, act, True, source, None, properties, context

    def _check_reserved(self, call: Value, said: Said) -> None:
        """Nobody who may only write events may set cut points, settings or verdicts.

        That somebody consents, or does so no more, comes from the page where she says it.
        """
        if said.subject == WORKSPACE and said.name not in WORKSPACE_FACTS:
            raise RefusedError("person", f"{WORKSPACE} is no person")
        if call == "alias" or said.name == MERGE:
            other = said.properties.get("other")
            _check_other(other)
            if self._identifiers.read(other) is None:
                says = f"the other identifier, {other!r}, identifies nobody"
                raise RefusedError("person", says)
        reserved = call == "track" and said.name in RESERVED and said.name != CONSENT
        if reserved and not self._trusted:
            says = f"{said.name} is a reserved name; it takes an admin key"
            raise RefusedError("reserved", says)

    def _other(self, message: Mapping[str, Any], said: Said, place: int) -> str | None:
        """The visitor who turns out to be the user whom an identify call names."""
        given = message.get("anonymousId")
        if not as_text(message.get("userId")) or not as_text(given):
            return None
        other = self._identifiers.read(given)
        if other is None:
            self.warnings[place] = "anonymousId identifies nobody; no link was made"
            return None
        if other == said.subject:
            return None
        _check_other(other)
        return other

    def _time(
        self, message: Mapping[str, Any], context: dict[str, Any], sent: Value
    ) -> tuple[int, dict[str, Any]]:
        """When a message's fact happened, by this clock, and its context."""
        given = message.get("timestamp")
        if given is None:
            given = message.get(ORIGINAL)
        if given is None:
            return self._now_us, context
        time_us = self._instant(given)
        if time_us is None:
            raise RefusedError("time", fault_of_time(given))
        sent_us = self._instant(message.get("sentAt") or sent)
        if sent_us is not None:
            time_us += self._now_us - sent_us
        if time_us > self._now_us:
            return self._now_us, {**context, ORIGINAL: given}
        if time_us < PLAUSIBLE_FROM_US:
            raise RefusedError("time", f"{fault_of_time(given)}, its clock put right by sentAt")
        return time_us, context

    def _instant(self, text: Value) -> int | None:
        return self._times.instant(text) if isinstance(text, str) else None


def _check_other(other: Value) -> None:
    if not isinstance(other, str) or not 0 < len(other) <= limits.ID_CHARACTERS:
        said = f"the other identifier is a text of 1 to {limits.ID_CHARACTERS}"
        raise RefusedError("person", said)
    if other == WORKSPACE:
        raise RefusedError("person", f"{WORKSPACE} is no person")
