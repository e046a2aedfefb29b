"""Streams by the scheme of their address: those that come with the product and any others."""

from __future__ import annotations

from importlib.metadata import entry_points

from tailorbird.events.addresses import Address
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.ports.streams import STREAMS, OpenStream, Stream


def open_stream(address: Address, place: str | None) -> Stream:
    """The stream at an address; raises `InputError` when no package knows its scheme."""
    for entry in entry_points(group=STREAMS, name=address.scheme):
        try:
            opening: OpenStream = entry.load()
        except Exception as error:
            raise InputError(
                f"the package that reads {address.scheme} cannot be loaded: {entry.value}: {error}"
            ) from error
        return opening(address, place)
    known = {entry.name for entry in entry_points(group=STREAMS)}
    raise UnknownNameError("kind of stream", address.scheme, known)
