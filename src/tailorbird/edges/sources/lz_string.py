"""LZ-string, by which old kits for browsers pack text: each number names a piece that came before.

Nothing but its JavaScript library says what the format is: tests hold this against that.
"""

from __future__ import annotations

from binascii import a2b_base64
from typing import Final

from tailorbird.events.wire import TooLargeError, UnreadableError
from tailorbird.kernel import limits

_END: Final = 2
"""The number that ends a text; 0 and 1 say that a new character of 8 or 16 bits follows."""


class _Bits:
    """Numbers of some bits each, the least bit first."""

    def __init__(self, data: bytes) -> None:
        self._bits = f"{int.from_bytes(data):0{8 * len(data)}b}"
        self._place = 0

    def take(self, count: int) -> int:
        """The next number."""
        begin, self._place = self._place, self._place + count
        if self._place > len(self._bits):
            raise UnreadableError("what is packed as lz64 is cut off")
        return int(self._bits[begin : self._place][::-1], 2)


def read_lz_string(text: str) -> str:
    """What lz-string packed into base 64; raises `UnreadableError`.

    Raises `TooLargeError` before more is unpacked than a body may have.

    >>> read_lz_string("BYUwNmD2Q===")
    'hello'
    """
    bits = _Bits(_bytes_of(text))
    pieces = [""] * (_END + 1)  # the numbers up to there name none
    found: list[str] = []
    room, before = limits.BODY_BYTES, ""
    while (number := bits.take(len(pieces).bit_length())) != _END:
        if number < _END:
            character = chr(bits.take(8 << number))
            number = len(pieces)
            pieces.append(character)
        if number < len(pieces):
            piece = pieces[number]
        elif number == len(pieces) and before:
            piece = before + before[0]  # the piece that is about to be made of the one before
        else:
            raise UnreadableError("what is packed as lz64 cannot be unpacked")
        found.append(piece)
        room -= len(piece)
        if room < 0:
            raise TooLargeError(f"the body is larger than {limits.BODY_BYTES} bytes when unpacked")
        if before:
            pieces.append(before + piece[0])
        before = piece
    return "".join(found).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _bytes_of(text: str) -> bytes:
    if len(text) > limits.LZ_CHARACTERS:
        raise TooLargeError(f"at most {limits.LZ_CHARACTERS} characters packed as lz64 are read")
    digits = text.strip().replace(" ", "+").rstrip("=")  # its padding is none of base 64
    try:
        return a2b_base64(digits + "A" * (-len(digits) % 4), strict_mode=True)
    except ValueError:
        raise UnreadableError("what is packed as lz64 is no base 64") from None
