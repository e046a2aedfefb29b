"""Every version of the definitions that was ever published."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple, Protocol

from tailorbird.kernel.errors import InputError
from tailorbird.language.definitions import Key


class Version(NamedTuple):
    """Definitions as they were published: they never change."""

    number: int
    """1 for the first."""
    published_us: int
    position: int
    """The position that the next fact got: the version takes effect there."""
    files: Mapping[str, str]
    """The texts of the definition files by name, comments included."""
    fingerprints: Mapping[Key, str]
    settings: Mapping[str, str]
    note: str

    @property
    def digest(self) -> str:
        """A hash of the files, by which a working copy knows what it was made from."""
        parts = [part for name in sorted(self.files) for part in (name, self.files[name])]
        written = "".join(f"{len(part)}:{part}" for part in parts)
        return sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class MovedOnError(InputError):
    """Somebody else has published since the files were pulled."""

    def __init__(self, after: int | None, newest: int | None) -> None:
        self.after = after
        self.newest = newest
        made_from = "no version of it" if after is None else f"version {after}"
        super().__init__(
            f"the registry stands at version {newest} and these files were made from {made_from}: "
            "`tailorbird pull` brings the newest; then make your changes to that"
        )


class Registry(Protocol):
    """Every version that was ever published."""

    def newest(self) -> Version | None:
        """The version with the highest number; None before the first publication."""

    def find(self, number: int) -> Version | None:
        """The version with a number."""

    def add(self, after: int | None, version: Version) -> Version:
        """Store a version behind the one it was made from; raises `MovedOnError`."""
