"""The seed of the laws: the one of the whole run, so that a failure can be repeated."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ["TAILORBIRD_TEST_SEED"])
