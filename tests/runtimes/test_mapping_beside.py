"""A file that another process maps becomes what it becomes here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.events.table import Reject
from tailorbird.flow.imports import ImportReport
from tailorbird.flow.mapped_rows import MappedRows
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes import mapping_beside
from tailorbird.runtimes.importing import Importing
from tailorbird.runtimes.new_project import make_project
from tailorbird.runtimes.project import open_project

MAPPING = """
source: shop
person: user
time: at
event: what
properties: {price: {column: price, type: number}}
"""
ROWS = (
    "user,at,what,price",
    *(f"u{n % 7},2024-05-0{n % 9 + 1},Seen,{n}" for n in range(50)),
    "u1,never,Seen,1",
    ",2024-05-01,Seen,1",
    '"unclosed,2024-05-01',
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(MAPPING)
    (tmp_path / "rows.csv").write_text("\n".join(ROWS))
    make_project(tmp_path / "here")
    make_project(tmp_path / "beside")
    return tmp_path


def imported(folder: Path, name: str) -> tuple[ImportReport, list[Any], str]:
    """What became of the rows in one of two projects."""
    with open_project(folder / name) as project:
        importing = Importing(project, folder=folder)
        report = importing.file(folder / "rows.csv", "shop.yaml", lambda _done, _all: None)
        chunk = project.log.read(0, 1_000)
        known = [
            dict(zip(FactColumns._fields, row, strict=True))
            for row in zip(*chunk.columns, strict=True)
        ]
        return report, known, importing.rejects_path.read_text()


def test_another_process_maps_as_this_one_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = imported(folder, "here")
    monkeypatch.setattr(mapping_beside, "LARGE_BYTES", 1)
    beside = imported(folder, "beside")
    assert beside == here
    assert here[0].accepted == 50 and here[0].rejected == 3


def test_what_another_process_refuses_is_told_and_nothing_stored(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping_beside, "LARGE_BYTES", 1)
    (folder / "rows.csv").write_text("person,at,what\nu1,2024-05-01,Seen\n")
    with open_project(folder / "beside") as project:
        with pytest.raises(InputError, match="user"):
            Importing(project, folder=folder).file(folder / "rows.csv", "shop.yaml")
        assert project.log.end_position == 0


def test_large_facts_are_sent_in_parts_and_rejects_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping_beside, "_PART_CHARACTERS", 10)
    rows = [
        ("u", 5, f"m{n}", "Seen", True, True, "web", 5, "x" * (n * 3), None if n % 2 else "{}")
        for n in range(9)
    ]
    reject = Reject(7, "no person", "raw")
    given = [
        MappedRows(columns_from_rows(rows), [reject], 10, 2, (5, 9)),
        MappedRows(columns_from_rows([]), [], 1, 0, None),
    ]
    sent = list(mapping_beside._sent(iter(given)))
    assert len(sent) > 5
    told = list(mapping_beside._received(iter(sent)))
    assert [row for part in told for row in zip(*part.columns, strict=True)] == rows
    assert [r for part in told for r in part.rejects] == [reject]
    assert [(part.rows, part.skipped, part.progress) for part in told if part.rows] == [
        (10, 2, (5, 9)),
        (1, 0, None),
    ]
