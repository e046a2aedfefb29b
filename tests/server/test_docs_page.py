"""The page about the routes loads nothing from elsewhere, and its policy allows exactly itself."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser

import pytest
from tests.server.talking import Talk

from tailorbird.runtimes.routes import all_routes
from tailorbird.server.docs_page import page
from tailorbird.server.parameters import text
from tailorbird.server.table import Route

ROUTES = [route for route in all_routes() if route.method != "WEBSOCKET"]
VOID = {"meta", "input", "link", "br"}


class Reader(HTMLParser):
    """Notes all tags and attributes, and whether every tag is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_every_route_can_be_read_and_tried(shop: Talk) -> None:
    told = shop.ask("/docs", key=None)
    assert (told.status, told.headers["content-type"]) == (200, "text/html; charset=utf-8")
    html = told.body.decode()
    forms = [attrs for tag, attrs in read(html).found if tag == "form"]
    tried = {(attrs["data-method"], attrs["data-path"]) for attrs in forms}
    assert tried == {(route.method, route.path) for route in ROUTES if not route.streams}
    for route in ROUTES:
        article = html.split(f'<article id="{route.name}">')[1].split("</article>")[0]
        assert f"<code>{route.path}</code>" in article
        for one in () if route.streams else route.parameters:
            assert f'name="{one.name}"' in article
        if route.example is not None:
            assert route.example in unescape(article)


def test_nothing_comes_from_elsewhere_and_nothing_runs_but_what_is_in_it(shop: Talk) -> None:
    told = shop.ask("/docs", key=None)
    html = told.body.decode()
    policy = told.headers["content-security-policy"]
    for tag in ("script", "style"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy and "default-src 'none'" in policy
    for tag, attrs in read(html).found:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], tag
        assert tag not in ("img", "iframe", "link")
        for name in ("src", "href", "action"):
            link = attrs.get(name) or ""
            assert link.startswith("#") or link in ("", "openapi.json")


@pytest.mark.parametrize("wicked", ["</script><script>x", '"><b>', "'&amp;", "`<i>`"])
def test_no_text_of_a_route_becomes_markup(wicked: str) -> None:
    parameter = text("id", wicked, example=wicked)
    route = Route("GET", f"/{wicked}", "one", wicked, "read", wicked, (parameter,), example=wicked)
    reader = read(page([route]))
    plain = read(page([Route("GET", "/", "one", "a", "read", "b", (text("id", "c"),))]))
    kept = [tag for tag, _ in reader.found if tag != "code"]
    assert kept == [tag for tag, _ in plain.found if tag != "code"]
