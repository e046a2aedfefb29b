"""How many facts each subject has, some subjects at a time: memory may not hold all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tailorbird.language.batch.columns import Array
from tailorbird.language.batch.readings import filled
from tailorbird.ports.history import Warehouse

AT_A_TIME: Final = 500_000
"""Subjects that are counted together."""


def counted(
    history: Warehouse, condition: str = "true", *, at_a_time: int = AT_A_TIME
) -> Iterator[tuple[Array, Array]]:
    """The numbers of subjects with facts that meet a condition, in order, and of how many."""
    last = int(filled(history.query("SELECT max(who) AS last FROM subjects")["last"])[0])
    for before in range(0, last, at_a_time):
        found = history.query(
            "SELECT who, count(*) AS facts FROM facts "
            f"WHERE who > {before} AND who <= {before + at_a_time} AND {condition} "
            "GROUP BY who ORDER BY who"
        )
        yield filled(found["who"]), filled(found["facts"])
