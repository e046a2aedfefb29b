"""A person's live state: sparse plain data that can be stored and read back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.identity_memo import IdentityMemo
from tailorbird.kernel.values import MISSING, IdNumber, Missing, Value
from tailorbird.language.world import FOREVER

VERSION: Final = 1
_ID_NUMBER, _MISSING, _LARGE = 1, 2, 3
_SIXTY_FOUR_BITS: Final = 1 << 63


@dataclass(slots=True)
class PersonState:
    """What is remembered of a person between facts.

    ``slots`` holds the states of those operations that have one, by their index in the plan.
    """

    slots: dict[int, Any] = field(default_factory=dict)
    first_us: int | None = None
    first_act_us: int | None = None
    clock_us: int | None = None
    """Up to this instant the timelines are recorded."""
    zone: str = ""
    """The zone in which the states were cut."""
    settings: int = 0
    """The version of the workspace's settings under which they were cut."""
    pending: list[Fact] = field(default_factory=list)
    """Facts whose time is still to come."""
    known: bool = False
    """Whether anything was answered yet."""
    turned: frozenset[int] = frozenset()
    """Numbers of the segments and personas that answer otherwise than of a stranger."""
    persona: Value = None
    """The persona's name, MISSING for none; None: as of a stranger, without any fact."""
    wake_at: int = FOREVER
    """Nothing changes by itself before this instant."""
    bots: frozenset[str] = frozenset()
    """Message ids that a verdict calls a bot's: facts still to come, or that another verdict, of
    somebody who turns out to be the same person, gives back."""
    heavy: bool = False
    """Too large to be kept: every question is answered from history."""


def encode(state: PersonState) -> bytes:
    """The stored form of a state."""
    parts = [
        VERSION,
        state.slots,
        state.first_us,
        state.first_act_us,
        state.clock_us,
        state.zone,
        state.settings,
        [list(fact) for fact in state.pending] if state.pending else [],
        state.known,
        _in_order(state.turned),
        _NO_PERSONA if state.persona is MISSING else state.persona,
        state.wake_at,
        sorted(state.bots) if state.bots else [],
        state.heavy,
    ]
    try:
        return _ENCODER.encode(parts)
    except OverflowError:
        return _ENCODER.encode(_shrunk(parts))


def decode(data: bytes) -> PersonState:
    """The inverse of `encode`; raises ``ValueError`` for another version's form."""
    parts = _DECODER.decode(data)
    if parts[0] != VERSION:
        raise ValueError(f"a state of version {parts[0]}, this program reads {VERSION}")
    return PersonState(
        slots=parts[1],
        first_us=parts[2],
        first_act_us=parts[3],
        clock_us=parts[4],
        zone=parts[5],
        settings=parts[6],
        pending=[Fact(*fields) for fields in parts[7]],
        known=parts[8],
        turned=frozenset(parts[9]),
        persona=parts[10],
        wake_at=parts[11],
        bots=frozenset(parts[12]),
        heavy=parts[13],
    )


_NO_PERSONA: Final = msgspec.msgpack.Ext(_MISSING, b"")
"""What most people have, written without asking how."""

_in_order: Final = IdentityMemo[frozenset[int], list[int]](sorted).of
"""Most people share these sets with many others."""


def _to_plain(value: Any) -> Any:
    if isinstance(value, IdNumber):
        return msgspec.msgpack.Ext(_ID_NUMBER, value.digits.encode())
    if isinstance(value, Missing):
        return msgspec.msgpack.Ext(_MISSING, b"")
    raise TypeError(f"a state holds {type(value).__name__}")


def _from_plain(code: int, data: memoryview) -> Any:
    if code == _ID_NUMBER:
        return IdNumber(bytes(data).decode())
    if code == _LARGE:
        return int(bytes(data))
    return MISSING


def _shrunk(value: Any) -> Any:
    """The same data with integers beyond 64 bits as extensions."""
    if isinstance(value, dict):
        return {key: _shrunk(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shrunk(part) for part in value]
    if type(value) is int and not -_SIXTY_FOUR_BITS <= value < _SIXTY_FOUR_BITS:
        return msgspec.msgpack.Ext(_LARGE, str(value).encode())
    return value


_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=_to_plain)
_DECODER: Final = msgspec.msgpack.Decoder(ext_hook=_from_plain)
