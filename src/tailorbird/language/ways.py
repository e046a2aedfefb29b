"""Which ways lead to a value: ``properties.price``, ``traits["last-name"]``, ``item``."""

from __future__ import annotations

from collections.abc import Sequence

from tailorbird.kernel import limits
from tailorbird.kernel.errors import nearest
from tailorbird.language.operators import ROOTS


def way_fault(root: str, path: Sequence[str]) -> str | None:
    """Why a root and keys name no value; None when they do.

    >>> way_fault("traits", ["plan"]), way_fault("traits", [])
    (None, 'traits alone is no value; name a part of it: traits.x')
    """
    if root not in ROOTS:
        return f"the name {root!r} is not known{nearest(root, ROOTS)}"
    if not path and root != "item":
        return f"{root} alone is no value; name a part of it: {root}.x"
    if len(path) > limits.FACT_DEPTH:
        return f"the name {root}.{path[0][:40]}.… is too long: at most {limits.FACT_DEPTH} parts"
    for key in path:
        if len(key) > limits.NAME_CHARACTERS:
            most = limits.NAME_CHARACTERS
            return f"the name {key[:40]!r}... is too long: at most {most} characters"
    if root == "prev" and (path[0] not in ("properties", "context") or len(path) < 2):
        return "prev is the fact before: write prev.properties.x"
    return None
