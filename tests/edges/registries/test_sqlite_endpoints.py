from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.delivery.endpoints import EVENTS, USUAL_CAUSES, Endpoint, SealedSecret
from tailorbird.edges.registries.sqlite_endpoints import SqliteEndpoints
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.governance.api_keys import ApiKey

CRM = Endpoint("crm", "https://a.example", EVENTS, ("vip", "naïve, \ud800"), USUAL_CAUSES, 5)
SHOP = Endpoint("shop", "https://b.example", ("segment.left",), (), ("time",), 4)


def test_endpoints_are_as_they_were_made_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with SqliteEndpoints(path) as kept:
        kept.add_endpoint(CRM, SealedSecret(b"one", 5))
        kept.add_endpoint(SHOP, SealedSecret(b"two", 4))
    with SqliteEndpoints(path) as kept:
        assert list(kept.endpoints().values()) == [SHOP, CRM]
        assert kept.secrets_of("crm") == [SealedSecret(b"one", 5)]


def test_what_another_process_changes_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with SqliteEndpoints(path) as one, SqliteEndpoints(path) as other:
        assert not one.endpoints() and not other.endpoints()
        one.add_endpoint(CRM, SealedSecret(b"one", 5))
        assert other.endpoints() == one.endpoints() == {"crm": CRM}
        other.disable("crm", "why", 9)
        other.disable("crm", "another reason", 10)
        disabled = CRM._replace(disabled_us=9, reason="why")
        assert other.endpoints() == one.endpoints() == {"crm": disabled}
        one.enable("crm")
        assert other.endpoints() == one.endpoints() == {"crm": CRM}
        other.remove_endpoint("crm")
        assert not one.endpoints() and one.secrets_of("crm") == []


def test_old_secrets_end_with_the_overlap_and_never_later_than_they_would_have() -> None:
    with SqliteEndpoints(None) as kept:
        kept.add_endpoint(CRM, SealedSecret(b"one", 5))
        kept.replace_secret("crm", SealedSecret(b"two", 10), 100)
        assert kept.secrets_of("crm") == [SealedSecret(b"two", 10), SealedSecret(b"one", 5, 100)]
        kept.replace_secret("crm", SealedSecret(b"three", 20), 200)
        assert [(one.sealed, one.expires_us) for one in kept.secrets_of("crm")] == [
            (b"three", None),
            (b"two", 200),
            (b"one", 100),
        ]
        kept.replace_secret("crm", SealedSecret(b"four", 150), 150)
        assert [(one.sealed, one.expires_us) for one in kept.secrets_of("crm")] == [
            (b"four", None),
            (b"three", 150),
            (b"two", 150),
        ]


def test_a_registry_from_before_there_were_endpoints_gets_their_tables(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with SqliteRegistry(path) as registry:
        registry.add_key(ApiKey("k", "write", "web", b"", 1))
        registry._connection.executescript(
            "DROP TABLE key_aliases; DROP TABLE key_rates; DROP TABLE key_samples; "
            "DROP TABLE hooks; DROP TABLE endpoint_secrets; DROP TABLE endpoints; "
            "PRAGMA user_version = 2;"
        )
    with SqliteEndpoints(path) as kept:
        kept.add_endpoint(CRM, SealedSecret(b"one", 5))
        assert [key.id for key in kept.api_keys()] == ["k"]


def test_an_endpoint_has_one_id_only() -> None:
    with SqliteEndpoints(None) as kept:
        kept.add_endpoint(CRM, SealedSecret(b"one", 5))
        with pytest.raises(Exception, match="cannot be used"):
            kept.add_endpoint(CRM, SealedSecret(b"two", 5))
        assert kept.secrets_of("crm") == [SealedSecret(b"one", 5)]
