"""What was built for browsers is given with the right type, zipped, and for as long as it stays."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.server.talking import Talk, Told, ask

from tailorbird.server.assets import Assets, BuiltFiles
from tailorbird.server.auth import KeyCheck
from tailorbird.server.router import Router

CODE = b"(()=>{" + b"window.tailorbird;" * 100 + b"})();"
PART = "/tailorbird/video-Ab3_x-Yz.js"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    (folder / "tailorbird").mkdir(parents=True)
    (folder / "tailorbird.js").write_bytes(CODE)
    (folder / PART[1:]).write_bytes(b"export const a=1;")
    (folder / "tailorbird" / "notes.txt").write_text("not for browsers")
    (tmp_path / "secret.js").write_text("outside")
    return folder


def give(shop: Talk, folder: Path, path: str, method: str = "GET", **headers: str) -> Told:
    router = Router([Assets(BuiltFiles(folder))], KeyCheck(tuple, lambda: 0))
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.run(ask(router, path, method, lines))


def test_the_library_is_asked_for_again_and_is_not_sent_twice(shop: Talk, built: Path) -> None:
    told = give(shop, built, "/tailorbird.js")
    assert (told.status, told.body) == (200, CODE)
    assert told.headers["content-type"] == "text/javascript; charset=utf-8"
    assert told.headers["cache-control"] == "public, max-age=300"
    assert told.headers["access-control-allow-origin"] == "*"
    again = give(shop, built, "/tailorbird.js", if_none_match=told.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["cache-control"] == told.headers["cache-control"]
    (built / "tailorbird.js").write_bytes(CODE + b"//")
    assert give(shop, built, "/tailorbird.js", if_none_match=told.headers["etag"]).status == 200


def test_a_name_with_a_hash_is_kept_for_good(shop: Talk, built: Path) -> None:
    told = give(shop, built, PART)
    assert (told.status, told.body) == (200, b"export const a=1;")
    assert told.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert told.headers["access-control-allow-origin"] == "*"


def test_it_is_zipped_for_who_takes_that(shop: Talk, built: Path) -> None:
    told = give(shop, built, "/tailorbird.js", accept_encoding="br, gzip")
    assert told.headers["content-encoding"] == "gzip"
    assert told.headers["vary"] == "accept-encoding"
    assert gzip.decompress(told.body) == CODE
    assert len(told.body) < len(CODE) / 5
    head = give(shop, built, "/tailorbird.js", "HEAD", accept_encoding="gzip")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(told.body)))
    small = give(shop, built, PART, accept_encoding="gzip")
    assert "content-encoding" not in small.headers


@pytest.mark.parametrize(
    "path",
    [
        "/tailorbird/none-12345678.js",
        "/tailorbird/notes.txt",
        "/tailorbird/..",
        "/tailorbird/%2e%2e%2f%2e%2e%2fsecret.js",
        "/tailorbird/..%2ftailorbird.js",
        "/tailorbird/../../secret.js",
    ],
)
def test_nothing_else_is_given(shop: Talk, built: Path, path: str) -> None:
    assert give(shop, built, path).status == 404


def test_where_nothing_was_built_that_is_said_and_what_to_do(shop: Talk, tmp_path: Path) -> None:
    for path in ("/tailorbird.js", PART):
        told = give(shop, tmp_path / "nothing", path)
        assert told.status == 404
        assert "was not built: run `make front`" in told.said["error"]
