"""Lists, experiments, predictions, messages, consent and sources: what reserved facts say."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from tailorbird.kernel.facts import ASSIGNED, CONSENT, LIST, MESSAGE, PREDICTED, VERDICT, Fact
from tailorbird.kernel.instants import parse_instant
from tailorbird.kernel.values import MISSING, UNIT, Value, is_missing
from tailorbird.language.ast import Boolean, Call, Duration
from tailorbird.language.reference.moment import (
    Answer,
    Bound,
    Moment,
    Operator,
    duration_argument,
    text_argument,
)
from tailorbird.language.reference.selection import is_recent


def _about(moment: Moment, kind: str, key: str, call: Call) -> list[Fact]:
    """The reserved facts of a kind about the name that is asked for, in order."""
    name = text_argument(call)
    return [f for f in moment.facts if f.name == kind and f.properties.get(key) == name]


def _said_last(facts: list[Fact], key: str) -> Value:
    return facts[-1].properties.get(key, MISSING) if facts else MISSING


def _in_list(moment: Moment, call: Call, _bound: Bound) -> bool:
    return _said_last(_about(moment, LIST, "list", call), "member") is True


def _in_experiment(moment: Moment, call: Call, _bound: Bound) -> bool:
    assigned = _about(moment, ASSIGNED, "experiment", call)
    if len(call.args) == 1:
        return bool(assigned)
    return bool(assigned) and assigned[0].properties.get("variation") == text_argument(call, 1)


def _bucket(moment: Moment, call: Call, _bound: Bound) -> Answer:
    anchors = [fact.subject for fact in moment.facts if fact.name != VERDICT]
    if not anchors:
        return MISSING
    digest = sha256(f"{text_argument(call)}:{anchors[0]}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest()[:8], "big") % 10_000 * UNIT // 100


def _predicted(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return _said_last(_about(moment, PREDICTED, "model", call), "value")


def _message(status: str) -> Operator:
    def has(moment: Moment, call: Call, _bound: Bound) -> bool:
        last_us = duration_argument(call, "last")
        return any(
            fact.properties.get("status") == status and is_recent(moment, fact.time_us, last_us)
            for fact in _about(moment, MESSAGE, "message", call)
        )

    return has


def _subscribed(moment: Moment, call: Call, _bound: Bound) -> bool:
    facts = _about(moment, CONSENT, "group", call)
    if not facts:
        return call.keyword("default") == Boolean(True)
    return _said_last(facts, "granted") is True


def _consented(moment: Moment, call: Call, _bound: Bound) -> bool:
    facts = _about(moment, CONSENT, "purpose", call)
    if _said_last(facts, "granted") is not True:
        return False
    expires = _said_last(facts, "expires")
    if is_missing(expires):
        return True
    expires_us = parse_instant(expires, moment.zone) if isinstance(expires, str) else None
    return expires_us is not None and moment.now_us < expires_us


def _fresh(moment: Moment, call: Call, _bound: Bound) -> bool:
    source, within = text_argument(call), call.args[1]
    assert isinstance(within, Duration)
    return any(
        fact.source == source and is_recent(moment, fact.time_us, within.length_us)
        for fact in moment.facts
    )


OPERATORS: Final[dict[str, Operator]] = {
    "in_list": _in_list,
    "in_experiment": _in_experiment,
    "bucket": _bucket,
    "predicted": _predicted,
    "received": _message("delivered"),
    "opened": _message("opened"),
    "clicked": _message("clicked"),
    "subscribed": _subscribed,
    "consented": _consented,
    "fresh": _fresh,
}
