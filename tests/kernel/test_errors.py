from __future__ import annotations

from tailorbird.kernel.errors import DefinitionError, Place, Problem, UnknownNameError, nearest


def test_an_unknown_name_is_told_with_its_nearest_spelling() -> None:
    error = UnknownNameError("segment", "buyer", ["Buyers", "vip"])
    assert str(error) == "there is no segment 'buyer'; did you mean 'Buyers'?"
    assert (error.kind, error.name, error.known) == ("segment", "buyer", ["Buyers", "vip"])


def test_known_names_are_listed_when_none_is_near() -> None:
    assert nearest("xyz", ["b", "a"]) == "; known are a, b"
    assert nearest("xyz", []) == "; none is known"
    assert nearest("xyz", [f"name{n}" for n in range(10)]).endswith("name7 and 2 more")


def test_a_definition_error_carries_every_problem_with_its_place() -> None:
    error = DefinitionError(
        [
            Problem(Place("a.yaml", 3, 7), "this is wrong"),
            Problem(Place("b.yaml", 1, 1), "this is odd", "warning"),
        ]
    )
    assert str(error).splitlines() == [
        "a.yaml:3:7: this is wrong",
        "b.yaml:1:1: warning: this is odd",
    ]
    assert not error.retryable
