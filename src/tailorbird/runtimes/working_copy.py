"""The definition files of a project: a copy of a published version that people work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tailorbird.kernel.errors import InputError
from tailorbird.language.files import read_folder
from tailorbird.ports.registry import Version

MARK: Final = ".published"
"""A file beside the definitions that says which version they were made from."""
KEPT: Final = ".before-pull"
"""What is added to the name of a changed file that a pull takes the place of."""


class Pulled(NamedTuple):
    """What a pull did to the files."""

    written: list[str]
    removed: list[str]
    kept: list[str]
    """Where changed files were put aside."""


class WorkingCopy:
    """The files of a folder, by the name that they have in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def by_path(self) -> dict[str, str]:
        """The texts by path, so that messages say where to look."""
        return read_folder(self.folder)

    def by_name(self) -> dict[str, str]:
        """The texts by name, as they are published."""
        return {Path(path).name: text for path, text in self.by_path().items()}

    def made_from(self) -> tuple[int, str] | None:
        """Number and digest of the version that the files were made from."""
        path = self.folder / MARK
        try:
            number, _, digest = path.read_text(encoding="utf-8").partition(" ")
            return int(number), digest.strip()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path} says which version the files were made from, and cannot be read: {error}; "
                "without that file `tailorbird pull` begins anew"
            ) from error

    def mark(self, version: Version) -> None:
        """Note that the files are those of a version."""
        self._write(MARK, f"{version.number} {version.digest}\n")

    def take(
        self, version: Version, find: Callable[[int], Version | None], *, aside: bool
    ) -> Pulled:
        """Write the files of a version in place of the present ones.

        ``find`` gives published versions by number. Present files that were changed since they
        were pulled are refused, or put aside.
        """
        present = self.by_name() if self.folder.is_dir() else {}
        changed = self._changed(present, version, find)
        if changed and not aside:
            names = ", ".join(changed)
            raise InputError(
                f"these files have changes that are not published: {names}; publish them first, "
                f"or let `tailorbird pull --aside` put them aside with {KEPT} behind their names"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = [self._keep(name) for name in changed]
        written = [n for n, text in version.files.items() if present.get(n) != text]
        for name in written:
            self._write(name, version.files[name])
        removed = [n for n in present if n not in version.files and n not in changed]
        for name in removed:
            (self.folder / name).unlink()
        self.mark(version)
        return Pulled(written, removed, kept)

    def _changed(
        self, present: Mapping[str, str], version: Version, find: Callable[[int], Version | None]
    ) -> list[str]:
        """The files that are neither as they were pulled nor as they will be."""
        made_from = self.made_from()
        base = find(made_from[0]) if made_from is not None else None
        known = base.files if base is not None and made_from == (base.number, base.digest) else {}
        return [
            name
            for name, text in present.items()
            if text not in (known.get(name), version.files.get(name))
        ]

    def _keep(self, name: str) -> str:
        """Put a file aside under the first name that is free."""
        number, kept = 1, self.folder / f"{name}{KEPT}"
        while kept.exists():
            number += 1
            kept = self.folder / f"{name}{KEPT}-{number}"
        (self.folder / name).rename(kept)
        return kept.name

    def _write(self, name: str, text: str) -> None:
        """Write a file as a whole: whoever reads it sees the old text or the new one."""
        path = self.folder / name
        unfinished = path.with_name(f".{name}.unfinished")
        try:
            with unfinished.open("w", encoding="utf-8", newline="") as stream:
                stream.write(text)
            unfinished.replace(path)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from error
