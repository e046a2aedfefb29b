"""A browser for each file and a server for all; each test has a context of its own, signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright
from tests.console.visiting import PATIENCE_MS, Visitor
from tests.front.conftest import FLAGS
from tests.served import Server, served

from tailorbird.server.assets import BUILT, CONSOLE


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    path = program("chromium")
    if not (BUILT / CONSOLE).exists():
        pytest.skip("the console was not built: make front")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=PATIENCE_MS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")
def cookies(browser: Browser, shop: Server) -> StorageState:
    """What a browser has that is signed in."""
    made = Visitor(browser, shop)
    made.enter(made.link())
    found = made.context.storage_state()
    made.close()
    return found


@pytest.fixture
def visitor(browser: Browser, shop: Server, cookies: StorageState) -> Iterator[Visitor]:
    """Somebody who is signed in; no page may ever break one of its own rules."""
    made = Visitor(browser, shop, cookies)
    made.go("/")
    yield made
    made.close()
    assert made.errors == []
