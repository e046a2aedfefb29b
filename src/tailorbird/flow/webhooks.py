"""Endpoints of webhooks: made, given other secrets, asked for them, taken away.

A secret lies in the registry sealed under a key of the endpoint's own; the key is in the keyring,
so a copy of the registry signs nothing, and destroying the key ends every copy of the secret.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

from tailorbird.delivery.endpoints import Endpoint, Event, SealedSecret, checked_url
from tailorbird.delivery.signing import SECRET_BYTES
from tailorbird.governance.seals import HASH_BYTES, NONCE_BYTES, BrokenSealError, open_seal, seal
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, TailorbirdError, UnknownNameError
from tailorbird.ports.delivery import Endpoints
from tailorbird.ports.log import Keyring
from tailorbird.segments.membership import Cause

ID_BYTES: Final = 6
Chance = Callable[[int], bytes]
"""So many random bytes."""


class LostSecretError(TailorbirdError):
    """The keyring has no key for an endpoint's secrets: they were made with another one."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(
            f"the secrets of the endpoint {endpoint} cannot be opened: their key is not in the "
            f"keyring; `tailorbird webhooks rotate {endpoint}` makes a new one"
        )


def create(
    kept: Endpoints,
    keyring: Keyring,
    chance: Chance,
    now_us: int,
    url: str,
    wanted: tuple[Sequence[Event], Sequence[str], Sequence[Cause]],
) -> tuple[Endpoint, bytes]:
    """Make an endpoint; its secret is told here, and can be asked for with `secrets_of`.

    ``wanted``: of what it is told, of which segments (of all when none is named), for which causes.
    """
    if len(kept.endpoints()) >= limits.ENDPOINTS:
        raise InputError(
            f"a project has at most {limits.ENDPOINTS} endpoints; "
            "`tailorbird webhooks remove` takes one away"
        )
    events, segments, causes = wanted
    id_, secret = chance(ID_BYTES).hex(), chance(SECRET_BYTES)
    endpoint = Endpoint(
        id_, checked_url(url), tuple(events), tuple(segments), tuple(causes), now_us
    )
    sealed = _sealed(keyring, id_, secret, chance)
    kept.add_endpoint(endpoint, SealedSecret(sealed, now_us))
    return endpoint, secret


def rotate(
    kept: Endpoints, keyring: Keyring, chance: Chance, now_us: int, id_: str, overlap_us: int
) -> bytes:
    """Give an endpoint a new secret; the ones before sign beside it for a while."""
    find(kept, id_)
    living = [one for one in kept.secrets_of(id_) if _lives(one, now_us)]
    if len(living) >= limits.ENDPOINT_SECRETS and overlap_us:
        raise InputError(
            f"{len(living)} secrets of this endpoint are in force already; wait until one is "
            "over, or say --overlap 0s to end them all now"
        )
    secret = chance(SECRET_BYTES)
    sealed = _sealed(keyring, id_, secret, chance)
    kept.replace_secret(id_, SealedSecret(sealed, now_us), now_us + overlap_us)
    return secret


def remove(kept: Endpoints, keyring: Keyring, id_: str) -> Endpoint:
    """Forget an endpoint, and for ever how to sign for it."""
    endpoint = find(kept, id_)
    kept.remove_endpoint(id_)
    keyring.destroy([_key_name(id_)])
    return endpoint


def find(kept: Endpoints, id_: str) -> Endpoint:
    """The endpoint with an id; an unknown one is refused with the nearest."""
    known = kept.endpoints()
    if id_ not in known:
        raise UnknownNameError("endpoint", id_, known)
    return known[id_]


def secrets_of(kept: Endpoints, keyring: Keyring, id_: str, now_us: int) -> list[bytes]:
    """The secrets that are in force, the newest first; raises `LostSecretError`."""
    name = _key_name(id_)
    key = keyring.found([name]).get(name)
    living = [one for one in kept.secrets_of(id_) if _lives(one, now_us)]
    if key is None or not living:
        raise LostSecretError(id_)
    found = []
    for one in living:
        try:
            found.append(open_seal(key, one.sealed, id_.encode()))
        except BrokenSealError:
            continue  # one of the time before the key was lost
    if not found:
        raise LostSecretError(id_)
    return found


def _lives(secret: SealedSecret, now_us: int) -> bool:
    return secret.expires_us is None or now_us < secret.expires_us


def _sealed(keyring: Keyring, id_: str, secret: bytes, chance: Chance) -> bytes:
    name = _key_name(id_)
    key = keyring.made([name])[name]
    return seal(key, chance(NONCE_BYTES), secret, id_.encode())


def _key_name(id_: str) -> bytes:
    """Under which name an endpoint's key lies: no person's, who are hashed with a secret."""
    return blake2b(f"webhook endpoint {id_}".encode(), digest_size=HASH_BYTES).digest()
