"""The last look at facts before they are stored: nothing beyond a limit gets in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tailorbird.events.columns import FactColumns
from tailorbird.kernel import limits
from tailorbird.kernel.values import read_tagged


def faults(columns: FactColumns) -> dict[int, str]:
    """For the place of each fact that cannot be stored the reason why.

    >>> from tailorbird.events.columns import columns_of
    >>> faults(columns_of([]))
    {}
    """
    found: dict[int, str] = {}
    sized = (
        ("message id", columns.id, limits.ID_CHARACTERS),
        ("person's identifier", columns.subject, limits.ID_CHARACTERS),
        ("event name", columns.name, limits.NAME_CHARACTERS),
    )
    for what, column, most in sized:
        for row in _out_of(column, most):
            found.setdefault(row, f"the {what} has more than {most} characters, or none")
    for what, texts in (("properties", columns.properties), ("context", columns.context)):
        for row, fault in _too_large(texts):
            found.setdefault(row, f"the {what} {fault}")
    return found


def _out_of(column: Sequence[str], most: int) -> list[int]:
    lengths = list(map(len, column))
    if not lengths or (max(lengths) <= most and min(lengths) > 0):
        return []
    return [row for row, length in enumerate(lengths) if not 0 < length <= most]


def _too_large(texts: Sequence[str | None]) -> Iterator[tuple[int, str]]:
    if max(map(len, filter(None, texts)), default=0) <= limits.PROPERTIES:
        return
    for row, text in enumerate(texts):
        if text is None or len(text) <= limits.PROPERTIES:
            continue
        if len(text) * 4 > limits.FACT_BYTES and len(text.encode()) > limits.FACT_BYTES:
            yield row, f"are larger than {limits.FACT_BYTES} bytes"
        elif text.count('":') > limits.PROPERTIES:
            value = read_tagged(text)
            if isinstance(value, dict) and len(value) > limits.PROPERTIES:
                yield row, f"are more than {limits.PROPERTIES}"
