"""Signatures by which a receiver knows who sent a message: Standard Webhooks 1.0.0, scheme v1.

Signed with HMAC-SHA256 are the id, the instant of the try and the body, joined by full stops. While
secrets change there are several: a receiver accepts a message when one of its signatures is right.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"


def secret_text(secret: bytes) -> str:
    """A secret as it is shown to people and given to libraries.

    >>> secret_text(bytes(24))
    'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    """
    return _PREFIX + b64encode(secret).decode()


def signature(secret: bytes, id_: str, timestamp_s: int, body: bytes) -> str:
    """One signature, with the name of its scheme.

    >>> signature(bytes(24), "msg_1", 1614265330, b"{}")
    'v1,ONjOH+g8tKQOwBW/l2Ew8DI7ahP5iygTrq4r12BiJXg='
    """
    signed = b".".join((id_.encode(), str(timestamp_s).encode(), body))
    return "v1," + b64encode(hmac.digest(secret, signed, sha256)).decode()


def headers(
    secrets: Sequence[bytes], id_: str, timestamp_s: int, body: bytes
) -> list[tuple[str, str]]:
    """The headers that a message goes with; the newest secret's signature comes first."""
    assert secrets, "a message without a signature is never sent"
    signatures = [signature(secret, id_, timestamp_s, body) for secret in secrets]
    return [
        ("webhook-id", id_),
        ("webhook-timestamp", str(timestamp_s)),
        ("webhook-signature", " ".join(signatures)),
    ]
