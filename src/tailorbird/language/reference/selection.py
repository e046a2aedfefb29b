"""Which facts an operator is about: events, filters and windows."""

from __future__ import annotations

import re
from collections.abc import Callable

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import parse_instant, start_of_period
from tailorbird.language.ast import Call, Duration, Listing, Node, Text
from tailorbird.language.reference.moment import Bound, Moment, duration_argument
from tailorbird.language.reference.sessions import current_session


def chosen(moment: Moment, call: Call) -> list[Fact]:
    """The facts that an aggregate is over, in order."""
    events, where, within = call.args[0], call.keyword("where"), _window(moment, call)
    return [fact for fact in moment.facts if within(fact) and fits(moment, fact, events, where)]


def fits(
    moment: Moment, fact: Fact, events: Node, where: Node | None, prev: Fact | None = None
) -> bool:
    """Whether a fact is one of these events and passes the filter."""
    return is_event(fact, events) and (where is None or moment.holds(where, Bound(fact, prev)))


def fits_step(moment: Moment, fact: Fact, node: Node) -> bool:
    """Whether a fact fits an event or ``step(event, where=...)`` by itself."""
    if isinstance(node, Call) and node.op == "step":
        return fits(moment, fact, node.args[0], node.keyword("where"))
    return is_event(fact, node)


def is_event(fact: Fact, events: Node) -> bool:
    """Whether a fact is one of the events that a name, a list or any_event(...) stands for."""
    if isinstance(events, Text):
        return fact.name == events.value
    if isinstance(events, Listing):
        return any(is_event(fact, item) for item in events.items)
    assert isinstance(events, Call)
    if events.op == "any_event":
        name = events.keyword("name")
        return fact.act and (name is None or _fits_pattern(fact.name, name))
    return fact.act and fact.active == (events.op == "active_events")


def _fits_pattern(name: str, pattern: Node) -> bool:
    assert isinstance(pattern, Text)
    parts = (re.escape(part) for part in pattern.value.split("*"))
    return re.fullmatch(".*".join(parts), name, re.DOTALL) is not None


def is_recent(moment: Moment, instant_us: int, last_us: int | None) -> bool:
    """Whether an instant lies in (T - last, T]; without ``last`` the window is all time."""
    return last_us is None or moment.now_us - last_us < instant_us <= moment.now_us


def _window(moment: Moment, call: Call) -> Callable[[Fact], bool]:
    now_us = moment.now_us
    if (last_us := duration_argument(call, "last")) is not None:
        return lambda fact: is_recent(moment, fact.time_us, last_us)
    if (between := call.keyword("between")) is not None:
        assert isinstance(between, Listing)
        far, near = (item.length_us for item in between.items if isinstance(item, Duration))
        return lambda fact: now_us - far < fact.time_us <= now_us - near
    if isinstance(period := call.keyword("calendar"), Text):
        from_us = start_of_period(now_us, period.value, moment.zone)  # type: ignore[arg-type]
        return lambda fact: fact.time_us >= from_us
    if call.keyword("session") is not None:
        return _in_current_session(moment)
    if (event := call.keyword("since_event")) is not None:
        return _after_latest(moment, event)
    return _between_instants(moment, call.keyword("start"), call.keyword("end"))


def _in_current_session(moment: Moment) -> Callable[[Fact], bool]:
    session = current_session(moment)
    return lambda fact: bool(session) and fact.time_us >= session[0].time_us


def _after_latest(moment: Moment, event: Node) -> Callable[[Fact], bool]:
    keys = [fact.key for fact in moment.facts if is_event(fact, event)]
    return lambda fact: bool(keys) and fact.key > keys[-1]


def _between_instants(
    moment: Moment, start: Node | None, end: Node | None
) -> Callable[[Fact], bool]:
    from_us, to_us = _instant(moment, start), _instant(moment, end)
    return lambda fact: (
        (from_us is None or fact.time_us >= from_us) and (to_us is None or fact.time_us < to_us)
    )


def _instant(moment: Moment, node: Node | None) -> int | None:
    return parse_instant(node.value, moment.zone) if isinstance(node, Text) else None
