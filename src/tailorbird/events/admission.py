"""The last look at facts before they are stored: nothing beyond a limit gets in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from tailorbird.events.columns import FactColumns
from tailorbird.kernel import limits
from tailorbird.kernel.values import read_tagged


def faults(columns: FactColumns) -> dict[int, str]:
    """For the place of each fact that cannot be stored the reason why.

    >>> from tailorbird.events.columns import columns_of
    >>> faults(columns_of([]))
    {}
    """
    return {} if _are_small(columns) else faults_one_by_one(columns)


def faults_one_by_one(columns: FactColumns) -> dict[int, str]:
    """The same where nobody knows that all are small, which nearly all are."""
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


def _are_small(columns: FactColumns) -> bool:
    """Whether nothing is beyond any limit for sure."""
    ids, subjects, names = columns.id, columns.subject, columns.name
    if len(ids) == 1:  # most requests are one event
        return (
            0 < len(ids[0]) <= limits.ID_CHARACTERS
            and 0 < len(subjects[0]) <= limits.ID_CHARACTERS
            and 0 < len(names[0]) <= limits.NAME_CHARACTERS
            and len(columns.properties[0] or "") <= limits.PROPERTIES
            and len(columns.context[0] or "") <= limits.PROPERTIES
        )
    texts = chain(columns.properties, columns.context)
    return (
        all(ids)
        and all(subjects)
        and all(names)
        and max(map(len, chain(ids, subjects)), default=0) <= limits.ID_CHARACTERS
        and max(map(len, names), default=0) <= limits.NAME_CHARACTERS
        and max(map(len, filter(None, texts)), default=0) <= limits.PROPERTIES
    )


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
