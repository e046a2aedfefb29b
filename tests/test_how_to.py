"""What the how-to pages show is what commands print, on the orders that come with the sources."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.test_tutorial import BLOCK, HOUSE, run

PAGES = HOUSE / "docs" / "how-to"
ORDERS = HOUSE / "examples" / "online-retail"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its orders; importing them once serves all pages."""
    folder = tmp_path_factory.mktemp("how-to") / "shop"
    shutil.copytree(ORDERS, folder)
    run("tailorbird import online_retail.parquet --mapping uci-online-retail", folder)
    return folder


def follow(line: str, folder: Path) -> str:
    """What a line of a page prints in the example's folder."""
    if line.startswith(("cp ", "cd ", "tailorbird import ")):
        return ""
    if line.startswith("sed -i "):
        script, file = line.removeprefix("sed -i '").split("' ")
        _, old, new, _ = script.split("/")
        path = folder / file.strip()
        path.write_text(path.read_text().replace(old, new))
        return ""
    return run(line, folder)[0]


@pytest.mark.parametrize(
    "page",
    [
        "explain-a-person.md",
        "follow-a-segment.md",
        "see-what-an-edit-changes.md",
        "prove-on-your-data.md",
    ],
)
def test_following_a_page_shows_what_it_says(page: str, imported: Path, tmp_path: Path) -> None:
    folder, printed, compared = tmp_path / "shop", "", 0
    shutil.copytree(imported, folder)
    for _, kind, text in BLOCK.findall((PAGES / page).read_text()):
        if kind == "sh":
            printed = "".join(follow(line, folder) for line in text.splitlines())
        elif kind == "text":
            told = [line.strip() for line in printed.splitlines()]
            assert [line for line in text.splitlines() if line.strip() not in told] == []
            compared += 1
    assert compared


FILE = re.compile(r"^`(\S+)`:\n\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_noisy_values_are_smoothed_as_the_page_says(tmp_path: Path) -> None:
    page = (PAGES / "smooth-noisy-values.md").read_text()
    (tmp_path / "definitions").mkdir()
    (tmp_path / "tailorbird.yaml").write_text("")
    for name, text in FILE.findall(page):
        (tmp_path / name).write_text(text)
    printed, compared = "", 0
    for _, kind, text in BLOCK.findall(page):
        if kind == "sh":
            printed = "".join(run(line, tmp_path)[0] for line in text.splitlines())
        elif kind == "text":
            told = [" ".join(line.split()) for line in printed.splitlines()]
            assert [line for line in text.splitlines() if " ".join(line.split()) not in told] == []
            compared += 1
    assert compared == 2


SENTENCE = re.compile(r"`([^`]*\w \w[^`]*)`")


def told_by_the_program() -> Iterator[str]:
    """Every text of the source, with one mark in the place of each value."""
    for path in (HOUSE / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "\N{HORIZONTAL ELLIPSIS}"
                    for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_what_the_server_is_said_to_say_is_what_it_says() -> None:
    page = (PAGES / "when-something-is-wrong.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    quoted = [text for row in rows for cell in row[:2] for text in SENTENCE.findall(cell)]
    assert len(quoted) > 15
    told = list(told_by_the_program())
    assert [text for text in quoted if not any(text in one for one in told)] == []
