"""Events of people who did not agree to being observed are not taken, where a project says so.

What they say about consent, and who is who, is always taken: otherwise nobody could agree any more.
"""

from __future__ import annotations

from typing import Final

from tailorbird.events.arriving import Arrived
from tailorbird.events.refusals import Refusal
from tailorbird.flow.consenting import Consents, Table
from tailorbird.kernel.facts import CONSENT, MERGE, UNMERGE, VERDICT, WORKSPACE_FACTS

ALWAYS: Final = frozenset({CONSENT, MERGE, UNMERGE, VERDICT}) | WORKSPACE_FACTS


class Collecting:
    """Says which messages may not be stored; threads may share it."""

    def __init__(self, gate: Consents) -> None:
        self._gate = gate
        self._found: tuple[Table, bool] = {}, False
        """What `asks` said of which table."""

    def asks(self) -> bool:
        """Whether any purpose is asked about before events are taken."""
        table = self._gate.table()
        looked_at, asks = self._found
        if table is not looked_at:
            asks = any(purpose.collect == "asked" for purpose in table.values())
            self._found = table, asks
        return asks

    def refused(self, found: Arrived) -> dict[int, Refusal]:
        """By place the messages that may not be stored; raises `BehindError`."""
        asked = sorted(n for n, one in self._gate.table().items() if one.collect == "asked")
        columns = found.columns
        reasons: dict[str, Refusal | None] = {}
        refused: dict[int, Refusal] = {}
        for place, subject, name in zip(found.places, columns.subject, columns.name, strict=True):
            if name in ALWAYS:
                continue
            if subject not in reasons:
                reasons[subject] = self._reason(subject, asked)
            reason = reasons[subject]
            if reason is not None:
                refused[place] = reason
        return refused

    def _reason(self, subject: str, purposes: list[str]) -> Refusal | None:
        told = self._gate.about(self._gate.mark_of(subject))
        for purpose in purposes:
            verdict = told[purpose]
            if not verdict.may:
                return Refusal(
                    "consent", f"it may not be collected for {purpose}: {verdict.reason}"
                )
        return None
