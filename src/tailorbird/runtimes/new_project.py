"""A new project folder, with an example of everything in it."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.settings import FILE

_IGNORED: Final = """\
# The history and the registry are data; the definitions are what belongs under version control.
/data/
"""


def make_project(folder: Path) -> list[Path]:
    """Make a folder a project; files that are there stay as they are. Gives the new files.

    Raises `InputError` when the folder is a project already, or cannot be written.
    """
    if (folder / FILE).exists():
        raise InputError(f"{folder} is a project already: it has a file {FILE}")
    example = resources.files("tailorbird.runtimes").joinpath("example")
    texts = {path: file.read_text(encoding="utf-8") for path, file in _files(example, Path())}
    texts[Path(".gitignore")] = _IGNORED
    has_definitions = any((folder / "definitions").glob("*.y*ml"))
    try:
        return [
            _written(folder / path, text)
            for path, text in sorted(texts.items(), key=lambda entry: entry[0].name == FILE)
            if not (folder / path).exists() and not (has_definitions and path.parent.name)
        ]
    except OSError as error:
        raise InputError(f"{error.filename} cannot be written: {error.strerror}") from error


def _files(top: Traversable, path: Path) -> list[tuple[Path, Traversable]]:
    found: list[tuple[Path, Traversable]] = []
    for entry in sorted(top.iterdir(), key=lambda entry: entry.name):
        below = path / entry.name
        found += _files(entry, below) if entry.is_dir() else [(below, entry)]
    return found


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
