"""Properties as typed columns: SQL that takes them out of the JSON text, and puts them back.

The hot property number i has three columns: ``n_i`` a number in millionths, ``t_i`` text, ``b_i`` a
boolean. At most one of them is set, and then the property is absent from ``rest``; a value of
another type, an explicit null too, stays in ``rest``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Path = tuple[str, ...]

_UNQUOTABLE = frozenset('"\\*')


def can_be_hot(path: Path) -> bool:
    """Whether a path can be written in the engine's path language and means the same there.

    >>> can_be_hot(("cart", "total")), can_be_hot(("a*",)), can_be_hot(("##",))
    (True, False, False)
    """
    return bool(path) and all(_is_plain(key) for key in path)


def _is_plain(key: str) -> bool:
    return (
        bool(key.strip("#"))
        and not _UNQUOTABLE.intersection(key)
        and all(character >= " " for character in key)
    )


def literal(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def column_definitions(numbers: Iterable[int]) -> list[str]:
    """The definitions of the columns of some hot properties."""
    return [
        f"{kind}_{number} {sql_type}"
        for number in numbers
        for kind, sql_type in (("n", "BIGINT"), ("t", "VARCHAR"), ("b", "BOOLEAN"))
    ]


def column_names(numbers: Iterable[int]) -> list[str]:
    """The names of the columns of some hot properties."""
    return [definition.split()[0] for definition in column_definitions(numbers)]


@dataclass(frozen=True, slots=True)
class _Node:
    """A key on the way to hot properties, with the number of the one that ends here."""

    number: int | None = None
    below: dict[str, _Node] = field(default_factory=dict)


def _tree(hot: Mapping[Path, int]) -> _Node:
    root = _Node()
    for path, number in hot.items():
        node = root
        for key in path[:-1]:
            node = node.below.setdefault(key, _Node())
        former = node.below.get(path[-1], _Node())
        node.below[path[-1]] = _Node(number, former.below)
    return root


def _object(node: _Node, own: Mapping[int, str]) -> str:
    """SQL of the members of a JSON object with those hot properties whose ``own`` is not null."""
    members = [_member(key, child, own) for key, child in node.below.items()]
    return f"concat_ws(',', {', '.join(members)})"


def _member(key: str, node: _Node, own: Mapping[int, str]) -> str:
    name = literal(json.dumps(key, ensure_ascii=False) + ":")
    values = [] if node.number is None else [own[node.number]]
    if node.below:
        values.append(f"'{{' || nullif({_object(node, own)}, '') || '}}'")
    return f"{name} || coalesce({', '.join(values)})"


def split(source: str, hot: Mapping[Path, int]) -> str:
    """A query over ``source`` in which ``rest`` has lost its hot properties to typed columns.

    The columns of ``hot`` are appended; the others stay as they are.
    """
    if not hot:
        return f"SELECT * FROM {source}"
    paths = ["$" + "".join(f'."{key}"' for key in path) for path in hot]
    listed = "[" + ", ".join(literal(path) for path in paths) + "]"
    place = {number: index for index, number in enumerate(hot.values(), 1)}
    taken = {n: f"CASE WHEN {_is_scalar(i)} THEN 'null' END" for n, i in place.items()}
    columns = ", ".join(_typed(number, index) for number, index in place.items())
    return f"""
        SELECT * EXCLUDE (kinds, texts, taken) REPLACE (
            CASE WHEN taken = '' THEN rest
            ELSE nullif(json_merge_patch(rest, '{{' || taken || '}}')::VARCHAR, '{{}}') END AS rest)
        FROM (SELECT *, {columns}, {_object(_tree(hot), taken)} AS taken
              FROM (SELECT *, json_type(rest, {listed}) AS kinds, rest ->> {listed} AS texts
                    FROM {source}))
    """


def _is_scalar(index: int) -> str:
    return f"kinds[{index}] IN ('VARCHAR', 'UBIGINT', 'BIGINT', 'BOOLEAN')"


def _typed(number: int, index: int) -> str:
    kind, text = f"kinds[{index}]", f"texts[{index}]"
    return (
        f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT') THEN {text}::BIGINT END AS n_{number}, "
        f"CASE WHEN {kind} = 'VARCHAR' THEN {text} END AS t_{number}, "
        f"CASE WHEN {kind} = 'BOOLEAN' THEN {text} = 'true' END AS b_{number}"
    )


def joined(hot: Mapping[Path, int]) -> str:
    """An expression for the whole properties of a row: ``rest`` with the typed columns put back."""
    if not hot:
        return "rest"
    own = {
        number: f"coalesce(n_{number}::VARCHAR, to_json(t_{number})::VARCHAR, b_{number}::VARCHAR)"
        for number in hot.values()
    }
    members = _object(_tree(hot), own)
    return (
        f"CASE WHEN {members} = '' THEN rest ELSE "
        f"json_merge_patch(coalesce(rest, '{{}}'), '{{' || {members} || '}}')::VARCHAR END"
    )
