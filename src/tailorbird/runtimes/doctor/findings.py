"""What a look at one thing found."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

State = Literal["good", "note", "soon", "bad"]
"""``note``: as it is, and worth knowing; ``soon``: mend it before it hurts; ``bad``: broken."""
CODES: Final[dict[State, int]] = {"good": 0, "note": 0, "soon": 1, "bad": 2}


class Finding(NamedTuple):
    """One thing that was looked at."""

    what: str
    state: State
    says: str
    do: str = ""
    """What to do about it; empty where nothing has to be done."""


def code_of(findings: list[Finding]) -> int:
    """The exit code: that of the worst finding.

    >>> code_of([Finding("disk", "soon", "4 GB free"), Finding("clock", "good", "it is noon")])
    1
    """
    return max((CODES[finding.state] for finding in findings), default=0)
