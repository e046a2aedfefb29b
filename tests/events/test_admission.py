from __future__ import annotations

from typing import Any

import pytest

from tailorbird.events.admission import faults
from tailorbird.events.columns import columns_of
from tailorbird.kernel import limits
from tailorbird.kernel.facts import Fact


def fact(**changed: Any) -> Fact:
    fine = Fact("ann", 1, "m", "Seen", {"x": 1}, {}, True, True, "web", 0, 1)
    return fine._replace(**changed)


AT_THE_LIMITS = fact(
    subject="s" * limits.ID_CHARACTERS,
    id="i" * limits.ID_CHARACTERS,
    name="n" * limits.NAME_CHARACTERS,
    properties={f"k{n}": n for n in range(limits.PROPERTIES)},
    context={"x": "y" * (limits.FACT_BYTES - 8)},
)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"subject": ""}, "person's identifier"),
        ({"subject": "s" * 513}, "person's identifier"),
        ({"id": "i" * 513}, "message id"),
        ({"name": "n" * 201}, "event name"),
        ({"name": ""}, "event name"),
        ({"properties": {f"k{n}": n for n in range(1_001)}}, "properties are more than 1000"),
        ({"properties": {"x": "é" * 131_072}}, "properties are larger than 262144 bytes"),
        ({"context": {"x": "y" * 262_144}}, "context are larger"),
    ],
)
def test_a_fact_beyond_a_limit_is_refused_by_name(changed: dict[str, Any], said: str) -> None:
    found = faults(columns_of([fact(), AT_THE_LIMITS, fact(**changed)]))
    assert list(found) == [2]
    assert said in found[2]
    alone = faults(columns_of([fact(), fact(**changed)]))
    assert alone == {1: found[2]}
