"""A column that is read at once says what its texts say one by one."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest

from tailorbird.events.plain_times import plain_instants
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.kernel.instants import DAY, from_datetime, zone

SEED = int(os.environ["TAILORBIRD_TEST_SEED"])
ENDINGS = ["", "Z", "z", " UTC", "UTC", " Z", "  Z", " GMT", "+02:00", "TC", " ", "\0", "0"]
ODD = "0123456789-:. TtZUC,x\0\u0662\ud800"


def written(chance: random.Random) -> str:
    """A time that is mostly in the usual form, with anything at its edges."""
    year = chance.choice([0, 1, 1600, 1899, 1900, 1990, 2000, 2019, 2024, 2099, 9999])
    month, day = chance.randrange(14), chance.choice([0, 1, 28, 29, 30, 31, 32])
    clock = [chance.choice([0, 9, 10, 19, 23, 24, 59, 60]) for _ in range(3)]
    fraction = chance.choice(["", "", ".", ",5", ".123456", ".0000001", ".12 3", ".1234567890"])
    text = f"{year:04}-{month:02}-{day:02}" + chance.choice(" Tt_")
    text += ":".join(f"{part:02}" for part in clock) + fraction + chance.choice(ENDINGS)
    if chance.random() < 0.2:
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice(ODD) + text[place + chance.randrange(2) :]
    return text


@pytest.mark.parametrize("form", [TimeForm(), TimeForm(zone=zone("Europe/London"))])
def test_a_column_says_what_its_texts_say_one_by_one(form: TimeForm) -> None:
    chance = random.Random(SEED)
    column = [None, "", *(written(chance) for _ in range(20_000))]
    reader = TimeReader(form)
    one_by_one = [reader.instant(text) for text in column]
    assert TimeReader(form).column(column) == one_by_one
    assert sum(found is not None for found in one_by_one) > 300


def test_the_usual_form_is_read_at_once_and_no_other() -> None:
    column = ["2024-02-29 23:59:59", "2024-02-29T23:59:59.25Z", "2023-02-29 23:59:59", "2024-02-29"]
    instants, is_plain = plain_instants(column, is_utc=True)
    assert is_plain.tolist() == [True, True, False, False]
    assert instants[1] - instants[0] == 250_000
    assert plain_instants(column, is_utc=False)[1].tolist() == [False, True, False, False]


def test_every_day_is_counted() -> None:
    start = np.datetime64("1600-01-01")
    days = [f"{start + day}T00:00:00" for day in range(0, 250_000, 7)]
    instants, is_plain = plain_instants(days, is_utc=True)
    assert is_plain.all()
    assert set(np.diff(instants).tolist()) == {7 * DAY}
    assert instants[0] == from_datetime(
        np.datetime64(start, "us").astype(object).replace(tzinfo=zone("UTC"))
    )
