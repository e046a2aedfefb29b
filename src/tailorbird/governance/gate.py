"""May data about somebody be used for a purpose, and why not: by what she said up to now.

The newest statement decides, whichever of her identifiers it was made under. Where it could be read
two ways, the gate takes the strict one:

- Of statements made at one instant a denial counts before a grant.
- A denial stands until she grants later, under the same identifier or under one that was known to
  be hers when she did. What somebody clicked on a shared device before it was known who she is
  takes no denial back that she made elsewhere.
- A grant that is dated ahead does not count before its time; a denial counts when it is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

from tailorbird.governance.consent import Statement
from tailorbird.language.purposes import Purpose

Reason = Literal[
    "granted", "no objection", "not needed", "nothing said", "denied", "expired", "crowd"
]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
AGAINST: Final[tuple[Reason, ...]] = ("nothing said", "denied", "expired", "crowd")
"""Those for which the gate is shut; "crowd": so many identifiers are no one person."""

Together = Callable[[Any, Any, int], bool]
"""Whether two identifiers were known to be one person's before a position of the log."""


class Verdict(NamedTuple):
    """Whether the gate is open, and why."""

    may: bool
    reason: Reason
    said_us: int | None = None
    """When the statement was made that decides."""
    until_us: int | None = None
    """When the grant ends that decides."""


def may(purpose: Purpose, said: Sequence[Statement], together: Together, now_us: int) -> Verdict:
    """Whether data about a person may be used for a purpose.

    ``said``: all that she said about it, under any of her identifiers.
    """
    if purpose.needs == "nothing":
        return Verdict(True, "not needed")
    said = [one for one in said if not one.granted or one.time_us <= now_us]
    denial = _standing_denial(said, together)
    if denial is not None:
        return Verdict(False, "denied", denial.time_us)
    if purpose.needs == "no_objection":
        return Verdict(True, "no objection")
    if not said:
        return Verdict(False, "nothing said")
    newest = max(said, key=lambda one: (one.time_us, -_end_us(one)))
    is_over = newest.until_us is not None and now_us >= newest.until_us
    reason: Reason = "expired" if is_over else "granted"
    return Verdict(not is_over, reason, newest.time_us, newest.until_us)


def _end_us(grant: Statement) -> float:
    return float("inf") if grant.until_us is None else grant.until_us


def _standing_denial(said: Sequence[Statement], together: Together) -> Statement | None:
    """The newest denial that no later grant takes back."""
    newest: dict[Any, Statement] = {}
    for one in said:
        before = newest.get(one.subject)
        if not one.granted and (before is None or one.time_us > before.time_us):
            newest[one.subject] = one
    standing = [one for one in newest.values() if not _is_taken_back(one, said, together)]
    return max(standing, key=lambda one: one.time_us, default=None)


def _is_taken_back(denial: Statement, said: Sequence[Statement], together: Together) -> bool:
    return any(
        one.granted
        and one.time_us > denial.time_us
        and (one.subject == denial.subject or together(one.subject, denial.subject, one.position))
        for one in said
    )
