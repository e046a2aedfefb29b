"""A query as the inner part of another one: then it can only read, and is one alone."""

from __future__ import annotations

from collections.abc import Sequence

from tailorbird.kernel.errors import InputError, nearest
from tailorbird.ports.sources import ReadOn


def quoted(name: str) -> str:
    """A column's name as all three engines write it.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def around(sql: str, selected: str = "*", on: ReadOn | None = None, placed: str = "?") -> str:
    """The query that asks for some of what another one gives, ordered by what it is read on by.

    ``placed`` stands for the least value. A line feed ends a comment at the end of the query.

    >>> print(around("SELECT 1 AS a -- one", on=ReadOn("a", None)))
    SELECT * FROM (
    SELECT 1 AS a -- one
    ) AS asked WHERE asked."a" IS NOT NULL ORDER BY asked."a"
    """
    inner = sql.strip().rstrip(";").rstrip()
    text = f"SELECT {selected} FROM (\n{inner}\n) AS asked"
    if on is None:
        return text
    column = f"asked.{quoted(on.column)}"
    least = f"{column} IS NOT NULL" if on.least is None else f"{column} >= {placed}"
    return f"{text} WHERE {least} ORDER BY {column}"


def check_cursor(on: ReadOn | None, columns: Sequence[str]) -> None:
    """Raise `InputError` where a query is to be read on by a column that it does not give."""
    if on is not None and on.column not in columns:
        hint = nearest(on.column, columns)
        raise InputError(f"the query gives no column {on.column!r} to read on by{hint}")
