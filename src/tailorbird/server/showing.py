"""What a page may see of a person: the fields that the settings list, as the message it gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from tailorbird.flow.viewing import PersonView
from tailorbird.kernel.values import MISSING
from tailorbird.language.definitions import Definitions
from tailorbird.language.operators import Type
from tailorbird.language.plain_values import plain
from tailorbird.server.feeds import Said

_VERSION_BYTES: Final = 8
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class Showing:
    """The listed fields, ``persona``, ``segments``, or ``KIND.NAME`` each."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._persona = "persona" in fields
        self._all_segments = "segments" in fields
        self._segments = _names(fields, "segments")
        self._scores = _names(fields, "scores")
        self._traits = _names(fields, "traits")
        self._types_of: Definitions | None = None
        self._types: dict[tuple[str, str], Type] = {}

    def message(self, view: PersonView | None) -> Said:
        """The message about a person, or about nobody; equal views have equal ids."""
        profile = self.profile(view)
        digest = blake2b(_ENCODER.encode(profile), digest_size=_VERSION_BYTES)
        version = digest.hexdigest()
        said = {"type": "profile_update", "newProfile": {**profile, "version": version}}
        return Said(version, _ENCODER.encode(said))

    def profile(self, view: PersonView | None) -> dict[str, Any]:
        """The fields alone."""
        found: dict[str, Any] = {}
        if self._persona:
            found["persona"] = None if view is None else view.persona
        if self._all_segments or self._segments:
            found["segments"] = [
                name
                for name in (() if view is None else view.segments)
                if self._all_segments or name in self._segments
            ]
        if self._scores:
            found["scores"] = self._values(view, "score", self._scores)
        if self._traits:
            found["traits"] = self._values(view, "trait", self._traits)
        return found

    def _values(self, view: PersonView | None, kind: str, names: Iterable[str]) -> dict[str, Any]:
        if view is None:
            return dict.fromkeys(names)
        types = self._types_in(view.definitions)
        values = view.scores if kind == "score" else view.traits
        return {
            name: plain(values.get(name, MISSING), types.get((kind, name), Type.ANY))
            for name in names
        }

    def _types_in(self, definitions: Definitions) -> Mapping[tuple[str, str], Type]:
        if definitions is not self._types_of:
            self._types_of = definitions
            self._types = {
                (kind, one.name): one.gives
                for kind in ("trait", "score")
                for one in definitions.of_kind(kind)
            }
        return self._types


def _names(fields: Iterable[str], kind: str) -> tuple[str, ...]:
    return tuple(field.removeprefix(f"{kind}.") for field in fields if field.startswith(f"{kind}."))
