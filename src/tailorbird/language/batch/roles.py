"""The columns that functions of the rows read: conditions, and values of some rows."""

from __future__ import annotations

from tailorbird.language.batch import filters
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.readings import Rows, named, when
from tailorbird.language.batch.typed import NotInSqlError
from tailorbird.language.operations import Select
from tailorbird.language.predicates import depends_on_prev


class Roles:
    """Different conditions and values, each a column of its own."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._places: dict[str, int] = {}
        self._conditions: dict[str, frozenset[str] | None] = {}
        """With the names of the facts that alone can fit."""

    def of(self, select: Select) -> int:
        """The number of the column that tells which rows are selected."""
        if depends_on_prev(select.where):
            raise NotInSqlError("a condition on the fact before")
        parts = filters.selected(select, self._moment)
        return self.condition(" AND ".join(f"({part})" for part in parts), select.names)

    def acts(self) -> int:
        """The number of the column that tells which rows are acts."""
        return self.condition("(act)", None)

    def condition(self, condition: str, names: frozenset[str] | None) -> int:
        """The number of the column of a condition that is never null."""
        self._conditions[condition] = names
        return self._places.setdefault(condition, len(self._places))

    def value(self, value: str, role: int) -> int:
        """The number of the column of a value, of rows with a role."""
        column = when(list(self._places)[role], value)
        return self._places.setdefault(column, len(self._places))

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns as SQL."""
        return tuple(self._places)

    def rows(self, after: int | None, *others: str) -> Rows:
        """The rows that meet some condition, and the other conditions."""
        known = list(self._conditions.values())
        names = None
        if None not in known:
            names = frozenset[str]().union(*(found for found in known if found is not None))
        some = f"({' OR '.join(self._conditions)})" if self._conditions else "false"
        limits = others if self._told_by_name() else (some, *others)
        return Rows(self._moment.seen, limits, names, after)

    def _told_by_name(self) -> bool:
        """Whether every fact with one of the names meets some condition."""
        known = self._conditions.items()
        by_name = (names is not None and text == f"({named(names)})" for text, names in known)
        return bool(known) and all(by_name)
