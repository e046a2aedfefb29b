"""Whoever asks, in whatever thread, is told of the purposes that are published."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.language.purposes import READY, table_of
from tailorbird.ports import Version
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
    end = time.monotonic() + 60
    while list(purposes()) != ["ads"]:
        assert time.monotonic() < end
        time.sleep(0.05)
