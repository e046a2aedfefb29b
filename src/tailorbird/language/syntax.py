"""Expression text to tree, by the standard library's parser against a whitelist.

Nothing is ever evaluated. What is too large or too deep is refused on its tokens, before a
parser sees it.
"""

from __future__ import annotations

import ast as python
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, Place, Problem, nearest
from tailorbird.kernel.values import IdNumber, Missing, parse_number
from tailorbird.language.ast import Boolean, Call, Each, Listing, Node, Number, Ref, Text
from tailorbird.language.operators import EACH, OPERATORS, ROOTS, SYMBOLS
from tailorbird.language.printer import show
from tailorbird.language.tokens import TOO_DEEP, TOO_LONG, first_fault
from tailorbird.language.ways import way_fault

_COMPARISONS: Final[dict[type[python.cmpop], str]] = {
    python.Eq: "==",
    python.NotEq: "!=",
    python.Lt: "<",
    python.LtE: "<=",
    python.Gt: ">",
    python.GtE: ">=",
    python.In: "in",
    python.NotIn: "not in",
}
_ARITHMETIC: Final[dict[type[python.operator], str]] = {
    python.Add: "+",
    python.Sub: "-",
    python.Mult: "*",
    python.Div: "/",
}
_ASCENDING: Final = frozenset({"<", "<="})
_DESCENDING: Final = frozenset({">", ">="})
_NAMES: Final[dict[type[python.expr], str]] = {
    python.GeneratorExp: "a loop outside any(...), all(...) or sum(...)",
    python.ListComp: "a loop outside any(...), all(...) or sum(...)",
    python.Starred: "*",
}
_FUNCTIONS: Final = sorted(set(OPERATORS) - SYMBOLS | EACH)


class Places(Protocol):
    """Knows where the characters of an expression stand in a file."""

    def place(self, line: int, column: int) -> Place:
        """The place of a character, both counted from 0 within the expression."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where an expression's text stands in a file, to point at faults."""

    file: str = "<expression>"
    line: int = 1
    column: int = 1
    indent: int = 1
    """The column at which the text's second and later lines begin."""

    def place(self, line: int, column: int) -> Place:
        """The place of a character, both counted from 0 within the text."""
        first = self.column if line == 0 else self.indent
        return Place(self.file, self.line + line, first + column)


def parse(text: str, source: Places | None = None) -> Node:
    """The tree of an expression; raises `DefinitionError` with the place of the first fault.

    >>> parse('count("Product Viewed", last="7d") >= 3').op
    '>='
    """
    return _Parser(text, source or Source()).parse()


class _Parser:
    def __init__(self, text: str, source: Places) -> None:
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._source = source
        self._lines = self._text.split("\n")
        self._nodes = 0

    def parse(self) -> Node:
        fault = first_fault(self._text)
        if fault is not None:
            before = self._text[: fault.offset]
            line = before.count("\n")
            self._refuse_at(line, fault.offset - (before.rfind("\n") + 1), fault.message)
        node = self._node(self._tree(), 1)
        if self._nodes > limits.EXPRESSION_BYTES or (
            len(show(node).encode()) > limits.EXPRESSION_BYTES
        ):
            # Chains repeat their middle, canonical text has spaces: it must be readable again.
            self._refuse_at(0, 0, f"written out, {TOO_LONG}")
        return node

    def _tree(self) -> python.expr:
        try:
            # The brackets let an expression run over several lines.
            return python.parse("(" + self._text + "\n)", mode="eval").body
        except SyntaxError as error:
            line = (error.lineno or 1) - 1
            if line >= len(self._lines):
                self._refuse_at(line - 1, len(self._lines[-1]), "the expression breaks off here")
            column = (error.offset or 1) - 1 - (line == 0)
            said = error.msg.replace(" or ':='", "")
            self._refuse_at(line, max(column, 0), f"this is no expression: {said}")
        except (RecursionError, MemoryError):
            self._refuse_at(0, 0, TOO_DEEP)

    def _refuse_at(self, line: int, column: int, message: str) -> NoReturn:
        raise DefinitionError([Problem(self._source.place(line, column), message)])

    def _refuse(self, node: python.expr | python.keyword, message: str) -> NoReturn:
        raise DefinitionError([Problem(self._place(node), message)])

    def _place(self, node: python.expr | python.keyword) -> Place:
        line = node.lineno - 1
        prefix = node.col_offset - (line == 0)
        text = self._lines[line] if line < len(self._lines) else ""
        column = len(
            text.encode("utf-8", "surrogatepass")[: max(prefix, 0)].decode("utf-8", "ignore")
        )
        return self._source.place(line, column)

    def _node(self, node: python.expr, depth: int) -> Node:
        self._nodes += 1
        if depth > limits.EXPRESSION_DEPTH:
            self._refuse(node, TOO_DEEP)
        read = _READERS.get(type(node))
        if read is None:
            self._refuse(node, f"{_called(node)} cannot stand in an expression")
        return read(self, node, depth)

    def _constant(self, node: python.Constant, _depth: int) -> Node:
        value, place = node.value, self._place(node)
        if isinstance(value, bool):
            return Boolean(value, place=place)
        if isinstance(value, str):
            return Text(value, place=place)
        if isinstance(value, int | float):
            return Number(self._number(node, ""), place=place)
        self._refuse(node, "... cannot stand in an expression")

    def _number(self, node: python.Constant, sign: str) -> int | IdNumber:
        line = self._lines[node.lineno - 1].encode()
        shift = node.lineno == 1
        end = (node.end_col_offset or 0) - shift
        value = parse_number(sign + line[node.col_offset - shift : end].decode())
        assert not isinstance(value, Missing)  # refused by its token
        return value

    def _logic(self, node: python.BoolOp, depth: int) -> Node:
        op = "and" if isinstance(node.op, python.And) else "or"
        args = tuple(self._node(value, depth + 1) for value in node.values)
        return Call(op, args, place=self._place(node))

    def _unary(self, node: python.UnaryOp, depth: int) -> Node:
        if isinstance(node.op, python.Not):
            return Call("not", (self._node(node.operand, depth + 1),), place=self._place(node))
        if (
            isinstance(node.op, python.USub)
            and isinstance(node.operand, python.Constant)
            and type(node.operand.value) in (int, float)
        ):
            return Number(self._number(node.operand, "-"), place=self._place(node))
        if isinstance(node.op, python.USub):
            self._refuse(node, "a minus sign stands before a number only; write 0 - (...)")
        self._refuse(node, f"{_called(node)} cannot stand in an expression")

    def _binary(self, node: python.BinOp, depth: int) -> Node:
        op = _ARITHMETIC.get(type(node.op))
        if op is None:
            self._refuse(node, "only + - * / calculate")
        left, right = self._node(node.left, depth + 1), self._node(node.right, depth + 1)
        return Call(op, (left, right), place=self._place(node))

    def _compare(self, node: python.Compare, depth: int) -> Node:
        names = [_COMPARISONS[type(operator)] for operator in node.ops]
        if len(names) > 1 and not (set(names) <= _ASCENDING or set(names) <= _DESCENDING):
            self._refuse(node, "only comparisons of one direction chain, such as 1 < x <= 5")
        place, below = self._place(node), depth + 1 + (len(names) > 1)
        values = []
        for i, operand in enumerate((node.left, *node.comparators)):
            before = self._nodes
            values.append(self._node(operand, below))
            if 0 < i < len(names):  # it will stand twice in the tree
                self._nodes += self._nodes - before
        pairs = tuple(
            Call(name, (values[i], values[i + 1]), place=place) for i, name in enumerate(names)
        )
        return pairs[0] if len(pairs) == 1 else Call("and", pairs, place=place)

    def _listing(self, node: python.List | python.Tuple, depth: int) -> Node:
        items = tuple(self._node(item, depth + 1) for item in node.elts)
        return Listing(items, place=self._place(node))

    def _way(self, node: python.expr, _depth: int) -> Node:
        keys: list[str] = []
        current = node
        while True:
            if isinstance(current, python.Attribute):
                keys.append(current.attr)
                current = current.value
            elif isinstance(current, python.Subscript):
                keys.append(self._key(current))
                current = current.value
            else:
                break
        if not isinstance(current, python.Name):
            self._refuse(current, "only names such as properties.x or traits.x have parts")
        return self._ref(node, current.id, tuple(reversed(keys)))

    def _ref(self, node: python.expr, root: str, path: tuple[str, ...]) -> Node:
        if root in _FUNCTIONS:
            self._refuse(node, f"the name {root!r} is not known; write {root}(...)")
        if root not in ROOTS:
            self._refuse(node, f"the name {root!r} is not known{_name_hint(root)}")
        fault = way_fault(root, path)
        if fault is not None:
            self._refuse(node, fault)
        return Ref(root, path, place=self._place(node))

    def _key(self, node: python.Subscript) -> str:
        if isinstance(node.slice, python.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        self._refuse(node, 'in brackets stands a name in quotes: properties["last-name"]')

    def _call(self, node: python.Call, depth: int) -> Node:
        if not isinstance(node.func, python.Name):
            self._refuse(node, "only operators can be called; methods cannot")
        name = node.func.id
        if (
            name in EACH
            and len(node.args) == 1
            and not node.keywords
            and isinstance(node.args[0], python.GeneratorExp)
        ):
            return self._each(name, node.args[0], depth)
        if name in EACH and name != "sum":
            self._refuse(node, f"write {name}(item.x == 1 for item in properties.products)")
        operator = OPERATORS.get(name)
        if operator is None or name in SYMBOLS:
            self._refuse(node, f"there is no operator {name!r}{nearest(name, _FUNCTIONS)}")
        args = tuple(self._node(arg, depth + 1) for arg in node.args)
        return Call(name, args, self._keywords(node, name, depth), place=self._place(node))

    def _keywords(self, node: python.Call, name: str, depth: int) -> tuple[tuple[str, Node], ...]:
        known = [key for key, _ in OPERATORS[name].keywords]
        given: dict[str, Node] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                self._refuse(keyword, "** cannot stand in an expression")
            if keyword.arg not in known:
                hint = nearest(keyword.arg, known) if known else "; it takes none"
                self._refuse(keyword, f"{name} takes no {keyword.arg}={hint}")
            if keyword.arg in given:
                self._refuse(keyword, f"{keyword.arg}= is given twice")
            given[keyword.arg] = self._node(keyword.value, depth + 1)
        return tuple((key, given[key]) for key in known if key in given)

    def _each(self, name: str, node: python.GeneratorExp, depth: int) -> Node:
        generator = node.generators[0]
        target = generator.target
        if len(node.generators) > 1 or generator.ifs or generator.is_async:
            self._refuse(node, "one plain `for item in ...` is allowed; put conditions before it")
        if not isinstance(target, python.Name) or target.id != "item":
            self._refuse(target, "the item is called item: `for item in properties.products`")
        body, source = self._node(node.elt, depth + 1), self._node(generator.iter, depth + 1)
        return Each(name, body, source, place=self._place(node))


_Reader = Callable[[_Parser, python.expr, int], Node]
_READERS: Final[dict[type[python.expr], _Reader]] = {
    python.Constant: _Parser._constant,  # type: ignore[dict-item]
    python.BoolOp: _Parser._logic,  # type: ignore[dict-item]
    python.UnaryOp: _Parser._unary,  # type: ignore[dict-item]
    python.BinOp: _Parser._binary,  # type: ignore[dict-item]
    python.Compare: _Parser._compare,  # type: ignore[dict-item]
    python.List: _Parser._listing,  # type: ignore[dict-item]
    python.Tuple: _Parser._listing,  # type: ignore[dict-item]
    python.Attribute: _Parser._way,
    python.Subscript: _Parser._way,
    python.Name: _Parser._way,
    python.Call: _Parser._call,  # type: ignore[dict-item]
}


def _name_hint(name: str) -> str:
    if name.lower() in ("true", "false"):
        return f"; write {name.capitalize()}"
    if name.lower() in ("null", "none", "nil"):
        return "; ask exists(...) or not exists(...)"
    close = nearest(name, [*ROOTS, *_FUNCTIONS])
    return close if "did you mean" in close else nearest(name, ROOTS)


def _called(node: python.expr) -> str:
    return _NAMES.get(type(node), type(node).__name__)
