"""Far more is sent than may wait: the server refuses the rest, and keeps what it acknowledged."""

from __future__ import annotations

from pathlib import Path

from tests.crash.overload import BATCH, overload


def test_nothing_acknowledged_is_lost_when_ten_times_too_much_comes(tmp_path: Path) -> None:
    # Twenty clients with a batch each want ten times the facts that may wait to be written.
    outcome, wrong = overload(tmp_path, seconds=3, clients=20, waiting=20 * BATCH // 10)
    assert wrong == []
    assert outcome.acknowledged and outcome.statuses[429]
