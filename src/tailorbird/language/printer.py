"""Tree to canonical text: what is printed reads back as the same tree."""

from __future__ import annotations

import keyword
from typing import Final

from tailorbird.kernel.instants import format_duration
from tailorbird.kernel.values import IdNumber, format_number
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
from tailorbird.language.operators import SYMBOLS

_BINDING: Final = {
    "or": 1,
    "and": 2,
    "not": 3,
    "==": 4,
    "!=": 4,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "in": 4,
    "not in": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
}
_ATOM: Final = 7
_PAIRS: Final = frozenset({"between", "gap"})


def show(node: Node) -> str:
    """The canonical text of an expression.

    >>> from tailorbird.language.syntax import parse
    >>> show(parse("not (did('A')  and count( 'B',last='7d')>=3)"))
    'not (did("A") and count("B", last="7d") >= 3)'
    """
    return _show(node, 0)


def _show(node: Node, binding: int) -> str:
    if isinstance(node, Call):
        if node.op in SYMBOLS:
            own = _BINDING[node.op]
            text = _symbol(node, own)
            return f"({text})" if own < binding else text
        return _function(node)
    if isinstance(node, Each):
        return f"{node.op}({_show(node.body, 0)} for item in {_show(node.source, 0)})"
    if isinstance(node, Listing):
        return f"[{_joined(node.items)}]"
    if isinstance(node, Ref):
        return show_ref(node)
    return _literal(node)


def _literal(node: Number | Text | Boolean | Duration) -> str:
    if isinstance(node, Text):
        return quote(node.value)
    if isinstance(node, Duration):
        return quote(format_duration(node.length_us))
    if isinstance(node, Boolean):
        return str(node.value)
    return node.value.digits if isinstance(node.value, IdNumber) else format_number(node.value)


def _symbol(node: Call, own: int) -> str:
    if node.op == "not":
        return f"not {_show(node.args[0], own)}"
    if node.op in ("and", "or"):
        return f" {node.op} ".join(_show(arg, own + 1) for arg in node.args)
    # Comparisons do not nest on either side; arithmetic groups to the left.
    left = own + 1 if own == _BINDING["=="] else own
    return f"{_show(node.args[0], left)} {node.op} {_show(node.args[1], own + 1)}"


def _function(node: Call) -> str:
    parts = [_show(arg, 0) for arg in node.args]
    for key, value in node.keywords:
        text = _show(value, 0)
        if key in _PAIRS and isinstance(value, Listing) and len(value.items) == 2:
            text = f"({_joined(value.items)})"
        parts.append(f"{key}={text}")
    return f"{node.op}({', '.join(parts)})"


def _joined(items: tuple[Node, ...]) -> str:
    return ", ".join(_show(item, 0) for item in items)


def show_ref(ref: Ref) -> str:
    """A value's way in text, with brackets where a key is no identifier."""
    text = ref.root
    for key in ref.path:
        plain = key.isascii() and key.isidentifier() and not keyword.iskeyword(key)
        text += f".{key}" if plain else f"[{quote(key)}]"
    return text


def quote(text: str) -> str:
    """A text literal in double quotes; only what must be escaped is."""
    out = []
    for letter in text:
        if letter in '"\\':
            out.append("\\" + letter)
        elif letter == "\n":
            out.append("\\n")
        elif letter.isprintable():
            out.append(letter)
        else:
            code = ord(letter)
            out.append(f"\\x{code:02x}" if code < 256 else f"\\U{code:08x}")
    return '"' + "".join(out) + '"'
