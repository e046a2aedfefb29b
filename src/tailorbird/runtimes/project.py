"""A project folder and what belongs to it, each part opened when it is first asked for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.registries.sqlite_endpoints import SqliteEndpoints
from tailorbird.edges.registries.sqlite_hooks import SqliteHooks
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.stores.sqlite_outbox import SqliteOutbox
from tailorbird.edges.stores.sqlite_sources import SqliteSources
from tailorbird.flow import tail
from tailorbird.kernel.errors import InputError
from tailorbird.language.files import is_plan, load
from tailorbird.language.resolve import Resolved
from tailorbird.ports.delivery import OutboxDesk
from tailorbird.runtimes.opening import OpenedBeside
from tailorbird.runtimes.settings import FILE, Settings, read_settings
from tailorbird.runtimes.working_copy import WorkingCopy

if TYPE_CHECKING:
    from tailorbird.runtimes.project_history import ProjectHistory

DEFINITIONS: Final = "definitions"
CONSENTS: Final = "consents.sqlite"
HISTORY: Final = "history.duckdb"
KEYS: Final = "keys.sqlite"
LOG: Final = "log.sqlite"
QUARANTINED: Final = "quarantine.sqlite"
REGISTRY: Final = "registry.sqlite"
REJECTED: Final = "rejects.sqlite"
REJECTS: Final = "rejects"
SOCKET: Final = "server.sock"
SOURCES: Final = "sources.sqlite"
STATE: Final = "state.sqlite"
CONSOLE_LINK: Final = "console link"
"""The name under which a front is asked for a link."""


def _unseen(_what: str) -> AbstractContextManager[tail.Progress]:
    return nullcontext(lambda _done, _all: None)


class Project:
    """One workspace: its definitions, settings, history and registry.

    Attributes that cost something are opened when they are first used; closing lets go of them.
    """

    console_link: Callable[[], str] | None = None
    """Asks the running server for a one-time link; None where there is no way to ask."""
    is_alone = True
    """Whether nobody else runs anything of this project: not so beside a server."""
    lasting: Callable[[str], AbstractContextManager[tail.Progress]] = staticmethod(_unseen)
    """Shows how far something is that lasts long, if anybody looks."""

    def __init__(self, folder: Path, *, published: bool = False) -> None:
        """Take a folder that holds a settings file; `open_project` finds it."""
        self.folder = folder
        self.is_published = published

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every store that was opened."""
        opened: Mapping[str, object] = self.__dict__
        if "history" in opened:
            self.history.close()
        if "log" in opened:
            self.log.close()
        if "keyring" in opened:
            self.keyring.close()
        if "registry" in opened:
            self.registry.close()
        if "endpoints" in opened:
            self.endpoints.close()
        if "hooks" in opened:
            self.hooks.close()
        if "sources" in opened:
            self.sources.close()
        outbox = opened.get("outbox")
        if isinstance(outbox, SqliteOutbox):
            outbox.close()

    @cached_property
    def settings(self) -> Settings:
        """What the settings file and the environment say."""
        return read_settings(self.folder / FILE)

    @cached_property
    def data(self) -> Path:
        """The folder of the stores; it is made when it is not there."""
        folder = self.folder / self.settings.data
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)  # there is much about many people in it
        except OSError as error:
            raise InputError(f"{folder} cannot be made: {error.strerror}") from error
        return folder

    @cached_property
    def rejects(self) -> Path:
        """The folder of rows that imports could not read."""
        folder = self.data / REJECTS
        folder.mkdir(exist_ok=True)
        return folder

    @cached_property
    def files(self) -> WorkingCopy:
        """The definition files, and the version that they were made from."""
        return WorkingCopy(self.folder / DEFINITIONS)

    @cached_property
    def definitions(self) -> Resolved:
        """The checked definitions: those of the files, or those of the newest version."""
        if not self.is_published:
            return load(self.files.by_path())
        newest = self.registry.newest()
        if newest is None:
            raise InputError("nothing is published yet; `tailorbird publish` does it")
        return load_texts(newest.files)

    @property
    def has_history(self) -> bool:
        """Whether there is a history so far."""
        return (self.data / HISTORY).exists()

    @cached_property
    def history(self) -> ProjectHistory:
        """All facts of the project; the file belongs to one process at a time."""
        from tailorbird.runtimes.project_history import ProjectHistory

        path = self.data / HISTORY
        settings = self.settings
        opened = ProjectHistory(path, memory_limit=settings.memory_limit, threads=settings.threads)
        opened.log = self.log
        if opened.end_position and not self.log.end_position:
            with self.lasting("giving old facts a log") as progress:
                tail.take_over(self.log, opened, progress)
        tail.follow(self.long_log, opened)
        opened.now_us = self.now_us()
        opened.wanted = None if self.is_published else settings.published()
        return opened

    @cached_property
    def keyring(self) -> SqliteKeyring:
        """The keys of all subjects; losing the file loses every fact."""
        return SqliteKeyring(self.data / KEYS)

    @cached_property
    def log(self) -> SqliteLog:
        """Everything that was ever accepted, in order."""
        path = self.data / LOG
        if not path.exists() and self.keyring.has_keys:
            raise InputError(
                f"the log {path} is missing, and the keys of people in it are there; restore it: "
                "tailorbird restore BACKUP NEW --keys FILE"
            )
        return SqliteLog(path, self.keyring)

    @property
    def long_log(self) -> OpenedBeside:
        """The same, to be read from far back."""
        return OpenedBeside(self.log, (self.data / LOG, self.data / KEYS))

    @cached_property
    def registry(self) -> SqliteRegistry:
        """Every version that was published."""
        return SqliteRegistry(self.data / REGISTRY)

    def take_over_old_history(self) -> None:
        """Give a project whose history was made before there were logs its log."""
        if self.log.end_position or not (self.data / HISTORY).exists():
            return
        self.history.close()  # opening it did everything
        del self.__dict__["history"]

    @cached_property
    def endpoints(self) -> SqliteEndpoints:
        """The endpoints of webhooks."""
        return SqliteEndpoints(self.data / REGISTRY)

    @cached_property
    def outbox(self) -> OutboxDesk:
        """The messages that wait or were given up; a running server is asked for its own."""
        return SqliteOutbox(self.data / STATE)

    @cached_property
    def hooks(self) -> SqliteHooks:
        """The addresses that other systems post to."""
        return SqliteHooks(self.data / REGISTRY)

    @cached_property
    def sources(self) -> SqliteSources:
        """How far sources were read, and what became of runs."""
        return SqliteSources(self.data / SOURCES)

    def now_us(self) -> int:
        """The present instant of the real clock."""
        return time.time_ns() // 1_000


ENVIRONMENT: Final[Mapping[str, str]] = dict(os.environ)
"""As it was when the program began: commands that run elsewhere bring some of their own."""

resident: Final[dict[Path, Callable[[Path, bool], Project]]] = {}
"""Folders whose project this process keeps open, and what makes a project out of it."""


def load_texts(texts: Mapping[str, str]) -> Resolved:
    """The checked definitions of a published version's files."""
    return load({f"published {name}": text for name, text in texts.items() if not is_plan(name)})


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
            return resident.get(folder, _opened)(_shortest(folder), published)
    raise InputError(
        f"{here} is no project: there is no {FILE} in it or in a folder above it; "
        "`tailorbird init` makes a project"
    )


def _opened(folder: Path, published: bool) -> Project:
    return Project(folder, published=published)


def _shortest(folder: Path) -> Path:
    """The folder as messages name it: from here, where it lies at or below."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
