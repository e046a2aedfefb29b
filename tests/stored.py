"""States as they are stored, for comparing them byte by byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tailorbird.language import live


def stored(state: live.PersonState) -> bytes:
    """A state's stored form with the keys of its parts in order: they come in any."""
    return live.encode(replace(state, slots=_sorted(state.slots)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(part) for part in value] if isinstance(value, list) else value
