"""The console knows each sort of reason for which something is not stored."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tailorbird.events.refusals import SORTS

HINTS = Path(__file__).parents[2] / "front" / "console" / "source" / "live" / "hints.ts"


@pytest.mark.parametrize("table", ["HINTS", "SORT_NAMES"])
def test_every_sort_has_its_words_in_the_console(table: str) -> None:
    _, _, rest = HINTS.read_text(encoding="utf-8").partition(f"const {table}: ")
    named = re.findall(r"^  (\w+):", rest.partition("\n};")[0], re.MULTILINE)
    assert sorted(named) == sorted(SORTS)
