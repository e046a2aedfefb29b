"""Files of people: one identifier a line, or a column of a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from tailorbird.edges.new_files import new_file
from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, InputError, Place, Problem, nearest

HEADER = "person"


def read_identifiers(path: Path, column: str | None = None) -> list[str]:
    """The identifiers of a file: its lines, or one column of a CSV file with a line of names.

    A first line ``person`` is a line of names too. Raises `InputError` for a file that cannot be
    read or has no such column, `DefinitionError` with the line of an identifier that is too long.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream, strict=False)) if column else _lines(stream)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as text: {error}") from error
    if column is None and rows[:1] == [[HEADER]]:
        column = HEADER
    place = _place(path, rows, column)
    first = 0 if column is None else 1
    found = [row[place].strip() if place < len(row) else "" for row in rows[first:]]
    for number, identifier in enumerate(found, first + 1):
        if len(identifier) > limits.ID_CHARACTERS:
            message = f"an identifier has at most {limits.ID_CHARACTERS} characters"
            raise DefinitionError([Problem(Place(str(path), number, 1), message)])
    return [identifier for identifier in found if identifier]


def _lines(stream: Iterable[str]) -> list[list[str]]:
    return [[line.rstrip("\r\n")] for line in stream]


def _place(path: Path, rows: list[list[str]], column: str | None) -> int:
    if column is None:
        return 0
    names = rows[0] if rows else []
    if column not in names:
        raise InputError(f"{path} has no column {column!r}{nearest(column, names)}")
    return names.index(column)


def write_identifiers(path: Path, identifiers: Iterable[str]) -> None:
    """Write a CSV file of one column; see `new_file`."""
    with new_file(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([HEADER])
        writer.writerows([identifier] for identifier in identifiers)
