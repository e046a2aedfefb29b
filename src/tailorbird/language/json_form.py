"""Tree to JSON and back, for editors that show an expression as boxes.

A number, text or boolean is itself and a list is an array. The other nodes are objects:

- ``{"op": "count", "args": ["Product Viewed"], "last": {"duration": "7d"}}``: an operator; its
  keywords stand beside ``op`` and ``args``, and ``args`` is left out when there are none;
- ``{"ref": ["properties", "price"]}``: a value by its way;
- ``{"duration": "7d"}``: a length of time (where one is asked for, the text ``"7d"`` does too);
- ``{"each": "any", "body": ..., "source": ...}``: ``any(body for item in source)``.

The plain structure is a value as in `kernel.values`: numbers count millionths. In JSON text they
are exact decimals.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, Place, Problem, nearest
from tailorbird.kernel.instants import format_duration, parse_duration
from tailorbird.kernel.values import (
    MISSING,
    IdNumber,
    Missing,
    Value,
    bounded,
    parse_number,
    write_json,
)
from tailorbird.language.ast import (
    Boolean,
    Call,
    Duration,
    Each,
    Listing,
    Node,
    Number,
    Ref,
    Text,
)
from tailorbird.language.operators import EACH, OPERATORS, SYMBOLS
from tailorbird.language.printer import show
from tailorbird.language.tokens import TOO_DEEP, TOO_LONG
from tailorbird.language.ways import way_fault

BYTES: Final = 8 * limits.EXPRESSION_BYTES
"""No expression that is short enough as text is longer than this as compact JSON."""
FORMS: Final = ("op", "ref", "duration", "each")
"""The key that tells what kind of node an object is."""


def dump(node: Node) -> str:
    """The JSON text of a tree.

    >>> from tailorbird.language.syntax import parse
    >>> dump(parse("traits.age >= 17.5"))
    '{"op":">=","args":[{"ref":["traits","age"]},17.5]}'
    """
    return write_json(to_plain(node))


def load(text: str | bytes, root: str = "$") -> Node:
    """The tree of a JSON text; raises `DefinitionError` with the path of the first fault.

    >>> load('{"op": "hour"}')
    Call(op='hour', args=(), keywords=())
    """
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(raw) > BYTES:
        _refuse(root, f"the JSON is longer than {BYTES} bytes; split the expression")
    try:
        value = json.loads(
            raw,
            parse_int=parse_number,
            parse_float=parse_number,
            parse_constant=lambda _: MISSING,
            object_pairs_hook=_each_key_once,
        )
    except _TwiceError as error:
        _refuse(root, f"the key {error.args[0]!r} stands twice in one object")
    except RecursionError:
        _refuse(root, TOO_DEEP)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        _refuse(root, f"this is no JSON: {error.msg} ({where})")
    except UnicodeDecodeError as error:
        _refuse(root, f"this is no JSON: byte {error.start} is not UTF-8")
    return from_plain(value, root)


class _TwiceError(Exception):
    """A key that stands twice in one JSON object."""


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return found


def to_plain(node: Node) -> Value:
    """The plain structure of a tree: dicts, lists, texts, booleans, numbers in millionths."""
    if isinstance(node, Number | Text | Boolean):
        return node.value
    if isinstance(node, Duration):
        return {"duration": format_duration(node.length_us)}
    if isinstance(node, Listing):
        return [to_plain(item) for item in node.items]
    if isinstance(node, Ref):
        return {"ref": [node.root, *node.path]}
    if isinstance(node, Each):
        return {"each": node.op, "body": to_plain(node.body), "source": to_plain(node.source)}
    args = {"args": [to_plain(arg) for arg in node.args]} if node.args else {}
    return {"op": node.op, **args, **{key: to_plain(value) for key, value in node.keywords}}


def from_plain(value: Value, root: str = "$") -> Node:
    """The tree of a plain structure; every node's place is its path, such as ``$.args[1].where``.

    Raises `DefinitionError` with the path of the first fault, what was found there, what is
    allowed, and the nearest known name.
    """
    node = _node(value, root, 1)
    if len(show(node).encode()) > limits.EXPRESSION_BYTES:
        _refuse(root, TOO_LONG)
    return node


def _refuse(path: str, message: str) -> NoReturn:
    raise DefinitionError([Problem(_place(path), message)])


def _place(path: str) -> Place:
    return Place(path, 0, 0)


def _node(value: Value, path: str, depth: int) -> Node:
    if depth > limits.EXPRESSION_DEPTH:
        _refuse(path, TOO_DEEP)
    if isinstance(value, bool):
        return Boolean(value, place=_place(path))
    if isinstance(value, Missing) or (
        isinstance(value, int) and isinstance(bounded(value), Missing)
    ):
        _refuse(path, "the number is out of range; below 10^12 is allowed")
    if isinstance(value, int | IdNumber):
        return Number(value, place=_place(path))
    if isinstance(value, str):
        return Text(_whole(value, path), place=_place(path))
    if isinstance(value, list):
        return Listing(_nodes(value, path, depth), place=_place(path))
    if isinstance(value, dict):
        return _object(value, path, depth)
    if value is None:
        _refuse(path, "null is no value here; ask exists or not exists")
    _refuse(path, f"{_named(value)} cannot stand here")


def _nodes(values: list[Any], path: str, depth: int) -> tuple[Node, ...]:
    return tuple(_node(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(values))


def _whole(text: str, path: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        _refuse(path, "the text holds half a character (a lone surrogate)")
    return text


def _object(value: dict[str, Any], path: str, depth: int) -> Node:
    for key in value:
        if not isinstance(key, str):
            _refuse(path, f"a key is text, {_named(key)} is none")
    given = [form for form in FORMS if form in value]
    if len(given) != 1:
        found = " and ".join(given) if given else ", ".join(map(repr, value)) or "nothing"
        hint = "" if given else "".join(nearest(key, FORMS) for key in list(value)[:1])
        _refuse(path, f"an object has one of {', '.join(FORMS)}; found is {found[:80]}{hint}")
    return _READERS[given[0]](value, path, depth)


def _ref(value: dict[str, Any], path: str, _depth: int) -> Node:
    _only(value, path, ("ref",), "ref")
    way = value["ref"]
    if not isinstance(way, list) or not way:
        _refuse(f"{path}.ref", f'a list such as ["properties", "x"] is needed, not {_named(way)}')
    for i, key in enumerate(way):
        if not isinstance(key, str):
            _refuse(f"{path}.ref[{i}]", f"a name in text is needed, not {_named(key)}")
        _whole(key, f"{path}.ref[{i}]")
    fault = way_fault(way[0], way[1:])
    if fault is not None:
        _refuse(f"{path}.ref", fault)
    return Ref(way[0], tuple(way[1:]), place=_place(path))


def _duration(value: dict[str, Any], path: str, _depth: int) -> Node:
    _only(value, path, ("duration",), "duration")
    text = value["duration"]
    length_us = parse_duration(text) if isinstance(text, str) else None
    if length_us is None:
        _refuse(
            f"{path}.duration", f'a duration such as "7d" or "30m" is needed, not {_named(text)}'
        )
    return Duration(length_us, place=_place(path))


def _each(value: dict[str, Any], path: str, depth: int) -> Node:
    _only(value, path, ("each", "body", "source"), "each")
    op = value["each"]
    if not isinstance(op, str) or op not in EACH:
        _refuse(f"{path}.each", f"any, all or sum is needed, not {_named(op)}")
    for part in ("body", "source"):
        if part not in value:
            _refuse(path, f"{op} for each item needs {part}")
    body = _node(value["body"], f"{path}.body", depth + 1)
    source = _node(value["source"], f"{path}.source", depth + 1)
    return Each(op, body, source, place=_place(path))


def _call(value: dict[str, Any], path: str, depth: int) -> Node:
    op = value["op"]
    if not isinstance(op, str) or op not in OPERATORS:
        hint = nearest(op, OPERATORS) if isinstance(op, str) else ""
        _refuse(f"{path}.op", f"there is no operator {_named(op)}{hint}")
    known = [key for key, _ in OPERATORS[op].keywords]
    _only(value, path, ("op", "args", *known), op)
    args = value.get("args", [])
    if not isinstance(args, list):
        _refuse(f"{path}.args", f"a list is needed, not {_named(args)}")
    _check_symbol(op, len(args), path)
    return Call(
        op,
        _nodes(args, f"{path}.args", depth),
        tuple(
            (key, _node(value[key], f"{path}.{key}", depth + 1)) for key in known if key in value
        ),
        place=_place(path),
    )


def _check_symbol(op: str, given: int, path: str) -> None:
    """What is written between its arguments cannot be written with any other number of them."""
    if op not in SYMBOLS:
        return
    takes = len(OPERATORS[op].takes)
    many = OPERATORS[op].more is not None
    if given < takes or (given > takes and not many):
        wanted = f"{takes} or more" if many else str(takes)
        _refuse(f"{path}.args", f"{op} takes {wanted} arguments, given are {given}")


def _only(value: Mapping[str, Any], path: str, allowed: tuple[str, ...], what: str) -> None:
    for key in value:
        if key not in allowed:
            hint = nearest(key, allowed[1:]) if len(allowed) > 1 else ""
            _refuse(path, f"{what} takes no {key!r}{hint}")


def _named(value: object) -> str:
    """What was found, short enough for a message."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "...")
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "a boolean", int: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), f"a {type(value).__name__}")


_READERS: Final[dict[str, Callable[[dict[str, Any], str, int], Node]]] = {
    "op": _call,
    "ref": _ref,
    "duration": _duration,
    "each": _each,
}
