"""Talk between processes of one machine: frames of msgpack over a local socket.

A frame is its length in four bytes and then a value. One side asks, the other answers; an answer
may come in parts. A command's own streams travel as open files beside a frame.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final

import msgspec

from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.ports.log import NotWritableError

FRAME_BYTES: Final = 256 * 1024 * 1024
"""No frame is longer."""
_LENGTH: Final = struct.Struct(">I")
_PATH_BYTES: Final = 100
"""Longer paths do not fit into a socket's address and are reached through their folder."""


class GoneError(TailorbirdError):
    """The process at the other end has ended."""

    retryable = True

    def __init__(self) -> None:
        super().__init__("the other process has ended; try again")


def send(link: socket.socket, value: object, files: Sequence[int] = ()) -> None:
    """Send one frame, and open files beside it."""
    body = msgspec.msgpack.encode(value)
    if len(body) > FRAME_BYTES:
        raise InputError(f"a frame of {len(body):,} bytes; at most {FRAME_BYTES:,} fit")
    try:
        if files:
            socket.send_fds(link, [_LENGTH.pack(len(body))], list(files))
        else:
            link.sendall(_LENGTH.pack(len(body)))
        link.sendall(body)
    except OSError as error:
        raise GoneError from error


def receive(link: socket.socket, *, files: int = 0, most: int = FRAME_BYTES) -> Any:
    """The next frame's value; with ``files`` a pair of it and so many open files."""
    opened: list[int] = []
    try:
        if files:
            head, opened, *_ = socket.recv_fds(link, _LENGTH.size, files)
            head += _exactly(link, _LENGTH.size - len(head)) if head else b""
        else:
            head = _exactly(link, _LENGTH.size)
        if len(head) < _LENGTH.size:
            raise GoneError
        (length,) = _LENGTH.unpack(head)
        if length > most:
            raise InputError(f"a frame of {length:,} bytes; at most {most:,} are taken")
        value = msgspec.msgpack.decode(_exactly(link, length))
    except BaseException as error:
        for handle in opened:
            os.close(handle)
        if isinstance(error, OSError):
            raise GoneError from error
        raise
    return (value, opened) if files else value


def _exactly(link: socket.socket, length: int) -> bytes:
    parts: list[bytes] = []
    while length:
        part = link.recv(min(length, 1 << 20))
        if not part:
            raise GoneError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


# Sockets with a name


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The path as an address, whatever its length."""
    if len(os.fsencode(path)) <= _PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def listen(path: Path) -> socket.socket:
    """A socket that only this user can connect to; what was there before is replaced."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        with _address(path) as address:
            listening.bind(address)
    finally:
        os.umask(before)
    listening.listen(64)
    return listening


def connect(path: Path) -> socket.socket | None:
    """A connection to whoever listens there; None when nobody does."""
    link = socket.socket(socket.AF_UNIX)
    try:
        with _address(path) as address:
            link.connect(address)
    except OSError:
        link.close()
        return None
    return link


# Asking and answering


class Link:
    """One end of a connection that asks; threads may share it, one asks at a time."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._lock = Lock()

    def ask(self, what: str, *given: object) -> Any:
        """The answer to a question; raises what the other side raised, or `GoneError`."""
        with self._lock:
            send(self._link, [what, given])
            kind, value = receive(self._link)
        return _told(kind, value)

    def ask_parts(self, what: str, *given: object) -> Iterator[Any]:
        """An answer part by part; nobody else may ask until all parts were read."""
        with self._lock:
            send(self._link, [what, given])
            while True:
                kind, value = receive(self._link)
                if kind == "end":
                    return
                try:
                    yield _told(kind, value)
                except GeneratorExit:
                    self.close()  # the rest would be taken for the next answer
                    raise

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)
        self._link.close()


def _told(kind: str, value: Any) -> Any:
    if kind == "answer":
        return value
    if kind == "not_writable":
        raise NotWritableError(value[0], is_lasting=value[1])
    if kind == "input":
        raise InputError(value)
    raise TailorbirdError(value)


Answer = Callable[..., Any]


def answer(link: socket.socket, answers: Mapping[str, Answer]) -> None:
    """Answer what the other end asks, until it is gone; iterators are answered part by part."""
    while True:
        try:
            what, given = receive(link)
        except GoneError:
            return
        try:
            _answer(link, answers[what](*given))
        except GoneError:
            return
        except NotWritableError as error:
            _refuse(link, "not_writable", [str(error), error.is_lasting])
        except InputError as error:
            _refuse(link, "input", str(error))
        except Exception as error:
            _refuse(link, "error", f"{type(error).__name__}: {error}")


def _answer(link: socket.socket, given: Any) -> None:
    if not isinstance(given, Iterator):
        send(link, ["answer", given])
        return
    for part in given:
        send(link, ["answer", part])
    send(link, ["end", None])


def _refuse(link: socket.socket, kind: str, value: object) -> None:
    with suppress(GoneError):
        send(link, [kind, value])
