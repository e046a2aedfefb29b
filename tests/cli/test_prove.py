from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.shop import Shop, fact

from tailorbird.flow import prove

DEFINITIONS = """
segments:
  repeat_viewer: count("Product Viewed", last="7d") >= 2
  came_back: entered("repeat_viewer", last="30d")
  new_app: did("Product Viewed", where=version(properties.app) >= version("2.0"), last="30d")
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    facts = [
        fact(f"p{n % 7}", f"m{n}", f"2011-04-{1 + n % 29:02}T10:00Z", "Product Viewed")
        for n in range(40)
    ]
    return Shop(tmp_path / "shop", DEFINITIONS, facts)


def test_a_proof_says_what_was_compared_and_that_nothing_differs(shop: Shop) -> None:
    done = shop.run("prove", "--people", "4", "--instants", "6", "--seed", "3")
    assert done.exit_code == 0
    assert "4 of 7 people: 2 heaviest, 0 merged, 2 by chance" in done.output
    assert "seed 3" in done.output and "0 disagreements" in done.output
    assert "reference" in done.output and "100.0 %" in done.output
    assert "not about segment new_app: that is answered person by person" in done.output


def test_nothing_compared_is_no_proof(tmp_path: Path) -> None:
    done = Shop(tmp_path / "empty", DEFINITIONS, []).run("prove")
    assert done.exit_code == 2
    assert "nothing could be compared" in done.output and "tailorbird import" in done.output


def test_everybody_is_asked_with_all(shop: Shop) -> None:
    told = shop.json("prove", "--all", "--instants", "3", "--known", "then")
    assert told["people"] == told["population"] == 7
    assert told["disagreements"] == [] and told["case_files"] == []
    assert told["answered"]["reference"] == told["cases"] > 0


def test_a_disagreement_ends_with_exit_code_1(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("planted")

    monkeypatch.setattr(prove, "answers_many", broken)
    monkeypatch.setattr(prove, "SHRUNK", 0)
    done = shop.run("prove", "--people", "2", "--instants", "2")
    assert done.exit_code == 1
    assert "ArithmeticError: planted" in done.output and "disagreements" in done.output
