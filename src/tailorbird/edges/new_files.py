"""Files that a command writes for its user: new ones, and whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tailorbird.kernel.errors import InputError


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A text file to write, which stands at its path when the block is left without an error.

    Raises `InputError` when something is there already, or when it cannot be written.
    """
    if path.exists():
        raise InputError(f"{path} exists; choose another name")
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", errors="surrogatepass", newline="") as stream:
            yield stream
        unfinished.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
