from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from tailorbird.runtimes.garbage import FACTS, WHOLE_AFTER_US, Garbage


class Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def garbage() -> Iterator[Garbage]:
    thresholds = gc.get_threshold()
    yield Garbage(0)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_what_many_facts_became_is_set_aside(garbage: Garbage) -> None:
    before = gc.get_freeze_count()
    kept = [[number] for number in range(1_000)]
    garbage.taken(FACTS - 1)
    assert gc.get_freeze_count() <= before
    garbage.taken(1)
    assert gc.get_freeze_count() >= before + len(kept)


def test_dead_circles_that_were_set_aside_are_found_in_the_end(garbage: Garbage) -> None:
    circle: Circle | None = Circle()
    found = weakref.ref(circle)
    garbage.taken(FACTS)
    del circle
    gc.collect()
    garbage.idle(WHOLE_AFTER_US - 1)
    assert found() is not None
    garbage.idle(WHOLE_AFTER_US)
    assert found() is None
