"""Keys of the programs that talk to a server: what they may do, and how one is recognised.

A key is ``tb_SCOPE_ID_SECRET``. Only a hash of the secret is kept, so nobody who reads the registry
can use it. The secret has 256 random bits, therefore a plain SHA-256 (FIPS 180-4) is enough.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import Final, Literal, NamedTuple, get_args

from tailorbird.events.sampling_people import ALL

Scope = Literal["write", "read", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""``write`` sends events, ``read`` reads profiles, ``admin`` may do everything."""
ID_BYTES: Final = 4
SECRET_BYTES: Final = 32
_PREFIX: Final = "tb"
_ALIAS: Final = re.compile(r"[A-Za-z0-9._:-]{6,100}")
_SECRET: Final = re.compile(rb"(tb_(?:write|read|admin)_[0-9a-f]{8}_)[0-9a-f]+")


class ApiKey(NamedTuple):
    """What is kept of a key."""

    id: str
    scope: Scope
    name: str
    """Whose it is; facts that come with a write key have it as their source."""
    digest: bytes
    created_us: int
    revoked_us: int | None = None
    sample: int = ALL
    """Of so many ten thousandths of all people events are taken."""
    per_minute: int = 0
    """So many messages a minute are taken; 0: as many as come."""
    aliases: tuple[str, ...] = ()
    """What kits of other makers may send in the place of its text: what they called their key."""

    def may(self, scope: Scope) -> bool:
        """Whether the key is good for something."""
        return self.revoked_us is None and self.scope in (scope, "admin")


def make_key(name: str, scope: Scope, random: bytes, now_us: int) -> tuple[ApiKey, str]:
    """A new key from 36 random bytes, and its text, which is told once.

    >>> key, text = make_key("shop", "write", bytes(36), 0)
    >>> text.startswith("tb_write_00000000_"), is_text_of(text, key)
    (True, True)
    """
    id_, secret = random[:ID_BYTES].hex(), random[ID_BYTES : ID_BYTES + SECRET_BYTES].hex()
    return ApiKey(id_, scope, name, _digest(secret), now_us), f"{_PREFIX}_{scope}_{id_}_{secret}"


def fault_of_alias(text: str) -> str | None:
    """Why a key cannot be known by a text; None when it can.

    >>> fault_of_alias("G-1A2B3C4D5E"), fault_of_alias("G 1")
    (None, 'does not have 6 to 100 of the signs A-Z a-z 0-9 . _ : -')
    """
    if not _ALIAS.fullmatch(text):
        return "does not have 6 to 100 of the signs A-Z a-z 0-9 . _ : -"
    return "looks like a key of this product" if id_of(text) is not None else None


def id_of(text: str) -> str | None:
    """The id in a key's text; None when it is no key.

    >>> id_of("tb_write_00000000_ab"), id_of("hello")
    ('00000000', None)
    """
    parts = text.split("_")
    return parts[2] if len(parts) == 4 and parts[0] == _PREFIX and parts[1] in SCOPES else None


def without_secrets(data: bytes) -> bytes:
    """The same without the secrets of keys that stand in it.

    >>> without_secrets(b'{"writeKey":"tb_admin_0a1b2c3d_00ff00ff"}')
    b'{"writeKey":"tb_admin_0a1b2c3d_..."}'
    """
    return _SECRET.sub(rb"\1...", data)


def text_in(data: bytes) -> str | None:
    """The first text of a key that stands in some bytes, which nobody can read otherwise.

    >>> text_in(b'{"writeKey":"tb_write_0a1b2c3d_00ff00ff",')
    'tb_write_0a1b2c3d_00ff00ff'
    """
    found = _SECRET.search(data)
    return None if found is None else found[0].decode("ascii")


def is_text_of(text: str, key: ApiKey) -> bool:
    """Whether a text is that of a key; takes as long for a wrong secret as for the right one."""
    *head, secret = text.split("_")
    return head == [_PREFIX, key.scope, key.id] and hmac.compare_digest(_digest(secret), key.digest)


def signature_of(said: bytes, key: ApiKey) -> str:
    """The signature of a key under some bytes, HMAC-SHA256 (RFC 2104) by the digest of its secret.

    Who has the key's text can make it; it says nothing of the key.

    >>> key, text = make_key("mail", "write", bytes(36), 0)
    >>> len(signature_of(b"opened", key))
    64
    """
    return hmac.new(b"signed:" + key.digest, said, sha256).hexdigest()


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
