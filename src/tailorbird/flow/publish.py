"""Definition files to a published version: what it changes, and making it the newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple, Protocol

from tailorbird.flow.settings import put_settings
from tailorbird.kernel.instants import format_instant
from tailorbird.language.ast import Node, Ref, walk
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.resolve import Resolved
from tailorbird.language.words import describe, describe_personas
from tailorbird.ports.history import History
from tailorbird.ports.registry import MovedOnError, Registry, Version

Path = tuple[str, ...]
What = Literal["added", "changed", "follows", "removed", "reordered"]
SAYS: Final[dict[What, str]] = {
    "added": "new",
    "changed": "changed",
    "follows": "changed by what it uses",
    "removed": "removed",
    "reordered": "in another order",
}


class Change(NamedTuple):
    """How one definition differs between two versions."""

    what: What
    key: Key
    before: str
    """In words; empty when there was none."""
    after: str


class PublishableHistory(History, Protocol):
    """A history that can make the properties that definitions read quick to read."""

    def promote(self, paths: Iterable[Path]) -> list[Path]:
        """Give properties typed columns; the answer lists those that got some."""


class Draft(NamedTuple):
    """What asks to be published."""

    files: Mapping[str, str]
    resolved: Resolved
    settings: Mapping[str, str]
    """The settings that can change an answer, as texts."""
    made_from: tuple[int, str] | None
    """Number and digest of the version that the files were made from."""
    note: str = ""


class Publication(NamedTuple):
    """What publishing did."""

    version: Version
    is_new: bool
    """False when the newest version has the very same files and settings."""
    changes: list[Change]
    settings: dict[str, str]
    """Those that were written because another value was in force."""
    promoted: list[Path]


def publish(
    draft: Draft,
    registry: Registry,
    history: PublishableHistory,
    *,
    load: Callable[[Mapping[str, str]], Resolved],
    now_us: int,
) -> Publication:
    """Make a draft the newest version; it takes effect at the end of the history.

    Raises `MovedOnError` when the registry has a version that the draft was not made from; then
    nothing is changed. Publishing the same again changes nothing.
    """
    newest = registry.newest()
    after = _made_from(draft, newest)
    changes = changes_between(None if newest is None else load(newest.files), draft.resolved)
    written = put_settings(history, draft.settings, now_us=now_us)
    same = newest is not None and (newest.files, newest.settings) == (draft.files, draft.settings)
    if newest is None or not same:
        newest = registry.add(after, _version(draft, history.end_position, now_us))
    promoted = history.promote(properties_read(draft.resolved.definitions))
    return Publication(newest, not same, changes, written, promoted)


def _made_from(draft: Draft, newest: Version | None) -> int | None:
    if newest is None:
        return None
    if draft.made_from != (newest.number, newest.digest) and draft.files != newest.files:
        raise MovedOnError(draft.made_from[0] if draft.made_from else None, newest.number)
    return newest.number


def _version(draft: Draft, position: int, now_us: int) -> Version:
    fingerprints = draft.resolved.definitions.fingerprints()
    return Version(
        0, now_us, position, dict(draft.files), fingerprints, dict(draft.settings), draft.note
    )


def changes_between(before: Resolved | None, after: Resolved) -> list[Change]:
    """What differs, in the order of the new definitions; removed ones come last."""
    old = Definitions() if before is None else before.definitions
    new = after.definitions
    olds, news = old.by_key(), new.by_key()
    fingerprints = old.fingerprints(), new.fingerprints()
    found: list[Change] = []
    for key, definition in news.items():
        said = describe(definition, new)
        if key not in olds:
            found.append(Change("added", key, "", said))
        elif olds[key].text() != definition.text():
            found.append(Change("changed", key, describe(olds[key], old), said))
        elif fingerprints[0][key] != fingerprints[1][key]:
            found.append(Change("follows", key, said, said))
    found += [Change("removed", k, describe(d, old), "") for k, d in olds.items() if k not in news]
    return found + _reordered(old, new)


def _reordered(old: Definitions, new: Definitions) -> list[Change]:
    """The personas that stayed, when the first that holds is now found in another order."""
    before, after = ([p.name for p in d.personas] for d in (old, new))
    stayed = set(before) & set(after)
    if [n for n in before if n in stayed] == [n for n in after if n in stayed]:
        return []
    return [Change("reordered", PERSONAS, describe_personas(old), describe_personas(new))]


def properties_read(definitions: Definitions) -> list[Path]:
    """The properties that definitions read, those that are read most often first."""
    counted: Counter[Path] = Counter()
    for definition in definitions.ordered:
        nodes = [] if definition.body is None else [definition.body]
        nodes += [line.where for line in definition.lines if line.where is not None]
        counted.update(path for node in nodes for path in _paths(node))
    return [path for path, _ in sorted(counted.items(), key=lambda found: (-found[1], found[0]))]


def _paths(node: Node) -> Iterable[Path]:
    for part in walk(node):
        if isinstance(part, Ref):
            if part.root == "properties":
                yield part.path
            elif part.root == "traits":
                yield part.path[:1]
            elif part.root == "prev" and part.path[:1] == ("properties",):
                yield part.path[1:]


def label(version: Version) -> str:
    """A version in a few words."""
    note = f": {version.note}" if version.note else ""
    return f"version {version.number}, published {format_instant(version.published_us)}{note}"
