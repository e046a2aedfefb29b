"""Write the tables of the reference pages from the code: ``make docs``.

A page holds a line ``<!-- table: operators -->``; what stands between it and ``<!-- end -->`` is
replaced. A test fails while a page differs from what would be written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from docs import command_tables

from tailorbird.events.products import ORDER, PRODUCT
from tailorbird.events.vocabulary import NAMES
from tailorbird.kernel import limits
from tailorbird.language.files import load_text
from tailorbird.language.operators import OPERATORS, SYMBOLS, WINDOW, Operator, Slot
from tailorbird.language.printer import show
from tailorbird.language.words import words
from tailorbird.runtimes.routes import all_routes
from tailorbird.server.metrics import METRICS

DOCS = Path(__file__).resolve().parent
REGION = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *cells]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def operators() -> str:
    """Each operator with what it takes, where it may stand, what it gives and means."""
    return table(
        ("operator", "gives", "meaning", "may stand"),
        (
            (f"`{usage(operator)}`", operator.gives.value, operator.meaning, operator.scope.value)
            for operator in OPERATORS.values()
        ),
    )


def usage(operator: Operator) -> str:
    """How an operator is written, its keywords last; ``window`` stands for all of a window's."""
    if operator.name in SYMBOLS:
        return operator.name
    placed = [slot.name.lower() for slot in operator.takes]
    if operator.optional:
        placed[-operator.optional :] = [f"[{name}]" for name in placed[-operator.optional :]]
    if operator.more is not None:
        placed.append("...")
    windowed = set(WINDOW) <= set(operator.keywords)
    named = [
        f"{name}=" for name, slot in operator.keywords if not windowed or (name, slot) not in WINDOW
    ]
    return f"{operator.name}({', '.join(placed + named + ['window'] * windowed)})"


def examples() -> str:
    """One example for each operator and what it says."""
    text = (DOCS / "operator_examples.yaml").read_text(encoding="utf-8")
    definitions = load_text(text, "operator_examples.yaml").definitions
    bodies = [definitions.find("segment", name).body for name in OPERATORS]
    return table(
        ("example", "in words"),
        ((f"`{show(body)}`", words(body)) for body in bodies if body is not None),
    )


def arguments() -> str:
    """What may stand in each place of an operator."""
    return table(
        ("written above as", "is"), ((f"`{slot.name.lower()}`", slot.value) for slot in Slot)
    )


def window() -> str:
    """The keywords that every windowed operator takes."""
    return table(("keyword", "takes"), ((f"`{name}=`", slot.value) for name, slot in WINDOW))


def every_limit() -> str:
    """Each limit with its value, and why it is there where the source says so."""
    body = ast.parse(Path(limits.__file__).read_text(encoding="utf-8")).body
    rows = []
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            rows.append((f"`{name.lower()}`", f"{getattr(limits, name):,}", _text(following)))
    return table(("limit", "value", "what it bounds"), rows)


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split())
    return ""


def settings() -> str:
    """Each setting of a project."""
    return table(("setting", "takes", "default", "meaning"), command_tables.settings())


def mappings() -> str:
    """Each ready mapping."""
    return table(("mapping", "reads"), command_tables.mappings())


def routes() -> str:
    """Each route of the server, and what key it takes."""
    rows = []
    for route in all_routes():
        given = [one.name for one in route.placed("query")]
        rows.append(
            (
                f"`{route.method} {route.path}`",
                "none" if route.needs is None else route.needs,
                " ".join([route.says, *(f"`?{name}=`" for name in given)]),
            )
        )
    return table(("route", "key", "what it does, and its parameters"), rows)


def vocabulary() -> str:
    """Each event of another vocabulary, and what it is called here."""
    rows = [(name.said_by, f"`{name.there}`", name.here) for name in NAMES]
    return table(("said by", "their name", "stored as"), rows)


def products() -> str:
    """Each field of products and orders that gets another name."""
    rows = [("product", f"`{there}`", f"`{here}`") for there, here in PRODUCT.items()]
    rows += [("order", f"`{there}`", f"`{here}`") for there, here in ORDER.items()]
    return table(("of a", "their field", "stored as"), rows)


def every_metric() -> str:
    """Each metric of the server."""
    rows = []
    for metric in METRICS:
        label = f"{{{metric.label}}}" if metric.label else ""
        rows.append((f"`tailorbird_{metric.name}{label}`", metric.kind, metric.says))
    return table(("metric", "kind", "what it tells"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "operators": operators,
    "examples": examples,
    "arguments": arguments,
    "window": window,
    "limits": every_limit,
    "commands": command_tables.command_sections,
    "settings": settings,
    "mappings": mappings,
    "routes": routes,
    "vocabulary": vocabulary,
    "products": products,
    "metrics": every_metric,
}


def written(page: str) -> str:
    """The page's text with every table in it as the code has it now."""
    return REGION.sub(lambda match: match[1] + TABLES[match[2]]() + match[3], page)


def main() -> None:
    """Bring every page up to date and name those that changed."""
    for path in sorted(DOCS.rglob("*.md")):
        before = path.read_text(encoding="utf-8")
        after = written(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(path.relative_to(DOCS.parent))


if __name__ == "__main__":
    main()
