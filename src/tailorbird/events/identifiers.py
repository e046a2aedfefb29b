"""What may identify a person, and what is only said where an identifier should stand.

A page that does not know its visitor yet may send ``null`` or ``undefined`` as text. Taken for an
identifier it would make one person of all such visitors, so it is taken for none.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from tailorbird.events.cells import as_text

REFUSED: Final = (
    *("0", "-1", "n/a", "na", "nan", "nil", "none", "null", "undefined", "unknown"),
    *("true", "false", "anonymous", "guest", "[object object]"),
    *("id", "userid", "user_id", "anonymousid", "anonymous_id", "not set", "(not set)"),
)
"""What is refused where a project says nothing else, in small letters."""
_AROUND: Final = " \t\r\n\v\f\u00a0\u200b\ufeff\"'`"
_BLANK: Final = "0-"
"""An identifier of these alone is an empty one, however long it is, where 0 is refused."""


class Identifiers:
    """Tells identifiers from what stands in their place.

    Letters count alike, large and small, and blanks and quotes around them do not count.

    >>> ids = Identifiers()
    >>> [ids.read(given) for given in ("ann", 7_000_000, " NULL ", "0000-0000", "", None, "'none'")]
    ['ann', '7', None, None, None, None, None]
    """

    def __init__(self, refused: Collection[str] = REFUSED) -> None:
        self._refused = frozenset({"", *(one.strip(_AROUND).lower() for one in refused)})
        self._longest = 3 * max(map(len, self._refused))

    def refuses(self, text: str) -> bool:
        """Whether a text identifies nobody."""
        if text[:1] in _BLANK and not text.strip(_BLANK):
            return text == "" or "0" in self._refused
        if len(text) <= self._longest:
            return text.strip(_AROUND).lower() in self._refused
        return text.isspace()

    def read(self, value: Any) -> str | None:
        """The identifier that a value is; None when it is none."""
        text = value if type(value) is str else as_text(value)
        return None if text is None or self.refuses(text) else text


USUAL: Final = Identifiers()
"""Those of a project that says nothing else."""
