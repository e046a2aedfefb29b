"""Nobody reads a message between its making and its sending, and it dies with its person's key."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tailorbird.delivery.outbox import Message
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.flow.sealed_messages import SealedMessages

MESSAGE = Message("msg_1", "crm", "canary-ann", "segment.left", b'{"person":"canary-ann"}')


@pytest.fixture
def keyring() -> Iterator[SqliteKeyring]:
    with SqliteKeyring(None) as opened:
        yield opened


def test_what_is_stored_names_nobody_and_opens_to_what_it_was(keyring: SqliteKeyring) -> None:
    sealing = SealedMessages(keyring, os.urandom)
    given = [MESSAGE, MESSAGE._replace(subject="bob\ud800", endpoint="shop"), MESSAGE]
    sealed = sealing.sealed(given)
    assert b"canary" not in repr(sealed).encode() and all(one.is_sealed for one in sealed)
    assert [sealing.opened(one) for one in sealed] == given
    assert sealed[0].subject == sealed[2].subject != sealed[1].subject
    assert sealed[0].body != sealed[2].body
    assert sealing.mark_of(sealed[0]) == sealing.mark_of(MESSAGE) == keyring.hash_of("canary-ann")
    assert sealing.opened(MESSAGE) == MESSAGE, "one of the time before there were seals"
    assert sealing.sealed([]) == []


def test_an_erased_persons_message_opens_no_more(keyring: SqliteKeyring) -> None:
    sealing = SealedMessages(keyring, os.urandom)
    (sealed,) = sealing.sealed([MESSAGE])
    keyring.destroy([keyring.hash_of("canary-ann")])
    assert sealing.opened(sealed) is None
    sealing.sealed([MESSAGE])  # she has another key now
    assert sealing.opened(sealed) is None


def test_a_message_cannot_be_made_another_ones(keyring: SqliteKeyring) -> None:
    sealing = SealedMessages(keyring, os.urandom)
    ann, bob = sealing.sealed([MESSAGE, MESSAGE._replace(subject="bob")])
    assert sealing.opened(ann._replace(endpoint="other")) is None
    assert sealing.opened(ann._replace(subject=bob.subject)) is None
    assert sealing.opened(ann._replace(body=b"")) is None
