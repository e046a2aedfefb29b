"""`tailorbird import` accounts for every row, and stores nothing twice or by halves."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest
from tests.cli.conftest import Run, answer_of
from tests.served import Server
from tests.served import run as served_run

from tailorbird.edges.sources.lines import BLOCK_BYTES

MAPPING = """\
source: shop
person: who
time: {column: when}
event: what
id: id
properties:
  price: {column: price, type: number}
"""
ROWS = """\
id,who,when,what,price
1,ann,2024-01-01T10:00:00Z,Product Viewed,12.5
2,bob,2024-01-02T10:00:00Z,Product Viewed,3
3,ann,yesterday,Product Viewed,3
4,,2024-01-02T10:00:00Z,Product Viewed,3
5,cid,2024-01-02T10:00:00Z,Product Viewed,3,more
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    rows, mapping = tmp_path / "rows.csv", tmp_path / "own.yaml"
    rows.write_text(ROWS)
    mapping.write_text(MAPPING)
    return rows, mapping


def test_every_row_is_accounted_for(run: Run, folder: Path, files: tuple[Path, Path]) -> None:
    told = answer_of(run("import", files[0], "--mapping", files[1], "--json"))
    assert (told["rows"], told["accepted"], told["duplicates"], told["rejected"]) == (5, 2, 0, 3)
    assert told["rows_per_s"] > 0


def test_rejected_rows_are_written_down_with_line_and_reason(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    told = answer_of(run("import", files[0], "--mapping", files[1], "--json"))
    rejects = [json.loads(line) for line in Path(told["rejects_file"]).read_text().splitlines()]
    assert sorted(reject["line"] for reject in rejects) == [4, 5, 6]
    assert all(reject["reason"] and reject["raw"] for reject in rejects)


def test_importing_again_changes_nothing_and_keeps_the_earlier_rejects(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    first = answer_of(run("import", files[0], "--mapping", files[1], "--json"))
    again = answer_of(run("import", files[0], "--mapping", files[1], "--json"))
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert first["rejects_file"] != again["rejects_file"]
    assert Path(first["rejects_file"]).exists()


def test_people_read_the_report_in_sentences(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    told = run("import", files[0], "--mapping", files[1]).output
    assert "2 new facts, 0 known before" in told
    assert "3 rows rejected, see data/rejects/rows.csv.jsonl" in told


def test_a_mapping_that_is_not_known_gets_the_nearest_name(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    told = run("import", files[0], "--mapping", "ress46", code=2).output
    assert "did you mean 'rees46'?" in told


def test_a_column_that_is_not_there_is_named_and_nothing_is_stored(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    files[1].write_text(MAPPING.replace("person: who", "person: hwo"))
    assert "did you mean 'who'?" in run("import", files[0], "--mapping", files[1], code=2).output
    assert "nobody has done anything" in run("segments", code=2).output


@pytest.mark.parametrize("name", ["absent.csv", "folder.csv"])
def test_a_file_that_is_not_there_is_named(run: Run, folder: Path, name: str) -> None:
    (folder / "folder.csv").mkdir()
    assert name in run("import", name, "--mapping", "rees46", code=2).output


def test_a_file_that_is_no_parquet_is_told_so(run: Run, folder: Path) -> None:
    Path("x.parquet").write_bytes(b"PAR1 and not more")
    assert "x.parquet" in run("import", "x.parquet", "--mapping", "simulated", code=2).output


def test_a_packed_file_that_is_cut_off_is_told_so(run: Run, folder: Path) -> None:
    Path("x.csv.gz").write_bytes(b"\x1f\x8b\x08\x00")
    told = run("import", "x.csv.gz", "--mapping", "rees46", code=2).output
    assert "x.csv.gz" in told


def test_equal_rows_stay_however_far_apart_they_stand(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    file, mapping = far_apart(tmp_path)
    told = answer_of(run("import", file, "--mapping", mapping, "--json"))
    assert (told["accepted"], told["duplicates"]) == (900, 0)
    told = answer_of(run("import", file, "--mapping", mapping, "--json"))
    assert (told["accepted"], told["duplicates"]) == (0, 900)
    with file.open("a") as stream:
        stream.write("ann,2024-01-01,Seen,\nbob,2024-01-01,Seen,\n")
    told = answer_of(run("import", file, "--mapping", mapping, "--json"))
    assert (told["accepted"], told["duplicates"]) == (2, 900)


def test_a_file_of_which_nothing_can_be_read_ends_with_1(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    rows, mapping = files
    rows.write_text("id,who,when,what,price\n1,ann,yesterday,Product Viewed,1\n")
    told = answer_of(run("import", rows, "--mapping", mapping, "--json", code=1))
    assert (told["accepted"], told["rejected"]) == (0, 1)


def far_apart(folder: Path) -> tuple[Path, Path]:
    """A file that is read in several parts, with one row that stands in each of them."""
    file, mapping = folder / "far.csv", folder / "plain.yaml"
    mapping.write_text("source: shop\nperson: who\ntime: when\nevent: what\n")
    with file.open("w") as stream:
        stream.write("who,when,what,note\n")
        for number in range(900):
            equal = number in (10, 450, 890)
            note = "" if equal else f"{number} " + "x" * 10_000
            stream.write(f"ann,2024-01-01,Seen,{note}\n")
    assert file.stat().st_size > 2 * BLOCK_BYTES
    return file, mapping


def test_an_access_log_counts_once_however_often_it_is_imported(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "access.log"
    line = '::1 - {} [01/May/2024:10:00:0{} +0200] "GET /{} HTTP/1.1" 200 1 "-" "Browser/1"\n'
    path.write_text(line.format("ann", 0, "a") + line.format("-", 1, "b.css") + "cut of")
    told = answer_of(run("import", path, "--mapping", "access-log", "--json"))
    assert (told["accepted"], told["skipped"], told["rejected"]) == (1, 1, 1)
    with path.open("a") as log:
        log.write("f\n" + line.format("-", 2, "b"))
    told = answer_of(run("import", path, "--mapping", "access-log", "--json"))
    assert (told["accepted"], told["duplicates"]) == (1, 1)
    person = answer_of(run("person", "ann", "--json"))
    assert "Page Viewed" in json.dumps(person)


ORDERS = """\
source: orders
person: who
time: bought_at
event: {constant: Order Completed}
id: number
properties:
  revenue: price
"""
ASK = "SELECT number, who, bought_at, price FROM orders"


@pytest.fixture
def orders(tmp_path: Path) -> tuple[Path, Path]:
    """A database with three orders, and a mapping for them."""
    path, mapping = tmp_path / "shop.db", tmp_path / "orders.yaml"
    mapping.write_text(ORDERS)
    change(path, "CREATE TABLE orders (number INTEGER PRIMARY KEY, who, bought_at, price)")
    for number in (1, 2, 3):
        add(path, number)
    return path, mapping


def change(path: Path, sql: str, *given: object) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql, given)
    connection.close()


def add(path: Path, number: int, at: str = "2024-05-01 10:00:00") -> None:
    change(path, "INSERT INTO orders VALUES (?, ?, ?, ?)", number, f"p{number}", at, 2.5)


def test_a_query_is_read_on_from_where_it_was_read_to(
    run: Run, folder: Path, orders: tuple[Path, Path]
) -> None:
    path, mapping = orders
    asked = ["import", "--sql", ASK, "--from", f"sqlite:///{path}", "--mapping", mapping]
    asked += ["--cursor", "number", "--overlap", "1", "--json"]
    told = answer_of(run(*asked))
    assert (told["rows"], told["accepted"], told["duplicates"]) == (3, 3, 0)
    add(path, 4)
    add(path, 0)  # behind what is read again
    told = answer_of(run(*asked))
    assert (told["rows"], told["accepted"], told["duplicates"]) == (3, 1, 2)
    told = answer_of(run(*asked, "--again"))
    assert (told["rows"], told["accepted"], told["duplicates"]) == (5, 1, 4)
    assert '"revenue"' in run("person", "p4", "--json").output


def test_a_mark_of_a_longer_log_is_not_believed(
    run: Run, folder: Path, orders: tuple[Path, Path]
) -> None:
    path, mapping = orders
    asked = ["import", "--sql", ASK, "--from", f"sqlite:///{path}", "--mapping", mapping]
    asked += ["--cursor", "number", "--overlap", "0", "--json"]
    answer_of(run(*asked))
    for name in ("log.sqlite", "keys.sqlite", "history.duckdb"):
        (folder / "data" / name).unlink()
    assert answer_of(run(*asked))["accepted"] == 3


def test_a_query_can_stand_in_a_file_and_read_everything_each_time(
    run: Run, folder: Path, orders: tuple[Path, Path], tmp_path: Path
) -> None:
    path, mapping = orders
    (tmp_path / "ask.sql").write_text(ASK + " -- all of them\n")
    asked = ["import", "--sql", f"@{tmp_path}/ask.sql", "--from", f"sqlite:///{path}"]
    asked += ["--mapping", mapping, "--json"]
    assert answer_of(run(*asked))["accepted"] == 3
    assert answer_of(run(*asked))["duplicates"] == 3


def test_what_is_asked_wrongly_says_what_belongs_together(
    run: Run, folder: Path, orders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, mapping = orders
    where = ["--from", f"sqlite:///{path}", "--mapping", mapping]
    assert "one of them" in run("import", "--mapping", mapping, code=2).output
    assert "--sql needs --from" in run("import", "--sql", ASK, "--mapping", "m", code=2).output
    both = run("import", path, *where, code=2).output
    assert "--from goes with --sql" in both
    told = run("import", "--sql", ASK, *where, "--overlap", "soon", code=2).output
    assert "--overlap takes a duration" in told
    monkeypatch.delenv("SHOP_DB", raising=False)
    named = run("import", "--sql", ASK, "--mapping", mapping, "--from", "${SHOP_DB}", code=2)
    assert "the variable SHOP_DB of the environment is needed" in named.output


def test_a_query_is_asked_beside_a_running_server_with_variables_of_who_asks(
    server: Server, orders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, mapping = orders
    monkeypatch.setenv("SHOP_DB", f"sqlite:///{path}")
    words = ["import", "--sql", ASK, "--from", "${SHOP_DB}", "--mapping", str(mapping)]
    told = served_run(server.folder, *words, "--cursor", "number")
    assert "3 new facts, 0 known before" in told
    assert "0 new facts, 3 known before" in served_run(server.folder, *words)
