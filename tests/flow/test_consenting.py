"""The gate that follows a log, against a slow obvious reading of all of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.columns import columns_of
from tailorbird.flow import consenting, tail
from tailorbird.flow.consenting import BehindError, Consents
from tailorbird.flow.picking import picked
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import HOUR, SECOND, format_instant
from tailorbird.language.purposes import READY, Purpose, table_of
from tailorbird.ports.log import LogChunk

TABLE = table_of([*READY, Purpose("service", "no_objection"), Purpose("billing", "nothing")])
PEOPLE = ("ann", "bob", "v1", "v2", "v3")
BEGIN_US = 1_700_000_000 * SECOND


def fact(who: str, id_: str, name: str, at_us: int = BEGIN_US, **said: Any) -> Fact:
    return Fact(who, at_us, id_, name, said, {}, False, True, "web", 0, at_us)


def consent(who: str, id_: str, granted: bool, at_us: int = BEGIN_US, **more: Any) -> Fact:
    more = {"purpose": "marketing", **more}
    return fact(who, id_, "$consent", at_us, granted=granted, **more)


class Gate:
    """A log whose writer has the gate know, as the server does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_us = BEGIN_US + HOUR
        self.keyring = SqliteKeyring(folder / "keys.sqlite")
        self.log = SqliteLog(folder / "log.sqlite", self.keyring)
        self.facts: list[Fact] = []
        self.open()

    def open(self) -> None:
        store = SqliteConsents(self.folder / "consents.sqlite", self.keyring)
        self.consents = Consents(self.log, store, lambda: TABLE, lambda: self.now_us)

    def close(self) -> None:
        self.consents.close()
        self.log.close()
        self.keyring.close()

    def accept(self, *facts: Fact, is_told: bool = True) -> None:
        told = self.log.append([columns_of(facts)], self.now_us)
        new = [one for place, one in enumerate(facts) if place not in told[0].duplicates]
        self.facts += [one._replace(position=len(self.facts) + n) for n, one in enumerate(new)]
        if is_told:
            self.consents.absorb(told)

    def about(self, who: str) -> dict[str, tuple[bool, str]]:
        told = self.consents.about(self.consents.mark_of(who))
        return {purpose: (verdict.may, verdict.reason) for purpose, verdict in told.items()}

    def marketing(self, who: str) -> str:
        return self.about(who)["marketing"][1]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    made = Gate(tmp_path)
    yield made
    made.close()


# What it means


def friends(facts: list[Fact], who: str, before: float) -> set[str]:
    """Everybody whom links that nobody took back join with somebody, by those before a place."""
    gone = {link for one in facts if one.name == "$unmerge" for link in one.properties["links"]}
    found = {who}
    for _ in PEOPLE:
        for one in facts:
            pair = {one.subject, one.properties.get("other")}
            is_link = one.name == "$merge" and one.id not in gone and one.position < before
            if is_link and pair & found:
                found |= pair
    return found


def naive(facts: list[Fact], who: str, purpose: Purpose, now_us: int) -> tuple[bool, str]:
    if purpose.needs == "nothing":
        return True, "not needed"
    hers = friends(facts, who, float("inf"))
    bots: dict[str, tuple[int, bool]] = {}
    for one in facts:
        if one.name == "$verdict":
            told = one.time_us, one.properties["bot"]
            bots[one.properties["message_id"]] = max(
                bots.get(one.properties["message_id"], told), told
            )
    about = [
        one
        for one in facts
        if one.name == "$consent"
        and one.subject in hers
        and one.properties["purpose"] == purpose.name
    ]
    grants = [
        one
        for one in about
        if one.properties["granted"]
        and one.time_us <= now_us
        and not bots.get(one.id, (0, False))[1]
    ]
    for denial in about:
        if not denial.properties["granted"] and not any(
            grant.time_us > denial.time_us
            and denial.subject in friends(facts, grant.subject, grant.position)
            for grant in grants
        ):
            return False, "denied"
    if purpose.needs == "no_objection":
        return True, "no objection"
    statements = [*grants, *(one for one in about if not one.properties["granted"])]
    if not statements:
        return False, "nothing said"
    newest_us = max(one.time_us for one in statements)
    ends = [one.properties.get("expires") for one in statements if one.time_us == newest_us]
    over = any(end is not None and end <= format_instant(now_us) for end in ends)
    return (False, "expired") if over else (True, "granted")


def some_fact(chance: random.Random, number: int, before: list[Fact]) -> Fact:
    who, id_ = chance.choice(PEOPLE), f"m{number}"
    at_us = BEGIN_US + chance.randrange(12) * SECOND
    kind = chance.random()
    if kind < 0.5:
        purpose = chance.choice(["marketing", "service", "billing", "other"])
        more = {}
        if chance.random() < 0.3:
            more["expires"] = format_instant(BEGIN_US + chance.randrange(30) * SECOND)
        return consent(who, id_, chance.random() < 0.6, at_us, purpose=purpose, **more)
    if kind < 0.7:
        return fact(who, id_, "$merge", at_us, other=chance.choice(PEOPLE))
    ids = [one.id for one in before]
    if kind < 0.78 and ids:
        return fact(who, id_, "$unmerge", at_us, links=chance.sample(ids, min(len(ids), 3)))
    if kind < 0.88 and ids:
        bot = chance.random() < 0.6
        return fact(who, id_, "$verdict", at_us, message_id=chance.choice(ids), bot=bot)
    if kind < 0.92 and before:
        return chance.choice(before)
    return fact(who, id_, "Seen", at_us)


def assert_same_as_naive(gate: Gate) -> None:
    for who in PEOPLE:
        assert gate.about(who) == {
            name: naive(gate.facts, who, purpose, gate.now_us) for name, purpose in TABLE.items()
        }, (who, gate.facts)


@pytest.mark.parametrize("seed", range(10))
def test_the_gate_says_what_a_reading_of_the_whole_log_says(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consenting, "FACTS", 3)
    monkeypatch.setattr(consenting, "_SILENT", 2)
    chance = random.Random(seed)
    gate = Gate(tmp_path)
    number = 0
    try:
        for _ in range(30):
            group = []
            for _ in range(chance.randrange(1, 4)):
                group.append(some_fact(chance, number, gate.facts + group))
                number += 1
            gate.accept(*group, is_told=chance.random() < 0.9)
            gate.now_us = BEGIN_US + chance.randrange(30) * SECOND
            if chance.random() < 0.1:
                gate.consents.close()
                gate.open()
            gate.consents.follow()
            assert_same_as_naive(gate)
    finally:
        gate.close()


@pytest.mark.parametrize("seed", range(5))
def test_what_is_picked_out_of_the_history_says_the_same(
    seed: int, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consenting, "FACTS", 5)
    chance = random.Random(seed)
    with DuckDbHistory(None) as history:
        for number in range(100):
            gate.accept(some_fact(chance, number, gate.facts), is_told=False)
            if number == 80:  # what comes later it does not have
                tail.follow(gate.log, history)
        for known in (0, 33, 90):
            gate.consents.close()
            (gate.folder / "consents.sqlite").unlink(missing_ok=True)
            gate.open()
            while gate.consents.is_far_behind and gate.consents.position < known:
                gate.consents.is_current()  # by five facts of the log at a time
            begun = gate.consents.position
            gate.consents.take_picked(partial(picked, history, positions=17, most=2))
            assert gate.consents.position == max(history.end_position, begun)
            gate.consents.follow()
            assert_same_as_naive(gate)


def test_what_another_thread_read_meanwhile_is_not_read_back(gate: Gate) -> None:
    gate.accept(fact("ann", "m0", "Seen"), consent("ann", "m1", True), is_told=False)

    def told(position: int) -> Iterator[LogChunk]:
        chunk = gate.log.read(position, 10)
        gate.consents.follow()
        gate.accept(consent("ann", "m2", False, BEGIN_US + SECOND))
        yield chunk

    gate.consents.take_picked(told)
    assert (gate.consents.position, gate.marketing("ann")) == (3, "denied")


def test_a_word_acts_when_it_is_accepted_and_for_all_her_identifiers(gate: Gate) -> None:
    gate.accept(consent("ann", "1", True), fact("ann", "2", "$merge", other="v1"))
    assert (gate.marketing("ann"), gate.marketing("v1")) == ("granted", "granted")
    gate.accept(consent("v1", "3", False, BEGIN_US + 1))
    assert (gate.marketing("ann"), gate.marketing("v1")) == ("denied", "denied")
    gate.accept(fact("ann", "4", "$unmerge", links=["2"]))
    assert (gate.marketing("ann"), gate.marketing("v1")) == ("granted", "denied")


def test_a_click_before_it_was_known_who_she_is_takes_no_denial_back(gate: Gate) -> None:
    gate.accept(consent("ann", "1", False), consent("v1", "2", True, BEGIN_US + 1))
    gate.accept(fact("ann", "3", "$merge", other="v1"))
    assert gate.marketing("v1") == "denied"
    gate.accept(consent("v1", "4", True, BEGIN_US + 2))
    assert gate.marketing("ann") == "granted"


def test_while_it_is_behind_it_tells_nothing(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consenting, "FACTS", 1)
    gate.accept(consent("ann", "1", True))
    for number in range(4):
        gate.accept(consent("ann", f"d{number}", False, BEGIN_US + 1), is_told=False)
    with pytest.raises(BehindError):
        gate.about("ann")
    assert not gate.consents.is_current()
    gate.consents.follow()
    assert gate.consents.is_current()
    assert gate.marketing("ann") == "denied"


def test_what_it_missed_it_reads_before_it_goes_on(gate: Gate) -> None:
    gate.accept(consent("ann", "1", False, BEGIN_US + 1), is_told=False)
    gate.accept(consent("bob", "2", True))
    gate.accept(fact("bob", "3", "Seen"))
    assert (gate.marketing("ann"), gate.marketing("bob")) == ("denied", "granted")


def test_of_verdicts_of_one_instant_that_counts_which_takes_a_grant_away(gate: Gate) -> None:
    gate.accept(consent("ann", "1", True))
    for number, bot in enumerate([True, False]):
        gate.accept(fact("ann", f"v{number}", "$verdict", message_id="1", bot=bot))
    assert gate.marketing("ann") == "nothing said"
    gate.accept(fact("ann", "v9", "$verdict", BEGIN_US + 1, message_id="1", bot=False))
    assert gate.marketing("ann") == "granted"


def test_a_store_that_cannot_be_written_shuts_the_gate_and_fails_nobody(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.accept(consent("ann", "1", True))
    store: Any = gate.consents._store

    def broken(*_: Any) -> None:
        raise InputError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_put", broken)
        gate.accept(consent("ann", "2", False, BEGIN_US + 1))
        assert not gate.consents.is_current()
        with pytest.raises(InputError):
            gate.about("ann")
    assert gate.marketing("ann") == "denied"


def test_it_is_made_from_the_log_again_when_its_file_is_gone_or_anothers(gate: Gate) -> None:
    gate.accept(consent("ann", "1", True), fact("bob", "2", "Seen"))
    gate.consents.close()
    (gate.folder / "consents.sqlite").unlink()
    gate.open()
    assert gate.marketing("ann") == "granted"
    gate.consents.close()
    with (
        SqliteKeyring(None) as other,
        SqliteConsents(gate.folder / "consents.sqlite", other) as store,
    ):
        assert store.position == 0
    gate.open()
    assert gate.marketing("ann") == "granted"


def test_a_log_that_was_set_back_is_read_anew(gate: Gate) -> None:
    gate.accept(consent("ann", "1", True), consent("ann", "2", False, BEGIN_US + 1))
    store = SqliteConsents(gate.folder / "consents.sqlite", gate.keyring)
    with SqliteLog(None, gate.keyring) as log:
        log.append([columns_of([consent("ann", "1", True)])], gate.now_us)
        consents = Consents(log, store, lambda: TABLE, lambda: gate.now_us)
        assert consents.about(consents.mark_of("ann"))["marketing"].may
        consents.close()


def test_no_identifier_stands_in_the_file_and_who_is_forgotten_said_nothing(gate: Gate) -> None:
    gate.accept(consent("canary-ann", "canary-1", True), consent("bob", "2", True))
    for path in gate.folder.glob("consents.sqlite*"):
        assert b"canary" not in path.read_bytes()
    gate.consents._store.forget(["canary-ann"])
    assert (gate.marketing("canary-ann"), gate.marketing("bob")) == ("nothing said", "granted")


def test_what_is_linked_with_too_many_is_no_one_person(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LINKS_PER_PERSON", 3)
    gate.accept(consent("ann", "1", True))
    for number in range(5):
        gate.accept(fact("ann", f"l{number}", "$merge", other=f"v{number}"))
    found = gate.about("v4")
    assert (found["marketing"], found["billing"]) == ((False, "crowd"), (True, "not needed"))


def test_of_one_identifier_only_the_newest_words_are_held(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STATEMENTS", 3)
    gate.accept(*(consent("ann", f"{n}", True, BEGIN_US + n) for n in range(9)))
    assert gate.marketing("ann") == "granted"
    said = gate.consents._store.said(gate.consents.mark_of("ann"), 9)
    assert said is not None
    assert [one.time_us - BEGIN_US for one in said.statements] == [6, 7, 8]


@contextmanager
def against(gate: Gate) -> Iterator[Any]:
    yield lambda *purposes: gate.consents.against(gate.consents.mark_of("ann"), purposes)


def test_all_purposes_must_be_allowed_and_unknown_ones_are_not(gate: Gate) -> None:
    gate.accept(consent("ann", "1", True))
    with against(gate) as asked:
        assert asked() is None
        assert asked("marketing") is None
        assert asked("marketing", "analytics").reason == "nothing said"
        assert asked("marketing", "billing", "service") is None
        assert asked("gone").reason == "nothing said"
