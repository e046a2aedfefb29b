"""What a killed writer had told is there, whatever the moment of its death."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from tests.crash.killing import cycle

SEED = int(os.environ.get("TAILORBIRD_TEST_SEED", "1"))


def test_what_a_killed_writer_had_told_is_there(tmp_path: Path) -> None:
    chance, acknowledged = Random(SEED), 0
    for least in (0, 0, 1, 0, 0):
        acknowledged, wrong = cycle(tmp_path, acknowledged, chance, least)
        assert wrong is None
    assert acknowledged
