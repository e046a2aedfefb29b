"""Rules of a mapping: what else a row means when some of its columns say something."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tailorbird.events.cells import read_number
from tailorbird.events.memo import Memo
from tailorbird.events.sections import Section
from tailorbird.kernel.values import parse_number

_COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_NUMBER: Final = re.compile(r"(<=?|>=?|[=!]=) ?(-?\d{1,11}(?:\.\d{1,6})?)", re.ASCII)
_TEXT: Final = re.compile(r"(is one of|is none of|is not|is|begins with|ends with) (.+)")
_TEXTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "is": operator.eq,
    "is not": operator.ne,
    "begins with": str.startswith,
    "ends with": str.endswith,
    "is one of": lambda cell, wanted: cell in wanted.split(),
    "is none of": lambda cell, wanted: cell not in wanted.split(),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What one column has to say: ``missing``, ``< 0``, ``is x``, ``begins with C``, ..."""

    column: str
    says: str


@dataclass(frozen=True, slots=True)
class Rule:
    """When every condition holds, the row gets another event name or is left out."""

    conditions: tuple[Condition, ...]
    event: str | None
    skip: str | None
    """Why such a row is left out."""

    @property
    def columns(self) -> list[str]:
        """The columns that the rule looks at."""
        return [condition.column for condition in self.conditions]


def read_rule(section: Section) -> Rule:
    """A rule as written in a mapping file."""
    when = section.section("when", None)
    conditions = tuple(Condition(column, when.text(column)) for column in when.names())
    for condition in conditions:
        if condition_test(condition.says) is None:
            when.refuse(
                f"{condition.says!r} is no condition; allowed are missing, present, "
                "a comparison such as `< 0`, `is TEXT`, `is not TEXT`, `is one of TEXT TEXT`, "
                "`is none of TEXT TEXT`, `begins with TEXT`, `ends with TEXT`",
                condition.column,
            )
    if ("event" in section) == ("skip" in section):
        section.refuse("a rule has an `event` or a reason to `skip` the row, one of them")
    event = section.text("event") if "event" in section else None
    return Rule(conditions, event, section.text("skip") if event is None else None)


def condition_test(says: str) -> Callable[[str | None], bool] | None:
    """The test of a cell that a condition stands for; None when it stands for none.

    A comparison with something that is no number is false.
    """
    if says in ("missing", "present"):
        return (lambda cell: not cell) if says == "missing" else bool
    if match := _NUMBER.fullmatch(says):
        compare, bound = _COMPARISONS[match[1]], parse_number(match[2])

        def compares(cell: str | None) -> bool:
            number = read_number(cell) if cell else None
            return type(number) is int and type(bound) is int and compare(number, bound)

        return compares
    if match := _TEXT.fullmatch(says):
        test, wanted = _TEXTS[match[1]], match[2]
        return lambda cell: bool(cell) and test(cell or "", wanted)
    return None


class RuleTest:
    """One rule applied to columns."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._tests = [
            (condition.column, Memo(test))
            for condition in rule.conditions
            if (test := condition_test(condition.says)) is not None
        ]

    def rows(self, column_of: Callable[[str], Sequence[str | None]], count: int) -> list[int]:
        """The places of the rows for which every condition holds."""
        rows = list(range(count))
        for column, test in self._tests:
            held = test.column(column_of(column))
            rows = [row for row in rows if held[row]]
        return rows
