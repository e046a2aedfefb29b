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

from tests.edges.hooks.posting import arriving
from tests.edges.hooks.test_receipts import GIVEN, bodies

from tailorbird.events.admission import faults
from tailorbird.events.arriving import arrived
from tailorbird.events.columns import facts_of
from tailorbird.events.vocabulary import translated
from tailorbird.events.wire import (
    Body,
    UnreadableError,
    as_call,
    read_batch,
    read_single,
    unpacked,
)
from tailorbird.kernel import limits
from tailorbird.kernel.instants import SECOND
from tailorbird.ports.dialects import Endpoint, Sent
from tailorbird.runtimes.dialects import found_dialects
from tailorbird.runtimes.hooks import providers

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


ENDPOINTS: tuple[Endpoint, ...] = tuple(
    endpoint for dialect in found_dialects() for endpoint in dialect.endpoints
)
DIALECT_SEEDS: tuple[bytes, ...] = (
    (
        b'{"api_key":"k","batch":[{"event":"$identify","distinct_id":"ann","uuid":"u1","properties":'
        b'{"$anon_distinct_id":"v1","$lib":"web"},"$set":{"city":"Leeds"}}]}'
    ),
    (
        b'{"data":[{"e":"ue","eid":"e1","uid":"ann","duid":"v1","dtm":"1777629600000","stm":"1","ue_pr":'
        b'"{\\"data\\":{\\"schema\\":\\"iglu:a/snowplow_ecommerce_action/jsonschema/1-0-0\\",'
        b'\\"data\\":{\\"type\\":\\"transaction\\"}}}","co":"{}"}]}'
    ),
    b'{"data":[{"e":"tr","tr_id":"o1","tr_tt":"20.5","duid":"v1"},{"e":"pp","pp_mix":"1"}]}',
    (
        b'{"client_id":"1.2","user_id":"ann","timestamp_micros":1777629600000000,"user_properties":'
        b'{"t":{"value":1}},"events":[{"name":"purchase","params":{"transaction_id":"o","value":2}}]}'
    ),
    b"en=add_to_cart&cid=v1&pr1=idp1~nmHat~pr12.5~k0size~v0L&epn.value=3&up.tier=gold&_p=1&_s=2",
    "en=a&cid=v1&pr\u00b9=x&ep.=1&pr1=~~id".encode(),
    b"N4IgpgbmB2AuIC4QGUwxAGhAEwJYGdZdoBjWAfV20RAENppMQBXZqm5gRiYAcAnAPY8wfImHyJQjBJwC+soA",
    b'{"events":[{"td_client_id":"v1","td_url":"https://shop.example/","time":1777629600}]}',
    b'{"specversion":"1.0","id":"7","source":"/till","type":"Paid","subject":"ann","data":{}}',
    b'{"user_id":"u7","recent_activity":{"page":"/a","action":"view","timestamp":"2024-01-01"}}',
    (
        b'{"batch":[{"type":"track","event":"checkout_completed","userId":"a","properties":{"data":'
        b'{"checkout":{"order":{"id":"o"},"totalPrice":{"amount":"1"},"lineItems":[{"variant":{}}]}}}}]}'
    ),
    (
        b'{"batch":[{"type":"track","event":"transaction","userId":"a","properties":{"ecommerce":'
        b'{"purchase":{"actionField":{"id":"o"},"products":[{"id":"p"}]}}}}]}'
    ),
)


def decode_dialects(data: bytes) -> int:
    """Read bytes as each dialect does, as a body and as a query; gives how many were taken."""
    try:
        text = unpacked(data)
    except UnreadableError:
        return 0
    query, path = data[:2_000], {"table": "t"}
    requests = (
        Sent(text, path=path),
        Sent(b"", query, path=path),
        Sent(text, b"compression=base64", {b"ce-specversion": b"1.0", b"ce-id": query[:9]}, path),
        Sent(text, b"compression=lz64", path=path),
    )
    return sum(_heard(endpoint, sent) for endpoint in ENDPOINTS for sent in requests)


def _heard(endpoint: Endpoint, sent: Sent) -> int:
    try:
        endpoint.key(sent)
        body = endpoint.read(sent)
    except UnreadableError as error:
        assert str(error)
        return 0
    assert body.messages
    return _facts(body)


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
    return _facts(body if call is None else as_call(body, call))


def _facts(body: Body) -> int:
    """How many messages become facts, under the names of the one vocabulary."""
    said = [
        (translated(message) if isinstance(message, dict) else message, fault)
        for message, fault in body.messages
    ]
    numbers = iter(range(10**9))
    told = arrived(
        said,
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


def decode_hooks(data: bytes) -> int:
    """Read bytes as each provider that posts by itself; gives how many messages were taken."""
    taken = 0
    for name, provider in providers().items():
        try:
            messages = provider.read(arriving(data, {**GIVEN[name], "stops": "marketing"}))
        except UnreadableError as error:
            assert str(error)
        else:
            taken += _facts(Body(list(messages), {}))
    return taken


def decode_all(data: bytes) -> None:
    """Everything that reads bytes of clients."""
    decode(data)
    decode_dialects(data)
    decode_hooks(data)


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

    for function in functions_of(
        "tailorbird.events", "tailorbird.kernel", "tailorbird.edges.sources"
    ):
        atheris.instrument_func(function)
    with TemporaryDirectory() as corpus:
        posted = [json.dumps(body).encode() for name in GIVEN for body in bodies(name)]
        for number, data in enumerate((*SEEDS, *DIALECT_SEEDS, *posted, *map(packed, SEEDS))):
            (Path(corpus) / str(number)).write_bytes(data)
        atheris.Setup([*sys.argv, corpus], decode_all)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
