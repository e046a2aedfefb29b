"""What of a person her page is not shown, because of what she said of its purposes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tailorbird.flow.consenting import Consents
from tailorbird.flow.viewing import PersonView
from tailorbird.governance.gate import Verdict
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.language.definitions import PERSONAS, Definitions, Key


class Withholding:
    """Takes away from views what may not be shown; threads may share it."""

    def __init__(self, gate: Consents) -> None:
        self._gate = gate
        self._of: Definitions | None = None
        self._purposes: Mapping[Key, frozenset[str]] = {}

    def shown(self, view: PersonView) -> PersonView:
        """A view without anything that has a purpose for which the gate is shut.

        While the gate is behind the log nothing that has a purpose is shown.
        """
        purposes = self._purposes_in(view.definitions)
        if not purposes:
            return view
        shut = self._shut(view.name, frozenset().union(*purposes.values()))

        def may(kind: Any, name: str) -> bool:
            return shut.isdisjoint(purposes.get((kind, name), ()))

        return view._replace(
            traits={name: value for name, value in view.traits.items() if may("trait", name)},
            scores={name: value for name, value in view.scores.items() if may("score", name)},
            segments=tuple(name for name in view.segments if may("segment", name)),
            persona=view.persona if may(*PERSONAS) else None,
        )

    def _shut(self, name: str, purposes: frozenset[str]) -> frozenset[str]:
        try:
            found = self._gate.about(self._gate.mark_of(name))
        except TailorbirdError:
            return purposes
        no = Verdict(False, "nothing said")
        return frozenset(one for one in purposes if not found.get(one, no).may)

    def _purposes_in(self, definitions: Definitions) -> Mapping[Key, frozenset[str]]:
        """Of definitions that have purposes; these are looked up once."""
        if definitions is not self._of:
            found = definitions.purposes_by_key()
            purposes = {key: purposes for key, purposes in found.items() if purposes}
            self._purposes, self._of = purposes, definitions
        return self._purposes
