"""What is odd about a statement of consent: it is kept, and its sender is told how it counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tailorbird.kernel.instants import parse_instant, zone

_UTC: Final = zone("UTC")


def doubt_about(said: Mapping[str, Any]) -> str | None:
    """Why a statement does not count as who sent it may think; None when nothing is odd.

    >>> doubt_about({"purpose": "ads", "granted": "true"})
    'granted is neither true nor false, so it counts as a denial'
    """
    if not any(isinstance(said.get(key), str) for key in ("purpose", "group")):
        return "no purpose is named, so it says nothing of any"
    if not isinstance(said.get("granted"), bool):
        return "granted is neither true nor false, so it counts as a denial"
    expires = said.get("expires")
    if expires is None or not said["granted"]:
        return None
    if not isinstance(expires, str) or parse_instant(expires, _UTC) is None:
        return "expires is no instant, so it counts as a denial"
    return None
