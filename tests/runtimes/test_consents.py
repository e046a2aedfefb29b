"""Whoever asks, in whatever thread, is told of the purposes that are published."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.patience import PATIENCE_S

from tailorbird.edges.local_socket import GoneError
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.events.columns import columns_of
from tailorbird.flow import consenting
from tailorbird.flow.consenting import Consents
from tailorbird.kernel.facts import Fact
from tailorbird.language.purposes import READY, table_of
from tailorbird.ports.log import LogChunk
from tailorbird.ports.registry import Version
from tailorbird.runtimes import consents
from tailorbird.runtimes.consents import PublishedPurposes


def publish(path: Path, number: int, text: str) -> None:
    version = Version(number, 0, 0, {"all.yaml": text}, {}, {}, "")
    with SqliteRegistry(path) as registry:
        registry.add(number - 1 or None, version)


def names(purposes: PublishedPurposes) -> list[str]:
    with ThreadPoolExecutor(3) as threads:
        found = [threads.submit(lambda: list(purposes())) for _ in range(9)]
        told = [one.result() for one in found]
    assert all(one == told[0] == list(purposes()) for one in told)
    return told[0]


def test_every_thread_is_told_of_the_newest_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "registry.sqlite"
    SqliteRegistry(path).close()
    monkeypatch.setattr(consents, "LOOK_SECONDS", 0.0)
    purposes = PublishedPurposes(path)
    assert names(purposes) == list(table_of(READY))
    publish(path, 1, "purposes: {ads: consent}")
    assert names(purposes) == ["ads"]
    publish(path, 2, "purposes: {ads: consent, mail: nothing}")
    assert names(purposes) == ["ads", "mail"]


def test_a_publication_is_noticed_after_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    SqliteRegistry(path).close()
    purposes = PublishedPurposes(path)
    purposes()
    publish(path, 1, "purposes: {ads: consent}")
    end = time.monotonic() + PATIENCE_S
    while list(purposes()) != ["ads"]:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_history_is_asked_until_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consenting, "FACTS", 2)
    asked = []

    def picked(position: int) -> Iterator[LogChunk]:
        asked.append(position)
        if len(asked) < 3:
            raise GoneError
        yield LogChunk(columns_of([]), [], 9)

    told = [columns_of([_seen(number)]) for number in range(10)]
    with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as log:
        log.append(told, 1)
        gate = Consents(log, SqliteConsents(None, keyring), dict, lambda: 1)
        asyncio.run(consents.catch_up(gate, picked))
        assert (asked, gate.position) == ([0, 2, 4], 10)


def _seen(number: int) -> Fact:
    return Fact("ann", 1, f"m{number}", "Seen", {}, {}, True, True, "web", 0, 1)
