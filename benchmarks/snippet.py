"""What tailorbird.js costs a page: bytes on the way, and time of the main thread. Decides nothing.

PYTHONPATH=. .venv/bin/python benchmarks/snippet.py
"""

from __future__ import annotations

import gzip
import shutil
import statistics
import sys

from playwright.sync_api import Browser, Page, sync_playwright
from tests.front.conftest import FLAGS
from tests.front.site import Site, site

from tailorbird.server.assets import BUILT, SNIPPET

PAGES = 15
CALLS = 150
SLOWER = 4
"""A cheap phone is about so many times as slow."""
ACTS = {
    "track()": "tailorbird.track('Product Viewed', {product_id: 'p1', price: 12.5})",
    "dataLayer.push()": "dataLayer.push({event: 'view_item', items: [{item_id: 'p1'}]})",
    "a click": "document.querySelector('button').click()",
    "a click on nothing": "document.body.click()",
    "a scroll event": "document.dispatchEvent(new Event('scroll'))",
}


def page_of(browser: Browser, pages: Site, slower: int) -> Page:
    page = browser.new_page()
    page.goto(pages.put("/", "<!doctype html><title>Shop</title><button>Buy</button>"))
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    options = {"key": "k", "host": pages.url, "consent": "given", "dwell": "30",
               "social": "off", "forms": "off", "downloads": "off",
               "budget": 10_000, "sessionBudget": 100_000}  # fmt: skip
    page.evaluate("(options) => { window.tailorbirdOptions = options }", options)
    return page


def start_ms(page: Page, code: str) -> float:
    """From the first byte of the script that runs to its end, and what it leaves to do at once."""
    return float(
        page.evaluate(
            "(code) => { const run = new Function(code); const begin = performance.now(); run();"
            " return performance.now() - begin }",
            code,
        )
    )


def call_us(page: Page, act: str) -> float:
    took = page.evaluate(
        f"async () => {{ const begin = performance.now();"
        f" for (let n = 0; n < {CALLS}; n++) {{ {act} }} "
        f" return (performance.now() - begin) / {CALLS} }}"
    )
    return float(took) * 1000


def measure(browser: Browser, pages: Site, code: str, slower: int) -> None:
    starts = []
    calls: dict[str, list[float]] = {name: [] for name in ACTS}
    for _ in range(PAGES):
        page = page_of(browser, pages, slower)
        starts.append(start_ms(page, code))
        for name, act in ACTS.items():
            calls[name].append(call_us(page, act))
        page.context.clear_cookies()
        page.close()
    print(f"{'as fast as here' if slower == 1 else f'{slower} times slower'}:")
    print(f"  start      {statistics.median(starts):8.2f} ms")
    for name, took in calls.items():
        print(f"  {name:<20} {statistics.median(took):8.1f} us")


def main() -> None:
    path = shutil.which("chromium")
    if path is None or not (BUILT / SNIPPET).exists():
        sys.exit("this needs chromium, and `make front`")
    code = (BUILT / SNIPPET).read_text()
    print(f"{SNIPPET}: {len(code):,} bytes, {len(gzip.compress(code.encode(), 9)):,} packed")
    for part in sorted((BUILT / "tailorbird").glob("*.js")):
        packed = len(gzip.compress(part.read_bytes(), 9))
        print(f"  {part.name:<24} {part.stat().st_size:6,} bytes, {packed:5,} packed")
    with sync_playwright() as playwright, site() as pages:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for slower in (1, SLOWER):
            measure(browser, pages, code, slower)
        browser.close()


if __name__ == "__main__":
    main()
