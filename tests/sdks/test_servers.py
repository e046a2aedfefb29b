"""Unchanged kits for servers: every event once, of the right person, with its name and time."""

from __future__ import annotations

import pytest
from tests.faulty import Network
from tests.sdks.conftest import SLICE, Shop, send_from_node, send_from_python
from tests.sdks.journeys import travels

NODE = ["segment-node", "rudder-node", "jitsu-node", "snowplow-node", "posthog-node"]
PYTHON = ["segment-python", "rudder-python", "snowplow-python", "posthog-python"]


@pytest.mark.parametrize("plan", SLICE)
@pytest.mark.parametrize("kit", NODE)
def test_what_a_kit_of_npm_sends_is_stored_once(
    kit: str, plan: str, shop: Shop, network: Network
) -> None:
    travels(kit, plan, send_from_node, shop, network)


@pytest.mark.parametrize("plan", SLICE)
@pytest.mark.parametrize("kit", PYTHON)
def test_what_a_kit_of_pypi_sends_is_stored_once(
    kit: str, plan: str, shop: Shop, network: Network
) -> None:
    travels(kit, plan, send_from_python, shop, network)
