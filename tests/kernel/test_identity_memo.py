from __future__ import annotations

import pytest

from tailorbird.kernel import identity_memo
from tailorbird.kernel.identity_memo import IdentityMemo


def test_the_same_object_is_worked_out_once_and_an_equal_one_again() -> None:
    asked: list[tuple[int, ...]] = []

    def length(given: tuple[int, ...]) -> int:
        asked.append(given)
        return len(given)

    memo = IdentityMemo(length)
    one, equal = tuple(range(2)), tuple(range(2))
    assert [memo.of(one), memo.of(one), memo.of(equal)] == [2, 2, 2]
    assert len(asked) == 2


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity_memo, "REMEMBERED", 10)
    memo = IdentityMemo[list[int], int](sum)
    # Objects that are let go of leave their identity to others, which must not be taken for them.
    assert [memo.of([number]) for number in range(1_000)] == list(range(1_000))
