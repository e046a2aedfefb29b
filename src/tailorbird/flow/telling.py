"""Facts and explanations as JSON, the same for the command line and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tailorbird.flow.explain import Explained
from tailorbird.governance.gate import Verdict
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import format_instant
from tailorbird.language.explain import Reason
from tailorbird.language.plain_values import plain


def fact_json(fact: Fact) -> dict[str, Any]:
    """A fact with all that is known of it."""
    return {
        "time": format_instant(fact.time_us),
        "name": fact.name,
        "id": fact.id,
        "properties": plain(fact.properties),
        "context": plain(fact.context),
        "source": fact.source,
    }


def consent_json(told: Mapping[str, Verdict]) -> dict[str, Any]:
    """What may be done with data about somebody, by purpose."""
    return {
        purpose: {
            "may": verdict.may,
            "reason": verdict.reason,
            "said": _instant(verdict.said_us),
            "until": _instant(verdict.until_us),
        }
        for purpose, verdict in told.items()
    }


def explanation_json(told: Explained, *, known_then: bool) -> dict[str, Any]:
    """An explanation with its whole tree."""
    explanation = told.explanation
    kind, name = explanation.key
    return {
        "definition": {"kind": kind, "name": name or None},
        "person": told.person,
        "subjects": list(told.subjects),
        "at": format_instant(explanation.at_us),
        "known": "then" if known_then else "now",
        "exists": explanation.exists,
        "value": plain(explanation.reason.value, explanation.reason.gives),
        "changes_at": _instant(explanation.reason.changes_at),
        "looked_ahead_to": format_instant(explanation.seen_us),
        "reason": _reason_json(explanation.reason),
    }


def _reason_json(reason: Reason) -> dict[str, Any]:
    return {
        "text": reason.text,
        "words": reason.says,
        "value": plain(reason.value, reason.gives),
        "changes_at": _instant(reason.changes_at),
        "moves_with_time": reason.moves,
        "facts": [_evidence_json(fact) for fact in reason.facts],
        "latest_that_does_not_count": None
        if reason.beside is None
        else _evidence_json(reason.beside),
        "turns": [{"at": format_instant(t.at_us), "holds": t.holds} for t in reason.turns],
        "notes": list(reason.notes),
        "parts": [_reason_json(part) for part in reason.parts],
    }


def _evidence_json(fact: Fact) -> dict[str, Any]:
    return {
        "id": fact.id,
        "at": format_instant(fact.time_us),
        "name": fact.name,
        "subject": fact.subject,
        "properties": plain(fact.properties),
    }


def _instant(at_us: int | None) -> str | None:
    return None if at_us is None else format_instant(at_us)
