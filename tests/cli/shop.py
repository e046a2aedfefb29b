"""A small project on disk for the commands that ask a history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tailorbird.cli import main
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import parse_instant, zone


def instant(text: str) -> int:
    found = parse_instant(text, zone("UTC"))
    assert found is not None
    return found


def fact(subject: str, id_: str, at: str, name: str, **properties: Any) -> Fact:
    at_us = instant(at)
    act = not name.startswith("$")
    return Fact(subject, at_us, id_, name, properties, {}, act, True, "web", 0, at_us)


class Shop:
    """A project folder with one definition file and some facts."""

    def __init__(self, folder: Path, definitions: str, facts: Iterable[Fact]) -> None:
        self.folder = folder
        (folder / "definitions").mkdir(parents=True)
        (folder / "data").mkdir()
        (folder / "tailorbird.yaml").write_text("")
        self.define(definitions)
        with self.history() as history:
            history.append(list(facts))

    def define(self, definitions: str) -> None:
        """Write the definition file anew."""
        (self.folder / "definitions" / "shop.yaml").write_text(definitions)

    def history(self) -> DuckDbHistory:
        """The history, to be closed before a command is run."""
        return DuckDbHistory(self.folder / "data" / "history.duckdb")

    def run(self, *words: str) -> Result:
        """Run a command in the project."""
        verb, *rest = words
        return CliRunner().invoke(main, [verb, "--project", str(self.folder), *rest])

    def json(self, *words: str) -> Any:
        """What a command that succeeds says in JSON."""
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)
