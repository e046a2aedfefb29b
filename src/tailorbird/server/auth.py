"""Who asks: the key of a request, wherever a client puts it."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qs

from tailorbird.governance.api_keys import ApiKey, Scope, id_of, is_text_of, signature_of
from tailorbird.server.answers import RefusedError

FRESH_US: Final = 2_000_000
"""So long a key that was revoked elsewhere may still be taken for good."""
_MAKE: Final = "`tailorbird keys create` makes one"
_NO_KEY: Final[Mapping[Scope, str]] = {
    "write": "no known write key; send one as user name of Basic authorization, as Bearer, "
    f"as X-Write-Key, as writeKey in the query or in the body; {_MAKE}",
    "read": f"no known read key; send one as Bearer authorization; {_MAKE} with --scope read",
    "admin": f"no known admin key; send one as Bearer authorization; {_MAKE} with --scope admin",
}


class KeyCheck:
    """Recognises keys; looks for new and revoked ones again when that was long ago."""

    def __init__(self, stored: Callable[[], Iterable[ApiKey]], now_us: Callable[[], int]) -> None:
        self._stored = stored
        self._now_us = now_us
        self._keys: dict[str, ApiKey] = {}
        self._recognised: dict[str, ApiKey] = {}
        """By their texts those that were asked for and are good, until all are read again."""
        self._read_us = -FRESH_US

    def find(self, text: str | None, scope: Scope) -> ApiKey | None:
        """The key with a text, if it may do this; else None."""
        key = self.known(text)
        return key if key is not None and key.may(scope) else None

    def admitted(self, text: str | None, scope: Scope) -> ApiKey:
        """The key with a text; raises `RefusedError` for an unknown one, or one with less scope."""
        key = self.known(text)
        if key is None:
            raise RefusedError(401, _NO_KEY[scope], more=((b"www-authenticate", b"Bearer"),))
        if not key.may(scope):
            needed = scope if scope == "admin" else f"{scope} or admin"
            raise RefusedError(403, f"a {key.scope} key may not do this: it takes {needed}")
        return key

    def signed(self, key_id: str, said: bytes, signature: str) -> ApiKey:
        """The write key that signed something; raises `RefusedError` when none did."""
        key = self._stored_key(key_id)
        good = key is not None and key.may("write")
        if key is None or not good or not compare_digest(signature_of(said, key), signature):
            says = "no signature of a known write key; `tailorbird pixel` makes one"
            raise RefusedError(401, says, more=((b"www-authenticate", b"Bearer"),))
        return key

    def by_id(self) -> dict[str, ApiKey]:
        """All keys by their ids, revoked ones too."""
        return {key.id: key for key in self._stored()}

    def known(self, text: str | None) -> ApiKey | None:
        """The key with a text or an alias, unless it is unknown or revoked."""
        if text is None:
            return None
        self._read_again()
        recognised = self._recognised.get(text)
        if recognised is not None:
            return recognised
        id_ = id_of(text)
        key = None if id_ is None else self._keys.get(id_)
        if key is None or key.revoked_us is not None or not is_text_of(text, key):
            return None
        self._recognised[text] = key
        return key

    def _stored_key(self, id_: str) -> ApiKey | None:
        self._read_again()
        return self._keys.get(id_)

    def _read_again(self) -> None:
        now_us = self._now_us()
        if not 0 <= now_us - self._read_us < FRESH_US:
            self._keys = {key.id: key for key in self._stored()}
            good = [key for key in self._keys.values() if key.revoked_us is None]
            self._recognised = {alias: key for key in good for alias in key.aliases}
            self._read_us = now_us


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
        return headers[b"x-write-key"].decode("latin-1").partition(":")[0]  # Jitsu's have a colon
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
