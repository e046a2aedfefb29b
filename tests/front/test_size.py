"""What pages load is small, stands alone, and asks for nothing that a strict page forbids."""

from __future__ import annotations

import gzip
import re

import pytest

from tailorbird.server.assets import BUILT, SNIPPET

LARGEST = 8_000
LARGEST_PART = 2_000


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    if not (BUILT / SNIPPET).exists():
        pytest.skip("what browsers are given was not built: make front")
    parts = {path.name: path.read_text() for path in (BUILT / "tailorbird").glob("*.js")}
    return {SNIPPET: (BUILT / SNIPPET).read_text(), **parts}


def test_the_library_has_less_than_8_kb_when_it_is_packed(built: dict[str, str]) -> None:
    sizes = {name: len(gzip.compress(text.encode(), 9)) for name, text in built.items()}
    assert sizes.pop(SNIPPET) < LARGEST
    assert {name.rpartition("-")[0] for name in sizes} == {
        "actions", "adobe", "hover", "overlay", "tealium", "video", "visitor",
    }  # fmt: skip
    assert max(sizes.values()) < LARGEST_PART


def test_the_template_of_the_tag_manager_is_given_too(built: dict[str, str]) -> None:
    template = BUILT.parents[3] / "front" / "gtm" / "tailorbird.tpl"
    assert built
    assert (BUILT / "tailorbird" / "tailorbird.tpl").read_bytes() == template.read_bytes()


def test_nothing_is_made_to_run_from_text_and_nothing_comes_from_elsewhere(
    built: dict[str, str],
) -> None:
    for name, text in built.items():
        assert not re.search(r"\beval\(|new Function\(|document\.write|innerHTML", text), name
        assert not re.search(r"https?://", text), name


def test_the_library_shares_no_name_with_the_page(built: dict[str, str]) -> None:
    assert built[SNIPPET].startswith("(()=>{") and built[SNIPPET].endswith("})();\n")
