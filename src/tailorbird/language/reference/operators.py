"""Every operator of the catalogue with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tailorbird.language.reference import (
    absence,
    aggregates,
    calendar,
    expressions,
    places,
    references,
    reserved,
    sequences,
    sessions,
    smoothing,
    timeline,
)
from tailorbird.language.reference.moment import Operator

OPERATORS: Final[Mapping[str, Operator]] = {
    **expressions.OPERATORS,
    **aggregates.OPERATORS,
    **references.OPERATORS,
    **sequences.OPERATORS,
    **absence.OPERATORS,
    **sessions.OPERATORS,
    **timeline.OPERATORS,
    **smoothing.OPERATORS,
    **places.OPERATORS,
    **reserved.OPERATORS,
    **calendar.OPERATORS,
}
