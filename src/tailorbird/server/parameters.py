"""What a route may be told in its path and query: how it is read, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote

from tailorbird.kernel import limits
from tailorbird.kernel.errors import nearest
from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.server.answers import RefusedError

MOST_GIVEN: Final = 100
"""Parameters of one query."""
_WHOLE_DIGITS: Final = 18
_SHOWN: Final = 100
"""Characters of something wrong that are told back."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that a route takes beside its body."""

    name: str
    says: str
    """What it is for."""
    schema: Mapping[str, Any]
    """What may be given, in terms of JSON Schema."""
    read: Callable[[str], Any]
    """Raises `ValueError`, whose text says what is allowed."""
    default: Any = None
    place: Literal["path", "query"] = "query"
    example: str | None = None
    many: bool = False
    """Whether it is a list, with commas or given several times."""


def text(
    name: str,
    says: str,
    most: int = limits.ID_CHARACTERS,
    *,
    place: Literal["path", "query"] = "query",
    example: str | None = None,
) -> Parameter:
    """Some text of a bounded length."""

    def read(given: str) -> str:
        if not 0 < len(given) <= most:
            raise ValueError(f"has 1 to {most} characters, not {len(given)}")
        return given

    schema = {"type": "string", "minLength": 1, "maxLength": most}
    return Parameter(name, says, schema, read, place=place, example=example)


def count(
    name: str, says: str, least: int = 0, most: int = 10**_WHOLE_DIGITS - 1, *, default: int = 0
) -> Parameter:
    """A whole number."""

    def read(given: str) -> int:
        if not given.isascii() or not given.isdigit() or len(given) > _WHOLE_DIGITS:
            raise ValueError(f"is a whole number, not {_cut(given)}")
        if not least <= int(given) <= most:
            raise ValueError(f"is a number from {least:,} to {most:,}, not {_cut(given)}")
        return int(given)

    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Parameter(name, says, schema, read, default)


def choice(name: str, says: str, allowed: Sequence[str], default: str | None = None) -> Parameter:
    """One of a few words."""

    def read(given: str) -> str:
        return _one_of(given, allowed)

    schema: dict[str, Any] = {"type": "string", "enum": list(allowed)}
    if default is not None:
        schema["default"] = default
    return Parameter(name, says, schema, read, default)


def choices(name: str, says: str, allowed: Sequence[str]) -> Parameter:
    """Some of a few words, with commas between them."""

    def read(given: str) -> list[str]:
        return [_one_of(one, allowed) for one in given.split(",")]

    items = {"type": "string", "enum": list(allowed)}
    schema = {"type": "array", "items": items, "minItems": 1, "maxItems": MOST_GIVEN}
    return Parameter(name, says, schema, read, many=True, example=",".join(allowed[:2]))


def instant(name: str, says: str) -> Parameter:
    """An instant: RFC 3339, or a date, which is its midnight in UTC."""

    def read(given: str) -> int:
        at_us = parse_instant(given, zone("UTC"))
        if at_us is None:
            raise ValueError(
                f"is an instant like 2026-05-01T10:00:00Z or a date, not {_cut(given)}"
            )
        return at_us

    schema = {"type": "string", "format": "date-time"}
    return Parameter(name, says, schema, read, example="2026-05-01T10:00:00Z")


def _one_of(given: str, allowed: Sequence[str]) -> str:
    if given not in allowed:
        hint = nearest(given, allowed) if len(given) <= _SHOWN else nearest("", allowed)
        raise ValueError(f"has no value {_cut(given)}{hint}")
    return given


def _cut(given: str) -> str:
    return repr(given if len(given) <= _SHOWN else given[:_SHOWN] + "…")


def read_path(parameters: Iterable[Parameter], given: Mapping[str, str]) -> dict[str, Any]:
    """The values in a path, of its parts as they were sent; raises `RefusedError`."""
    return {one.name: _read(one, _unquoted(given[one.name])) for one in parameters}


def read_query(
    parameters: Iterable[Parameter], query: bytes, *, lenient: bool = False
) -> dict[str, Any]:
    """The values of a query, also those not given; ``lenient``: others are let pass.

    Raises `RefusedError` for what is not known, not allowed, or given twice.
    """
    known = {one.name: one for one in parameters}
    found: dict[str, Any] = {name: one.default for name, one in known.items()}
    seen = set[str]()
    for name, value in _pairs(query):
        one = known.get(name)
        if one is None:
            if lenient:
                continue
            hint = nearest(name, known) if len(name) <= _SHOWN else ""
            raise RefusedError(400, f"there is no parameter {_cut(name)} here{hint}")
        if one.many:
            found[name] = [*(found[name] or ()), *_read(one, value)]
        elif name in seen:
            raise RefusedError(400, f"{name} is given twice")
        else:
            found[name] = _read(one, value)
        seen.add(name)
    return found


def _read(one: Parameter, value: str) -> Any:
    try:
        return one.read(value)
    except ValueError as error:
        raise RefusedError(400, f"{one.name} {error}") from None


def _pairs(query: bytes) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=MOST_GIVEN,
            errors="strict",
        )
    except ValueError:
        raise RefusedError(
            400, f"the query is not percent-encoded UTF-8 of at most {MOST_GIVEN} parameters"
        ) from None


def _unquoted(part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise RefusedError(400, "the path is not percent-encoded UTF-8") from None
