"""The batch answers as readings, so that they can be compared with the others."""

from __future__ import annotations

from collections.abc import Sequence

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.answer import Answer, answer, answers_many
from tailorbird.kernel.facts import Fact
from tailorbird.language.batch.plan import ALL_WAYS, Ways
from tailorbird.language.definitions import Definitions
from tailorbird.language.laws.readings import Answers, Question, asked


class AskedReading:
    """Many questions at once, some properties in typed columns if wished."""

    def __init__(self, ways: Ways = ALL_WAYS, *, hot: Sequence[tuple[str, ...]] = ()) -> None:
        self.ways = ways
        self.hot = hot
        self.name = f"asked {sorted(ways)}"

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        with DuckDbHistory(None) as history:
            history.append(facts)
            history.promote(self.hot)
            return answers_many(
                history,
                definitions,
                asked(definitions),
                [tuple(question) for question in questions],
                known_then=known_then,
                ways=self.ways,
            )


class EverybodyReading:
    """Everybody at each instant that is asked about, by compacted facts or as they came."""

    def __init__(self, ways: Ways = ALL_WAYS, *, compacted: bool = False) -> None:
        self.ways = ways
        self.compacted = compacted
        self.name = f"everybody {sorted(ways)}"

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        keys = asked(definitions)
        found: list[Answers] = []
        with DuckDbHistory(None) as history:
            history.append(facts)
            if self.compacted:
                history.compact()
            given: dict[int, Answer] = {}
            for subject, at_us in questions:
                if at_us not in given:
                    given[at_us] = answer(
                        history,
                        definitions,
                        keys,
                        at_us,
                        known_then=known_then,
                        ways=self.ways,
                    )
                name = given[at_us].asking.linked(at_us).get(subject, subject)
                found.append({key: given[at_us].value(key, name) for key in keys})
        return found
