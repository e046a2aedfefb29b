"""What a project remembers about its copies: where the newest backup and the newest keys are."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import msgspec

FILE: Final = "copies.json"


class Copied(NamedTuple):
    """One copy that was made."""

    place: str
    made_us: int
    position: int
    """It has everything of the log below this position."""


class Copies(NamedTuple):
    """The newest ones; None where none was ever made."""

    backup: Copied | None = None
    keys: Copied | None = None


def read_copies(data: Path) -> Copies:
    """What is remembered in a data folder; a file that cannot be read remembers nothing."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=Copies)
    except (OSError, msgspec.MsgspecError):
        return Copies()


def remember(data: Path, *, backup: Copied | None = None, keys: Copied | None = None) -> None:
    """Note a copy that was just made."""
    before = read_copies(data)
    copies = Copies(backup or before.backup, keys or before.keys)
    unfinished = data / f".{FILE}.unfinished"
    unfinished.write_bytes(msgspec.json.encode(copies))
    unfinished.replace(data / FILE)
