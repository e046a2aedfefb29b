from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b

import pytest

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.registries.sqlite_hooks import SqliteHooks
from tailorbird.flow.hooks import change, create, opened, remove
from tailorbird.governance.seals import HASH_BYTES, NONCE_BYTES, seal
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.ports.hooks import Arriving, Field, Hook, Messages, Provider, SealedHook


async def check(_: Arriving) -> None:
    """Everything is good."""


def read(_: Arriving) -> Messages:
    return []


def settle(settings: Mapping[str, str]) -> None:
    if settings["key"] == "bad":
        raise InputError("that is bad")


PROVIDER = Provider(
    "post",
    "a provider for tests",
    (
        Field("key", "what it signs with", is_secret=True),
        Field("token", "what is made up", is_secret=True, is_made=True),
        Field("person", "who", default="user_id"),
    ),
    check,
    read,
    settle,
)


@pytest.fixture
def kept() -> Iterator[SqliteHooks]:
    with SqliteHooks(None) as hooks:
        yield hooks


@pytest.fixture
def keyring() -> Iterator[SqliteKeyring]:
    with SqliteKeyring(None) as keys:
        yield keys


def test_secrets_are_sealed_and_opened_for_a_request(
    kept: SqliteHooks, keyring: SqliteKeyring
) -> None:
    hook, made = create(kept, keyring, os.urandom, 5, "mails", PROVIDER, {"key": "s3cret"})
    assert hook.settings == {"person": "user_id"}
    assert list(made) == ["token"] and len(made["token"]) == 48
    stored = kept.hooks()["mails"]
    assert b"s3cret" not in stored.sealed and made["token"].encode() not in stored.sealed
    found = opened(kept, keyring, "post", "mails", 9)
    assert found == [{"key": "s3cret", "token": made["token"], "person": "user_id"}]
    assert opened(kept, keyring, "other", "mails", 9) == []
    assert opened(kept, keyring, "post", "other", 9) == []
    with SqliteKeyring(None) as another:
        assert opened(kept, another, "post", "mails", 9) == []


def test_what_is_removed_is_gone_for_ever(kept: SqliteHooks, keyring: SqliteKeyring) -> None:
    create(kept, keyring, os.urandom, 5, "mails", PROVIDER, {"key": "a"})
    copy = kept.hooks()["mails"]
    remove(kept, keyring, "mails")
    assert opened(kept, keyring, "post", "mails", 9) == []
    kept.add_hook(copy)
    assert opened(kept, keyring, "post", "mails", 9) == [], "its key is destroyed"
    with pytest.raises(UnknownNameError, match="did you mean 'mails'"):
        remove(kept, keyring, "mail")


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("Mails", {"key": "a"}, "no name of a hook"),
        ("mails", {}, r"post needs key: what it signs with; give it by --set key="),
        ("mails", {"key": "a", "persn": "b"}, "post takes no 'persn'; did you mean 'person'"),
        ("mails", {"key": "bad"}, "that is bad"),
        ("mails", {"key": "a" * (limits.HOOK_SETTING_CHARACTERS + 1)}, "more than 65,536 char"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_kept(
    kept: SqliteHooks, keyring: SqliteKeyring, name: str, given: dict[str, str], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        create(kept, keyring, os.urandom, 5, name, PROVIDER, given)
    assert kept.hooks() == {}


def test_a_name_is_taken_once_and_there_are_not_too_many(
    kept: SqliteHooks, keyring: SqliteKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(kept, keyring, os.urandom, 5, "a", PROVIDER, {"key": "a"})
    with pytest.raises(InputError, match="there is a hook a already"):
        create(kept, keyring, os.urandom, 5, "a", PROVIDER, {"key": "a"})
    monkeypatch.setattr(limits, "HOOKS", 1)
    with pytest.raises(InputError, match="at most 1 hooks"):
        create(kept, keyring, os.urandom, 5, "b", PROVIDER, {"key": "a"})


def changed(
    kept: SqliteHooks,
    keyring: SqliteKeyring,
    given: dict[str, str],
    name: str = "mails",
    provider: Provider = PROVIDER,
    *,
    at_us: int = 100,
    renew: bool = False,
    overlap_us: int = 50,
) -> tuple[Hook, dict[str, str]]:
    return change(
        kept,
        keyring,
        os.urandom,
        at_us,
        name,
        provider,
        given,
        renew=renew,
        overlap_us=overlap_us,
    )


def keys_at(kept: SqliteHooks, keyring: SqliteKeyring, now_us: int) -> list[str]:
    """What may sign for the hook, the newest first."""
    return [one["key"] for one in opened(kept, keyring, "post", "mails", now_us)]


def test_a_changed_hook_keeps_what_was_not_given(kept: SqliteHooks, keyring: SqliteKeyring) -> None:
    _, made = create(kept, keyring, os.urandom, 5, "mails", PROVIDER, {"key": "k1"})
    hook, again = changed(kept, keyring, {"key": "k2", "person": "id"})
    assert (hook.settings, hook.created_us, again) == ({"person": "id"}, 5, {})
    found = opened(kept, keyring, "post", "mails", 200)
    assert found == [{"key": "k2", "token": made["token"], "person": "id"}]
    _, anew = changed(kept, keyring, {}, renew=True)
    assert list(anew) == ["token"] and anew != made
    found = opened(kept, keyring, "post", "mails", 200)
    assert found == [{"key": "k2", "token": anew["token"], "person": "id"}]


OLD = "the signing key of before"  # too long to stand in sealed bytes by chance


def test_old_secrets_are_good_for_a_while_beside_new_ones(
    kept: SqliteHooks, keyring: SqliteKeyring
) -> None:
    _, made = create(kept, keyring, os.urandom, 5, "mails", PROVIDER, {"key": OLD})
    changed(kept, keyring, {"key": "k2"}, at_us=100)
    assert OLD.encode() not in kept.hooks()["mails"].sealed
    assert (keys_at(kept, keyring, 149), keys_at(kept, keyring, 150)) == (["k2", OLD], ["k2"])
    changed(kept, keyring, {"person": "id"}, at_us=120)
    found = opened(kept, keyring, "post", "mails", 149)
    was = {"key": OLD, "token": made["token"], "person": "id"}
    assert found == [{**was, "key": "k2"}, was], "another setting changes nothing of that"
    changed(kept, keyring, {"key": "k3"}, at_us=130)
    assert (keys_at(kept, keyring, 179), keys_at(kept, keyring, 180)) == (["k3", "k2"], ["k3"])
    changed(kept, keyring, {"key": "k4"}, at_us=140, overlap_us=0)
    assert keys_at(kept, keyring, 140) == ["k4"]
    changed(kept, keyring, {"key": "k5"}, at_us=150)
    changed(kept, keyring, {"person": "id"}, at_us=160, overlap_us=0)
    assert keys_at(kept, keyring, 160) == ["k5"]


def test_a_public_key_too_is_good_for_a_while_beside_the_new_one(
    kept: SqliteHooks, keyring: SqliteKeyring
) -> None:
    public = replace(PROVIDER, fields=(Field("key", "what it is known by"), *PROVIDER.fields[2:]))
    create(kept, keyring, os.urandom, 5, "mails", public, {"key": "k1"})
    changed(kept, keyring, {"key": "k2"}, provider=public)
    assert keys_at(kept, keyring, 149) == ["k2", "k1"]


def test_a_hook_from_before_secrets_overlapped_is_opened_and_changed(
    kept: SqliteHooks, keyring: SqliteKeyring
) -> None:
    name = blake2b(b"inbound hook mails", digest_size=HASH_BYTES).digest()
    key = keyring.made([name])[name]
    sealed = seal(key, os.urandom(NONCE_BYTES), b'{"key":"k1","token":"t"}', b"mails")
    kept.add_hook(SealedHook(Hook("mails", "post", {"person": "id"}, 5), sealed))
    found = opened(kept, keyring, "post", "mails", 9)
    assert found == [{"key": "k1", "token": "t", "person": "id"}]
    changed(kept, keyring, {"key": "k2"})
    assert keys_at(kept, keyring, 149) == ["k2", "k1"]


def test_a_change_that_cannot_be_made_leaves_a_hook_as_it_was(
    kept: SqliteHooks, keyring: SqliteKeyring
) -> None:
    create(kept, keyring, os.urandom, 5, "mails", PROVIDER, {"key": "k1"})
    before = opened(kept, keyring, "post", "mails", 9)
    asked = [({"key": "bad"}, False, "that is bad"), ({"keys": "k2"}, False, "did you mean 'key'")]
    for given, renew, says in [*asked, ({}, False, "say what is to change")]:
        with pytest.raises(InputError, match=says):
            changed(kept, keyring, given, renew=renew)
    with pytest.raises(UnknownNameError, match="did you mean 'mails'"):
        changed(kept, keyring, {"key": "k2"}, "mail")
    assert opened(kept, keyring, "post", "mails", 9) == before
    with SqliteKeyring(None) as another, pytest.raises(InputError, match="are lost"):
        changed(kept, another, {"key": "k2"})
    fixed = replace(PROVIDER, fields=PROVIDER.fields[:1])
    with pytest.raises(InputError, match="nothing is made up for a hook of post"):
        changed(kept, keyring, {}, provider=fixed, renew=True)
