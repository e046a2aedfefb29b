"""Rejected messages are kept sealed, and never too many, too large or too old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.stores.sqlite_rejects import SqliteRejects
from tailorbird.events.refusals import SORTS, Refusal, RejectedItem
from tailorbird.kernel import limits


@pytest.fixture
def keyring() -> Iterator[SqliteKeyring]:
    with SqliteKeyring(None) as opened:
        yield opened


def item(
    at_us: int = 5, subject: str | None = "ann", raw: bytes = b"{}", says: str = "no event name"
) -> RejectedItem:
    return RejectedItem(at_us, "track", "k1", Refusal("name", says), subject, raw, len(raw))


def test_what_is_kept_is_told_the_newest_first(keyring: SqliteKeyring) -> None:
    with SqliteRejects(None, keyring) as rejects:
        given = [item(at, who, b"\xff%d" % at) for at, who in enumerate(["ann", None, "bob"])]
        given[1] = given[1]._replace(refusal=Refusal("time", "no time"))
        rejects.add(given, before_us=0)
        found = rejects.newest(10)
        assert [one.item for one in found] == given[::-1]
        assert [one.number for one in found] == [3, 2, 1]
        assert [one.number for one in rejects.newest(1, before=3)] == [2]
        assert [one.number for one in rejects.newest(9, sort="time")] == [2]
        assert [one.number for one in rejects.newest(9, subject="bob")] == [3]
        assert rejects.find(2) == found[1]
        assert rejects.find(4) is None


def test_what_no_utf8_can_write_is_kept_as_far_as_it_can(keyring: SqliteKeyring) -> None:
    """A JSON text may hold half of a surrogate pair, and so anybody can send one."""
    half = "\ud800"
    with SqliteRejects(None, keyring) as rejects:
        given = item(1, half, says=f"no {half}")._replace(message=b"{}", id=half, sent_at=half)
        rejects.add([given, item(2)], before_us=0)
        kept = rejects.newest(9)
        assert [one.item.subject for one in kept] == ["ann", r"\ud800"]
        assert [one.number for one in rejects.newest(9, subject=half)] == [1]
        assert kept[1].item.refusal.says == r"no \ud800"


def test_neither_ids_nor_what_was_sent_stand_in_the_file(tmp_path: Path) -> None:
    with SqliteKeyring(tmp_path / "keys.sqlite") as keyring:
        keyring.made([keyring.hash_of("canary-ann")])
        with SqliteRejects(tmp_path / "rejects.sqlite", keyring) as rejects:
            for who in ("canary-ann", "canary-bob", None):
                rejects.add([item(5, who, b"canary-raw", "canary-reason")], before_us=0)
            for path in tmp_path.iterdir():
                assert b"canary" not in path.read_bytes()


def test_who_is_erased_is_not_in_rejected_messages_any_more(keyring: SqliteKeyring) -> None:
    name = keyring.hash_of("ann")
    keyring.made([name])
    with SqliteRejects(None, keyring) as rejects:
        rejects.add([item(5, "ann", b"hers"), item(6, "bob", b"his")], before_us=0)
        keyring.destroy([name])
        bobs, anns = rejects.newest(10)
        assert (bobs.item.raw, bobs.is_erased) == (b"his", False)
        assert (anns.item.raw, anns.item.refusal.says, anns.item.subject) == (b"", "", None)
        assert anns.is_erased
        keyring.made([name])  # she comes again, with another key
        assert rejects.newest(10)[1].is_erased


def test_those_of_one_identifier_are_cleared_and_leave_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "rejects.sqlite"
    with SqliteKeyring(None) as keyring, SqliteRejects(path, keyring) as rejects:
        rejects.add([item(5, "ann"), item(6, "bob"), item(7, "ann")], before_us=0)
        sealed = [bytes(row[0]) for row in rejects._execute("SELECT sealed FROM rejects")]
        assert rejects.clear("ann") == 2
        assert [one.item.subject for one in rejects.newest(9)] == ["bob"]
        assert rejects.clear() == 1
        assert rejects.newest(9) == []
        for file in tmp_path.iterdir():
            assert not any(part in file.read_bytes() for part in sealed)


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 400)), max_size=6), max_size=8),
    st.integers(0, 20),
)
def test_only_the_newest_are_kept_within_every_bound(
    groups: list[list[tuple[int, int]]], before_us: int
) -> None:
    with pytest.MonkeyPatch.context() as patch, SqliteKeyring(None) as keyring:
        patch.setattr(limits, "REJECTS", 5)
        patch.setattr(limits, "REJECTS_BYTES", 1_200)
        with SqliteRejects(None, keyring) as rejects:
            kept: list[RejectedItem] = []
            for group in groups:
                added = [item(at_us, None, b"x" * size) for at_us, size in group]
                rejects.add(added, before_us)
                kept = [one for one in [*kept, *added] if one.at_us >= before_us][-5:]
                sizes = [len(sealed) for _, _, _, _, _, _, sealed in rejects._sealed(kept)]
                while sum(sizes) > 1_200:
                    del sizes[0], kept[0]
                assert [one.item for one in rejects.newest(99)] == kept[::-1]
            rejects.forget(31)
            assert rejects.newest(99) == []


def test_a_store_is_found_again_as_it_was(tmp_path: Path) -> None:
    with SqliteKeyring(None) as keyring:
        for at_us, sort in enumerate(SORTS):
            with SqliteRejects(tmp_path / "rejects.sqlite", keyring) as rejects:
                rejects.add([item(at_us)._replace(refusal=Refusal(sort, "said"))], before_us=0)
        with SqliteRejects(tmp_path / "rejects.sqlite", keyring) as rejects:
            assert [one.item.refusal.sort for one in rejects.newest(99)] == [*reversed(SORTS)]
