"""A restoration makes the same project again, or touches nothing and says why."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from tests.runtimes.test_backups import accept, files, opened

from tailorbird.edges.backups.contents import write_contents
from tailorbird.edges.backups.folder import BackupFolder
from tailorbird.kernel.errors import InputError
from tailorbird.ports.log import LogChunk
from tailorbird.ports.registry import Version
from tailorbird.runtimes.backups import back_up, copy_keys
from tailorbird.runtimes.project import Project
from tailorbird.runtimes.restoring import restore


class Copies:
    """The copies of a project that is gone."""

    def __init__(self, top: Path) -> None:
        self.backup, self.keys, self.old_keys = (top / name for name in ("b", "keys", "old.keys"))
        for project in opened(top / "shop"):
            accept(project, "ann", "bob")
            project.keyring.destroy([project.keyring.hash_of("bob")])
            copy_keys(project, self.old_keys)
            accept(project, "ann", "cid", "dee", "dee")
            project.registry.add(None, Version(0, 5, 6, {"a.yaml": "# a"}, {}, {}, ""))
            back_up(project, self.backup)
            copy_keys(project, self.keys)
            self.chunk = project.log.read(0, 100)
            self.secret = project.keyring.secret_for(b"backup")
        for other in opened(top / "other"):
            accept(other, "ann")
            copy_keys(other, top / "other.keys")
        self.other_keys = top / "other.keys"


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path)


def log_of(folder: Path) -> LogChunk:
    with Project(folder) as project:
        return project.log.read(0, 100)


def test_log_registry_settings_and_definitions_are_as_they_were(
    copies: Copies, tmp_path: Path
) -> None:
    done = restore(copies.backup, tmp_path / "new", copies.keys)
    assert log_of(tmp_path / "new") == copies.chunk
    assert done.definitions == ["a.yaml"]
    assert (tmp_path / "new" / "definitions" / "a.yaml").read_text() == "# a"
    with Project(tmp_path / "new") as project:
        newest = project.registry.newest()
        assert newest is not None
        assert newest.files == {"a.yaml": "# a"}
        accept(project, "ann")
        assert project.log.end_position == copies.chunk.next_position + 1
        back_up(project, copies.backup)


def test_a_checkout_of_definitions_keeps_its_files(copies: Copies, tmp_path: Path) -> None:
    into = tmp_path / "checkout"
    (into / "definitions").mkdir(parents=True)
    (into / "definitions" / "a.yaml").write_text("# newer")
    (into / "tailorbird.yaml").write_text("data: elsewhere\n")
    (into / "elsewhere").mkdir()
    done = restore(copies.backup, into, copies.keys)
    assert done.data == into / "elsewhere"
    assert (into / "definitions" / "a.yaml").read_text() == "# newer"
    assert sorted(p.name for p in done.data.iterdir()) == [
        "keys.sqlite", "log.sqlite", "registry.sqlite"
    ]  # fmt: skip
    assert log_of(into) == copies.chunk


def refused(copies: Copies, into: Path, keys: Path | None, match: str) -> None:
    """A restoration that is refused leaves no trace."""
    there = into.exists()
    before = files(into) if there else {}
    with pytest.raises(InputError, match=match):
        restore(copies.backup, into, keys)
    assert into.exists() == there
    assert (files(into) if there else {}) == before


def test_without_the_keys_it_says_which_copy_is_missing(copies: Copies, tmp_path: Path) -> None:
    contents = BackupFolder(copies.backup).contents()
    assert contents is not None
    which = contents.log.keyring.hex()[:16]
    for keys, reason in (
        (None, which),
        (copies.other_keys, which),
        (tmp_path / "absent.keys", r"absent\.keys cannot be read"),
        (copies.backup / "backup.json", "is no copy of keys"),
    ):
        refused(copies, tmp_path / "new", keys, reason)


def test_an_older_copy_of_the_keys_tells_how_many_would_be_lost(
    copies: Copies, tmp_path: Path
) -> None:
    refused(copies, tmp_path / "new", copies.old_keys, "2 of its subjects .* 3 facts")
    done = restore(copies.backup, tmp_path / "new", copies.old_keys, accept_loss=True)
    assert done.unreadable == (2, 3)
    found = log_of(tmp_path / "new")
    assert list(found.columns.subject) == ["ann", "ann"]
    with Project(tmp_path / "new") as project:
        accept(project, "cid")
        assert list(project.log.read(0, 100).columns.subject) == ["ann", "ann", "cid"]


def test_every_damaged_file_of_a_backup_is_named(copies: Copies, tmp_path: Path) -> None:
    for path in sorted(copies.backup.rglob("*")):
        if not path.is_file() or path.name == "backup.lock":
            continue
        sound = path.read_bytes()
        if not sound:
            continue
        for harmed in (sound[:-3], bytes([sound[0] ^ 1]) + sound[1:]):
            path.write_bytes(harmed)
            refused(copies, tmp_path / "new", copies.keys, path.name)
        path.unlink()
        refused(copies, tmp_path / "new", copies.keys, path.name)
        path.write_bytes(sound)
    restore(copies.backup, tmp_path / "new", copies.keys)


def test_a_damaged_copy_of_the_keys_is_named(copies: Copies, tmp_path: Path) -> None:
    copies.keys.write_bytes(copies.keys.read_bytes()[:-1] + b"x")
    refused(copies, tmp_path / "new", copies.keys, "keys .* is damaged")


def test_a_newer_backup_is_refused(copies: Copies, tmp_path: Path) -> None:
    path = copies.backup / "backup.json"
    sound = path.read_bytes()
    path.write_text(json.dumps(json.loads(sound) | {"form": 2}))
    refused(copies, tmp_path / "new", copies.keys, "newer version")
    path.write_bytes(sound)
    newer_registry(copies)
    refused(copies, tmp_path / "new", copies.keys, "newer version")


def newer_registry(copies: Copies) -> None:
    backup = copies.backup
    folder = BackupFolder(backup)
    contents = folder.contents()
    assert contents is not None
    path = backup / contents.registry.file
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()
    data = path.read_bytes()
    copy = contents.registry._replace(bytes=len(data), sha256=sha256(data).hexdigest())
    newer = contents._replace(registry=copy).sealed(copies.secret)
    (backup / "backup.json").write_bytes(write_contents(newer))


def test_a_place_with_data_is_not_touched(copies: Copies, tmp_path: Path) -> None:
    refused(copies, tmp_path / "shop", copies.keys, "already")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    refused(copies, tmp_path / "full", copies.keys, "not empty")
    refused(copies, tmp_path / "full" / "letter.txt", copies.keys, "is no folder")


def test_what_was_left_behind_by_a_kill_is_no_obstacle(copies: Copies, tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    (data / ".restoring").mkdir(parents=True)
    (data / ".restoring" / "log.sqlite").write_text("half")
    (tmp_path / "new" / "tailorbird.yaml").write_text("")
    restore(copies.backup, tmp_path / "new", copies.keys)
    assert log_of(tmp_path / "new") == copies.chunk
    assert not (data / ".restoring").exists()


def test_a_folder_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no backup"):
        restore(tmp_path, tmp_path / "new", None)
    assert list(tmp_path.iterdir()) == []


def test_a_project_in_which_nothing_has_happened_needs_no_keys(tmp_path: Path) -> None:
    for project in opened(tmp_path / "shop"):
        back_up(project, tmp_path / "b")
    done = restore(tmp_path / "b", tmp_path / "new", None)
    assert done.contents.log.end_position == 0
    with Project(tmp_path / "new") as made:
        accept(made, "ann")
        assert made.log.end_position == 1


def test_a_backup_that_somebody_else_changed_is_refused(copies: Copies, tmp_path: Path) -> None:
    """Whoever can write to the place of backups could else make herself a key."""
    folder = BackupFolder(copies.backup)
    contents = folder.contents()
    assert contents is not None
    path = copies.backup / contents.registry.file
    with closing(sqlite3.connect(path)) as registry, registry:
        registry.execute("CREATE TABLE planted (a)")
    planted = contents._replace(registry=folder.put("registry.sqlite", path.read_bytes()))
    (copies.backup / "backup.json").write_bytes(write_contents(planted))
    refused(copies, tmp_path / "new", copies.keys, "without the keys")


@pytest.mark.parametrize("kind", ["symlink", "pipe"])
def test_a_file_that_leads_elsewhere_is_not_read(copies: Copies, tmp_path: Path, kind: str) -> None:
    contents = BackupFolder(copies.backup).contents()
    assert contents is not None
    for copy in (contents.settings, contents.registry):
        path = copies.backup / copy.file
        data = path.read_bytes()
        path.unlink()
        if kind == "pipe":
            os.mkfifo(path)
        else:
            (tmp_path / "elsewhere").write_bytes(data)
            path.symlink_to(tmp_path / "elsewhere")
        refused(copies, tmp_path / "new", copies.keys, f"damaged: .*{copy.file}")
        path.unlink()
        path.write_bytes(data)


def test_data_outside_of_the_folder_have_to_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "tailorbird.yaml").write_text(f"data: {tmp_path / 'far' / 'data'}\n")
    with Project(tmp_path / "shop") as project:
        accept(project, "ann")
        back_up(project, tmp_path / "b")
        copy_keys(project, tmp_path / "keys")
    shutil.rmtree(tmp_path / "far")
    new = tmp_path / "new"
    with pytest.raises(InputError, match="outside of"):
        restore(tmp_path / "b", new, tmp_path / "keys")
    assert not new.exists() and not (tmp_path / "far").exists()
    new.mkdir()
    shutil.copy(tmp_path / "shop" / "tailorbird.yaml", new)
    restore(tmp_path / "b", new, tmp_path / "keys")
    assert (tmp_path / "far" / "data" / "log.sqlite").exists()


def test_only_the_user_can_look_into_what_was_restored(copies: Copies, tmp_path: Path) -> None:
    done = restore(copies.backup, tmp_path / "new", copies.keys)
    for folder in (done.data, copies.backup, tmp_path / "shop" / "data"):
        assert folder.stat().st_mode & 0o077 == 0
