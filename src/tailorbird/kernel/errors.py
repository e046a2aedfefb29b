"""What can go wrong, one class a cause.

Every error that a user can meet says what was given, where, what is allowed and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class TailorbirdError(Exception):
    """The root of all errors that are the input's or the environment's fault."""

    retryable = False


class InputError(TailorbirdError):
    """Something given by the user cannot be used as it is."""


class UnknownNameError(InputError):
    """A name that is not known, with the nearest known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = sorted(known)
        super().__init__(f"there is no {kind} {name!r}{nearest(name, self.known)}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column count from 1, and are 0 where a path says it all."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a definition, and what to do about it."""

    place: Place
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        label = "" if self.severity == "error" else f"{self.severity}: "
        return f"{self.place}: {label}{self.message}"


class DefinitionError(InputError):
    """Definitions that cannot be used; it carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """A hint that names the closest known spelling, or what is known when nothing is close.

    ``likeness``: how much of two names has to be the same, from 0 to 1, for them to be close.

    >>> nearest("cuont", ["count", "sum"])
    "; did you mean 'count'?"
    """
    names = sorted(set(known))
    lowered = {candidate.lower(): candidate for candidate in names}
    close = get_close_matches(name.lower(), lowered, n=1, cutoff=likeness)
    if close:
        return f"; did you mean {lowered[close[0]]!r}?"
    if not names:
        return "; none is known"
    shown = ", ".join(names[:8])
    return f"; known are {shown}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")
