"""The tree of an expression: eight kinds of node, plain values, equal when they mean the same.

Operators, functions and comparisons are all a `Call`; which names exist and what they take
stands in `operators`. Spans do not take part in equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tailorbird.kernel.errors import Place
from tailorbird.kernel.values import IdNumber


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal literal in millionths, or an integer too large for one."""

    value: int | IdNumber
    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Text:
    """A text literal."""

    value: str
    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Boolean:
    """``True`` or ``False`` as a value to compare with; it is no condition."""

    value: bool
    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time. In text it is a text literal; `resolve` decides by where it stands."""

    length_us: int
    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list or a pair of literals."""

    items: tuple[Node, ...]
    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Ref:
    """A value by its way: ``properties.a.b`` is ``Ref("properties", ("a", "b"))``.

    Roots are properties, traits, context, request, event, item and prev; the path of prev
    begins with properties or context.
    """

    root: str
    path: tuple[str, ...]
    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Call:
    """An operator applied to arguments; keywords stand in the operator's own order."""

    op: str
    args: tuple[Node, ...] = ()
    keywords: tuple[tuple[str, Node], ...] = ()
    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)

    def keyword(self, name: str) -> Node | None:
        """The node given for a keyword, None when it was not given."""
        for key, node in self.keywords:
            if key == name:
                return node
        return None


@dataclass(frozen=True, slots=True)
class Each:
    """``any``, ``all`` or ``sum`` of a body for each item of a list."""

    op: str
    body: Node
    source: Node
    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)


Node: TypeAlias = Number | Text | Boolean | Duration | Listing | Ref | Call | Each


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node, in reading order."""
    if isinstance(node, Call):
        yield from node.args
        for _, value in node.keywords:
            yield value
    elif isinstance(node, Listing):
        yield from node.items
    elif isinstance(node, Each):
        yield node.body
        yield node.source


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it, parents first."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(list(children(current))))


def without_places(node: Node) -> Node:
    """The same tree with every place removed, for storing and hashing."""
    if isinstance(node, Call):
        return Call(
            node.op,
            tuple(without_places(arg) for arg in node.args),
            tuple((key, without_places(value)) for key, value in node.keywords),
        )
    if isinstance(node, Listing):
        return Listing(tuple(without_places(item) for item in node.items))
    if isinstance(node, Each):
        return Each(node.op, without_places(node.body), without_places(node.source))
    return replace(node, place=None)
