"""The documentation names everything that a user can name; the lists are read from the code."""

from __future__ import annotations

import re
from functools import cache
from inspect import cleandoc
from pathlib import Path

import pytest
from docs import command_tables, write_tables

from tailorbird.kernel import limits
from tailorbird.language.ast import Call, walk
from tailorbird.language.files import load_text
from tailorbird.language.operators import OPERATORS

HOUSE = Path(__file__).resolve().parent.parent
DOCS = HOUSE / "docs"
YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
DEFINES = re.compile(r"^(?:traits|scores|segments|personas):", re.MULTILINE)
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


def test_every_definition_shown_can_be_used_as_it_stands() -> None:
    for path, text in documents().items():
        for block in YAML_BLOCK.findall(text):
            if DEFINES.search(block):
                load_text(block, f"{path.name}: {block[:60]!r}")


def test_every_room_is_on_the_plan_of_the_house() -> None:
    plan = documents()[DOCS / "concepts" / "architecture.md"]
    package = HOUSE / "src" / "tailorbird"
    rooms = sorted(path.parent.name for path in package.glob("*/__init__.py"))
    assert "kernel" in rooms
    assert [room for room in rooms if f"| `{room}` |" not in plan] == []


def reference() -> str:
    return "\n".join(text for path, text in documents().items() if path.parent.name == "reference")


@pytest.mark.parametrize("table", sorted(write_tables.TABLES))
def test_every_table_of_the_code_stands_on_a_page(table: str) -> None:
    assert f"<!-- table: {table} -->" in reference()


def test_the_tables_on_the_pages_are_those_of_the_code() -> None:
    behind = [path.name for path, text in documents().items() if write_tables.written(text) != text]
    assert behind == [], "run make docs"


def test_every_operator_is_in_the_reference() -> None:
    assert [name for name in OPERATORS if f"`{name}" not in reference()] == []


def test_every_keyword_of_an_operator_is_in_the_reference() -> None:
    keywords = {name for operator in OPERATORS.values() for name, _ in operator.keywords}
    assert [name for name in sorted(keywords) if f"{name}=" not in reference()] == []


def test_every_limit_is_in_the_reference() -> None:
    names = [name.lower() for name in vars(limits) if name.isupper()]
    assert "bag_entries" in names
    assert [name for name in names if f"`{name}`" not in reference()] == []


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_an_example_that_uses_it(name: str) -> None:
    text = (DOCS / "operator_examples.yaml").read_text(encoding="utf-8")
    body = load_text(text).definitions.find("segment", name).body
    assert body is not None
    assert name in {node.op for node in walk(body) if isinstance(node, Call)}


def test_every_command_and_option_is_in_the_reference() -> None:
    page = documents()[DOCS / "reference" / "commands.md"]
    calls = {" ".join(path): command for path, command in command_tables.commands()}
    assert "tailorbird simulate" in calls
    assert [call for call in calls if f"## {call}\n" not in page] == []
    options = {
        option for command in calls.values() for entry in command.params for option in entry.opts
    }
    assert [o for o in sorted(options) if o.startswith("--") and o not in page] == []


def test_every_command_shows_an_example() -> None:
    helps = {
        " ".join(path): cleandoc(command.help or "") for path, command in command_tables.commands()
    }
    silent = [c for c, told in helps.items() if not re.search(rf"^{c}\b", told, re.MULTILINE)]
    assert silent == []


def test_every_command_that_a_document_shows_exists() -> None:
    calls = {" ".join(path) for path, _ in command_tables.commands()}
    shown = {
        f"tailorbird {word}"
        for text in documents().values()
        for word in re.findall(r"^(?:\$ )?tailorbird ([a-z]+)", text, re.MULTILINE)
    }
    assert shown - calls == set()


def test_every_setting_and_mapping_says_what_it_is_for() -> None:
    rows = [*command_tables.settings(), *command_tables.mappings()]
    assert [row[0] for row in rows if not all(row)] == []
    assert [row[0] for row in rows if row[0] not in reference()] == []
