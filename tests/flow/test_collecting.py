"""Whose events are not taken, and what is taken of everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.events.arriving import Arrived, arrived
from tailorbird.events.columns import columns_of
from tailorbird.flow.collecting import Collecting
from tailorbird.flow.consenting import Consents
from tailorbird.kernel.facts import Fact
from tailorbird.language.purposes import Purpose, table_of

TABLE = table_of([Purpose("watching", collect="asked"), Purpose("ads")])


class Gate:
    def __init__(self, log: SqliteLog, keyring: SqliteKeyring) -> None:
        self.log = log
        self.table = TABLE
        self.consents = Consents(
            log, SqliteConsents(None, keyring), lambda: self.table, lambda: 1_000
        )
        self.collecting = Collecting(self.consents)

    def accept(self, who: str, name: str, **said: Any) -> None:
        id_ = f"m{self.log.end_position}"
        at_us = self.log.end_position
        told = Fact(who, at_us, id_, name, said, {}, False, True, "web", 0, at_us)
        self.consents.absorb(self.log.append([columns_of([told])], 5))

    def refused(self, *messages: dict[str, Any]) -> dict[int, str]:
        found = self.collecting.refused(taken(*messages))
        return {place: refusal.says for place, refusal in found.items()}


@pytest.fixture
def gate() -> Iterator[Gate]:
    with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as log:
        yield Gate(log, keyring)


def taken(*messages: dict[str, Any]) -> Arrived:
    ids = iter(range(99))
    return arrived(
        [(message, None) for message in messages],
        {},
        source="web",
        now_us=2_000_000_000_000_000,
        new_id=lambda: f"n{next(ids)}",
    )


def seen(who: str) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": who}


def test_only_who_agreed_is_observed(gate: Gate) -> None:
    gate.accept("ann", "$consent", purpose="watching", granted=True)
    gate.accept("bob", "$consent", purpose="watching", granted=False)
    assert gate.refused(seen("ann"), seen("bob"), seen("cid"), seen("ann")) == {
        1: "it may not be collected for watching: denied",
        2: "it may not be collected for watching: nothing said",
    }
    gate.accept("ann", "$merge", other="bob")
    assert sorted(gate.refused(seen("ann"), seen("bob"))) == [0, 1]


def test_what_people_say_of_consent_and_who_they_are_is_always_taken(gate: Gate) -> None:
    said = {"purpose": "watching", "granted": True}
    consent = {"type": "track", "event": "$consent", "userId": "ann", "properties": said}
    alias = {"type": "alias", "userId": "ann", "previousId": "v1"}
    assert gate.refused(consent, alias) == {}
    identify = {"type": "identify", "userId": "ann", "anonymousId": "v1", "traits": {"age": 5}}
    assert sorted(gate.refused(consent, identify)) == [1]


def test_nobody_is_asked_where_the_project_does_not_say_so(gate: Gate) -> None:
    assert gate.collecting.asks()
    gate.table = table_of([Purpose("ads")])
    assert not gate.collecting.asks()
    gate.table = table_of([Purpose("watching", "no_objection", collect="asked")])
    assert gate.refused(seen("cid")) == {}
