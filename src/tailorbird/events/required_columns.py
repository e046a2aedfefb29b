"""Columns that a mapping reads and rows do not have."""

from __future__ import annotations

from collections.abc import Sequence

from tailorbird.events.mapping import Mapping
from tailorbird.kernel.errors import InputError, nearest


def check_columns(mapping: Mapping, columns: Sequence[str], where: str = "file") -> None:
    """Raise `InputError` for the first column that the mapping reads and the rows lack.

    A dot may reach into an object, so only what stands before it has to be there.
    """
    for column, what in mapping.columns_used().items():
        if column not in columns and (where == "file" or column.split(".")[0] not in columns):
            known, hint = ", ".join(map(repr, columns)), nearest(column, columns)
            raise InputError(
                f"the mapping {mapping.name} reads {what} from the column {column!r}, which the "
                f"{where} does not have{hint if 'mean' in hint else ''}; its columns are {known}"
            )
