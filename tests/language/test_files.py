"""Definition files: what is read, and that every fault is told with its place and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, InputError
from tailorbird.kernel.values import UNIT
from tailorbird.language.ast import Call, Listing, Text
from tailorbird.language.files import load, load_folder, load_text
from tailorbird.language.syntax import parse

EVERYTHING = """\
# The definitions of a shop.
purposes: {marketing: consent, billing: nothing}
traits:
  spend: sum("Order Completed", properties.revenue)
  plan: {value: traits.plan, description: what they pay for, purpose: billing}
scores:
  intent:
    half_life: 3d
    description: how warm
    points:
      - {event: Product Added, points: 3}
      - event: [Page Engaged, "Video: Watched"]
        where: properties.seconds >= 120
        points: -1.5
        cap_per_day: 5
      - {event: 'any_event(name="TEST_*")', points: 1e1}
  simple:
    points: {Product Added: 3, Product Viewed: 0.5}
segments:
  buyers: did("Order Completed")
  "who: odd": >
    count("A",
      last="7d") > 3
  vip:
    when: |
      trait("spend") > 200
      and not in_segment("who: odd")
    parent: buyers
    purpose: marketing
    description: our best
  night: {when: hour() < 6, refresh: hourly}
personas:
  - Best: in_segment("vip")
  - Good: in_segment("buyers")
"""


def faults(text: str) -> list[str]:
    """What is said about a text, each with line and column."""
    with pytest.raises(DefinitionError) as caught:
        load_text(text, "f.yaml")
    return [str(problem).removeprefix("f.yaml:") for problem in caught.value.problems]


class TestReading:
    def test_all_kinds_of_definitions_are_read(self) -> None:
        found = load_text(EVERYTHING).definitions
        assert {d.key for d in found.ordered} >= {("trait", "spend"), ("segment", "who: odd")}
        assert [persona.name for persona in found.personas] == ["Best", "Good"]
        vip = found.find("segment", "vip")
        assert (vip.parent, vip.purpose, vip.description) == ("buyers", "marketing", "our best")
        assert vip.body == parse('trait("spend") > 200 and not in_segment("who: odd")')
        assert found.find("segment", "night").hourly
        plan = found.find("trait", "plan")
        assert (plan.purpose, plan.description) == ("billing", "what they pay for")

    def test_points_are_exact_and_events_are_names_lists_or_patterns(self) -> None:
        added, engaged, tests = load_text(EVERYTHING).definitions.find("score", "intent").lines
        assert (added.events, added.points, added.cap_per_day) == (
            Text("Product Added"),
            3 * UNIT,
            None,
        )
        assert engaged.events == Listing((Text("Page Engaged"), Text("Video: Watched")))
        assert (engaged.points, engaged.cap_per_day) == (-1_500_000, 5)
        assert engaged.where == parse("properties.seconds >= 120")
        assert tests.events == Call("any_event", (), (("name", Text("TEST_*")),))
        assert tests.points == 10 * UNIT

    def test_points_may_be_a_plain_mapping(self) -> None:
        score = load_text(EVERYTHING).definitions.find("score", "simple")
        assert [(line.events, line.points) for line in score.lines] == [
            (Text("Product Added"), 3 * UNIT),
            (Text("Product Viewed"), 500_000),
        ]
        assert score.half_life_us is None

    @pytest.mark.parametrize("text", ["", "# nothing yet\n", "segments:\n  # all commented out\n"])
    def test_nothing_is_no_fault(self, text: str) -> None:
        assert load_text(text).definitions.ordered == ()

    def test_words_that_other_versions_of_yaml_take_for_booleans_are_names(self) -> None:
        found = load_text('segments:\n  on: did("A")\n  no: did("B")\n').definitions
        assert [d.name for d in found.of_kind("segment")] == ["no", "on"]

    def test_files_may_refer_to_each_other(self) -> None:
        texts = {"b.yaml": 'segments:\n  x: in_segment("y")', "a.yaml": 'segments:\n  y: did("A")'}
        assert [d.name for d in load(texts).definitions.ordered] == ["y", "x"]

    def test_line_ends_of_windows_and_a_byte_order_mark_do_not_matter(self) -> None:
        text = "\ufeff" + EVERYTHING.replace("\n", "\r\n")
        assert load_text(text).definitions.fingerprints() == (
            load_text(EVERYTHING).definitions.fingerprints()
        )


UNKNOWN = "the name 'foo' is not known"
PLACES = [
    ("a: foo.x", 2, 6),
    ("a:   did('A') and foo.x", 2, 21),
    ("a: did('A')\n    and\n      foo.x", 4, 7),
    ("a: 'did(\"it''s\") and foo.x'", 2, 24),
    ('a: "did(\\"A\\") and foo.x"', 2, 22),
    ('a: "did(\\"A\\")\n    and foo.x"', 3, 9),
    ("a: |\n    did('A')\n      and foo.x", 4, 11),
    ("a: |-\n\n    did('A') and\n\n    foo.x", 6, 5),
    ("a: >\n    did('A')\n    and foo.x", 4, 9),
    ("a: {when: did('A') and foo.x}", 2, 26),
    ("a:\n    when: foo.x", 3, 11),
    ("é: did('ä') and foo.x", 2, 19),
]


@pytest.mark.parametrize(("entry", "line", "column"), PLACES)
def test_a_fault_within_an_expression_is_pointed_at(entry: str, line: int, column: int) -> None:
    (fault,) = faults(f"segments:\n  {entry}\n")
    assert fault.startswith(f"{line}:{column}: {UNKNOWN}")


def test_a_fault_that_only_checking_finds_is_pointed_at_too() -> None:
    (fault,) = faults('segments:\n  a: |\n    did("A") and\n      count("B")\n')
    assert fault.startswith("4:7: a condition is needed here, this is a number")


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ('count("A")', "`> 0`"),
        ('favourite("A", properties.x)', "`== True` or exists(...)"),
        ('since("A")', '`< "7d"`'),
        ('last_time("A")', "`> at("),
        ('"A"', '`== "a"`'),
        ("True", "`== True`"),
    ],
)
def test_a_value_where_a_condition_is_needed_comes_with_a_comparison(value: str, hint: str) -> None:
    (fault,) = faults(f"segments:\n  a: '{value}'\n")
    assert "a condition is needed here" in fault and hint in fault


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ('count("A") == "3"', "a number is never equal to text"),
        ('count("A") > "3"', "a number is never more or less than text"),
        ('count("A") > 12345678901234567890', "12345678901234567890 is an id number"),
        ('persona() == "Buyr"', "there is no persona 'Buyr'; did you mean 'Buyer'?"),
        ('"Buyr" != persona()', "there is no persona 'Buyr'"),
        ('persona() in ["Buyer", "Buyr"]', "there is no persona 'Buyr'"),
    ],
)
def test_a_comparison_that_is_never_true_is_warned_of(condition: str, said: str) -> None:
    text = f"segments:\n  a: '{condition}'\npersonas:\n  - Buyer: did('B')\n"
    (warning,) = load_text(text).warnings
    assert said in warning.message


IN_QUOTES = "put the expression in quotes"
SINGLE = "put the expression in single quotes"
SEGMENT = "segments:\n  "
SCORE = "scores:\n  s: "
REFUSED = [
    # YAML
    ("segments:\n\ta: did('A')", "2:1:", "cannot start any token", "spaces, not tabs"),
    (SEGMENT + "a: did('A')\n b: did('B')", "3:2:", "this is no YAML", "indented alike"),
    (SEGMENT + 'a: "did(', "2:6:", "this quote is never closed", ""),
    (SEGMENT + "a: did('A: b')", "2:12:", "mapping values are not allowed", SINGLE),
    (SEGMENT + "a: @foo", "2:6:", "cannot start any token", SINGLE),
    (SEGMENT + "a: !did('A')", "2:6:", "the tag !did('A') has no meaning", "quotes"),
    (SEGMENT + "a: !!python/name:os did('A')", "2:6:", "has no meaning", "quotes"),
    (SEGMENT + "a: > 3", "2:8:", "this is no YAML", SINGLE),
    (SEGMENT + "a: &x did('A')\n  b: *x", "2:6:", "&x and *x are not used here", "in_segment"),
    ("segments: &x\n  a: *x", "1:11:", "are not used here", ""),
    (SEGMENT + "a: *x", "2:6:", "undefined alias", SINGLE),
    (SEGMENT + "a: did('A')\n---\nsegments: {}", "3:1:", "another document", ""),
    (SEGMENT + 'a: "\x00"', "2:7:", "U+0000 cannot stand in a file", '"\\x00"'),
    ("# a\u2028b\nsegments:", "1:4:", "U+2028 cannot stand in a file", ""),
    (SEGMENT + "a: '\ud800'", "2:7:", "half a character", ""),
    (SEGMENT + 'a: "\\ud800"', "2:6:", "half a character", ""),
    ("scores: {s: {points: {" + '"\\ud83d"' + ": 1}}}", "1:23:", "half a character", ""),
    ("[" * 3_000, "1:1:", "nested too deep", ""),
    ("\n".join(" " * i + "a:" for i in range(1_500)), "1:1:", "nested too deep", ""),
    # an expression that YAML cut short
    (SEGMENT + "a: did('A #1')", "2:10:", "this text is never closed", "` #` begins a comment"),
    (SEGMENT + "a: count('A')  # > 3", "2:6:", "a condition is needed", ""),
    (SEGMENT + "a: {when: count('A', last='7d') > 3}", "2:18:", "never closed", IN_QUOTES),
    (SEGMENT + "a: {when: count('A', last='7d') > 3}", "2:24:", "has no key", IN_QUOTES),
    (SCORE + "{points: [{event: A, where: x in [1], points: 1}]}", "2:39:", "no YAML", IN_QUOTES),
    (SEGMENT + "a: {when: {x: y}}", "2:13:", "an expression is needed here", "in quotes"),
    # keys
    (SEGMENT + "a: did('A')\n  a: did('B')", "3:3:", "the key 'a' stands here twice", ""),
    ("segments: {}\nsegments: {}", "2:1:", "the key 'segments' stands here twice", ""),
    (SEGMENT + "1: did('A')", "2:3:", "a key is text", 'write it in quotes: "1"'),
    (SEGMENT + "true: did('A')", "2:3:", "a key is text", '"true"'),
    (SEGMENT + "~: did('A')", "2:3:", "a key is text", ""),
    (SEGMENT + "? [x]\n  : did('A')", "2:5:", "a key is text", ""),
    (SEGMENT + "<<: {a: 1}", "2:3:", "a key is text", ""),
    (SEGMENT + '"": did("A")', "2:3:", "1 to 200 printable", ""),
    (SEGMENT + '"a\\0": did("A")', "2:3:", "1 to 200 printable", ""),
    (SEGMENT + "a" * 201 + ": did('A')", "2:3:", "1 to 200 printable", ""),
    ("segmets: {}", "1:1:", "the file has no key 'segmets'", "did you mean 'segments'?"),
    (SEGMENT + "a: {when: bounced(), wen: 1}", "2:24:", "no key 'wen'", "did you mean 'when'?"),
    (SCORE + "{points: {A: 1}, halflife: 1d}", "2:23:", "no key 'halflife'", "'half_life'?"),
    # shapes
    ("hello", "1:1:", "the file is a mapping", ""),
    ("- a", "1:1:", "the file is a mapping", ""),
    ("segments: [a]", "1:11:", "the section of segments is a mapping", ""),
    (SEGMENT + "a:", "2:5:", "an expression is needed", ""),
    (SEGMENT + "a: [x]", "2:6:", "an expression is needed", ""),
    (SEGMENT + "a: {parent: b}", "2:6:", "segment 'a' needs when:", ""),
    (SEGMENT + "a: {when: bounced(), refresh: daily}", "2:33:", "hourly, not 'daily'", ""),
    (SEGMENT + "a: {when: bounced(), parent: [x]}", "2:32:", "text for parent is needed", ""),
    (SEGMENT + "a: {when: bounced(), parent: b}", "2:3:", "there is no segment 'b'", ""),
    ("traits:\n  a: {description: x}", "2:6:", "trait 'a' needs value:", ""),
    (SCORE + "3", "2:6:", "score 's' is a mapping", "points: and half_life:"),
    (SCORE + "{half_life: 1d}", "2:6:", "score 's' needs points:", ""),
    (SCORE + "{points: 3}", "2:15:", "points: is `event: points`", "{event, where, points}"),
    (SCORE + "{points: {A: x}}", "2:19:", "a number is needed here, 'x' is none", ""),
    (SCORE + "{points: {A: 1e400}}", "2:19:", "'1e400' is none", ""),
    (SCORE + "{points: {A: 12345678901234567890}}", "2:19:", "is none", ""),
    (SCORE + "{points: {A: .nan}}", "2:19:", "is none", ""),
    (SCORE + "{points: {A: [1]}}", "2:19:", "a number is needed here", ""),
    (SCORE + "{points: {A: 1}, half_life: 0d}", "2:34:", "such as 3d, not '0d'", ""),
    (SCORE + "{points: {A: 1}, half_life: 63s}", "2:3:", "at least 64s", ""),
    (SCORE + "{points: {A: 1}, half_life: 1mo}", "2:34:", "such as 3d, not '1mo'", ""),
    (SCORE + "{points: [A]}", "2:16:", "a line of points is a mapping", ""),
    (SCORE + "{points: []}", "2:3:", "the score 's' has no points", ""),
    (SCORE + "{points: [{event: A}]}", "2:16:", "a line of points needs points:", ""),
    (SCORE + "{points: [{points: 1}]}", "2:16:", "a line of points needs event:", ""),
    (SCORE + "{points: [{event: [], points: 1}]}", "2:24:", "the list of events is empty", ""),
    (SCORE + "{points: [{event: {a: b}, points: 1}]}", "2:24:", "an event's name is needed", ""),
    (SCORE + "{points: [{event: A, points: 1, cap_per_day: 0}]}", "2:51:", "from 1 to", ""),
    (SCORE + "{points: [{event: A, points: 1, cap_per_day: 1.5}]}", "2:51:", "from 1 to", ""),
    ("personas:\n  A: did('A')", "2:3:", "personas are a list", "`- Name: condition`"),
    ("personas:\n  - A", "2:5:", "a persona is one", ""),
    ("personas:\n  - {A: bounced(), B: bounced()}", "2:5:", "a persona is one", ""),
    ("personas:\n  - A: bounced()\n  - A: bounced()", "3:5:", "given twice, first at", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "said", "hint"), REFUSED)
def test_a_faulty_file_is_refused_at_the_place_of_the_fault(
    text: str, place: str, said: str, hint: str
) -> None:
    assert any(
        fault.startswith(place) and said in fault and hint in fault for fault in faults(text)
    ), faults(text)


def test_every_fault_of_a_file_is_told_at_once() -> None:
    text = """\
segments:
  a: foo.x
  b: bar.x
  c: {when: did("A"), parnt: a}
  d: cuont("A") > 1
scores:
  s: 3
unknown: 1
"""
    assert [fault.split(":")[0] for fault in faults(text)] == ["2", "3", "4", "5", "7", "8"]


def test_of_very_many_faults_the_first_are_told_and_the_rest_counted() -> None:
    found = faults("segments:\n" + "".join(f"  s{i}: foo.x\n" for i in range(150)))
    assert len(found) == limits.PROBLEMS + 1
    assert "50 more faults; the first are told" in found[-1]


class TestFolders:
    def test_every_definition_file_of_a_folder_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("segments: {x: \"did('A')\"}")
        (tmp_path / "b.yml").write_text('segments: {y: in_segment("x")}')
        (tmp_path / "notes.txt").write_text("no definitions")
        (tmp_path / "folder.yaml").mkdir()
        assert [d.name for d in load_folder(tmp_path).definitions.ordered] == ["x", "y"]

    def test_a_fault_names_its_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("segments:\n  x: foo.y\n")
        with pytest.raises(DefinitionError, match=r"a\.yaml:2:6: the name 'foo'"):
            load_folder(tmp_path)

    def test_a_name_given_in_two_files_names_both(self, tmp_path: Path) -> None:
        for name in ("a.yaml", "b.yaml"):
            (tmp_path / name).write_text("segments:\n  x: bounced()\n")
        with pytest.raises(DefinitionError, match=r"b\.yaml:2:3: .* first at .*a\.yaml:2:3"):
            load_folder(tmp_path)

    def test_a_folder_that_is_not_there_is_told_with_what_makes_one(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="tailorbird init"):
            load_folder(tmp_path / "definitions")

    def test_a_file_of_ten_megabytes_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "big.yaml").write_text("# filler\n" * 1_200_000)
        with pytest.raises(DefinitionError, match=r"big\.yaml:1:1: the file is larger than"):
            load_folder(tmp_path)

    def test_a_text_of_ten_megabytes_is_refused(self) -> None:
        (fault,) = faults("# filler\n" * 1_200_000)
        assert fault.startswith("1:1: the file is larger than 4194304 bytes")

    def test_a_file_that_is_no_text_is_refused_at_its_line(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_bytes(b"segments:\n  x: '\xff'\n")
        with pytest.raises(DefinitionError, match=r"a\.yaml:2:1: the file is not UTF-8"):
            load_folder(tmp_path)

    def test_what_is_no_plain_file_is_refused_and_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.yaml")
        with pytest.raises(InputError, match=r"a\.yaml is no plain file"):
            load_folder(tmp_path)

    def test_a_link_that_leads_nowhere_is_no_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").symlink_to(tmp_path / "gone.yaml")
        with pytest.raises(InputError, match=r"a\.yaml cannot be read"):
            load_folder(tmp_path)


PIECES = st.sampled_from(
    [
        *("segments:", "scores:", "traits:", "personas:", "points:", "when:", "event:"),
        *("\n", "\n  ", "\n    ", "\n  - ", " ", "\t", ": ", ", ", " # ", "#", "---", "...", "? "),
        *("{", "}", "[", "]", "'", '"', "|", ">", "&a ", "*a", "!x ", "%", "@", "`", "\\", "<<"),
        *("a", "b", "1", "3d", "~", "true", "did('A')", 'count("B", last="7d") > 3', "half_life:"),
        *("\x00", "\ud800", "\u2028", "\x85", "\ufeff", "😀", "\r", "\r\n", '"\\ud800"', '"\\0"'),
    ]
)  # fmt: skip


@settings(max_examples=600)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_read_or_refused_with_places(text: str) -> None:
    try:
        load_text(text, "f.yaml")
    except DefinitionError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.message
            assert 1 <= problem.place.line <= len(text) + 1


@settings(max_examples=400)
@given(st.integers(0, len(EVERYTHING)), st.integers(0, 5), PIECES)
def test_a_file_with_a_piece_exchanged_is_read_or_refused(
    start: int, length: int, piece: str
) -> None:
    text = EVERYTHING[:start] + piece + EVERYTHING[start + length :]
    try:
        load_text(text, "f.yaml")
    except DefinitionError as error:
        assert error.problems
