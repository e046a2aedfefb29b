from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tailorbird.delivery.endpoints import Endpoint
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.registries.sqlite_endpoints import SqliteEndpoints
from tailorbird.flow.webhooks import LostSecretError, create, find, remove, rotate, secrets_of
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, UnknownNameError

URL = "https://crm.example.com/hooks"
WANTED = (("segment.left",), ("vip",), ("time",))


class Kept:
    """Endpoints and a keyring in memory."""

    def __init__(self) -> None:
        self.endpoints, self.keyring = SqliteEndpoints(None), SqliteKeyring(None)

    def create(self, now_us: int = 5) -> tuple[Endpoint, bytes]:
        return create(self.endpoints, self.keyring, os.urandom, now_us, URL, WANTED)

    def rotate(self, id_: str, now_us: int, overlap_us: int) -> bytes:
        return rotate(self.endpoints, self.keyring, os.urandom, now_us, id_, overlap_us)

    def secrets(self, id_: str, now_us: int) -> list[bytes]:
        return secrets_of(self.endpoints, self.keyring, id_, now_us)


@pytest.fixture
def kept() -> Iterator[Kept]:
    made = Kept()
    yield made
    made.endpoints.close()
    made.keyring.close()


def test_a_secret_is_told_when_it_is_made_and_can_be_used_later(kept: Kept) -> None:
    endpoint, secret = kept.create()
    assert len(secret) == 32 and kept.secrets(endpoint.id, 6) == [secret]
    (stored,) = kept.endpoints.secrets_of(endpoint.id)
    assert secret not in stored.sealed
    assert find(kept.endpoints, endpoint.id) == endpoint
    assert (endpoint.events, endpoint.segments, endpoint.causes) == WANTED


def test_the_newest_secret_comes_first_until_the_others_are_over(kept: Kept) -> None:
    endpoint, first = kept.create()
    second = kept.rotate(endpoint.id, 10, 90)
    assert kept.secrets(endpoint.id, 99) == [second, first]
    assert kept.secrets(endpoint.id, 100) == [second]
    third = kept.rotate(endpoint.id, 200, 0)
    assert kept.secrets(endpoint.id, 200) == [third]


def test_so_many_secrets_sign_together_and_no_more(kept: Kept) -> None:
    endpoint, _ = kept.create()
    for _ in range(limits.ENDPOINT_SECRETS - 1):
        kept.rotate(endpoint.id, 10, 90)
    with pytest.raises(InputError, match="--overlap 0s"):
        kept.rotate(endpoint.id, 20, 90)
    newest = kept.rotate(endpoint.id, 30, 0)
    assert kept.secrets(endpoint.id, 30) == [newest]


def test_a_removed_endpoints_secret_is_gone_from_old_copies_too(kept: Kept) -> None:
    endpoint, _ = kept.create()
    (copy,) = kept.endpoints.secrets_of(endpoint.id)
    remove(kept.endpoints, kept.keyring, endpoint.id)
    kept.endpoints.add_endpoint(endpoint, copy)
    with pytest.raises(LostSecretError, match="webhooks rotate"):
        kept.secrets(endpoint.id, 6)
    fresh = kept.rotate(endpoint.id, 7, 90)
    assert kept.secrets(endpoint.id, 8) == [fresh]


def test_a_secret_cannot_be_moved_to_another_endpoint(kept: Kept) -> None:
    (one, _), (other, _) = kept.create(), kept.create()
    (copy,) = kept.endpoints.secrets_of(one.id)
    kept.endpoints.remove_endpoint(other.id)
    kept.endpoints.add_endpoint(other, copy)
    with pytest.raises(LostSecretError):
        kept.secrets(other.id, 6)


def test_no_persons_name_leads_to_an_endpoints_key(kept: Kept) -> None:
    endpoint, secret = kept.create()
    names = [f"webhook endpoint {endpoint.id}", endpoint.id, "webhook endpoint"]
    kept.keyring.destroy([kept.keyring.hash_of(name) for name in names])
    assert kept.secrets(endpoint.id, 6) == [secret]


def test_a_project_has_so_many_endpoints_and_unknown_ones_are_refused(kept: Kept) -> None:
    made = [kept.create()[0] for _ in range(limits.ENDPOINTS)]
    with pytest.raises(InputError, match="at most 50"):
        kept.create()
    remove(kept.endpoints, kept.keyring, made[0].id)
    kept.create()
    with pytest.raises(UnknownNameError):
        remove(kept.endpoints, kept.keyring, made[0].id)
