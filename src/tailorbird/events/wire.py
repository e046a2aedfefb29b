"""Bodies of requests to the messages in them, whatever their headers say that they are."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from tailorbird.events.exact_json import read_stored
from tailorbird.events.json_values import fault_of_json
from tailorbird.events.refusals import Refusal
from tailorbird.kernel import limits
from tailorbird.kernel.values import Value, read_json, write_json

_GZIP: Final = b"\x1f\x8b"
_ZLIB: Final = frozenset({b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"})
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_BOM: Final = b"\xef\xbb\xbf"
_TOO_DEEP: Final = f"JSON nested deeper than {limits.FACT_DEPTH}"


class UnreadableError(Exception):
    """A body that holds no messages; its text says why."""


class TooLargeError(UnreadableError):
    """A body beyond a limit."""


class Body(NamedTuple):
    """What a request says."""

    messages: list[tuple[Value, Refusal | None]]
    """Each message, or what stands in its place, and why it cannot be stored."""
    shared: dict[str, Any]
    """What is said once for all messages."""
    texts: Sequence[bytes | msgspec.Raw] = ()
    """What each of them was sent as, where that was looked at one by one."""

    def text_of(self, place: int) -> bytes:
        """What a message was sent as, or what says the same."""
        if self.texts:
            return bytes(self.texts[place])
        try:
            return write_json(self.messages[place][0]).encode("utf-8", "backslashreplace")
        except RecursionError:
            return b""


class _Split(msgspec.Struct, rename={"sent_at": "sentAt", "write_key": "writeKey"}):
    """A body of which each message is still text: one that is no good harms no other."""

    batch: list[msgspec.Raw]
    sent_at: str | None = None
    write_key: str | None = None


_split: Final = msgspec.json.Decoder(_Split).decode


def unpacked(data: bytes) -> bytes:
    """The text of a body that may be packed by gzip or zlib, told by its first bytes.

    Raises `UnreadableError`; `TooLargeError` before more is unpacked than a body may have.

    >>> unpacked(zlib.compress(b"{}")), unpacked(b"{}")
    (b'{}', b'{}')
    """
    if data[:4] == _ZSTD:
        raise UnreadableError("the body is packed by zstd; send gzip, zlib or plain JSON")
    if data[:2] == _GZIP or data[:2] in _ZLIB:
        data = _inflated(data)
    return data.removeprefix(_BOM)


def _inflated(data: bytes) -> bytes:
    """The content of all packed parts, one after the other, as gzip files may have several."""
    parts: list[bytes] = []
    room = limits.BODY_BYTES
    while data:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            parts.append(unpacker.decompress(data, room + 1))
        except zlib.error as error:
            raise UnreadableError(
                f"the body looks packed and cannot be unpacked: {error}"
            ) from error
        room -= len(parts[-1])
        if room < 0:
            raise TooLargeError(f"the body is larger than {limits.BODY_BYTES} bytes when unpacked")
        if not unpacker.eof:
            raise UnreadableError("the packed body is cut off")
        if len(parts) > limits.BATCH_ITEMS:
            raise TooLargeError("the body is packed in too many parts")
        data = unpacker.unused_data
    return b"".join(parts)


def read_batch(text: bytes) -> Body:
    """The messages of an object with a list ``batch``; raises `UnreadableError`."""
    try:
        split = _split(text)
    except (msgspec.DecodeError, UnicodeError):
        return _read_whole(text)
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    _check_count(len(split.batch))
    shared = {"sentAt": split.sent_at, "writeKey": split.write_key}
    return Body([_message(bytes(part)) for part in split.batch], shared, split.batch)


def read_single(text: bytes) -> Body:
    """The one message that a body is; what it says of itself counts for all of it.

    Raises `UnreadableError` when it is no object.
    """
    message, fault = _message(text)
    if not isinstance(message, dict):
        raise UnreadableError(fault.says if fault else "the body is no JSON object")
    return Body([(message, fault)], message, [text])


def as_call(body: Body, call: str) -> Body:
    """The one message of a body, for an address that says by itself which call it is."""
    message: dict[str, Any] = {**body.shared, "type": call}
    return Body([(message, fault) for _, fault in body.messages], body.shared, body.texts)


def _read_whole(text: bytes) -> Body:
    """The same for JSON that is not strict, such as one with NaN."""
    try:
        written = text.decode()
        body = read_json(written)
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    except ValueError as error:
        raise UnreadableError(f"the body is {_why_no_json(text, error)}") from None
    batch = body.get("batch") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(batch, list):
        raise UnreadableError("the body is no JSON object with a list `batch`")
    _check_count(len(batch))
    head = {key: value for key, value in body.items() if key != "batch"}
    return Body([(one, _refusal(fault_of_json(written, one))) for one in batch], head)


def _message(text: bytes) -> tuple[Value, Refusal | None]:
    if len(text) > limits.FACT_BYTES:
        return None, Refusal("size", f"the message has more than {limits.FACT_BYTES} bytes")
    try:
        value, fault = read_stored(text)
    except RecursionError:
        return None, Refusal("json", _TOO_DEEP)
    except ValueError as error:
        return None, Refusal("json", _why_no_json(text, error))
    return value, _refusal(fault)


def _why_no_json(text: bytes, error: ValueError) -> str:
    if not text.strip():
        return "empty"
    if isinstance(error, UnicodeDecodeError):
        return (
            f"no JSON: byte {error.start} is no UTF-8; what is packed has to be gzip or zlib,"
            " and text UTF-8"
        )
    return f"no JSON: {error}"


def _refusal(fault: str | None) -> Refusal | None:
    return None if fault is None else Refusal("json", fault)


def _check_count(count: int) -> None:
    if not count:
        raise UnreadableError("the list `batch` is empty")
    if count > limits.BATCH_ITEMS:
        raise TooLargeError(f"{count} messages in one body; at most {limits.BATCH_ITEMS} go")
