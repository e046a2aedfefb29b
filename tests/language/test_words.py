"""Words that people can read, in which nothing of the tree is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.language import trees

from tailorbird.kernel.values import UNIT, IdNumber, format_number
from tailorbird.language.ast import (
    Boolean,
    Call,
    Duration,
    Each,
    Listing,
    Node,
    Number,
    Ref,
    Text,
    walk,
)
from tailorbird.language.check import Checker
from tailorbird.language.definitions import Definition, Definitions, Line
from tailorbird.language.files import load_text
from tailorbird.language.operators import OPERATORS, SYMBOLS, WINDOW
from tailorbird.language.printer import quote
from tailorbird.language.syntax import parse
from tailorbird.language.words import describe, describe_personas, words
from tailorbird.language.words.speaker import length

PAIRS = [
    tuple(line.strip() for line in pair.splitlines())
    for pair in Path(__file__).with_name("words.txt").read_text(encoding="utf-8").split("\n\n")
    if not pair.startswith("#")
]


@pytest.mark.parametrize(("text", "said"), PAIRS)
def test_common_shapes_read_naturally(text: str, said: str) -> None:
    assert words(parse(text)) == said


@pytest.mark.parametrize(
    ("length_us", "said"),
    [
        (0, "0 seconds"),
        (1, "1 microsecond"),
        (1_000_000, "1 second"),
        (90_000_000, "90 seconds"),
        (86_400_000_000, "1 day"),
        (604_800_000_000, "7 days"),
    ],
)
def test_durations_are_said_in_their_largest_whole_unit(length_us: int, said: str) -> None:
    assert length(length_us) == said


def said_of(node: Node) -> str | None:
    """What the words for a tree with this leaf must contain."""
    if isinstance(node, Number):
        digits = (
            node.value.digits if isinstance(node.value, IdNumber) else format_number(node.value)
        )
        return None if node.value == UNIT else digits
    if isinstance(node, Duration):
        return length(node.length_us).removeprefix("1 ")
    if isinstance(node, Ref):
        return node.path[-1] if node.path and node.path[-1].isalnum() else None
    return quote(node.value)[1:-1] if isinstance(node, Text) else None


_IN_OTHER_WORDS = frozenset({"day", "week", "month", "quarter", "year"})


@settings(max_examples=200)
@given(trees.conditions())
def test_every_number_name_and_length_is_in_the_words(tree: Node) -> None:
    said = words(tree)
    wanted = {said_of(node) for node in walk(tree)} - {None} - _IN_OTHER_WORDS
    assert [leaf for leaf in wanted if leaf not in said] == []


_SAME_SHAPE = [
    {"and", "or"}, {"==", "!="}, {"<", "<=", ">", ">="}, {"in", "not in"}, {"+", "-"}, {"*", "/"},
    {"starts_with", "ends_with", "contains"}, {"exists", "empty"}, {"sum", "avg", "min", "max"},
    {"sum", "stddev", "distinct"}, {"first", "latest", "favourite"}, {"first_time", "last_time"},
    {"entered", "left"}, {"entered_area", "left_area"}, {"received", "opened", "clicked"},
    {"active_events", "passive_events"}, {"in_list", "consented", "in_segment"},
    {"lower", "length"}, {"event_hour", "event_weekday"}, {"any", "all"},
    {"score", "trait", "predicted", "bucket"},
]  # fmt: skip


def changed(node: Node) -> list[Node]:
    """The same node with one thing about itself different."""
    if isinstance(node, Number):
        other = IdNumber("77777777777777777777") if node.value != 7 * UNIT else 8 * UNIT
        return [Number(7 * UNIT if node.value != 7 * UNIT else 8 * UNIT), Number(other)]
    if isinstance(node, Text):
        return [Text(node.value + "x")]
    if isinstance(node, Duration):
        return [Duration(node.length_us + 1)]
    if isinstance(node, Boolean):
        return [Boolean(not node.value)]
    if isinstance(node, Ref):
        other_root = "traits" if node.root != "traits" else "context"
        return [Ref(node.root, (*node.path, "x")), Ref(other_root, node.path or ("x",))]
    if isinstance(node, Listing):
        fewer = [Listing(node.items[1:])] if node.items else []
        return [Listing((*node.items, Text("x"))), *fewer]
    ops = [op for group in _SAME_SHAPE if node.op in group for op in sorted(group - {node.op})]
    others: list[Node] = [replace(node, op=op) for op in ops]
    if isinstance(node, Call):
        required = OPERATORS[node.op].required
        for i, (key, _) in enumerate(node.keywords):
            if key not in required:
                rest = node.keywords[:i] + node.keywords[i + 1 :]
                others.append(replace(node, keywords=rest))
        if len(node.args) > 1 and node.args[0] != node.args[1] and node.op in SYMBOLS:
            others.append(replace(node, args=(node.args[1], node.args[0], *node.args[2:])))
    return others


def exchanged(tree: Node, number: int, other: Node) -> Node:
    """The tree with its node of a number, in the order of `walk`, exchanged."""
    left = [number]

    def go(node: Node) -> Node:
        left[0] -= 1
        if left[0] == -1:
            return other
        if isinstance(node, Call):
            args = tuple(go(arg) for arg in node.args)
            return replace(node, args=args, keywords=tuple((k, go(v)) for k, v in node.keywords))
        if isinstance(node, Listing):
            return Listing(tuple(go(item) for item in node.items))
        if isinstance(node, Each):
            return Each(node.op, go(node.body), go(node.source))
        return node

    return go(tree)


@settings(max_examples=400)
@given(trees.conditions(), st.data())
def test_trees_that_differ_in_one_thing_read_differently(tree: Node, data: st.DataObject) -> None:
    nodes = list(walk(tree))
    number = data.draw(st.integers(0, len(nodes) - 1))
    others = changed(nodes[number])
    assume(others)
    other = exchanged(tree, number, data.draw(st.sampled_from(others)))
    assert other != tree
    assert words(other) != words(tree)


@settings(max_examples=30)
@given(st.lists(trees.conditions(depth=1), min_size=20, max_size=60))
def test_different_conditions_read_differently(conditions: list[Node]) -> None:
    said: dict[str, Node] = {}
    for tree in conditions:
        assert said.setdefault(words(tree), tree) == tree


@settings(max_examples=200)
@given(trees.nodes(durations=True))
@example(parse("not did() and count() > 3 and sequence(step()) and since() > 1"))
def test_any_tree_can_be_said_even_one_that_makes_no_sense(tree: Node) -> None:
    assert words(tree)


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_operator_has_words_of_its_own(name: str) -> None:
    operator = OPERATORS[name]
    args = tuple(Text("7d") for _ in operator.takes)
    keywords = tuple((key, Text("7d")) for key in operator.required)
    assert "`" not in words(Call(name, args, keywords))


def test_text_that_stands_for_a_duration_is_said_as_one() -> None:
    tree = parse('did("A", last="7d") and since("B") > "2h" and since("C") in ["1d"]')
    assert words(Checker({}, {}).condition(tree)) == words(tree)


def test_windows_each_have_words() -> None:
    lonely = [key for key, _ in WINDOW]
    said = {words(Call("did", (Text("A"),), ((key, Text("current")),))) for key in lonely}
    assert len(said) == len(lonely)


YAML = """
traits:
  spend:
    value: sum("Order Completed", properties.revenue)
    description: all that was ever paid
scores:
  intent:
    half_life: 3d
    points:
      - {event: Product Added, points: 3}
      - {event: [A, B], points: -1, where: properties.seconds >= 120, cap_per_day: 5}
      - {event: active_events(), points: 0.5, cap_per_day: 1}
segments:
  buyers: did("Order Completed")
  vip:
    when: trait("spend") > 200
    parent: buyers
    purpose: marketing
    description: our best
  night:
    when: hour() < 6
    refresh: hourly
personas:
  - Best: in_segment("vip")
  - Good: not in_segment("vip") and in_segment("buyers")
"""


@pytest.fixture
def definitions() -> Definitions:
    return load_text(YAML).definitions


def test_a_score_is_said_with_lines_caps_and_half_life(definitions: Definitions) -> None:
    assert describe(definitions.find("score", "intent")) == (
        '3 points for each "Product Added"; '
        '-1 point for each of any of ("A", "B") (where seconds is at least 120), '
        "at most 5 times a day; "
        "0.5 points for each of acts that show intent, at most once a day; "
        "every point loses half of its worth every 3 days"
    )


def test_a_score_without_half_life_says_none() -> None:
    score = Definition("score", "s", lines=(Line(Text("A"), UNIT),))
    assert describe(score) == '1 point for each "A"'


def test_a_segment_is_said_with_parent_and_purpose(definitions: Definitions) -> None:
    vip = definitions.find("segment", "vip")
    assert describe(vip) == (
        'within the segment "buyers": the trait "spend" is more than 200; '
        'for the purpose "marketing"'
    )
    assert describe(definitions.find("segment", "night")) == (
        "the hour now is less than 6; looked at every hour"
    )


def test_personas_are_said_in_their_order(definitions: Definitions) -> None:
    assert describe_personas(definitions) == (
        "the persona is the first of these that fits:\n"
        '1. "Best": is in the segment "vip" (our best)\n'
        '2. "Good": is not in the segment "vip" (our best) and is in the segment "buyers"'
    )


def test_names_with_a_description_are_followed_by_it(definitions: Definitions) -> None:
    tree = parse('in_segment("vip") or trait("spend") > 1')
    assert words(tree, definitions) == (
        'is in the segment "vip" (our best) '
        'or the trait "spend" (all that was ever paid) is more than 1'
    )
