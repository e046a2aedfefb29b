"""What data about people is used for, and what a person must have said before it may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, get_args

Needs = Literal["consent", "no_objection", "nothing"]
NEEDS: Final[tuple[Needs, ...]] = get_args(Needs)
"""That she has consented, that she has not objected, or nothing of hers."""
Collect = Literal["always", "asked"]
COLLECTS: Final[tuple[Collect, ...]] = get_args(Collect)
"""Whether events are taken of everybody, or only of people for whom the gate is open."""
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,49}")


class Purpose(NamedTuple):
    """One line of the table of purposes."""

    name: str
    needs: Needs = "consent"
    basis: str = ""
    """On what ground of the law, in the words of who runs it; nothing is made of it."""
    description: str = ""
    collect: Collect = "always"


READY: Final = (
    Purpose("analytics", description="to learn how what is offered is used"),
    Purpose("marketing", description="to tell people of offers"),
    Purpose("personalisation", description="to show people what suits them"),
)
"""The table where a project has none of its own: all three need consent."""


def table_of(purposes: Iterable[Purpose]) -> Mapping[str, Purpose]:
    """The purposes by name."""
    return {purpose.name: purpose for purpose in purposes}
