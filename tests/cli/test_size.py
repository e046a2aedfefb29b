from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.shop import Shop, fact

DEFINITIONS = """
segments:
  recent: did("Product Viewed", last="1d")
  top: percentile_rank(count("Product Viewed")) >= 80
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    facts = [
        fact("ann", "m1", "2011-04-01T12:00Z", "Product Viewed"),
        fact("bob", "m2", "2011-04-02T06:00Z", "Product Viewed"),
        fact("ann", "m3", "2011-04-04T12:00Z", "Product Viewed"),
    ]
    return Shop(tmp_path / "shop", DEFINITIONS, facts)


def test_sizes_are_told_with_everybody_who_came_and_went_between(shop: Shop) -> None:
    told = shop.json("size", "recent", "--from", "2011-04-01", "--to", "2011-04-05")
    assert [(s["at"][:10], s["size"], s["entered"], s["left"]) for s in told["sizes"]] == [
        ("2011-04-01", 0, 0, 0),
        ("2011-04-02", 1, 1, 0),
        ("2011-04-03", 1, 1, 1),
        ("2011-04-04", 0, 0, 1),
        ("2011-04-05", 1, 1, 0),
    ]
    coarse = shop.json(
        "size", "recent", "--from", "2011-04-01", "--to", "2011-04-05", "--every", "4d"
    )
    assert [(s["size"], s["entered"], s["left"]) for s in coarse["sizes"]] == [(0, 0, 0), (1, 3, 2)]


def test_a_table_shows_bars_and_files_hold_the_same(shop: Shop, tmp_path: Path) -> None:
    table, plot = tmp_path / "s.csv", tmp_path / "s.svg"
    span = "--from", "2011-04-01", "--to", "2011-04-03"
    done = shop.run("size", "recent", *span, "--csv", str(table), "--plot", str(plot))
    assert done.exit_code == 0 and "█" * 32 in done.output and "+1" in done.output
    assert table.read_text() == (
        "at,size,entered,left\n2011-04-01T00:00:00Z,0,0,0\n"
        "2011-04-02T00:00:00Z,1,1,0\n2011-04-03T00:00:00Z,1,1,1\n"
    )
    assert plot.read_text().startswith("<svg") and "recent" in plot.read_text()
    for option, path in (("--csv", table), ("--plot", plot), ("--csv", tmp_path / "no" / "s.csv")):
        before = path.read_text() if path.exists() else None
        refused = shop.run("size", "recent", *span, option, str(path))
        assert refused.exit_code == 2 and str(path) in refused.output
        assert before == (path.read_text() if path.exists() else None)


def test_without_instants_the_last_thirty_days_are_shown(shop: Shop) -> None:
    sizes = shop.json("size", "recent")["sizes"]
    assert len(sizes) == 31 and sizes[-1]["at"] == "2011-04-04T12:00:00Z"


def test_a_missing_figure_is_named(shop: Shop) -> None:
    told = shop.json("size", "top", "--to", "2011-04-05", "--from", "2011-04-05")
    assert told["figures_absent"] == ['count("Product Viewed")']


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--every", "0d"), "is no duration"),
        (("--from", "2011-04-05", "--to", "2011-04-01"), "--to lies before --from"),
        (("--from", "2001-01-01", "--every", "1s"), "instants, at most 10,000"),
    ],
)
def test_instants_that_make_no_sense_are_refused(
    shop: Shop, words: tuple[str, ...], says: str
) -> None:
    done = shop.run("size", "recent", *words)
    assert done.exit_code == 2 and says in done.output
