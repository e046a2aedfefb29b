"""Sequences, absence, sessions and history in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tailorbird.language.ast import Boolean, Call, Listing, Node
from tailorbird.language.words.speaker import Phrase, Speaker, recently, times


def _apart(speaker: Speaker, gap: Node) -> str:
    if isinstance(gap, Listing) and len(gap.items) == 2:
        least, most = (speaker.time(item) for item in gap.items)
        return f"at least {least} but less than {most} after the one before"
    return f"less than {speaker.time(gap)} after the one before"


def _step(speaker: Speaker, call: Call) -> str:
    text = speaker.selected(call)
    often, gap = call.keyword("times"), call.keyword("gap")
    if often is not None:
        text += f" {times(speaker.say(often))}"
    if gap is not None:
        text += f" ({'each ' if often is not None else ''}{_apart(speaker, gap)})"
    return text if call.keywords else f"{text} (a single one)"


def _steps(speaker: Speaker, call: Call) -> str:
    return ", then ".join(speaker.events(step) for step in call.args)


def _rules(speaker: Speaker, call: Call) -> str:
    """What must hold for the steps together, in brackets."""
    rules = [_RULES[key](speaker, value) for key, value in call.keywords]
    return f" ({'; '.join(rules)})" if rules else ""


def _contiguous(_speaker: Speaker, node: Node) -> str:
    alone = isinstance(node, Boolean) and node.value
    return "nothing else in between" if alone else "anything else may come in between"


_RULES: Final[Mapping[str, Callable[[Speaker, Node], str]]] = {
    "within": lambda speaker, node: f"all within {speaker.time(node)}",
    "gap": lambda speaker, node: f"each {_apart(speaker, node)}",
    "same": lambda speaker, node: f"all with {speaker.told('the same', node)}",
    "without": lambda speaker, node: f"without {speaker.events(node)} in between",
    "contiguous": _contiguous,
    "last": lambda speaker, node: f"the last of them {recently(speaker, node)}",
}


def _sequence(speaker: Speaker, call: Call) -> str:
    return f"did {_steps(speaker, call)}{_rules(speaker, call)}"


def _sequence_count(speaker: Speaker, call: Call) -> str:
    return f"the number of runs of [{_steps(speaker, call)}{_rules(speaker, call)}]"


def _absent(speaker: Speaker, call: Call) -> str:
    missed, wait = speaker.events(call.args[0]), speaker.time(call.keyword("wait"))
    after, ever = call.keyword("after"), call.keyword("ever")
    occasion = f"did {_occasion(speaker, after)}"
    if isinstance(ever, Boolean) and ever.value:
        text = f"{occasion}, then no {missed} in the {wait} after it"
    else:
        text = f"{occasion} at least {wait} ago, then no {missed} until now"
    return text + _limits(speaker, call, wait)


def _occasion(speaker: Speaker, node: Node | None) -> str:
    if isinstance(node, Call) and node.op == "sequence":
        return f"[{_steps(speaker, node)}{_rules(speaker, node)}]"
    return "?" if node is None else speaker.events(node)


def _limits(speaker: Speaker, call: Call, wait: str) -> str:
    same, last, ever = call.keyword("same"), call.keyword("last"), call.keyword("ever")
    rules = []
    if same is not None:
        rules.append(f"both with {speaker.told('the same', same)}")
    if last is not None:
        rules.append(f"the {wait} were over {recently(speaker, last)}")
    if isinstance(ever, Boolean) and not ever.value:
        rules.append(f"what comes after the {wait} counts too")
    return f" ({'; '.join(rules)})" if rules else ""


def _in_one_session(speaker: Speaker, call: Call) -> str:
    last = call.keyword("last")
    begun = f" that began {recently(speaker, last)}" if last is not None else ""
    return f"in one session{begun} ({speaker.say(call.args[0])})"


def _held(speaker: Speaker, call: Call) -> str:
    lasting = speaker.time(call.keyword("lasting"))
    return f"at every moment of the last {lasting.removeprefix('1 ')} ({speaker.say(call.args[0])})"


STORIES: Final[Mapping[str, Phrase]] = {
    "step": _step,
    "sequence": _sequence,
    "sequence_count": _sequence_count,
    "absent": _absent,
    "in_one_session": _in_one_session,
    "held": _held,
}
