"""One commit group of the log as bytes: frames of one subject each, sealed with her key.

Outside the seals stand a keyed hash of the subject and the places of her facts in the group. What
is sealed is bound to the group's first position and to those places, so that no frame can be put
somewhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from tailorbird.events.columns import FactColumns
from tailorbird.governance.seals import NONCE_BYTES, OtherKeyError, open_seal, seal

FORM: Final = 1
"""The version of this form; every group begins with it."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class Frame(NamedTuple):
    """The facts of one subject in a group."""

    subject: bytes
    """Its keyed hash."""
    places: Sequence[int]
    """Where in the group they stand, ascending."""
    sealed: bytes


def subjects_in(columns: FactColumns) -> dict[str, list[int]]:
    """The places of each subject's facts."""
    found: dict[str, list[int]] = {}
    for place, subject in enumerate(columns.subject):
        found.setdefault(subject, []).append(place)
    return found


def packed(
    columns: FactColumns,
    by_subject: Mapping[str, Sequence[int]],
    first_position: int,
    hash_of: Callable[[str], bytes],
    keys: Mapping[bytes, bytes],
    random_bytes: Callable[[int], bytes],
) -> bytes:
    """The bytes of a group; ``keys`` has those of all its subjects, by their hashes."""
    nonces = random_bytes(NONCE_BYTES * len(by_subject))
    rows = list(
        zip(
            columns.time_us,
            columns.id,
            columns.name,
            columns.act,
            columns.active,
            columns.source,
            columns.known_us,
            columns.properties,
            columns.context,
            strict=True,
        )
    )
    # Encoded at once: the collector of garbage would look at a million small objects otherwise.
    frames: list[msgspec.Raw] = []
    for number, (subject, places) in enumerate(by_subject.items()):
        hashed = hash_of(subject)
        plain = _encode((subject, [rows[place] for place in places]))
        nonce = nonces[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
        bound = _bound(first_position, hashed, places)
        # The fields of a `Frame`; to make one of each would take as long as to write it.
        frame = hashed, places, seal(keys[hashed], nonce, plain, bound)
        frames.append(msgspec.Raw(_encode(frame)))
    return _encode((FORM, frames))


def frames_of(data: bytes) -> list[Frame]:
    """The frames of a group; raises ``ValueError`` for another form."""
    form, frames = _decode(data)
    if form != FORM:
        raise ValueError(f"a group of form {form}, this program reads {FORM}")
    return [Frame(*frame) for frame in frames]


def unpacked(
    frames: Collection[Frame], first_position: int, keys: Mapping[bytes, bytes]
) -> list[tuple[int, tuple[Any, ...]]]:
    """The facts of a group in order: each its place and a row of `FactColumns`.

    Those are left out whose subject has no key any more. Raises `BrokenSealError`.
    """
    found: list[tuple[int, tuple[Any, ...]]] = []
    for places, plain in opened(frames, first_position, keys):
        subject, rows = _decode(plain)
        for place, row in zip(places, rows, strict=True):
            found.append((place, (subject, *row)))
    found.sort(key=lambda entry: entry[0])
    return found


def opened(
    frames: Collection[Frame], first_position: int, keys: Mapping[bytes, bytes]
) -> Iterator[tuple[Sequence[int], bytes]]:
    """The places of each frame's facts, and what it holds; `packed_rows` reads many at once.

    Those are left out whose subject has no key any more. Raises `BrokenSealError`.
    """
    for hashed, places, sealed in frames:
        key = keys.get(hashed)
        if key is None:
            continue
        try:
            yield places, open_seal(key, sealed, _bound(first_position, hashed, places))
        except OtherKeyError:
            continue  # sealed before the subject was erased, and she has come again


def _bound(first_position: int, hashed: bytes, places: Sequence[int]) -> bytes:
    return _encode((first_position, hashed, places))
