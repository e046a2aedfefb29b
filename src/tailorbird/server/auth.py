"""Who asks: the key of a request, wherever a client puts it."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from tailorbird.governance.api_keys import ApiKey, Scope, id_of, is_text_of

FRESH_US: Final = 2_000_000
"""So long a key that was revoked elsewhere may still be taken for good."""


class KeyCheck:
    """Recognises keys; looks for new and revoked ones again when that was long ago."""

    def __init__(self, stored: Callable[[], Iterable[ApiKey]], now_us: Callable[[], int]) -> None:
        self._stored = stored
        self._now_us = now_us
        self._keys: dict[str, ApiKey] = {}
        self._read_us = -FRESH_US

    def find(self, text: str | None, scope: Scope) -> ApiKey | None:
        """The key with a text, if it may do this; else None."""
        id_ = None if text is None else id_of(text)
        if text is None or id_ is None:
            return None
        now_us = self._now_us()
        if not 0 <= now_us - self._read_us < FRESH_US:
            self._keys = {key.id: key for key in self._stored()}
            self._read_us = now_us
        key = self._keys.get(id_)
        return key if key is not None and key.may(scope) and is_text_of(text, key) else None


def key_in_headers(headers: Mapping[bytes, bytes], query: bytes) -> str | None:
    """The text of the key in ``Authorization``, ``X-Write-Key`` or the query ``writeKey``.

    >>> key_in_headers({b"authorization": b"Basic dGJfeDo="}, b"")
    'tb_x'
    """
    kind, _, rest = headers.get(b"authorization", b"").partition(b" ")
    if kind.lower() == b"bearer":
        return rest.strip().decode("latin-1")
    if kind.lower() == b"basic":
        return _user_of(rest.strip())
    if b"x-write-key" in headers:
        return headers[b"x-write-key"].decode("latin-1")
    given = parse_qs(query.decode("latin-1")).get("writeKey")
    return given[0] if given else None


def _user_of(encoded: bytes) -> str | None:
    try:
        return b64decode(encoded, validate=True).decode("latin-1").partition(":")[0]
    except (binascii.Error, ValueError):
        return None


def key_in_body(said: Mapping[str, Any]) -> str | None:
    """The text of the key that a body says."""
    given = said.get("writeKey")
    return given if isinstance(given, str) else None
