"""Bytes made up by a fuzzer that sees which lines they reach, for the decoders: ``make fuzz-wire``.

Whatever the bytes are, a body is read or refused by name; what is read becomes facts or is refused
one by one, and every fact is one that the log can keep and give back.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType

from tailorbird.events.admission import faults
from tailorbird.events.arriving import arrived
from tailorbird.events.columns import facts_of
from tailorbird.events.wire import Body, UnreadableError, read_batch, read_single, unpacked
from tailorbird.kernel import limits
from tailorbird.kernel.instants import SECOND
from tailorbird.server.ingest import as_call

NOW_US = 1_700_000_000 * SECOND
CALLS: tuple[tuple[Callable[[bytes], Body], str | None], ...] = (
    (read_batch, None),
    (read_single, "track"),
    (read_single, "identify"),
)
SEEDS: tuple[bytes, ...] = (
    b'{"event":"Seen","userId":"ann","messageId":"m1","properties":{"price":12.5,"n":1e300}}',
    b'{"batch":[{"type":"identify","userId":"ann","anonymousId":"v1","traits":{"age":null}}]}',
    b'{"batch":[{"type":"alias","userId":"a","previousId":"b","timestamp":"2024-01-01"},5,null]}',
    b'{"type":"page","anonymousId":"v","timestamp":"2024-01-01T00:00:00.5+01:00","sentAt":5}',
    b'{"type":"screen","sentAt":"2024-01-01","context":{"device":{"id":"d"},"active":false}}',
    b'{"batch":[{"type":"track","event":"$consent","userId":"a","properties":{"granted":true}}]}',
    b'\xef\xbb\xbf{"event":NaN,"userId":"\\ud83d\\ude00"}',
)


def decode(data: bytes) -> int:
    """Read bytes as the collector does; gives how many messages were taken."""
    try:
        text = unpacked(data)
    except UnreadableError as error:
        assert str(error)
        return 0
    assert len(text) <= max(limits.BODY_BYTES, len(data))
    return sum(_taken(read, text, call) for read, call in CALLS)


def _taken(read: Callable[[bytes], Body], text: bytes, call: str | None) -> int:
    """How many of the messages are good as they are, or as the call that a route says."""
    try:
        body = read(text)
    except UnreadableError as error:
        assert str(error)
        return 0
    if call is not None:
        body = as_call(body, call)
    numbers = iter(range(10**9))
    told = arrived(
        body.messages,
        body.shared,
        source="web",
        now_us=NOW_US,
        new_id=lambda: f"new{next(numbers)}",
        trusted=True,
    )
    refused = faults(told.columns)
    kept = told.columns.without(refused.keys())
    for fact in facts_of(kept, range(kept.length)):
        assert 0 < len(fact.subject) <= limits.ID_CHARACTERS
        assert fact.time_us <= NOW_US
        fact.subject.encode()
        json.dumps([fact.name, fact.id]).encode()
    assert set(told.places) | set(told.refused) <= set(range(len(body.messages)))
    assert len(set(told.places) | set(told.refused)) == len(body.messages)
    return len(body.messages) - len(told.refused)


def packed(data: bytes) -> bytes:
    """The same as gzip."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


def functions_of(*rooms: str) -> Iterator[FunctionType]:
    """All functions and methods of some rooms, as far as they are loaded."""
    for name, module in list(sys.modules.items()):
        if name.startswith(rooms):
            classes = [one for one in vars(module).values() if isinstance(one, type)]
            for holder in (module, *classes):
                for one in vars(holder).values():
                    if isinstance(one, FunctionType) and one.__module__ == name:
                        yield one


def main() -> None:
    """Fuzz until it is stopped, or as the words of libFuzzer say: ``-max_total_time=60``."""
    import atheris

    for function in functions_of("tailorbird.events", "tailorbird.kernel"):
        atheris.instrument_func(function)
    with TemporaryDirectory() as corpus:
        for number, data in enumerate((*SEEDS, *map(packed, SEEDS))):
            (Path(corpus) / str(number)).write_bytes(data)
        atheris.Setup([*sys.argv, corpus], decode)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
