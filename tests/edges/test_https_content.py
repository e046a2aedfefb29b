from __future__ import annotations

import asyncio

import pytest

from tailorbird.edges.https_content import fetch


@pytest.mark.parametrize("url", ["https://127.0.0.1:9/a", "https://localhost/a", "https://[::1]/a"])
def test_nothing_is_fetched_from_this_machine_or_its_neighbours(url: str) -> None:
    with pytest.raises(OSError, match="its address is not public"):
        asyncio.run(fetch(url))
