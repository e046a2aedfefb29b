"""Facts that no person caused: of known robots, of who is too quick to be one, of who was trapped.

A mark is a verdict: a fact of its own that names the message id of another. Such a fact counts
nowhere, and an acquittal lets it count again.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, Literal, NamedTuple, get_args

from tailorbird.events.agents import Robot, robot_of
from tailorbird.events.arriving import Arrived
from tailorbird.events.cells import tagged
from tailorbird.events.columns import FactColumns, columns_from_rows, object_of
from tailorbird.events.newest import Newest
from tailorbird.events.tagging import path_said
from tailorbird.kernel import limits
from tailorbird.kernel.facts import VERDICT
from tailorbird.kernel.instants import MINUTE

By = Literal["list", "headless", "rate", "honeypot", "double"]
RULES: Final[tuple[By, ...]] = get_args(By)
"""On the list of known robots, a browser that nobody looks at, too many acts for too long, whoever
did what no person does, and the second of two clicks that were meant as one."""
SUSTAINED: Final = 3
"""So many minutes in a row have to have too many acts."""
_AFTER: Final = "$verdict"
"""Follows the message id in the id of a verdict about it."""
_AGENT: Final = '"userAgent"'
_TEXT: Final = ':"'
_PAGE: Final = '"page"'


class Rules(NamedTuple):
    """What gives robots away; the defaults of a project are in its settings."""

    per_minute: int = 0
    """More acts of one identifier than this, for some minutes in a row; 0: nobody is too quick."""
    honeypots: frozenset[str] = frozenset()
    """Names of events, and beginnings of paths of pages, that no person finds."""
    double_us: int = 0
    """The same act of the same identifier within this time was meant once; 0: nothing is."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The honeypots that are paths."""
        return tuple(sorted(trap for trap in self.honeypots if trap.startswith("/")))


class Mark(NamedTuple):
    """Why a fact is marked."""

    by: By
    what: str = ""
    """The robot's name, the trap, or the message id of the first click."""


_Act = tuple[int, str, str, str | None]
"""Time, id, name and properties."""


class _Watched:
    """What is remembered of one identifier: its acts by the minute, and the last one."""

    __slots__ = ("act", "count", "minute", "streak")

    def __init__(self) -> None:
        self.minute = self.count = self.streak = 0
        self.act: _Act | None = None

    def is_too_quick(self, minute: int, most: int) -> bool:
        """Count an act; whether there were too many for some minutes in a row, this one too."""
        if minute > self.minute:
            kept_on = minute == self.minute + 1 and self.count > most
            self.streak = self.streak + 1 if kept_on else 0
            self.minute, self.count = minute, 0
        if minute == self.minute:
            self.count += 1
        return self.streak >= SUSTAINED - 1 and self.count > most

    def twice(self, act: _Act, within_us: int) -> str | None:
        """The id of the same act a moment before, if there was one.

        The first in order stays, however often and in which order they are sent.
        """
        before = self.act
        if before is None:
            self.act = act
            return None
        if act[0] < before[0] or act[:2] <= before[:2]:
            return None
        self.act = act
        if act[2] != before[2] or act[0] - before[0] > within_us or act[3] != before[3]:
            return None
        return before[1]


class Marking:
    """Looks at facts as they come; what it remembers of identifiers is bounded.

    >>> from tailorbird.events.columns import columns_of
    >>> from tailorbird.kernel.facts import Fact
    >>> bot = Fact("v", 1, "m", "Seen", {}, {"userAgent": "Googlebot/2.1"}, True, True, "", 0, 1)
    >>> Marking(Rules()).marks(columns_of([bot]))
    {0: Mark(by='list', what='Googlebot')}
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._paths = rules.paths
        self._watched: Newest[str, _Watched] = Newest(limits.WATCHED_IDS)
        self._trapped: Newest[str, str] = Newest(limits.WATCHED_IDS)
        self.counts: Counter[By] = Counter(dict.fromkeys(RULES, 0))
        """How many were marked, by rule."""

    def marks(self, columns: FactColumns) -> dict[int, Mark]:
        """The facts that are to be marked, by their places."""
        found: dict[int, Mark] = {}
        before: str | None = None
        robot: Robot | None = None
        for row, (act, context) in enumerate(zip(columns.act, columns.context, strict=True)):
            if not act:
                continue
            if context != before:  # a visitor's events, which come together, have mostly one
                before, robot = context, None if context is None else robot_in(context)
            mark = self._mark(columns, row) if robot is None else Mark(robot.by, robot.name)
            if mark is not None:
                found[row] = mark
                self.counts[mark.by] += 1
        return found

    def _mark(self, columns: FactColumns, row: int) -> Mark | None:
        rules = self._rules
        if rules.honeypots and (trap := self._trap(columns, row)):
            return Mark("honeypot", trap)
        context = columns.context[row]
        # What says neither is a program that means both.
        twice = rules.double_us and context and (_AGENT in context or _PAGE in context)
        if not rules.per_minute and not twice:
            return None
        subject, time_us = columns.subject[row], columns.time_us[row]
        watched = self._watched.find(subject)
        if watched is None:
            self._watched.put(subject, watched := _Watched())
        if rules.per_minute and watched.is_too_quick(time_us // MINUTE, rules.per_minute):
            return Mark("rate", f"more than {rules.per_minute} a minute")
        if not twice:
            return None
        act = time_us, columns.id[row], columns.name[row], columns.properties[row]
        first = watched.twice(act, rules.double_us)
        return None if first is None else Mark("double", first)

    def _trap(self, columns: FactColumns, row: int) -> str:
        subject = columns.subject[row]
        trap = self._trapped.find(subject) or self._trap_of(columns, row)
        if trap:
            self._trapped.put(subject, trap)
        return trap

    def _trap_of(self, columns: FactColumns, row: int) -> str:
        if columns.name[row] in self._rules.honeypots:
            return columns.name[row]
        if not self._paths:
            return ""
        context, properties = object_of(columns.context[row]), object_of(columns.properties[row])
        path = path_said(context, properties)
        return next((trap for trap in self._paths if path.startswith(trap)), "")


def robot_in(context: str) -> Robot | None:
    """Whether a context, given its tagged JSON, says that a robot did it.

    Nearly always the only agent in the text is a person's, wherever it stands: then nothing has to
    be decoded.

    >>> robot_in('{"userAgent":"Googlebot/2.1"}').name, robot_in('{"x":{"userAgent":"Googlebot"}}')
    ('Googlebot', None)
    """
    begin = context.find(_AGENT)
    if begin < 0:
        return None
    begin += len(_AGENT)
    if context.startswith(_TEXT, begin) and context.find(_AGENT, begin) < 0:
        begin += len(_TEXT)
        agent = context[begin : context.find('"', begin)]
        if "\\" not in agent and robot_of(agent) is None:
            return None
    return robot_decoded(context)


def robot_decoded(context: str) -> Robot | None:
    """The same, in the obvious way."""
    agent = object_of(context).get("userAgent")
    return robot_of(agent) if isinstance(agent, str) else None


def verdict_row(columns: FactColumns, row: int, mark: Mark) -> tuple[Any, ...] | None:
    """The verdict about a fact, as a row of columns; None where its id would be too long."""
    id_ = columns.id[row] + _AFTER
    if len(id_) > limits.ID_CHARACTERS:
        return None
    said = {"bot": True, "by": mark.by, "message_id": columns.id[row]}
    if mark.what:
        said["what"] = mark.what
    return (
        columns.subject[row],
        columns.time_us[row],
        id_,
        VERDICT,
        False,
        True,
        columns.source[row],
        columns.known_us[row],
        tagged(said),
        None,
    )


def with_verdicts(facts: Arrived, marking: Marking) -> Arrived:
    """The same facts, each that is marked with a verdict behind it."""
    columns = facts.columns
    marks = marking.marks(columns)
    if not marks:
        return facts
    rows: list[tuple[Any, ...]] = []
    places: list[int] = []
    for row, given in enumerate(zip(*columns, strict=True)):
        rows.append(given)
        places.append(facts.places[row])
        verdict = verdict_row(columns, row, marks[row]) if row in marks else None
        if verdict is not None:
            rows.append(verdict)
            places.append(facts.places[row])
    return facts._replace(columns=columns_from_rows(rows), places=places)


def verdicts_among(columns: FactColumns, marking: Marking) -> FactColumns:
    """The verdicts about some facts that are stored already."""
    marks = marking.marks(columns)
    rows = [verdict_row(columns, row, mark) for row, mark in marks.items()]
    return columns_from_rows([row for row in rows if row is not None])
