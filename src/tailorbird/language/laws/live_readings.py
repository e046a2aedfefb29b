"""The live engine as a reading: from a fold of the history, or fact by fact as they arrive."""

from __future__ import annotations

from collections.abc import Sequence

from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.language import live
from tailorbird.language.definitions import Definitions
from tailorbird.language.laws.readings import Answers, Question, asked, households, own_facts
from tailorbird.language.world import World


class FoldReading:
    """Each question answered from a fold of the person's facts."""

    name = "live fold"

    def plan(self, definitions: Definitions) -> live.Plan:
        """The compiled plan; planted bugs replace this."""
        return live.plan(definitions)

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        """The state after the whole history, and what it answers at the instant."""
        plan, keys = self.plan(definitions), asked(definitions)
        workspace = [fact for fact in facts if fact.subject == WORKSPACE]
        related_to = households(facts)
        everything = World(workspace)
        found: list[Answers] = []
        for subject, at_us in questions:
            world = World(workspace, known_us=at_us) if known_then else everything
            related = related_to.get(subject, [])
            known = [f for f in related if not known_then or f.known_us <= at_us]
            told = live.fold(plan, own_facts(known, subject), at_us, world, unbounded=True)
            assert isinstance(told, live.Step)
            given = live.answers(plan, told.state, at_us, world)
            found.append({key: given[key] for key in keys})
        return found
