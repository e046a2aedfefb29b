"""A project folder and what belongs to it, each part opened when it is first asked for."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.kernel.errors import InputError
from tailorbird.language.files import load_folder
from tailorbird.language.resolve import Resolved
from tailorbird.runtimes.settings import FILE, Settings, read_settings

DEFINITIONS: Final = "definitions"
HISTORY: Final = "history.duckdb"
REGISTRY: Final = "registry.sqlite"
REJECTS: Final = "rejects"


class Project:
    """One workspace: its definitions, settings, history and registry.

    Attributes that cost something are opened when they are first used; closing lets go of them.
    """

    def __init__(self, folder: Path, *, published: bool = False) -> None:
        """Take a folder that holds a settings file; `open_project` finds it."""
        self.folder = folder
        self._published = published

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every store that was opened."""
        opened: Mapping[str, object] = self.__dict__
        if "history" in opened:
            self.history.close()

    @cached_property
    def settings(self) -> Settings:
        """What the settings file and the environment say."""
        return read_settings(self.folder / FILE)

    @cached_property
    def data(self) -> Path:
        """The folder of the stores; it is made when it is not there."""
        folder = self.folder / self.settings.data
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder} cannot be made: {error.strerror}") from error
        return folder

    @property
    def definitions_folder(self) -> Path:
        """Where the definition files are."""
        return self.folder / DEFINITIONS

    @cached_property
    def definitions(self) -> Resolved:
        """The checked definitions of the files."""
        return load_folder(self.definitions_folder)

    @cached_property
    def history(self) -> DuckDbHistory:
        """All facts of the project; the file belongs to one process at a time."""
        path = self.data / HISTORY
        settings = self.settings
        try:
            return DuckDbHistory(path, memory_limit=settings.memory_limit, threads=settings.threads)
        except InputError as error:
            raise _in_use(path, error) from error

    def now_us(self) -> int:
        """The present instant of the real clock."""
        return time.time_ns() // 1_000


def _in_use(path: Path, error: InputError) -> InputError:
    holder = re.search(r"PID (\d+)", str(error))
    if "lock" not in str(error) or holder is None:
        return error
    return InputError(
        f"{path} is in use by process {holder[1]}; one process at a time can open it: "
        "wait until that one has ended"
    )


def open_project(path: Path | None = None, *, published: bool = False) -> Project:
    """The project of a folder, or of the nearest folder above it that is one.

    ``published``: its definitions are those of the registry's newest version, not of the files.
    Raises `InputError` that names the places looked at.
    """
    start = Path.cwd() if path is None else path
    if not start.is_dir():
        raise InputError(f"there is no folder {start}; `tailorbird init {start}` makes a project")
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return Project(folder, published=published)
    raise InputError(
        f"{here} is no project: there is no {FILE} in it or in a folder above it; "
        "`tailorbird init` makes a project"
    )
