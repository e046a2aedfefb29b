"""Backups grow by what is new, and are told from anything else that a folder may hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tailorbird.edges.backups.folder import BackupFolder
from tailorbird.edges.backups.keys_copy import read_keys
from tailorbird.edges.backups.parts import DamagedBackupError
from tailorbird.events.columns import columns_from_rows
from tailorbird.kernel.errors import InputError
from tailorbird.ports.registry import Version
from tailorbird.runtimes.backups import back_up, copy_keys
from tailorbird.runtimes.copies import read_copies
from tailorbird.runtimes.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    yield from opened(tmp_path / "shop")


def opened(folder: Path) -> Iterator[Project]:
    folder.mkdir()
    (folder / "tailorbird.yaml").write_text("zone: UTC\n")
    with Project(folder) as made:
        yield made


def accept(project: Project, *people: str) -> None:
    rows = [
        (who, 5, f"{who} {n}", "Seen", True, True, "web", None, None, None)
        for n, who in enumerate(people, project.log.end_position)
    ]
    project.log.append([columns_from_rows(rows)], 9)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_second_backup_writes_only_what_is_new(project: Project, tmp_path: Path) -> None:
    to = tmp_path / "backup"
    accept(project, "ann", "bob")
    assert back_up(project, to).new_facts == 2
    before = files(to / "log")
    accept(project, "cid")
    done = back_up(project, to)
    assert (done.new_facts, done.contents.log.end_position) == (1, 3)
    after = files(to / "log")
    assert before.items() < after.items()
    assert len(after) == len(before) + 1
    assert back_up(project, to).new_facts == 0
    assert files(to / "log") == after
    BackupFolder(to).verify(done.contents)


def test_there_is_one_registry_in_it_and_it_is_the_newest(project: Project, tmp_path: Path) -> None:
    to = tmp_path / "backup"
    for number in range(2):
        project.registry.add(number or None, Version(0, 5, 0, {"a.yaml": "#"}, {}, {}, ""))
        assert back_up(project, to).contents.version == number + 1
    assert len([name for name in files(to) if name.startswith("registry")]) == 1


def test_neither_keys_nor_people_are_in_a_backup(project: Project, tmp_path: Path) -> None:
    to = tmp_path / "backup"
    accept(project, "ann@example.com")
    back_up(project, to)
    with project.keyring.held() as (secret, _, records):
        keys = [secret, *(key for _, key in records)]
    written = b"".join(files(to).values())
    assert [key for key in [*keys, b"ann@example"] if key in written] == []


def test_an_interrupted_backup_is_still_the_one_before(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "backup"
    accept(project, "ann")
    first = back_up(project, to).contents
    accept(project, "bob")

    def fails(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(BackupFolder, "finish", fails)
        with pytest.raises(InputError, match="No space left"):
            back_up(project, to)
    folder = BackupFolder(to)
    assert folder.contents() == first
    folder.verify(first)
    done = back_up(project, to)
    folder.verify(done.contents)
    assert set(files(to / "log")) == {part.file for part in done.contents.parts}


def test_two_at_a_time_cannot_write_to_one_place(project: Project, tmp_path: Path) -> None:
    to = tmp_path / "backup"
    accept(project, "ann")
    with BackupFolder(to).writing(), pytest.raises(InputError, match="in use by process"):
        back_up(project, to)


def test_what_went_on_from_an_older_state_is_another_project(
    project: Project, tmp_path: Path
) -> None:
    to = tmp_path / "backup"
    accept(project, "ann")
    back_up(project, to)
    data = tmp_path / "shop" / "data"
    old = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}
    accept(project, "bob", "cid")
    back_up(project, to)
    project.close()
    for path in data.iterdir():
        path.unlink()
    for name, content in old.items():
        (data / name).write_bytes(content)
    before = files(to)
    with Project(tmp_path / "shop") as again:
        with pytest.raises(InputError, match="older state"):
            back_up(again, to)
        accept(again, "dee", "eva")
        with pytest.raises(InputError, match="older state"):
            back_up(again, to)
    assert files(to) == before


def test_a_place_with_something_else_is_refused(project: Project, tmp_path: Path) -> None:
    accept(project, "ann")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"not empty \(letter.txt\)"):
        back_up(project, tmp_path / "full")
    with pytest.raises(InputError, match="own data folder"):
        back_up(project, tmp_path / "shop" / "data" / "backup")
    with pytest.raises(InputError, match="cannot be written"):
        back_up(project, tmp_path / "full" / "letter.txt")
    back_up(project, tmp_path / "one")
    for other in opened(tmp_path / "other"):
        accept(other, "ann")
        with pytest.raises(InputError, match="another project"):
            back_up(other, tmp_path / "one")


def test_all_of_a_backup_is_read_again_when_that_is_asked(project: Project, tmp_path: Path) -> None:
    to = tmp_path / "backup"
    accept(project, "ann")
    part = back_up(project, to).contents.parts[0]
    accept(project, "bob")
    back_up(project, to)
    (to / "log" / part.file).write_bytes(b"rust")
    back_up(project, to)
    with pytest.raises(DamagedBackupError, match="bytes"):
        back_up(project, to, verify_all=True)


def test_keys_are_copied_in_place_of_the_copy_before(project: Project, tmp_path: Path) -> None:
    to = tmp_path / "safe" / "shop.keys"
    accept(project, "ann")
    assert copy_keys(project, to)[1:] == (1, 1)
    accept(project, "bob", "ann")
    assert copy_keys(project, to)[1:] == (2, 3)
    project.keyring.destroy([project.keyring.hash_of("ann")])
    assert copy_keys(project, to)[1:] == (1, 3)
    assert [subject for subject, _ in read_keys(to)[1]] == [project.keyring.hash_of("bob")]
    assert [path.name for path in (tmp_path / "safe").iterdir()] == ["shop.keys"]


def test_in_a_folder_the_copy_has_the_projects_name(project: Project, tmp_path: Path) -> None:
    (tmp_path / "safe").mkdir()
    accept(project, "ann")
    assert copy_keys(project, tmp_path / "safe").path == tmp_path / "safe" / "shop.keys"


def test_keys_and_backups_do_not_lie_together(project: Project, tmp_path: Path) -> None:
    accept(project, "ann")
    back_up(project, tmp_path / "backup")
    with pytest.raises(InputError, match="protects nobody"):
        copy_keys(project, tmp_path / "backup" / "shop.keys")
    with pytest.raises(InputError, match="own data folder"):
        copy_keys(project, tmp_path / "shop" / "data" / "copy.keys")
    copy_keys(project, tmp_path / "backup2" / "shop.keys")
    with pytest.raises(InputError, match="not empty"):
        back_up(project, tmp_path / "backup2")


def test_keys_never_take_the_place_of_another_file(project: Project, tmp_path: Path) -> None:
    accept(project, "ann")
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="is no copy of keys"):
        copy_keys(project, tmp_path / "letter.txt")
    copy_keys(project, tmp_path / "shop.keys")
    for other in opened(tmp_path / "other"):
        with pytest.raises(InputError, match="another project"):
            copy_keys(other, tmp_path / "shop.keys")


def test_the_project_knows_its_newest_copies(project: Project, tmp_path: Path) -> None:
    accept(project, "ann")
    back_up(project, tmp_path / "backup")
    copy_keys(project, tmp_path / "shop.keys")
    found = read_copies(project.data)
    assert found.backup is not None
    assert (found.backup.place, found.backup.position) == (str(tmp_path / "backup"), 1)
    assert found.keys is not None
    assert found.keys.place == str(tmp_path / "shop.keys")
