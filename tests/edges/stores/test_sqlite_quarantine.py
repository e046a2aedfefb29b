"""The quarantine is sealed, bounded, and on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.stores.sqlite_quarantine import SqliteQuarantine
from tailorbird.events.refusals import Refusal, RejectedItem
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError


@pytest.fixture
def keyring() -> Iterator[SqliteKeyring]:
    with SqliteKeyring(None) as opened:
        yield opened


def item(
    id_: str = "m1", subject: str | None = "ann", at_us: int = 5, size: int = 2
) -> RejectedItem:
    refusal = Refusal("plan", "no price", aside=False)
    return RejectedItem(at_us, "batch", "k1", refusal, subject, b"{}", 2, b"x" * size, id_, "then")


def test_all_that_a_later_try_needs_comes_back(keyring: SqliteKeyring) -> None:
    with SqliteQuarantine(None, keyring) as quarantine:
        given = [item(), item("m2", None)._replace(message=b"", sent_at=None, request=b"r")]
        assert quarantine.keep(given, before_us=0) == 0
        assert [one.item for one in quarantine.oldest(9)] == given
        assert [one.item for one in quarantine.newest(9)] == given[::-1]
        assert [one.number for one in quarantine.oldest(9, after=1)] == [2]
        assert quarantine.held().messages == 2


def test_a_message_is_kept_once_and_those_without_an_id_each(keyring: SqliteKeyring) -> None:
    with SqliteQuarantine(None, keyring) as quarantine:
        quarantine.keep([item(), item()], before_us=0)
        quarantine.keep([item(), item(""), item("")], before_us=0)
        assert [one.item.id for one in quarantine.oldest(9)] == ["m1", "", ""]


def test_the_oldest_go_when_there_is_no_room(keyring: SqliteKeyring) -> None:
    with SqliteQuarantine(None, keyring, most_bytes=10_000) as quarantine:
        gone = [quarantine.keep([item(f"m{n}", size=2_000)], before_us=0) for n in range(6)]
        assert gone == [0, 0, 0, 0, 1, 1]
        assert [one.item.id for one in quarantine.oldest(9)] == ["m2", "m3", "m4", "m5"]
        assert quarantine.held().bytes <= 10_000


def test_no_more_are_kept_than_the_limit_says(
    keyring: SqliteKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "QUARANTINED", 3)
    with SqliteQuarantine(None, keyring) as quarantine:
        assert quarantine.keep([item(f"m{n}") for n in range(5)], before_us=0) == 2
        assert [one.item.id for one in quarantine.oldest(9)] == ["m2", "m3", "m4"]


def test_what_is_too_old_goes(keyring: SqliteKeyring) -> None:
    with SqliteQuarantine(None, keyring) as quarantine:
        quarantine.keep([item("m1", at_us=5), item("m2", at_us=9)], before_us=0)
        quarantine.forget(before_us=9)
        assert [one.item.id for one in quarantine.oldest(9)] == ["m2"]
        assert quarantine.held() == (1, quarantine.held().bytes)


def test_those_that_were_taken_go_and_others_have_a_new_reason(keyring: SqliteKeyring) -> None:
    with SqliteQuarantine(None, keyring) as quarantine:
        quarantine.keep([item("m1"), item("m2")], before_us=0)
        quarantine.settle([1], {2: Refusal("plan", "no size"), 9: Refusal("plan", "gone")})
        (left,) = quarantine.oldest(9)
        assert left.item == item("m2")._replace(refusal=Refusal("plan", "no size"))
        assert quarantine.drop([2]) == 1
        assert quarantine.held() == (0, 0)


def test_nothing_of_anybody_stands_in_the_file_and_who_is_erased_is_gone(tmp_path: Path) -> None:
    with SqliteKeyring(tmp_path / "keys.sqlite") as keyring:
        name = keyring.hash_of("canary-ann")
        keyring.made([name])
        with SqliteQuarantine(tmp_path / "quarantine.sqlite", keyring) as quarantine:
            quarantine.keep([item("canary-1", "canary-ann"), item("canary-2", "canary-bob")], 0)
            for path in tmp_path.iterdir():
                assert b"canary" not in path.read_bytes()
            keyring.destroy([name])
            anns, bobs = quarantine.oldest(9)
            assert (anns.is_erased, anns.item.message, anns.item.id) == (True, b"", "")
            assert not bobs.is_erased
            assert quarantine.clear("canary-bob") == 1
            assert [one.number for one in quarantine.oldest(9)] == [1]


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, keyring: SqliteKeyring) -> None:
    path = tmp_path / "quarantine.sqlite"
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(InputError, match=r"the quarantine .* rm "):
        SqliteQuarantine(path, keyring)
