"""Settings are facts: for all time at first, later from the moment on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.settings import in_force, put_settings
from tailorbird.kernel.instants import FIRST_INSTANT
from tailorbird.language.world import World

TOKYO = {"zone": "Asia/Tokyo", "session_gap": "30m"}
PARIS = {"zone": "Europe/Paris", "session_gap": "30m"}


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        yield opened


def zone_at(history: DuckDbHistory, at_us: int, known_us: int | None = None) -> str:
    return in_force(World(history.workspace_facts(), known_us=known_us), at_us)["zone"]


def test_the_first_settings_hold_for_all_time_and_were_always_known(
    history: DuckDbHistory,
) -> None:
    assert put_settings(history, TOKYO, now_us=1_000) == {"zone": "Asia/Tokyo"}
    assert zone_at(history, FIRST_INSTANT, known_us=FIRST_INSTANT) == "Asia/Tokyo"


def test_later_settings_hold_from_then_on(history: DuckDbHistory) -> None:
    put_settings(history, TOKYO, now_us=1_000)
    assert put_settings(history, PARIS, now_us=2_000) == {"zone": "Europe/Paris"}
    assert [zone_at(history, at_us) for at_us in (1_999, 2_000)] == ["Asia/Tokyo", "Europe/Paris"]


def test_a_setting_can_come_back(history: DuckDbHistory) -> None:
    for now_us, wanted in enumerate((TOKYO, PARIS, TOKYO), 1_000):
        put_settings(history, wanted, now_us=now_us)
    assert zone_at(history, 2_000) == "Asia/Tokyo"


def test_what_is_in_force_is_not_written_again(history: DuckDbHistory) -> None:
    put_settings(history, TOKYO, now_us=1_000)
    assert put_settings(history, TOKYO, now_us=2_000) == {}
    assert history.end_position == 1


def test_defaults_need_no_fact(history: DuckDbHistory) -> None:
    assert put_settings(history, {"zone": "UTC", "session_gap": "30m"}, now_us=1_000) == {}
