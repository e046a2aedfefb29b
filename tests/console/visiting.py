"""Somebody in front of the console, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, StorageState, expect
from tests.patience import PATIENCE_S
from tests.served import Server, run

PATIENCE_MS = PATIENCE_S * 1000
AXE = Path(__file__).resolve().parents[2] / "front" / "node_modules" / "axe-core" / "axe.min.js"
expect.set_options(timeout=PATIENCE_MS)


class Visitor:
    """One browser context on the console of one server."""

    def __init__(self, browser: Browser, shop: Server, cookies: StorageState | None = None) -> None:
        self.shop = shop
        self.url = f"http://127.0.0.1:{shop.port}"
        self.context = browser.new_context(
            viewport={"width": 1200, "height": 800}, storage_state=cookies
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.errors: list[str] = []
        """What went wrong in pages: also what their own rules kept them from."""
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self._heard(said.type, said.text))
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.errors.append(text)

    def link(self) -> str:
        """A one-time link, as people get it."""
        return run(self.shop.folder, "open", "--print").strip()

    def enter(self, link: str) -> None:
        self.page.goto(link)
        self.page.wait_for_url("**/console/")
        expect(self.page.get_by_role("heading", name="Live events")).to_be_visible()

    def go(self, path: str) -> Page:
        """To a page of the console."""
        self.page.goto(f"{self.url}/console/#{path}")
        return self.page

    def send(self, *messages: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Send messages as a shop does; gives the answer, whatever it is."""
        headers = {"authorization": f"Bearer {key or self.shop.key}"}
        body = json.dumps({"batch": messages}).encode()
        try:
            with urlopen(
                Request(f"{self.url}/v1/batch", body, headers), timeout=PATIENCE_S
            ) as told:
                found: dict[str, Any] = json.load(told)
                return found
        except HTTPError as error:
            with error:
                return dict(json.load(error))

    def faults(self) -> list[str]:
        """What stands in the way of people who cannot see, or use no mouse, on this page."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def close(self) -> None:
        self.context.close()


def track(who: str, event: str = "Product Viewed", **more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": who, "event": event, **more}
