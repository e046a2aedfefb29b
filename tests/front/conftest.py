"""One server and one site for all tests here, a browser for each file, a context for each test.

The browser's driver keeps an event loop running in the thread of its tests, in which other tests
could not run theirs: so it ends with each file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from tests.faulty import Network, faulty
from tests.front.site import Site, site
from tests.front.watching import Watching
from tests.patience import PATIENCE_S
from tests.served import Server, served

from tailorbird.server.assets import BUILT, SNIPPET

expect.set_options(timeout=PATIENCE_S * 1000)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--autoplay-policy=no-user-gesture-required",
]
KEPT_OUT = ["--disable-back-forward-cache"]
"""What the driver adds by itself and users' browsers do not have."""


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    path = program("chromium")
    if not (BUILT / SNIPPET).exists():
        pytest.skip("what browsers are given was not built: make front")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=path,
            args=FLAGS,
            ignore_default_args=KEPT_OUT,
            timeout=PATIENCE_S * 1000,
        )
        yield found
        found.close()


@pytest.fixture(scope="session")
def pages() -> Iterator[Site]:
    with site() as made:
        yield made


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, pages: Site) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("front"), settings=f"origins: {pages.url}\n") as made:
        yield made


@pytest.fixture
def network(shop: Server) -> Iterator[Network]:
    with faulty(shop.port) as made:
        yield made


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    made.set_default_timeout(PATIENCE_S * 1000)
    yield made
    made.close()


@pytest.fixture
def visit(
    context: BrowserContext, shop: Server, pages: Site, network: Network
) -> Iterator[Watching]:
    watching = Watching(context, shop, pages, network)
    yield watching
    assert watching.errors == [], "a page must never hear of an error"
