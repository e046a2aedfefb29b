"""Databases by the scheme of their address: those that come with the product and any others."""

from __future__ import annotations

from importlib.metadata import entry_points

from tailorbird.events.addresses import Address
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.ports.sources import DATABASES, Database, OpenDatabase


def schemes() -> list[str]:
    """The schemes of all databases that are installed."""
    return sorted({entry.name for entry in entry_points(group=DATABASES)})


def open_database(address: Address) -> Database:
    """The database at an address; raises `InputError` when no package knows its scheme."""
    for entry in entry_points(group=DATABASES, name=address.scheme):
        try:
            opening: OpenDatabase = entry.load()
        except Exception as error:
            raise InputError(
                f"the package that reads {address.scheme} cannot be loaded: {entry.value}: {error}"
            ) from error
        return opening(address)
    raise UnknownNameError("kind of database", address.scheme, schemes())
