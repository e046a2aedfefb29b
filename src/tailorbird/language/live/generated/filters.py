"""Filters and values of single facts as Python text over ``fact``, ``properties`` and ``view``."""

from __future__ import annotations

from typing import Final

from tailorbird.kernel.values import MISSING
from tailorbird.language.ast import Boolean, Call, Listing, Node, Number, Ref, Text
from tailorbird.language.live.as_cut import view_as_cut
from tailorbird.language.live.generated.source import Source
from tailorbird.language.operations import Select
from tailorbird.language.predicates import compile_select, compile_value

ALWAYS: Final = "True"
NEVER: Final = "False"
_FLIPPED: Final = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Filters:
    """Writes filters for facts of one name, which is None for names that nobody mentions."""

    def __init__(self, source: Source, name: str | None, act: bool) -> None:
        self._source = source
        self._name = name
        self._act = act

    def fits(self, select: Select, number: str) -> str:
        """Whether a fact is selected; ``number`` tells the names of its closures apart."""
        if select.names is not None:
            named = ALWAYS if self._name in select.names else NEVER
        elif select.source is not None:
            named = f"fact.source == {select.source!r}"
        elif select.everything:
            named = ALWAYS
        elif not self._act:
            return NEVER
        elif select.pattern is not None:
            return self._closure(f"fits_{number}", compile_select(select))
        elif select.signal is not None:
            named = "fact.active" if select.signal == "active" else "not fact.active"
        else:
            named = ALWAYS
        if select.where is None or named == NEVER:
            return named
        where = self._condition(select.where, f"where_{number}")
        return where if named == ALWAYS else f"{named} and {where}"

    def value(self, node: Node | None, number: str) -> str:
        """The value of a tree in the scope of the fact."""
        self._source.bind("MISSING", MISSING)
        if node is None:
            return "MISSING"
        if isinstance(node, Ref) and node.root == "properties" and len(node.path) == 1:
            return f"properties.get({node.path[0]!r}, MISSING)"
        return self._closure(f"value_{number}", compile_value(node))

    def _closure(self, name: str, closure: object) -> str:
        return f"{self._source.bind(name, closure)}({self.view()})"

    def view(self) -> str:
        """The view of the fact, which is made for whatever asks for it first."""
        self._source.bind("view_as_cut", view_as_cut)
        return "(view := view or view_as_cut(state, fact, world))"

    def _condition(self, node: Node, name: str) -> str:
        if isinstance(node, Call) and node.op in ("and", "or"):
            parts = [self._condition(part, f"{name}_{i}") for i, part in enumerate(node.args)]
            return "(" + f" {node.op} ".join(parts) + ")"
        if isinstance(node, Call) and node.op == "not":
            return f"(not {self._condition(node.args[0], f'{name}_0')})"
        written = _comparison(node) if isinstance(node, Call) else None
        return written or self._closure(name, compile_value(node))


def _comparison(call: Call) -> str | None:
    """A property against what is written out; None when it is anything else."""
    if call.op in ("!=", "not in"):
        inner = _comparison(Call("==" if call.op == "!=" else "in", call.args))
        return None if inner is None else f"(not {inner})"
    if len(call.args) != 2:
        return None
    left, right = call.args
    op = call.op
    if isinstance(right, Ref) and op in _FLIPPED:
        left, right, op = right, left, _FLIPPED[op]
    if not isinstance(left, Ref) or left.root != "properties" or len(left.path) != 1:
        return None
    got = f"properties.get({left.path[0]!r})"
    if op == "in" and isinstance(right, Listing):
        texts = [item.value for item in right.items if isinstance(item, Text)]
        return f"({got} in {(*texts,)!r})" if len(texts) == len(right.items) else None
    return compared(got, op, right.value) if isinstance(right, Number | Text | Boolean) else None


def compared(got: str, op: str, literal: object) -> str | None:
    """Any value against a number, text or boolean; types that differ compare as false.

    No number, boolean, list or object ever equals a text, and there are two booleans only, so
    that the types of these need no look.
    """
    if op not in _FLIPPED:
        return None
    if type(literal) is int:
        return f"(type(v := {got}) is int and v {op} {literal!r})"
    if op == "==" and type(literal) is str:
        return f"({got} == {literal!r})"
    if op == "==" and type(literal) is bool:
        return f"({got} is {literal!r})"
    return None
