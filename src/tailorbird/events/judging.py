"""Messages and facts held against the tracking plan, before they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from tailorbird.events.columns import FactColumns, object_of
from tailorbird.events.refusals import Refusal
from tailorbird.events.tagging import tagged_context
from tailorbird.events.tracking_plan import TrackingPlan
from tailorbird.kernel.facts import GROUP, PAGE_VIEWED, SCREEN_VIEWED, TRAITS
from tailorbird.kernel.values import Value, write_tagged

_NOTHING: Final[Mapping[str, Any]] = {}


class Judged(NamedTuple):
    """Messages after the plan has seen them."""

    messages: list[tuple[Value, Refusal | None]]
    """The same with their tags."""
    violations: dict[int, Refusal]
    """By place why a message is refused or kept aside."""
    warnings: dict[int, str]
    """By place what of a message does not fit, though it is taken."""


def judged(messages: Sequence[tuple[Value, Refusal | None]], plan: TrackingPlan) -> Judged:
    """Hold messages against a plan.

    >>> from tailorbird.events.tracking_plan import read_plan
    >>> plan = read_plan({"tracking_plan.yaml": "unplanned: quarantine"})
    >>> judged([({"type": "track", "event": "Seen"}, None)], plan).violations[0].aside
    True
    """
    found: list[tuple[Value, Refusal | None]] = []
    violations: dict[int, Refusal] = {}
    warnings: dict[int, str] = {}
    judges, tags = plan.judges, plan.tags
    for place, (message, fault) in enumerate(messages):
        if fault is not None or not isinstance(message, dict):
            found.append((message, fault))
            continue
        name, properties = said(message)
        given = message.get("context")
        context = given if isinstance(given, dict) else _NOTHING
        if tags and (tagged := tagged_context(context, properties, tags)) is not None:
            context = tagged
            message = {**message, "context": tagged}
        broken = plan.violation(name, properties, context) if judges and name else None
        if broken is not None and broken.mode == "allow":
            warnings[place] = broken.says
        elif broken is not None:
            violations[place] = Refusal("plan", broken.says, broken.mode == "quarantine")
        found.append((message, fault))
    return Judged(found, violations, warnings)


def said(message: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The name and the properties that the fact of a message will have; "" for none to judge."""
    call = message.get("type")
    if call == "track":
        name = message.get("event")
        return (name if isinstance(name, str) else ""), _object(message, "properties")
    if call in ("page", "screen"):
        own = {key: message[key] for key in ("name", "category") if key in message}
        name = PAGE_VIEWED if call == "page" else SCREEN_VIEWED
        return name, {**_object(message, "properties"), **own}
    if call in ("identify", "group"):
        return (TRAITS if call == "identify" else GROUP), _object(message, "traits")
    return "", _NOTHING


def _object(message: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = message.get(key)
    return value if isinstance(value, dict) else _NOTHING


def with_signals(columns: FactColumns, plan: TrackingPlan) -> FactColumns:
    """The same facts with the signal classes that a plan gives them."""
    if not plan.is_there:
        return columns
    named = {name: plan.is_passive(name) for name in dict.fromkeys(columns.name)}
    if not any(named.values()):
        return columns
    pairs = zip(columns.active, columns.name, strict=True)
    return columns._replace(active=[active and not named[name] for active, name in pairs])


def judged_columns(
    columns: FactColumns, plan: TrackingPlan
) -> tuple[FactColumns, dict[int, str], dict[int, str]]:
    """Facts of an import held against a plan: tagged, with their signal classes.

    With them go, by their places, the reasons of those that are not taken, and what is wrong with
    others that are.
    """
    if not plan.is_there:
        return columns, {}, {}
    refused: dict[int, str] = {}
    warned: dict[int, str] = {}
    contexts = list(columns.context)
    if plan.judges or plan.tags:
        for row, name in enumerate(columns.name):
            properties, context = object_of(columns.properties[row]), object_of(contexts[row])
            tagged = tagged_context(context, properties, plan.tags) if plan.tags else None
            if tagged is not None:
                context, contexts[row] = tagged, write_tagged(tagged)
            broken = plan.violation(name, properties, context)
            if broken is not None and broken.mode == "allow":
                warned[row] = broken.says
            elif broken is not None:
                refused[row] = broken.says
    return with_signals(columns._replace(context=contexts), plan), refused, warned
