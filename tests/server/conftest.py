from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.server.talking import Talk, talk


@pytest.fixture
def shop() -> Iterator[Talk]:
    with talk() as made:
        yield made
