"""Logic, comparisons and what can only be true or false, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tailorbird.kernel.values import UNIT
from tailorbird.language.ast import Boolean, Call, Duration, Listing, Node, Number, Text
from tailorbird.language.definitions import Kind
from tailorbird.language.operators import OPERATORS, Scope, Type
from tailorbird.language.words.speaker import Phrase, Speaker, is_whole, recently, times

_AMOUNTS: Final = {
    "==": "exactly",
    "!=": "not exactly",
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}
_RELATIONS: Final = {
    "==": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}
_PERHAPS_NEVER: Final = frozenset({"less than", "at most", "not exactly"})
_ORDER_IN_TIME: Final = {
    "<": "is before",
    "<=": "is at or before",
    ">": "is after",
    ">=": "is at or after",
}


def _joined(speaker: Speaker, call: Call) -> str:
    return f" {call.op} ".join(speaker.part(arg) for arg in call.args)


def _at_least(speaker: Speaker, call: Call) -> str:
    conditions = "; ".join(speaker.say(arg) for arg in call.args[1:])
    return f"at least {speaker.say(call.args[0])} of ({conditions})"


def _not(speaker: Speaker, call: Call) -> str:
    (denied,) = call.args
    if isinstance(denied, Call) and denied.op in _DENIALS and is_whole(denied):
        return _DENIALS[denied.op](speaker, denied)
    return f"not ({speaker.say(denied)})"


def _comparison(speaker: Speaker, call: Call) -> str:
    left, right = call.args
    if isinstance(left, Call) and is_whole(left) and isinstance(right, Number | Duration | Text):
        amount = _AMOUNTS[call.op]
        say = _AMOUNTED.get(left.op)
        said = say(speaker, left, amount, right) if say is not None else None
        if said is not None:
            return said
    in_time = Type.INSTANT in (_gives(left), _gives(right))
    relation = (_ORDER_IN_TIME if in_time else {}).get(call.op, _RELATIONS[call.op])
    return f"{speaker.side(left)} {relation} {_against(speaker, left, right)}"


def _against(speaker: Speaker, left: Node, right: Node) -> str:
    """The right side; a text opposite a duration is one."""
    if _gives(left) is Type.DURATION and isinstance(right, Text):
        return speaker.time(right)
    return speaker.operand(right)


def _gives(node: Node) -> Type | None:
    return OPERATORS[node.op].gives if isinstance(node, Call) else None


def _counted(speaker: Speaker, call: Call, amount: str, right: Node) -> str | None:
    if not isinstance(right, Number):
        return None
    often = f"{amount} {times(speaker.say(right))}"
    if amount in _PERHAPS_NEVER and right.value != 0:
        often += " or never"
    return f"did {speaker.selected(call)} {often}{speaker.window(call)}"


def _counted_days(speaker: Speaker, call: Call, amount: str, right: Node) -> str | None:
    if not isinstance(right, Number):
        return None
    days = "day" if right.value == UNIT else "days"
    number = speaker.say(right)
    return f"did {speaker.selected(call)} on {amount} {number} {days}{speaker.window(call)}"


def _counted_sessions(speaker: Speaker, call: Call, amount: str, right: Node) -> str | None:
    if not isinstance(right, Number):
        return None
    sessions = "session" if right.value == UNIT else "sessions"
    return f"had {amount} {speaker.say(right)} {sessions}{speaker.window(call)}"


def _ago(speaker: Speaker, call: Call, amount: str, right: Node) -> str | None:
    moment = call.args[0]
    is_instant = isinstance(moment, Call) and OPERATORS[moment.op].scope is not Scope.ARGUMENT
    never = amount == "not exactly"  # true as well for whoever never did
    if isinstance(right, Number) or never or is_instant or speaker.window(call):
        return None
    return f"last did {speaker.selected(call)} {amount} {speaker.time(right)} ago"


_AMOUNTED: Final[Mapping[str, Callable[[Speaker, Call, str, Node], str | None]]] = {
    "count": _counted,
    "active_days": _counted_days,
    "session_count": _counted_sessions,
    "since": _ago,
}


def _member(speaker: Speaker, call: Call) -> str:
    value, items = call.args
    relation = "is" if call.op == "in" else "is not"
    if isinstance(items, Listing):
        return f"{speaker.side(value)} {relation} one of {_choice(speaker, value, items)}"
    return f"{speaker.side(value)} {relation} in the list {speaker.operand(items)}"


def _choice(speaker: Speaker, value: Node, items: Listing) -> str:
    if _gives(value) is Type.DURATION:
        return f"({', '.join(speaker.time(item) for item in items.items)})"
    return speaker.choice(items.items)


def _did(verb: str) -> Phrase:
    def phrase(speaker: Speaker, call: Call) -> str:
        return f"{verb} {speaker.selected(call)}{speaker.window(call)}"

    return phrase


def _infix(relation: str) -> Phrase:
    def phrase(speaker: Speaker, call: Call) -> str:
        return f"{speaker.side(call.args[0])} {relation} {speaker.operand(call.args[1])}"

    return phrase


def _postfix(relation: str) -> Phrase:
    def phrase(speaker: Speaker, call: Call) -> str:
        return f"{speaker.side(call.args[0])} {relation}"

    return phrase


def _prefix(verb: str) -> Phrase:
    """A verb before a name, with ``last=``."""

    def phrase(speaker: Speaker, call: Call) -> str:
        return f"{verb} {speaker.say(call.args[0])}{speaker.window(call)}"

    return phrase


def _of_kind(verb: str, kind: Kind) -> Phrase:
    def phrase(speaker: Speaker, call: Call) -> str:
        return f"{verb} {speaker.named(kind, call.args[0])}{speaker.window(call)}"

    return phrase


def _near(speaker: Speaker, call: Call) -> str:
    where, latitude, longitude = (speaker.say(arg) for arg in call.args)
    km = call.keyword("km")
    distance = "?" if km is None else speaker.say(km)
    return f"{where} is within {distance} km of latitude {latitude}, longitude {longitude}"


def _in_experiment(speaker: Speaker, call: Call) -> str:
    names = [speaker.say(arg) for arg in call.args]
    if len(names) == 1:
        return f"is in the experiment {names[0]}"
    return f"is in the variation {names[1]} of the experiment {names[0]}"


def _subscribed(speaker: Speaker, call: Call) -> str:
    default = call.keyword("default")
    text = f"is subscribed to {speaker.say(call.args[0])}"
    if isinstance(default, Boolean):
        text += f" (who never answered is {'' if default.value else 'not '}subscribed)"
    return text


def _fresh(speaker: Speaker, call: Call) -> str:
    source, within = call.args
    return f"the source {speaker.say(source)} has sent something {recently(speaker, within)}"


def _anniversary(speaker: Speaker, call: Call) -> str:
    within = speaker.time(call.keyword("within"))
    return f"the next anniversary of {speaker.operand(call.args[0])} is at most {within} away"


CONDITIONS: Final[Mapping[str, Phrase]] = {
    "and": _joined,
    "or": _joined,
    "not": _not,
    "at_least": _at_least,
    **dict.fromkeys(_RELATIONS, _comparison),
    "in": _member,
    "not in": _member,
    "contains": _infix("contains"),
    "starts_with": _infix("starts with"),
    "ends_with": _infix("ends with"),
    "matches": _infix("matches the pattern"),
    "exists": _postfix("is known"),
    "empty": _postfix("is empty"),
    "near": _near,
    "inside": _infix("is inside the area"),
    "in_segment": _of_kind("is in the segment", "segment"),
    "did": _did("did"),
    "bounced": lambda _speaker, _call: "did a single thing in the latest session",
    "entered": _of_kind("entered the segment", "segment"),
    "left": _of_kind("left the segment", "segment"),
    "entered_area": _prefix("entered the area"),
    "left_area": _prefix("left the area"),
    "in_list": _prefix("is on the list"),
    "in_experiment": _in_experiment,
    "received": _prefix("received the message"),
    "opened": _prefix("opened the message"),
    "clicked": _prefix("clicked the message"),
    "subscribed": _subscribed,
    "consented": _prefix("has consented to"),
    "fresh": _fresh,
    "anniversary": _anniversary,
}
_DENIALS: Final[Mapping[str, Phrase]] = {
    "did": _did("did not do"),
    "contains": _infix("does not contain"),
    "starts_with": _infix("does not start with"),
    "ends_with": _infix("does not end with"),
    "matches": _infix("does not match the pattern"),
    "exists": _postfix("is not known"),
    "empty": _postfix("is not empty"),
    "in_segment": _of_kind("is not in the segment", "segment"),
    "in_list": _prefix("is not on the list"),
    "received": _prefix("did not receive the message"),
    "opened": _prefix("did not open the message"),
    "clicked": _prefix("did not click the message"),
    "consented": _prefix("has not consented to"),
}
