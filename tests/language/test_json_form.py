"""JSON carries every tree exactly, and what is no tree is refused with its path."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.language import trees

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError
from tailorbird.kernel.values import MISSING, IdNumber
from tailorbird.language.ast import Call, Duration, Each, Node, Number, Ref, Text, walk
from tailorbird.language.check import Checker
from tailorbird.language.json_form import BYTES, FORMS, dump, from_plain, load, to_plain
from tailorbird.language.operators import OPERATORS
from tailorbird.language.syntax import parse


def refusal(text: str | bytes) -> tuple[str, str]:
    """Path and message of the one problem that a JSON text is refused for."""
    with pytest.raises(DefinitionError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert str(problem) == f"{problem.place.file}: {problem.message}"
    return problem.place.file, problem.message


@settings(max_examples=300)
@given(trees.nodes(durations=True))
def test_every_tree_comes_back_from_json_text(tree: Node) -> None:
    assert load(dump(tree)) == tree


@settings(max_examples=200)
@given(trees.nodes(durations=True))
def test_every_tree_comes_back_from_plain_structures(tree: Node) -> None:
    assert from_plain(to_plain(tree)) == tree


@settings(max_examples=100)
@given(trees.deep(limits.EXPRESSION_DEPTH))
def test_trees_at_the_depth_limit_come_back(tree: Node) -> None:
    assert load(dump(tree)) == tree


@settings(max_examples=100)
@given(trees.conditions())
def test_checked_trees_come_back_with_their_durations(tree: Node) -> None:
    assert load(dump(tree)) == tree


def test_the_form_is_short_and_readable() -> None:
    text = 'count("A", where=properties["a.b"] == "X", last="7d") >= 2.5 and not did(["B", "C"])'
    assert json.loads(dump(parse(text))) == {
        "op": "and",
        "args": [
            {
                "op": ">=",
                "args": [
                    {
                        "op": "count",
                        "args": ["A"],
                        "where": {"op": "==", "args": [{"ref": ["properties", "a.b"]}, "X"]},
                        "last": "7d",
                    },
                    2.5,
                ],
            },
            {"op": "not", "args": [{"op": "did", "args": [["B", "C"]]}]},
        ],
    }


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("999999999999.999999", Number(10**18 - 1)),
        ("1.0", Number(1_000_000)),
        ("-0.0", Number(0)),
        ("12345678901234567890", Number(IdNumber("12345678901234567890"))),
        ('"7d"', Text("7d")),
        ('{"duration": "1w"}', Duration(604_800_000_000)),
        ('{"duration": "250us"}', Duration(250)),
        ('{"ref": ["item"]}', Ref("item", ())),
        (
            '{"each": "sum", "body": {"ref": ["item", "x"]}, "source": {"ref": ["traits", "y"]}}',
            Each("sum", Ref("item", ("x",)), Ref("traits", ("y",))),
        ),
        (
            '{"op": "sum", "args": ["A", {"ref": ["properties", "x"]}]}',
            parse('sum("A", properties.x)'),
        ),
        ('{"op": "session_count", "args": []}', Call("session_count")),
    ],
)  # fmt: skip
def test_literals_are_exact(text: str, node: Node) -> None:
    assert load(text) == node


def test_the_reference_page_shows_the_form_as_it_is() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "writing.md"
    rows = re.findall(
        r"^\| `(.+?)` \| `(\{.+\})` \|$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) == 3
    for text, form in rows:
        assert load(form) == parse(text)


def test_keywords_are_put_into_the_order_of_the_catalogue() -> None:
    tree = load('{"last": "7d", "by": {"ref": ["properties", "x"]}, "args": ["A"], "op": "count"}')
    assert tree == parse('count("A", by=properties.x, last="7d")')


def test_no_keyword_of_an_operator_is_taken_for_a_form() -> None:
    names = {name for operator in OPERATORS.values() for name, _ in operator.keywords}
    assert names.isdisjoint({*FORMS, "args", "body", "source"})


def test_every_node_knows_its_path() -> None:
    text = 'did("A") and count(["B"], where=any(item.x == 1 for item in properties.y)) > 3'
    places = {str(node.place) for node in walk(load(dump(parse(text))))}
    assert {"$", "$.args[0].args[0]", "$.args[1].args[0].args[0][0]"} <= places
    assert {"$.args[1].args[0].where.body.args[1]", "$.args[1].args[0].where.source"} <= places


def test_the_checker_points_at_paths_too() -> None:
    tree = load('{"op": "and", "args": [{"op": "bounced"}, {"op": "score", "args": ["intnt"]}]}')
    with pytest.raises(DefinitionError) as caught:
        Checker({}, {"score": ["intent"]}).condition(tree)
    assert str(caught.value) == (
        "$.args[1].args[0]: there is no score 'intnt'; did you mean 'intent'?"
    )


@pytest.mark.parametrize(
    ("text", "path", "said", "hint"),
    [
        ("null", "$", "null is no value", "exists"),
        ('{"op": "exists", "args": [null]}', "$.args[0]", "null is no value", "exists"),
        ("1e400", "$", "out of range", "below 10^12"),
        ("[1, NaN]", "$[1]", "out of range", "below 10^12"),
        ("1000000000000.5", "$", "out of range", "below 10^12"),
        ('["\\ud800"]', "$[0]", "half a character", ""),
        ('{"ref": ["traits", "\\ud800"]}', "$.ref[1]", "half a character", ""),
        ("{}", "$", "found is nothing", "op, ref, duration, each"),
        ('{"duraton": "7d"}', "$", "found is 'duraton'", "did you mean 'duration'?"),
        ('{"op": "did", "ref": ["traits", "x"]}', "$", "op and ref", "has one of"),
        ('{"op": "cuont"}', "$.op", "no operator 'cuont'", "did you mean 'count'?"),
        ('{"op": 3}', "$.op", "no operator a number", ""),
        ('{"op": "did", "args": "A"}', "$.args", "a list is needed, not 'A'", ""),
        ('{"op": "did", "agrs": ["A"]}', "$", "did takes no 'agrs'", "did you mean 'args'?"),
        ('{"op": "did", "args": ["A"], "lats": "7d"}', "$", "no 'lats'", "did you mean 'last'?"),
        ('{"op": "and", "args": [true]}', "$.args", "2 or more arguments, given are 1", ""),
        ('{"op": "not"}', "$.args", "1 arguments, given are 0", ""),
        ('{"op": "==", "args": [1, 2, 3]}', "$.args", "2 arguments, given are 3", ""),
        (
            '{"op": ">", "args": [{"op": "count", "args": ["A"], "where": {"op": "?"}}, 1]}',
            "$.args[0].where.op",
            "no operator '?'",
            "",
        ),
        ('{"ref": "traits.x"}', "$.ref", "not 'traits.x'", '["properties", "x"]'),
        ('{"ref": []}', "$.ref", "a list such as", ""),
        ('{"ref": ["traits", 1]}', "$.ref[1]", "a name in text", ""),
        ('{"ref": ["trait", "x"]}', "$.ref", "'trait' is not known", "did you mean 'traits'?"),
        ('{"ref": ["traits"]}', "$.ref", "traits alone is no value", "traits.x"),
        ('{"ref": ["prev", "x"]}', "$.ref", "the fact before", "prev.properties.x"),
        ('{"ref": ["traits", "x"], "args": []}', "$", "ref takes no 'args'", ""),
        (json.dumps({"ref": ["traits", "a" * 201]}), "$.ref", "too long", "200 characters"),
        (json.dumps({"ref": ["traits"] + ["a"] * 33}), "$.ref", "too long", "32 parts"),
        ('{"duration": "1 day"}', "$.duration", "not '1 day'", '"7d"'),
        ('{"duration": 7}', "$.duration", "not a number", '"7d"'),
        ('{"each": "some", "body": 1, "source": 1}', "$.each", "not 'some'", "any, all or sum"),
        ('{"each": "any", "body": true}', "$", "needs source", ""),
        ('{"each": "any", "body": 1, "sauce": 1}', "$", "no 'sauce'", "did you mean 'source'?"),
        ('{"op": "did", "op": "count"}', "$", "'op' stands twice", ""),
        ("{", "$", "this is no JSON", "line 1, column 2"),
        ("", "$", "this is no JSON", "line 1, column 1"),
        (b'"\xff"', "$", "not UTF-8", "byte 1"),
        ("[" * 100_000, "$", "nested deeper than 50", "in_segment"),
        ("[" * 51 + "]" * 51, "$" + "[0]" * 50, "nested deeper than 50", "in_segment"),
        (json.dumps(["a" * limits.EXPRESSION_BYTES]), "$", "longer than 65536 bytes", "split"),
        (" " * (BYTES + 1), "$", "longer than", "split"),
    ],
)  # fmt: skip
def test_what_is_no_tree_is_refused_with_its_path(
    text: str | bytes, path: str, said: str, hint: str
) -> None:
    found, message = refusal(text)
    assert said in message
    assert hint in message
    assert found == path


@pytest.mark.parametrize("value", [MISSING, None, 1.5, {1: 2}, (), {"op": {}}, 10**18])
def test_plain_structures_that_json_cannot_hold_are_refused(value: Any) -> None:
    with pytest.raises(DefinitionError):
        from_plain(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from([*FORMS, "args", "body", "source", "where", "x"]),
            below | st.sampled_from(["count", "and", "any", "7d", ["traits", "x"]]),
            max_size=4,
        )
    ),
)  # fmt: skip


@settings(max_examples=500)
@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        tree = load(json.dumps(value))
    except DefinitionError as error:
        (problem,) = error.problems
        assert problem.place.file.startswith("$")
    else:
        assert load(dump(tree)) == tree


@settings(max_examples=300)
@given(st.text(st.sampled_from('{}[]",:0e-.tn\\u dop'), max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        load(text)
    except DefinitionError as error:
        assert len(error.problems) == 1
