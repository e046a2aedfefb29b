"""Frames, questions and answers between two processes."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tailorbird.edges.local_socket import GoneError, Link, answer, connect, listen, receive, send
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.ports.log import NotWritableError


def refuse() -> None:
    raise NotWritableError("the disk is full", is_lasting=True)


ANSWERS: dict[str, Any] = {
    "double": lambda number: 2 * number,
    "count": lambda most: iter(range(most)),
    "refuse": refuse,
    "fail": lambda: 1 // 0,
}


@pytest.fixture
def link() -> Iterator[Link]:
    ours, theirs = socket.socketpair()
    threading.Thread(target=answer, args=(theirs, ANSWERS), daemon=True).start()
    made = Link(ours)
    yield made
    made.close()
    theirs.close()


def test_a_question_gets_its_answer_and_a_long_one_in_parts(link: Link) -> None:
    assert link.ask("double", 4) == 8
    assert list(link.ask_parts("count", 3)) == [0, 1, 2]
    assert link.ask("double", 5) == 10


def test_what_goes_wrong_there_is_raised_here_and_the_next_question_is_answered(link: Link) -> None:
    with pytest.raises(NotWritableError, match="disk is full") as told:
        link.ask("refuse")
    assert told.value.is_lasting
    with pytest.raises(TailorbirdError, match="ZeroDivisionError"):
        link.ask("fail")
    assert link.ask("double", 1) == 2


def test_a_frame_longer_than_allowed_is_refused_before_it_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(struct.pack(">I", 1_000))
        with pytest.raises(InputError, match="at most 100"):
            receive(theirs, most=100)


def test_an_end_that_is_gone_is_told_also_in_the_middle_of_a_frame() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.sendall(struct.pack(">I", 10) + b"abc")
        ours.close()
        with pytest.raises(GoneError):
            receive(theirs)


def test_open_files_travel_beside_a_frame() -> None:
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    with ours, theirs:
        send(ours, ["a"], [writing])
        os.close(writing)
        value, files = receive(theirs, files=1)
    os.write(files[0], b"hello")
    os.close(files[0])
    assert (value, os.read(reading, 10)) == (["a"], b"hello")
    os.close(reading)


def test_a_socket_is_its_user_s_alone_however_long_its_path(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    path = folder / "server.sock"
    assert connect(path) is None
    with listen(path) as listening:
        assert path.stat().st_mode & 0o777 == 0o600
        link = connect(path)
        assert link is not None
        with link, listening.accept()[0] as accepted:
            send(link, 5)
            assert receive(accepted) == 5
    assert connect(path) is None
