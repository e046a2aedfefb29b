"""Sealed payloads: what is written about a subject can be read with the key of that subject alone.

A fact is sealed under the key of the identifier that it was accepted under. Whoever destroys that
key makes every copy of the fact unreadable, those in old backups too. Outside a seal stand keyed
hashes: they are equal for equal texts and tell nothing to anybody without the workspace's secret.

AES-256 in Galois/Counter mode, NIST SP 800-38D, with a nonce of 96 random bits for each seal.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tailorbird.kernel.errors import TailorbirdError

SECRET_BYTES: Final = 32
TAG_BYTES: Final = 4
"""A key begins with a random tag, and so does what it seals: it tells a key from a later one."""
KEY_BYTES: Final = TAG_BYTES + 32
NONCE_BYTES: Final = 12
HASH_BYTES: Final = 16
_BEGIN: Final = TAG_BYTES + NONCE_BYTES


class BrokenSealError(TailorbirdError):
    """What was sealed is not what is there, or the key belongs to something else."""


class OtherKeyError(BrokenSealError):
    """It was sealed with another key: the subject's earlier one, which was destroyed."""


def seal(key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
    """The sealed form of some bytes; ``nonce`` is random and never used again with the key.

    ``bound`` is not stored: opening needs the same bytes, so that a seal cannot be moved elsewhere.

    >>> open_seal(bytes(36), seal(bytes(36), bytes(12), b"hello", b"place"), b"place")
    b'hello'
    """
    return key[:TAG_BYTES] + nonce + AESGCM(key[TAG_BYTES:]).encrypt(nonce, plain, bound)


def open_seal(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """The inverse of `seal`; raises `OtherKeyError` or another `BrokenSealError`."""
    if sealed[:TAG_BYTES] != key[:TAG_BYTES]:
        raise OtherKeyError("it was sealed with another key")
    try:
        nonce, content = sealed[TAG_BYTES:_BEGIN], sealed[_BEGIN:]
        return AESGCM(key[TAG_BYTES:]).decrypt(nonce, content, bound)
    except (InvalidTag, ValueError) as error:
        raise BrokenSealError("a sealed payload is damaged, or its key is another one") from error


def keyed_hash(secret: bytes, text: str) -> bytes:
    """What stands for an identifier outside of seals: BLAKE2b (RFC 7693) under a secret, 128 bits.

    >>> len(keyed_hash(bytes(32), "ann"))
    16
    """
    return blake2b(
        text.encode("utf-8", "surrogatepass"), key=secret, digest_size=HASH_BYTES
    ).digest()


def keyed_hashes(secret: bytes, texts: Iterable[str]) -> list[bytes]:
    """The hashes of many texts: the secret is only taken in once.

    >>> keyed_hashes(bytes(32), ["ann"]) == [keyed_hash(bytes(32), "ann")]
    True
    """
    begun = blake2b(key=secret, digest_size=HASH_BYTES).copy
    found: list[bytes] = []
    for text in texts:
        hashing = begun()
        hashing.update(text.encode("utf-8", "surrogatepass"))
        found.append(hashing.digest())
    return found


def secret_for(secret: bytes, purpose: bytes) -> bytes:
    """A secret for another purpose, which tells nothing of the workspace's own.

    ``purpose`` goes where no identifier can: it is BLAKE2b's personalisation, 16 bytes at most.

    >>> len(secret_for(bytes(32), b"tickets"))
    32
    """
    return blake2b(key=secret, person=purpose, digest_size=SECRET_BYTES).digest()
