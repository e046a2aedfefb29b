"""Messages are sealed as they are made and opened as they are sent: in between nobody reads them.

A message lies under the key of the name that it tells of. Who is erased is in no message any more,
also not in one that waits or was given up, nor in a copy of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from tailorbird.delivery.outbox import Message
from tailorbird.governance.seals import NONCE_BYTES, BrokenSealError, open_seal, seal
from tailorbird.ports.log import Keyring

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class SealedMessages:
    """Seals and opens messages with a keyring; threads may share it."""

    def __init__(self, keyring: Keyring, chance: Callable[[int], bytes]) -> None:
        """``chance`` gives so many random bytes."""
        self._keyring = keyring
        self._chance = chance

    def sealed(self, messages: Iterable[Message]) -> list[Message]:
        """Messages as they may be stored: in the place of a name stands a keyed hash of it."""
        messages = list(messages)
        names = list(dict.fromkeys(message.subject for message in messages))
        marks = dict(zip(names, self._keyring.hashes_of(names), strict=True))
        keys = self._keyring.made(list(marks.values()))
        found: list[Message] = []
        for message in messages:
            mark = marks[message.subject]
            name = message.subject.encode("utf-8", "surrogatepass")
            plain = _encode((name, message.body))
            body = seal(
                keys[mark], self._chance(NONCE_BYTES), plain, _bound(message.endpoint, mark)
            )
            found.append(message._replace(subject=mark.hex(), body=body, is_sealed=True))
        return found

    def opened(self, message: Message) -> Message | None:
        """A message as it is sent; None when whom it tells of was erased."""
        if not message.is_sealed:
            return message
        mark = self.mark_of(message)
        key = self._keyring.found([mark]).get(mark)
        if key is None:
            return None
        try:
            plain = open_seal(key, message.body, _bound(message.endpoint, mark))
        except BrokenSealError:
            return None
        name, body = _decode(plain)
        subject = name.decode("utf-8", "surrogatepass")
        return message._replace(subject=subject, body=body, is_sealed=False)

    def mark_of(self, message: Message) -> bytes:
        """What stands for whom a message tells of, sealed or not."""
        if message.is_sealed:
            return bytes.fromhex(message.subject)
        return self._keyring.hashes_of([message.subject])[0]


def _bound(endpoint: str, mark: bytes) -> bytes:
    return mark + endpoint.encode()
