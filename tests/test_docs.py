"""The documentation names everything that a user can name; the lists are read from the code."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
DOCS = HOUSE / "docs"
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


@cache
def documents() -> dict[Path, str]:
    paths = [HOUSE / "README.md", HOUSE / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
    return {path: path.read_text(encoding="utf-8") for path in paths}


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{path.relative_to(HOUSE)}: {target}"
        for path, text in documents().items()
        for target in LINK.findall(text)
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_document_can_be_found_from_the_index() -> None:
    reached: set[Path] = set()
    ahead = [DOCS / "README.md"]
    while ahead:
        path = ahead.pop()
        if path in reached or path.suffix != ".md":
            continue
        reached.add(path)
        links = LINK.findall(path.read_text(encoding="utf-8"))
        ahead.extend((path.parent / link).resolve() for link in links)
    assert [str(path) for path in sorted(DOCS.rglob("*.md")) if path not in reached] == []
