"""Members of JSON objects put together column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from tailorbird.events.cells import tagged

Produce: TypeAlias = Callable[[], Sequence[str]]
"""Gives one member such as ``"price":2550000`` for each row, or "" where there is none."""


def objects(members: Iterable[str]) -> list[str | None]:
    """The objects with those members; None for an empty one."""
    return ["{" + inner + "}" if inner else None for inner in members]


def together(columns: Sequence[Sequence[str]], count: int) -> Sequence[str]:
    """The members of several columns, row by row.

    >>> together([['"a":1', ''], ['"b":2', '"b":3']], 2)
    ['"a":1,"b":2', '"b":3']
    """
    columns = [column for column in columns if any(column)]
    if not columns:
        return [""] * count
    if len(columns) == 1:
        return columns[0]
    return [",".join(filter(None, parts)) for parts in zip(*columns, strict=True)]


def nested(producers: Sequence[tuple[tuple[str, ...], Produce]], count: int) -> Sequence[str]:
    """The members of an object whose values stand at the given paths.

    >>> nested([(("device", "type"), lambda: ['"type":"tv"']), (("x",), lambda: ['"x":1'])], 1)
    ['"x":1,"device":{"type":"tv"}']
    """
    columns: list[Sequence[str]] = [produce() for path, produce in producers if len(path) == 1]
    for key in dict.fromkeys(path[0] for path, _ in producers if len(path) > 1):
        inside = [(path[1:], make) for path, make in producers if path[0] == key and path[1:]]
        name = tagged(key)
        inner = nested(inside, count)
        columns.append([f"{name}:{{{members}}}" if members else "" for members in inner])
    return together(columns, count)
