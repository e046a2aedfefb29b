from __future__ import annotations

import os
from pathlib import Path

import pytest

from tailorbird.edges.streams import file_tail
from tailorbird.edges.streams.file_tail import FileTail
from tailorbird.edges.streams.finding import open_stream
from tailorbird.events.addresses import address_of
from tailorbird.kernel.errors import InputError, UnknownNameError


class Follower:
    """Opens a file anew for each step, as if the program had ended meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place: str | None = None
        self.ids: list[str] = []

    def open(self) -> FileTail:
        return FileTail(address_of(f"file:///{self.path}", {}), self.place)

    def step(self) -> list[str]:
        opened = self.open()
        records = list(opened.records())
        self.place = opened.place
        self.ids += [record.id for record in records]
        assert not opened.has_more
        return [record.raw.decode() for record in records]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app[1].log"
    path.write_text("")
    return path


def add(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


def test_lines_come_once_and_only_when_they_are_whole(log: Path) -> None:
    follower = Follower(log)
    assert not follower.open().has_more or follower.step() == []
    add(log, "a\nb\r\nc")
    assert follower.open().has_more
    assert follower.step() == ["a", "b"]
    assert follower.step() == []
    add(log, "d\n\n")
    assert follower.step() == ["cd", ""]
    assert len(set(follower.ids)) == 4


def test_what_was_read_and_not_noted_is_read_again_with_the_same_ids(log: Path) -> None:
    add(log, "a\na\nb\n")
    follower = Follower(log)
    first = [record.id for record in follower.open().records()]
    follower.step()
    assert follower.ids == first and len(set(first)) == 3


def test_the_rest_of_a_file_that_was_moved_comes_before_the_next_one(log: Path) -> None:
    follower = Follower(log)
    add(log, "a\n")
    follower.step()
    add(log, "b\nc")
    log.rename(log.with_name("app[1].log.1"))
    assert follower.open().has_more is False, "the next one is not there yet"
    add(log, "d\n")
    assert follower.open().has_more
    assert follower.step() == ["b", "c", "d"]
    add(log, "e\n")
    assert follower.step() == ["e"]
    assert len(set(follower.ids)) == 5


def test_a_file_whose_former_is_gone_is_read_from_its_beginning(log: Path) -> None:
    follower = Follower(log)
    add(log, "a\nb\n")
    follower.step()
    other = log.with_name("new")
    other.write_text("c\n")
    other.replace(log)
    assert follower.step() == ["c"]


@pytest.mark.parametrize("again", ["x\n", "longer than before\nand more\n"])
def test_a_file_that_was_cut_is_read_from_its_beginning(log: Path, again: str) -> None:
    follower = Follower(log)
    add(log, "first\nsecond\n")
    follower.step()
    os.truncate(log, 0)
    add(log, again)
    assert follower.step() == again.splitlines()
    assert len(set(follower.ids)) == 2 + len(again.splitlines())


def test_equal_lines_at_equal_places_are_different_records_after_a_cut(log: Path) -> None:
    follower = Follower(log)
    add(log, "a\n")
    follower.step()
    os.truncate(log, 0)
    follower.step()
    add(log, "a\n")
    assert follower.step() == ["a"]
    assert len(set(follower.ids)) == 2


def test_a_line_that_is_too_long_is_told_once_and_the_next_is_read(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_tail, "LINE_BYTES", 10)
    monkeypatch.setattr(file_tail, "_BLOCK_BYTES", 8)
    follower = Follower(log)
    add(log, "a\n" + "x" * 40)
    told = follower.step()
    assert told[0] == "a" and len(told) == 2 and len(told[1]) > 10
    add(log, "x" * 30 + "\nb\n")
    assert follower.step() == ["b"]


def test_a_step_ends_after_so_much_and_the_next_goes_on(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_tail, "STEP_BYTES", 16)
    monkeypatch.setattr(file_tail, "_BLOCK_BYTES", 8)
    lines = [f"{number:05}" for number in range(20)]
    add(log, "".join(f"{line}\n" for line in lines))
    log.rename(log.with_name("app[1].log.1"))
    add(log, "new\n")
    follower = Follower(log.with_name("app[1].log.1"))
    opened = follower.open()
    first = list(opened.records())
    assert 0 < len(first) < 20
    follower.path, follower.place = log, opened.place
    found = [record.raw.decode() for record in first]
    for _ in range(20):
        opened = follower.open()
        found += [record.raw.decode() for record in opened.records()]
        follower.place = opened.place
    assert found == [*lines, "new"]


def test_a_byte_order_mark_is_no_part_of_the_first_line(log: Path) -> None:
    log.write_bytes(b"\xef\xbb\xbfa\nb\n")
    follower = Follower(log)
    assert follower.step() == ["a", "b"]


def test_an_unknown_kind_of_stream_names_those_that_are_known() -> None:
    assert isinstance(open_stream(address_of("file:///a", {}), None), FileTail)
    with pytest.raises(UnknownNameError, match="no kind of stream 'fil'; did you mean 'file'"):
        open_stream(address_of("fil:///a", {}), None)
    with pytest.raises(InputError, match="this is no place in a file"):
        open_stream(address_of("file:///a", {}), "nowhere")


def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    stream = FileTail(address_of(f"file:///{tmp_path}", {}), None)
    assert stream.has_more, "reading it tells"
    with pytest.raises(InputError, match="cannot be read"):
        list(stream.records())
    gone = FileTail(address_of(f"file:///{tmp_path}/gone", {}), None)
    assert (gone.has_more, list(gone.records())) == (False, [])
