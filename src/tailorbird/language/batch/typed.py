"""Values of single facts as SQL: one expression for each type that the value may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tailorbird.kernel.values import NUMBER_BOUND, UNIT
from tailorbird.language.batch.literals import text_literal

Path = tuple[str, ...]

NEVER: Final = "false"
_LONGEST: Final = 20_000
"""Characters of a calculation; each step writes what it is made from several times."""


class NotInSqlError(Exception):
    """Raised where SQL cannot say what is asked; another way of answering is taken."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A value whose type is known fact by fact: of the expressions at most one is not null.

    What is None cannot have that type.
    """

    number: str | None = None
    """A BIGINT of millionths."""
    text: str | None = None
    boolean: str | None = None
    id_number: str | None = None
    """The digits, as VARCHAR."""
    listing: str | None = None
    """A JSON array."""
    there: str = NEVER
    """Never null: whether the value is not missing."""
    json: str | None = None
    """The tagged JSON text of a value that is list or object; None where that cannot be told."""
    said: str = NEVER
    """Never null: whether the key is there, be it with an explicit null."""

    def key(self) -> str:
        """Equal for equal values and for no others; null for what has no equality."""
        codes = [
            code
            for code in (
                self.text and f"'t' || {self.text}",
                self.number and f"'n' || {self.number}",
                self.boolean
                and f"CASE {self.boolean} WHEN true THEN 'b1' WHEN false THEN 'b0' END",
                self.id_number and f"'#' || {self.id_number}",
            )
            if code
        ]
        return f"coalesce({', '.join(codes)})" if codes else "NULL::VARCHAR"


def of_number(sql: str) -> Typed:
    """A value that is a number or missing."""
    if len(sql) > _LONGEST:
        raise NotInSqlError("a calculation in many steps")
    return Typed(number=sql, there=f"({sql}) IS NOT NULL")


def of_text(sql: str) -> Typed:
    """A value that is text or missing."""
    return Typed(text=sql, there=f"({sql}) IS NOT NULL")


def pointer(path: Path) -> str:
    """The JSON pointer of a path in a tagged text.

    A part that is a whole number would pick an item of a list, which no path does.
    """
    if any(part.isascii() and part.isdigit() for part in path[1:]):
        raise NotInSqlError("a number as a key below another")
    return "".join("/" + _escaped(part) for part in path)


def _escaped(part: str) -> str:
    tagged = "#" + part if part and not part.strip("#") else part
    return tagged.replace("~", "~0").replace("/", "~1")


def of_json(column: str, path: Path) -> Typed:
    """A value within a tagged JSON text."""
    way, id_way = text_literal(pointer(path)), text_literal(pointer(path) + "/#")
    kind = f"json_type({column}, {way})"
    text = f"json_extract_string({column}, {way})"
    return Typed(
        number=f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT') THEN {text}::BIGINT END",
        text=f"CASE WHEN {kind} = 'VARCHAR' THEN {text} END",
        boolean=f"CASE WHEN {kind} = 'BOOLEAN' THEN {text} = 'true' END",
        id_number=f"CASE WHEN {kind} = 'OBJECT' THEN json_extract_string({column}, {id_way}) END",
        listing=f"CASE WHEN {kind} = 'ARRAY' THEN json_extract({column}, {way}) END",
        there=f"coalesce({kind} <> 'NULL', false)",
        json=f"CASE WHEN {kind} IN ('ARRAY', 'OBJECT') "
        f"THEN json_extract({column}, {way})::VARCHAR END",
        said=f"{kind} IS NOT NULL",
    )


def of_property(path: Path, hot: Mapping[Path, int]) -> Typed:
    """A property, from its typed columns where it has some."""
    found = of_json("rest", path)
    number = hot.get(path)
    if any(other[: len(path)] == path and len(other) > len(path) for other in hot):
        # Parts of an object have left the text, so that the rest of it is not the whole.
        found = replace(found, json=None)
    if number is None:
        return found
    n, t, b = (f"{kind}_{number}" for kind in "ntb")
    scalar = f"{n} IS NOT NULL OR {t} IS NOT NULL OR {b} IS NOT NULL"
    return replace(
        found,
        number=n,
        text=t,
        boolean=b,
        there=f"({scalar} OR {found.there})",
        said=f"({scalar} OR {found.said})",
    )


def bounded(sql: str) -> str:
    """A number in the range of numbers; otherwise null."""
    bound = NUMBER_BOUND
    return f"CASE WHEN ({sql}) > -{bound} AND ({sql}) < {bound} THEN ({sql})::BIGINT END"


def rounded(numerator: str, denominator: str) -> str:
    """A 128-bit quotient rounded half away from zero; null when divided by zero."""
    size = f"nullif(abs({denominator}), 0)"
    up = f"(2 * abs({numerator}) + {size}) // (2 * {size})"
    return f"(sign({numerator}) * sign({denominator}))::HUGEINT * ({up})"


def product(a: str, b: str) -> str:
    """The product of two numbers."""
    return bounded(rounded(f"(({a})::HUGEINT * ({b}))", f"{UNIT}::HUGEINT"))


def quotient(a: str, b: str) -> str:
    """The quotient of two numbers."""
    return bounded(rounded(f"(({a})::HUGEINT * {UNIT})", f"({b})::HUGEINT"))
