"""The files that browsers are given: the library for pages, and whatever `make front` built.

They are read once, when the server starts. What has a hash of its content in its name never
changes, and browsers keep it; they ask for the rest again, and hear 304 while it is the same.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tailorbird.server.answers import Answer, Header, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.parameters import text
from tailorbird.server.table import Route, answers

BUILT: Final = Path(__file__).parent / "built"
SNIPPET: Final = "tailorbird.js"
CONSOLE: Final = "console/index.html"
NOT_BUILT: Final = (
    "not built: run `make front` in the folder of the sources, install it again if it is "
    "installed elsewhere, and start the server again"
)
_HASHED: Final = re.compile(r"-[\w-]{8}\.\w+$", re.ASCII)
_FOR_GOOD: Final = b"public, max-age=31536000, immutable"
_SOON: Final = b"public, max-age=300"
"""Seconds for which a browser may not notice that there is a newer library."""
_ZIPPED_BYTES: Final = 500
"""Smaller files are sent as they are."""
_KINDS: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tpl": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


class _File(NamedTuple):
    plain: bytes
    zipped: bytes | None
    kind: str
    is_hashed: bool


class BuiltFiles:
    """The files below a folder, by their paths in it; a path that leads out of it is none.

    >>> BuiltFiles(Path("nowhere")).names
    frozenset()
    """

    def __init__(self, folder: Path = BUILT) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in folder.rglob("*")
            if path.is_file() and path.suffix in _KINDS
        }

    @property
    def names(self) -> frozenset[str]:
        """The paths of all files, with slashes."""
        return frozenset(self._files)

    def plain(self, name: str) -> bytes | None:
        """The content of a file; None where there is none."""
        found = self._files.get(name)
        return None if found is None else found.plain

    def answer(
        self, asked: Asked, name: str, *, soon: bytes = _SOON, more: tuple[Header, ...] = ()
    ) -> Answer | None:
        """A file as an answer, zipped where the client takes that; None where there is none.

        ``soon`` is the ``Cache-Control`` of a file whose name has no hash.
        """
        found = self._files.get(name)
        if found is None:
            return None
        takes = asked.headers.get(b"accept-encoding", b"")
        headers: list[Header] = [
            (b"cache-control", _FOR_GOOD if found.is_hashed else soon),
            (b"vary", b"accept-encoding"),
            (b"x-content-type-options", b"nosniff"),
            *more,
        ]
        said = found.plain
        if found.zipped is not None and b"gzip" in takes:
            said = found.zipped
            headers.append((b"content-encoding", b"gzip"))
        return Answer(200, said, kind=found.kind, more=tuple(headers))


def _read(path: Path) -> _File:
    plain = path.read_bytes()
    zipped = gzip.compress(plain, 9, mtime=0) if len(plain) >= _ZIPPED_BYTES else None
    if zipped is not None and len(zipped) >= len(plain):
        zipped = None
    return _File(plain, zipped, _KINDS[path.suffix], _HASHED.search(path.name) is not None)


_ANYWHERE: Final[tuple[Header, ...]] = ((b"cross-origin-resource-policy", b"cross-origin"),)
_JAVASCRIPT: Final = _KINDS[".js"]
_PART: Final = text("name", "The name of the file.", place="path", example="overlay-1a2b3c4d.js")


class Assets:
    """The routes of the library for pages."""

    def __init__(self, files: BuiltFiles) -> None:
        self._files = files

    @answers(
        Route(
            "GET",
            "/tailorbird.js",
            "read_snippet",
            "The library that pages load to send what happens on them.",
            None,
            group="events",
            kind=_JAVASCRIPT,
            faults=(404,),
            for_pages=True,
        )
    )
    async def snippet(self, asked: Asked) -> Answer:
        """The library."""
        found = self._files.answer(asked, SNIPPET, more=_ANYWHERE)
        if found is None:
            raise RefusedError(404, f"{SNIPPET} was {NOT_BUILT}")
        return found

    @answers(
        Route(
            "GET",
            "/tailorbird/{name}",
            "read_snippet_part",
            "A part of the library, which it loads when a page uses it; and `tailorbird.tpl`, the "
            "template for Google Tag Manager.",
            None,
            group="events",
            parameters=(_PART,),
            kind=_JAVASCRIPT,
            faults=(404,),
            for_pages=True,
        )
    )
    async def part(self, asked: Asked) -> Answer:
        """A part of it."""
        name = f"tailorbird/{asked.path['name']}"
        found = self._files.answer(asked, name, more=_ANYWHERE)
        if found is None:
            what = "has no such part" if SNIPPET in self._files.names else f"was {NOT_BUILT}"
            raise RefusedError(404, f"{SNIPPET} {what}")
        return found
