"""A visitor with a page, and what of it arrived: at the network, and in the log."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Page
from tests.faulty import Exchange, Network
from tests.front.site import Site
from tests.patience import PATIENCE_S
from tests.served import Server

EVENTS = "/v1/b"
_numbers = count(1)


def until(holds: Callable[[], Any], what: str = "it never came to hold") -> Any:
    """Ask until there is something; gives it."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError(what)


class Watching:
    """One browser context on pages that have the library."""

    def __init__(
        self, context: BrowserContext, shop: Server, pages: Site, network: Network
    ) -> None:
        self.context, self.shop, self.pages, self.network = context, shop, pages, network
        self.errors: list[str] = []
        self.messages: list[str] = []
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.messages.append(said.text))
        page.set_default_timeout(PATIENCE_S * 1000)
        return page

    def script(self, **options: str) -> str:
        """The element that loads the library, with its attributes."""
        given = {"consent": "given", "key": self.shop.key, "dwell": "off", **options}
        attributes = "".join(
            f' data-{name.replace("_", "-")}="{html.escape(value)}"'
            for name, value in given.items()
        )
        return f'<script src="{self.network.url}/tailorbird.js"{attributes}></script>'

    def put(
        self, body: str = "", *, head: str = "", path: str = "", headers: Any = None, **options: str
    ) -> str:
        """Have a page with the library; gives its address."""
        text = f"<!doctype html><title>Shop</title>{head}{self.script(**options)}<body>{body}"
        return self.pages.put(path or f"/{next(_numbers)}", text, **(headers or {}))

    def open(self, body: str = "", *, query: str = "", **more: Any) -> Page:
        """Go to a new page with the library."""
        self.page.goto(self.put(body, **more) + query)
        return self.page

    def run(self, code: str) -> Any:
        return self.page.evaluate(code)

    def flush(self) -> None:
        self.run("tailorbird.flush()")

    def until_loaded(self, part: str) -> None:
        """A part of the library that comes by itself is there, and listens."""
        name = f"(one) => one.name.includes('/tailorbird/{part}-')"
        find = f"performance.getEntriesByType('resource').find({name})?.name"
        url = until(lambda: self.run(find), f"nobody asked for {part}")
        # Who asked for it first is told first; what it does then is done in the next turn.
        self.run(f"import('{url}').then(() => new Promise((then) => setTimeout(then)))")

    @property
    def visitor(self) -> str:
        return str(until(lambda: self.run("tailorbird.anonymousId()"), "nobody is known"))

    def requests(self) -> list[Exchange]:
        """What was sent of events, whatever became of it."""
        return self.network.posts(EVENTS)

    def sent(self) -> list[dict[str, Any]]:
        """Every message that was sent, each as often as it was."""
        return [one for request in self.requests() for one in request.said["batch"]]

    def until_sent(self, name: str, times: int = 1) -> list[dict[str, Any]]:
        """The messages of a name, once there are so many."""

        def found() -> Any:
            messages = {one["messageId"]: one for one in self.sent() if called(one) == name}
            return list(messages.values()) if len(messages) >= times else None

        names = sorted({called(one) for one in self.sent()})
        found_ones: list[dict[str, Any]] = until(found, f"there is no {name} among {names}")
        return found_ones

    def until_told(self) -> None:
        """Wait until nothing waits any more."""
        until(lambda: self.run("tailorbird.flush().then(() => tailorbird.waiting() === 0)"))

    def stored(self, who: str | None = None) -> list[dict[str, Any]]:
        """What the server has of somebody, the newest first, as of all that it took."""
        answers = [one.told for one in self.requests() if one.answer and one.status != 400]
        position = max((one["position"] for one in answers), default=0)
        name = quote(who or self.visitor, safe="")
        path = f"/v1/profiles/{name}/timeline?limit=500&min_position={position}"
        facts: list[dict[str, Any]] = self.shop.read(path)["facts"]
        return facts

    def names(self, who: str | None = None) -> list[str]:
        """The names of what the server has of somebody, in order of time."""
        return [fact["name"] for fact in reversed(self.stored(who))]


def called(message: dict[str, Any]) -> str:
    return str(message.get("event") or message["type"])
