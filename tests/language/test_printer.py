"""What is printed reads back as the same tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.language import trees

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError
from tailorbird.kernel.values import UNIT
from tailorbird.language import json_form
from tailorbird.language.ast import Call, Listing, Node, Number, Ref, Text, walk
from tailorbird.language.check import Checker
from tailorbird.language.definitions import PERSONAS, Key
from tailorbird.language.operators import OPERATORS, Type
from tailorbird.language.printer import quote, show, show_ref
from tailorbird.language.syntax import parse

KNOWN = {
    "score": list(trees.SCORES),
    "trait": list(trees.TRAITS),
    "segment": list(trees.SEGMENTS),
    "persona": [],
}
TYPES: dict[Key, Type] = {PERSONAS: Type.TEXT}


def checked(node: Node) -> Node:
    return Checker(TYPES, KNOWN).condition(node)


@settings(max_examples=250)
@given(trees.nodes())
def test_every_tree_prints_to_text_that_parses_to_it(tree: Node) -> None:
    assert parse(show(tree)) == tree


@settings(max_examples=200)
@given(trees.nodes())
def test_text_to_json_to_text_changes_nothing(tree: Node) -> None:
    text = show(tree)
    assert show(json_form.load(json_form.dump(parse(text)))) == text


@settings(max_examples=100)
@given(trees.deep(limits.EXPRESSION_DEPTH))
def test_trees_at_the_depth_limit_come_back(tree: Node) -> None:
    assert parse(show(tree)) == tree


@settings(max_examples=60)
@given(trees.deep(limits.EXPRESSION_DEPTH + 1))
def test_trees_beyond_the_depth_limit_are_refused(tree: Node) -> None:
    with pytest.raises(DefinitionError, match="nested deeper than 50"):
        parse(show(tree))


@settings(max_examples=250)
@given(trees.conditions())
def test_what_the_checker_made_of_a_tree_comes_back_through_text(tree: Node) -> None:
    resolved = checked(tree)
    assert checked(parse(show(resolved))) == resolved


@pytest.mark.parametrize("name", sorted(set(OPERATORS) - {"hour", "weekday", "date"}))
def test_every_operator_comes_back_through_text_and_json(name: str) -> None:
    @settings(max_examples=10)
    @given(trees.asking(name))
    def comes_back(tree: Node) -> None:
        resolved = checked(tree)
        assert name in {node.op for node in walk(resolved) if isinstance(node, Call)}
        assert checked(parse(show(resolved))) == resolved
        assert json_form.load(json_form.dump(resolved)) == resolved

    comes_back()


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (Call("*", (Call("+", (Number(UNIT), Number(-UNIT))), Number(UNIT))), "(1 + -1) * 1"),
        (Call("-", (Number(0), Call("-", (Number(0), Number(UNIT))))), "0 - (0 - 1)"),
        (Call("not", (Call("not", (Ref("item", ()),)),)), "not not item"),
        (Call("==", (Call("not", (Ref("item", ()),)), Number(0))), "(not item) == 0"),
        (Call("trend", (Text("A"),), (("short", Listing((Text("1d"),))),)), None),
        (Call("step", (Text("A"),), (("gap", Listing((Text("1d"),))),)), 'step("A", gap=["1d"])'),
        (
            Call("step", (Text("A"),), (("gap", Listing((Text("1s"), Text("1d")))),)),
            'step("A", gap=("1s", "1d"))',
        ),
    ],
)
def test_brackets_stand_where_they_are_needed(tree: Node, text: str | None) -> None:
    assert parse(show(tree)) == tree
    assert text is None or show(tree) == text


def test_keys_stand_in_brackets_where_they_are_no_plain_names() -> None:
    ref = Ref("traits", ("plan", "last-name", "a.b", "class", "größe", "", 'q"'))
    assert show_ref(ref) == 'traits.plan["last-name"]["a.b"]["class"]["größe"][""]["q\\""]'


def test_texts_escape_only_what_must_be() -> None:
    assert quote("é😀'\"\\\n\t\x07\u2028") == '"é😀\'\\"\\\\\\n\\x09\\x07\\U00002028"'
