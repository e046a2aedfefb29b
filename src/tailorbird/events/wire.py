"""Bodies of requests to the messages in them, whatever their headers say that they are."""

from __future__ import annotations

import zlib
from typing import Any, Final, NamedTuple

import msgspec

from tailorbird.events.json_values import fault_of_json
from tailorbird.kernel import limits
from tailorbird.kernel.values import Value, read_json

_GZIP: Final = b"\x1f\x8b"
_ZLIB: Final = frozenset({b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"})


class UnreadableError(Exception):
    """A body that holds no messages; its text says why."""


class TooLargeError(UnreadableError):
    """A body beyond a limit."""


class Body(NamedTuple):
    """What a request says."""

    messages: list[tuple[Value, str | None]]
    """Each message, or what stands in its place, and why it cannot be stored."""
    shared: dict[str, Any]
    """What is said once for all messages."""


class _Split(msgspec.Struct):
    batch: list[msgspec.Raw]


_split: Final = msgspec.json.Decoder(_Split).decode
_head: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def unpacked(data: bytes) -> bytes:
    """The text of a body that may be packed by gzip or zlib, told by its first bytes.

    Raises `UnreadableError`; `TooLargeError` before more is unpacked than a body may have.

    >>> unpacked(zlib.compress(b"{}")), unpacked(b"{}")
    (b'{}', b'{}')
    """
    if data[:2] != _GZIP and data[:2] not in _ZLIB:
        return data
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        text = unpacker.decompress(data, limits.BODY_BYTES + 1)
    except zlib.error as error:
        raise UnreadableError(f"the body looks packed and cannot be unpacked: {error}") from error
    if len(text) > limits.BODY_BYTES:
        raise TooLargeError(f"the body is larger than {limits.BODY_BYTES} bytes when unpacked")
    if not unpacker.eof:
        raise UnreadableError("the packed body is cut off")
    return text


def read_batch(text: bytes) -> Body:
    """The messages of an object with a list ``batch``."""
    try:
        parts = _split(text).batch
        head = {
            key: read_json(bytes(value)) for key, value in _head(text).items() if key != "batch"
        }
    except msgspec.DecodeError:
        return _read_whole(text)
    _check_count(len(parts))
    return Body([_message(bytes(part)) for part in parts], head)


def read_single(text: bytes) -> Body:
    """The one message that a body is; what it says of itself counts for all of it."""
    message, fault = _message(text)
    if not isinstance(message, dict):
        raise UnreadableError(fault or "the body is no JSON object")
    return Body([(message, fault)], message)


def _read_whole(text: bytes) -> Body:
    """The same for JSON that is not strict, such as one with NaN."""
    body, _ = _message(text)
    batch = body.get("batch") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(batch, list):
        raise UnreadableError("the body is no JSON object with a list `batch`")
    _check_count(len(batch))
    written = text.decode("utf-8", "surrogatepass")
    head = {key: value for key, value in body.items() if key != "batch"}
    return Body([(one, fault_of_json(written, one)) for one in batch], head)


def _message(text: bytes) -> tuple[Value, str | None]:
    try:
        value = read_json(text)
        return value, fault_of_json(text.decode("utf-8", "surrogatepass"), value)
    except RecursionError:
        return None, f"JSON nested deeper than {limits.FACT_DEPTH}"
    except (ValueError, UnicodeError) as error:
        return None, f"no JSON: {error}"


def _check_count(count: int) -> None:
    if count > limits.BATCH_ITEMS:
        raise TooLargeError(f"{count} messages in one body; at most {limits.BATCH_ITEMS} go")
