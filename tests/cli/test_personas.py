"""`tailorbird personas`: everybody has the first persona that holds, or none."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of


def test_personas_are_told_in_their_order_and_divide_the_people(run: Run, shop: Path) -> None:
    told = answer_of(run("personas", "--json"))
    assert [(p["name"], p["size"]) for p in told["personas"]] == [("Buyer", 2), ("Looker", 2)]
    assert (told["people"], told["without"]) == (4, 0)


def test_who_has_no_persona_is_counted_too(run: Run, shop: Path) -> None:
    path = shop / "definitions" / "shop.yaml"
    path.write_text(path.read_text().replace('score("interest") > 0', 'score("interest") > 1'))
    told = answer_of(run("personas", "--json"))
    assert [p["size"] for p in told["personas"]] == [2, 1]
    assert told["without"] == 1
    assert "is in the segment" in run("personas").output
