"""Which dialects there are: those of installed packages, this one's as any other's."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from tailorbird.kernel.errors import InputError
from tailorbird.ports.dialects import Dialect

GROUP: Final = "tailorbird.dialects"


@cache
def found_dialects() -> tuple[Dialect, ...]:
    """All dialects, by name; raises `InputError` for a package that offers something else."""
    found = [_loaded(point) for point in entry_points(group=GROUP)]
    _check_apart(found)
    return tuple(sorted(found, key=lambda dialect: dialect.name))


def _loaded(point: EntryPoint) -> Dialect:
    package = point.dist.name if point.dist is not None else "a package"
    offered = f"the dialect {point.name} of {package}"
    try:
        dialect = point.load()
    except Exception as error:
        raise InputError(f"{offered} cannot be loaded: {error}") from error
    if not isinstance(dialect, Dialect):
        raise InputError(f"{offered} is no Dialect: {point.value} is {type(dialect).__name__}")
    return dialect


def _check_apart(dialects: list[Dialect]) -> None:
    """Two dialects cannot answer at one address, nor call two things by one name."""
    said: list[tuple[str, str]] = []
    for dialect in dialects:
        said += [(one.name, f"{one.method} {one.path}") for one in dialect.endpoints]
        said += [(one.name, f"{one.method} {one.path}") for one in dialect.pages]
    for every in zip(*said, strict=True):
        twice = [one for one, times in Counter(every).items() if times > 1]
        if twice:
            raise InputError(f"two dialects have {twice[0]}; remove one of their packages")
