"""A disk that fills: what is refused before writes fail, what still works, and that it goes on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from tests.runtimes.test_moving import metric
from tests.served import Server, served

from tailorbird.edges.disks import free_bytes
from tailorbird.runtimes.room import MEGABYTE, Room

LEAST, RESERVE = 100 * MEGABYTE, 4 * MEGABYTE


class Small:
    """A disk with so much room for use; what the reserve holds comes off it."""

    def __init__(self, room: int) -> None:
        self.room = room

    def free(self, folder: Path) -> int:
        path = folder / "reserve"
        return self.room - (path.stat().st_size if path.exists() else 0)


def test_the_reserve_is_let_go_of_when_the_disk_is_full_and_held_again_later(
    tmp_path: Path,
) -> None:
    disk = Small(1_000 * MEGABYTE)
    room = Room(tmp_path, LEAST, RESERVE, disk.free)
    assert room.look() == (996 * MEGABYTE, RESERVE)
    assert room.refusal() == ""
    disk.room = LEAST + RESERVE - 1  # held as ever, and yet too little
    assert room.look().reserve_bytes == RESERVE
    assert "the disk has 100 MB left" in room.refusal()
    disk.room = LEAST // 8 + RESERVE - 1
    assert room.look().reserve_bytes == 0
    assert room.refusal()
    disk.room = LEAST + RESERVE - 1  # with what was let go of there would be enough
    assert room.look().reserve_bytes == 0
    assert room.refusal()
    disk.room = LEAST + RESERVE
    assert room.look().reserve_bytes == RESERVE
    assert room.refusal() == ""


def test_without_limits_nothing_is_held_or_refused(tmp_path: Path) -> None:
    room = Room(tmp_path, 0, 0, lambda _folder: 0)
    room.look()
    assert room.refusal() == ""
    assert list(tmp_path.iterdir()) == []


def test_a_disk_too_small_for_the_reserve_is_told_as_such(tmp_path: Path) -> None:
    room = Room(tmp_path, LEAST, 2**60, lambda _folder: 300 * MEGABYTE)
    assert room.look() == (0, 0)
    assert "0 MB left" in room.refusal()


# A real one


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a right that is absent: to mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> None:
    """Take all room but so much."""
    with (disk / "filler").open("ab") as filler:
        while free_bytes(disk) > left:
            filler.write(bytes(min(free_bytes(disk) - left, MEGABYTE) // 4096 * 4096 or 1))
            filler.flush()


def refused(server: Server, who: str) -> str:
    """Why an event is refused; empty when it is accepted."""
    try:
        assert server.send(who, f"{who} buys")["results"][0]["status"] in ("accepted", "duplicate")
    except HTTPError as error:
        with error:
            assert (error.code, error.headers["retry-after"]) == (503, "5")
            return str(json.load(error)["error"])
    return ""


def test_accepting_ends_before_the_disk_is_full_and_goes_on_by_itself(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAILORBIRD_RESERVE", "4MB")
    monkeypatch.setenv("TAILORBIRD_LEAST_ROOM", "8MB")
    with served(disk) as server:
        assert refused(server, "ann") == ""
        server.until(lambda: metric(server, "disk_reserve_bytes") == 4_000_000)
        fill(disk, 7 * MEGABYTE)
        server.until(lambda: refused(server, "bob"))
        assert "MB left for use" in refused(server, "bob")
        ready = server.get("/ready")
        assert metric(server, "accepting") == 0 and ready["accepts"] is False
        assert "send again when room was made" in ready["reason"]
        assert server.profile("ann", 1)["segments"] == ["buyers"]
        fill(disk, 0)
        server.until(lambda: not (disk / "shop/data/reserve").exists())
        server.until(lambda: metric(server, "disk_reserve_bytes") == 0)
        (disk / "filler").unlink()
        server.until(lambda: not refused(server, "bob"))
        server.until(lambda: metric(server, "disk_reserve_bytes") == 4_000_000)
        assert server.profile("bob", 2)["segments"] == ["buyers"]
        ready = server.get("/ready")
        assert ready["accepts"] is True and not ready["reason"]


def test_nothing_accepted_is_lost_on_a_disk_that_really_is_full(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAILORBIRD_RESERVE", "4MB")
    monkeypatch.setenv("TAILORBIRD_LEAST_ROOM", "0")
    with served(disk) as server:
        server.until(lambda: metric(server, "disk_reserve_bytes") == 4_000_000)
        accepted, told = [], ""
        while "the disk is full" not in told:
            fill(disk, 0)  # also what the reserve gives back
            who = f"p{len(accepted)}"
            told = refused(server, who)
            if not told:
                accepted.append(who)
        (disk / "filler").unlink()
        server.until(lambda: not refused(server, "after"))
        end = server.get("/health")["log_position"]
        server.until(lambda: server.get("/ready")["live_position"] == end)
        assert end == len(accepted) + 1
        for who in accepted:
            assert server.send(who, f"{who} buys")["results"][0]["status"] == "duplicate"
            assert server.profile(who, end)["segments"] == ["buyers"]
