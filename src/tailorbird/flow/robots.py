"""Robots among the facts that there are: finding them, telling of them, acquitting them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple, Protocol

from tailorbird.events.columns import FactColumns, columns_of, object_of
from tailorbird.events.marking import By, Marking, verdicts_among
from tailorbird.flow.accept import Arrival, accept
from tailorbird.flow.planning import StoredFacts, newest
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.ports.history import Appended, History

SOURCE: Final = "bots"
_AFTER: Final = "$acquitted"
_TOLD: Final = 1_000


class SearchedHistory(History, StoredFacts, Protocol):
    """A history that takes facts and gives them in the order in which they were accepted."""


class Marked(NamedTuple):
    """How many facts are marked among those that were looked at."""

    facts: int
    """Others than verdicts."""
    marked: int
    by: Counter[str]
    """By rule."""
    what: Counter[tuple[str, str]]
    """By rule and what was found."""


def scan(
    history: SearchedHistory, marking: Marking, since_us: int, most: int, now_us: int
) -> Appended:
    """Mark facts that are there; a fact about which somebody has judged keeps its verdict."""

    def arrivals() -> Iterator[Arrival]:
        for chunk in newest(history, since_us, most):
            by_time = sorted(range(chunk.columns.length), key=chunk.columns.time_us.__getitem__)
            columns: Any = ([column[row] for row in by_time] for column in chunk.columns)
            ordered = FactColumns(*columns)
            yield Arrival(_known_now(verdicts_among(ordered, marking), now_us), _refuse)

    return accept(list(arrivals()), history, now_us=now_us)


def _known_now(columns: FactColumns, now_us: int) -> FactColumns:
    return columns._replace(known_us=[now_us] * columns.length)


def _refuse(_place: int, reason: str) -> None:
    raise InputError(f"nothing was judged: {reason}")


def marked(history: StoredFacts, since_us: int, most: int) -> Marked:
    """What is marked among the newest facts; what was acquitted is not."""
    verdicts: dict[str, tuple[tuple[int, str], dict[str, object]]] = {}
    facts = 0
    for chunk in newest(history, since_us, most):
        columns = chunk.columns
        for row, name in enumerate(columns.name):
            if name != VERDICT:
                facts += 1
                continue
            said = object_of(columns.properties[row])
            key, about = (columns.time_us[row], columns.id[row]), str(said.get("message_id"))
            if about not in verdicts or verdicts[about][0] < key:
                verdicts[about] = key, said
    guilty = [said for _, said in verdicts.values() if said.get("bot") is True]
    by = Counter(str(said.get("by", "other")) for said in guilty)
    what: Counter[tuple[str, str]] = Counter()
    for said in guilty:
        rule = str(said.get("by", "other"))
        found = (rule, "" if rule == "double" else str(said.get("what", ""))[:80])
        what[found if found in what or len(what) < _TOLD else ("", "others")] += 1
    return Marked(facts, len(guilty), by, what)


def acquit(
    history: History,
    person: str,
    messages: Collection[str],
    rule: By | None,
    now_us: int,
) -> int:
    """Let marked facts of an identifier count again, from when they were marked; gives how many.

    Without ``messages`` all that are marked, or those that a rule has marked.
    """
    latest: dict[str, Fact] = {}
    for fact in history.history_of([person]):
        about = fact.properties.get("message_id")
        if fact.name == VERDICT and isinstance(about, str):
            latest[about] = fact
    found = [
        _acquittal(fact, about)
        for about, fact in latest.items()
        if fact.properties.get("bot") is True
        and (not messages or about in messages)
        and (rule is None or fact.properties.get("by") == rule)
        and len(about) + len(_AFTER) <= limits.ID_CHARACTERS
    ]
    columns = _known_now(columns_of(found), now_us)
    accept([Arrival(columns, _refuse)], history, now_us=now_us)
    return len(found)


def _acquittal(verdict: Fact, about: str) -> Fact:
    said = {"bot": False, "message_id": about}
    return verdict._replace(
        id=about + _AFTER, time_us=verdict.time_us + 1, properties=said, source=SOURCE
    )
