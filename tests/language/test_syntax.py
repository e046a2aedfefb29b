"""What is read, what is refused, and that every refusal names the very place."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, Place
from tailorbird.kernel.values import IdNumber
from tailorbird.language.ast import Boolean, Call, Each, Listing, Node, Number, Ref, Text, walk
from tailorbird.language.printer import show
from tailorbird.language.syntax import Source, parse


def refusal(text: str) -> tuple[int, int, str]:
    """Line, column and message of the one problem that a text is refused for."""
    with pytest.raises(DefinitionError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    return problem.place.line, problem.place.column, problem.message


class TestReading:
    @pytest.mark.parametrize(
        ("text", "tree"),
        [
            ("3", Number(3_000_000)),
            ("-2.5", Number(-2_500_000)),
            ("- 2.5", Number(-2_500_000)),
            ("1e3", Number(1_000_000_000)),
            (".5", Number(500_000)),
            ("0.0000005", Number(1)),
            ("999999999999.999999", Number(10**18 - 1)),
            ("12345678901234567890", Number(IdNumber("12345678901234567890"))),
            ("-12345678901234567890", Number(IdNumber("-12345678901234567890"))),
            ("'a\"b'", Text('a"b')),
            (r'"\x41\u00e9\U0001f600\n\t\\\""', Text('Aé😀\n\t\\"')),
            ("True", Boolean(True)),
            ("[1, 'a']", Listing((Number(1_000_000), Text("a")))),
            ("(1, 2)", Listing((Number(1_000_000), Number(2_000_000)))),
            ("[]", Listing(())),
            ("traits.a.b", Ref("traits", ("a", "b"))),
            ('traits["last-name"].x', Ref("traits", ("last-name", "x"))),
            ('properties["$current.url"]', Ref("properties", ("$current.url",))),
            ("item", Ref("item", ())),
            ("prev.context.page", Ref("prev", ("context", "page"))),
        ],
    )
    def test_literals_and_ways_are_read_exactly(self, text: str, tree: Node) -> None:
        assert parse(text) == tree

    def test_numbers_never_pass_through_a_double(self) -> None:
        assert parse("123456789012.000001") == Number(123_456_789_012_000_001)

    def test_keywords_stand_in_the_order_of_the_catalogue(self) -> None:
        assert parse('count("A", last="7d", where=exists(properties.x))') == parse(
            'count("A", where=exists(properties.x), last="7d")'
        )

    def test_chained_comparisons_become_one_condition(self) -> None:
        assert parse("1 < traits.x <= 5") == parse("1 < traits.x and traits.x <= 5")

    def test_conditions_in_brackets_keep_their_grouping(self) -> None:
        flat, grouped = (
            parse("traits.a and traits.b and traits.c"),
            parse("(traits.a and traits.b) and traits.c"),
        )
        assert isinstance(flat, Call)
        assert len(flat.args) == 3
        assert flat != grouped

    def test_loops_over_items_are_read(self) -> None:
        tree = parse("any(item.c == 1 for item in properties.products)")
        assert tree == Each(
            "any",
            Call("==", (Ref("item", ("c",)), Number(1_000_000))),
            Ref("properties", ("products",)),
        )

    def test_sum_of_an_event_is_no_loop(self) -> None:
        assert parse('sum("A", properties.x)') == Call(
            "sum", (Text("A"), Ref("properties", ("x",)))
        )

    def test_an_expression_may_run_over_lines_with_comments(self) -> None:
        assert parse('did("A")  # seen\n  and # both\n not did("B")\n# end') == parse(
            'did("A") and not did("B")'
        )

    @pytest.mark.parametrize("newline", ["\r\n", "\r"])
    def test_every_kind_of_line_end_counts_one_line(self, newline: str) -> None:
        assert refusal(f'did("A"){newline}and{newline} foo.x')[:2] == (3, 2)

    def test_every_node_knows_its_place(self) -> None:
        tree = parse('did("é") and\n   count("B") > -3', Source("s.yaml", 7, 20, 5))
        places = {show(node): node.place for node in walk(tree)}
        assert places['did("é")'] == Place("s.yaml", 7, 20)
        assert places['"é"'] == Place("s.yaml", 7, 24)
        assert places['count("B")'] == Place("s.yaml", 8, 8)
        assert places["-3"] == Place("s.yaml", 8, 21)

    def test_places_count_characters_not_bytes(self) -> None:
        assert refusal('did("äöü😀") and foo.x')[:2] == (1, 17)


REFUSED = [
    # names
    ('did("A") and größe.x > 1', 1, 14, "beyond ASCII", 'properties["größe"]'),
    ("properties.größe > 1", 1, 12, "beyond ASCII", 'properties["größe"]'),
    ("propertys.x > 1", 1, 1, "'propertys' is not known", "did you mean 'properties'?"),
    ("score > 1", 1, 1, "'score' is not known", "write score(...)"),
    ("traits > 1", 1, 1, "traits alone is no value", "traits.x"),
    ("prev.x == 1", 1, 1, "the fact before", "prev.properties.x"),
    ("prev.properties == 1", 1, 1, "the fact before", "prev.properties.x"),
    ("traits.class == 1", 1, 8, "class is a word of the syntax", '["class"]'),
    ("traits[1] == 1", 1, 1, "in brackets stands a name in quotes", '"last-name"'),
    ("traits[traits.x] == 1", 1, 1, "in brackets stands a name in quotes", ""),
    ('traits[""].' + "a." * 40 + "b", 1, 1, "too long", ""),
    (f'traits["{"a" * 201}"]', 1, 1, "too long", ""),
    ('did("A").x', 1, 1, "only names such as properties.x", ""),
    ('"A".lower()', 1, 1, "only operators can be called", "methods cannot"),
    ("$current_url == 1", 1, 1, "in brackets only", 'properties["$current_url"]'),
    # operators and keywords
    ('cuont("A") > 1', 1, 1, "no operator 'cuont'", "did you mean 'count'?"),
    ('Count("A") > 1', 1, 1, "no operator 'Count'", "did you mean 'count'?"),
    ("eval(1)", 1, 1, "no operator 'eval'", ""),
    ('count("A", lats="7d") > 1', 1, 12, "count takes no lats=", "did you mean 'last'?"),
    ("bounced(last='7d')", 1, 9, "bounced takes no last=", "it takes none"),
    ('count("A", last="7d", last="8d") > 1', 1, 23, "last= is given twice", ""),
    ('count(last="7d", "A") > 1', 1, 21, "positional argument follows keyword", ""),
    ('count("A", **traits.x)', 1, 12, "** cannot stand", ""),
    ("count(*traits.x)", 1, 7, "* cannot stand", ""),
    ("any(traits.x)", 1, 1, "for item in properties.products", ""),
    ("any(traits.x, traits.y)", 1, 1, "for item in properties.products", ""),
    ("count(item.x for item in traits.y)", 1, 6, "a loop outside any(...)", ""),
    ("[item.x for item in traits.y]", 1, 1, "a loop outside any(...)", ""),
    ("any(x.c for x in traits.y)", 1, 13, "the item is called item", ""),
    ("any(item.c for item in traits.y if item.d)", 1, 33, "if ... else", "write and, or"),
    ("any(item.c for item in traits.y for item in item.z)", 1, 4, "one plain", ""),
    # values
    ("traits.x == None", 1, 13, "None is no value", "exists(...)"),
    ("traits.x is traits.y", 1, 10, "is compares nothing", "=="),
    ("traits.x == ...", 1, 13, "... cannot stand", ""),
    ("'a' 'b'", 1, 5, "two texts side by side", "a list"),
    ("('a'\n  # why\n  'b')", 3, 3, "two texts side by side", "a list"),
    ('did(f"A")', 1, 5, "text takes no prefix", '"..."'),
    ('did(r"A")', 1, 5, "text takes no prefix", '"..."'),
    ('did(b"A")', 1, 5, "text takes no prefix", '"..."'),
    ('did("""A""")', 1, 5, "single pairs of quotes", "\\n"),
    ('did("A)', 1, 5, "this text is never closed", ""),
    ('did("A\n")', 1, 5, "this text is never closed", ""),
    ("did(“A”)", 1, 5, "no quote here", "a straight one"),
    (r'matches(traits.x, "\d+")', 1, 20, "\\d stands for nothing", "\\\\"),
    (r'matches(traits.x, "ab\bcd")', 1, 22, "\\b stands for nothing", "\\\\"),
    (r'did("\ud83d\ude00")', 1, 6, "half a character", ""),
    (r'traits["\ud83d"]', 1, 9, "half a character", ""),
    (r'did("\U00110000")', 1, 6, "no character", ""),
    ("did('\ud800')", 1, 6, "half a character", ""),
    ('did("A\x00")', 1, 7, "U+0000", "\\x00"),
    ('did("A")\x0c', 1, 9, "U+000C", ""),
    ("count('A') > 1e400", 1, 14, "out of range", "below 10^12"),
    ("count('A') > 1000000000000.5", 1, 14, "out of range", "below 10^12"),
    ("count('A') > " + "9" * 39, 1, 14, "out of range", "below 10^12"),
    ("count('A') > " + "9" * 5_000, 1, 14, "out of range", "below 10^12"),
    ("count('A') > 0x10", 1, 14, "0x10", "plain decimal digits"),
    ("count('A') > 1_000", 1, 14, "1_000", "plain decimal digits"),
    ("count('A') > 3j", 1, 14, "3j", "plain decimal digits"),
    ("count('A') > 1or 2", 1, 14, "1or", ""),
    ("count('A') > 007", 1, 14, "007", "without leading zeros"),
    ("since('A') > 7d", 1, 14, 'write "7d" in quotes', ""),
    ("-traits.x > 1", 1, 1, "before a number only", "0 - (...)"),
    ("--1 > 1", 1, 1, "before a number only", ""),
    ("-True", 1, 1, "before a number only", ""),
    ("+1 > 1", 1, 1, "cannot stand", ""),
    ("~traits.x", 1, 1, "~ cannot stand", "write not"),
    # logic
    ("1 < traits.x > 0", 1, 1, "of one direction", "1 < x <= 5"),
    ("1 == traits.x == 1", 1, 1, "of one direction", "1 < x <= 5"),
    ("1 < traits.x in [3]", 1, 1, "of one direction", ""),
    ("did('A') && did('B')", 1, 10, "write and", ""),
    ("did('A') || did('B')", 1, 10, "write or", ""),
    ("did('A') AND did('B')", 1, 10, "write and in small letters", ""),
    ("NOT did('A')", 1, 1, "write not in small letters", ""),
    ("!did('A')", 1, 1, "write not", ""),
    ("did('A'), did('B')", 1, 9, "a comma joins no conditions", "and, or"),
    ("did('A'); did('B')", 1, 9, "one expression", "and, or"),
    ("did('A') if did('B') else did('C')", 1, 10, "if ... else", "and, or"),
    ("lambda: did('A')", 1, 1, "lambda cannot stand", ""),
    ("(x := 3)", 1, 4, ":= cannot stand", "=="),
    ("did('A') = 3", 1, 1, "cannot assign", "=="),
    ("traits.x % 2 == 0", 1, 10, "only + - * / calculate", ""),
    ("traits.x // 2 == 0", 1, 1, "only + - * / calculate", ""),
    ("traits.x ** 2 == 0", 1, 1, "only + - * / calculate", ""),
    ("{'a': 1}", 1, 1, "{...} cannot stand", "[...]"),
    ("await did('A')", 1, 1, "await cannot stand", ""),
    ("yield", 1, 1, "yield cannot stand", ""),
    ("import os", 1, 1, "import cannot stand", ""),
    # shape
    ("", 1, 1, "is empty", ""),
    ("  \n  # only a comment", 1, 1, "is empty", ""),
    ("did('A'", 1, 4, "this ( is never closed", ""),
    ("did('A') and (\n did('B'", 2, 5, "this ( is never closed", ""),
    ("did('A'))", 1, 9, "this ) closes nothing", ""),
    ("did('A')) and (did('B')", 1, 9, "this ) closes nothing", ""),
    ("in_list(['A')", 1, 13, "this ) does not close the [", ""),
    ("did('A') and", 1, 13, "breaks off", ""),
    ("did('A') did('B')", 1, 1, "no expression", ""),
    ("did('A') \\\n and did('B')", 1, 10, "a backslash cannot stand", ""),
    ("did('A')\xa0and did('B')", 1, 9, "a no-break space", ""),
]


@pytest.mark.parametrize(("text", "line", "column", "said", "hint"), REFUSED)
def test_what_cannot_be_read_is_refused_at_its_place_with_a_hint(
    text: str, line: int, column: int, said: str, hint: str
) -> None:
    found_line, found_column, message = refusal(text)
    assert said in message
    assert hint in message
    assert (found_line, found_column) == (line, column)


class TestLimits:
    def test_5000_nested_not_are_refused_on_the_51st(self) -> None:
        line, column, message = refusal("not " * 5_000 + "did('A')")
        assert (line, column) == (1, 4 * limits.EXPRESSION_DEPTH + 1)
        assert "nested deeper than 50" in message

    @pytest.mark.parametrize(
        "text",
        [
            "(" * 60 + "traits.x" + ")" * 60,
            "not (" * 60 + "traits.x" + ")" * 60,
            "[" * 5_000 + "]" * 5_000,
            "lower(" * 60 + "traits.x" + ")" * 60,
            "-" * 5_000 + "1",
            "1" + " + 1" * 5_000 + " > 3",
            "1" + " * 1" * 60 + " > 3",
            "1 < traits.x + (" * 30 + "1" + ")" * 30,
        ],
    )
    def test_nesting_of_every_kind_is_bounded(self, text: str) -> None:
        assert "nested deeper than 50" in refusal(text)[2]

    def test_the_deepest_tree_that_is_allowed_is_read(self) -> None:
        deep = "lower(" * (limits.EXPRESSION_DEPTH - 1) + "traits['a b']"
        tree = parse(deep + ")" * (limits.EXPRESSION_DEPTH - 1))
        assert parse(show(tree)) == tree
        assert "nested deeper" in refusal(f"lower({deep}{')' * limits.EXPRESSION_DEPTH}")[2]

    def test_a_chain_is_as_deep_as_what_it_stands_for(self) -> None:
        assert parse("not " * 47 + "1 < traits.x < 3")
        assert "nested deeper" in refusal("not " * 48 + "1 < traits.x < 3")[2]

    def test_many_conditions_side_by_side_are_not_deep(self) -> None:
        tree = parse(" and ".join(["did('A')"] * 3_000))
        assert isinstance(tree, Call)
        assert len(tree.args) == 3_000

    def test_64_kilobytes_are_the_most(self) -> None:
        text = f'did("{"a" * (limits.EXPRESSION_BYTES - 7)}")'
        assert len(text) == limits.EXPRESSION_BYTES
        assert parse(text) == Call("did", (Text("a" * (limits.EXPRESSION_BYTES - 7)),))
        assert "longer than 65536 bytes" in refusal(text + " ")[2]

    def test_bytes_count_not_characters(self) -> None:
        assert "longer than 65536 bytes" in refusal(f'did("{"é" * 40_000}")')[2]

    def test_a_long_way_is_refused(self) -> None:
        assert "too long" in refusal("traits" + ".a" * 200)[2]
        assert refusal("traits" + ".a" * 30_000)[:2] == (1, 1)

    def test_what_would_be_too_long_written_out_is_refused(self) -> None:
        assert "written out" in refusal(f"[{'1,' * 30_000}]")[2]

    def test_nested_chains_cannot_multiply_without_end(self) -> None:
        text = "1 < (" * 24 + "traits.x" + ") < 5" * 24
        assert "written out" in refusal(text)[2]


PIECES = st.sampled_from(
    [
        *("did", "count", "any", "sum", "item", "traits", "properties", "prev", "sequence", "step"),
        *("and", "or", "not", "in", "for", "is", "None", "True", "lambda", "if", "else", "await"),
        *("(", ")", "[", "]", "{", "}", ",", ".", "=", "==", "<", ">=", "+", "-", "*", "/", ":="),
        *('"A"', "'7d'", '"', "'", "\\", "#", "\n", " ", "  ", "\t", "\x00", "\ud800", "é", "“"),
        *("1", "7", "0.5", "1e400", "0x1", "_", "$", "!", "|", "&", "~", "@", ":", ";", "`", "😀"),
        *('"\\d"', '"\\ud800"', 'f"', '"""', "where=", "last=", "for item in", "properties.x"),
    ]
)
VALID = [
    'count("Product Viewed", where=properties.product_id == "X", last="7d") >= 3',
    'sequence("A", step("B", times=2, gap=("60s", "10m")), within="10m") and not bounced()',
    'absent("B", after="A", wait="2h", last="7d") or 1 < sum("C", properties.x) <= 2.5',
    'any(item.c == "é" for item in traits["a b"]) and traits.x not in [1, "b", True]',
]


def reads_or_refuses(text: str) -> None:
    """Parse; every fault has to be told as one, and what is read prints to the same tree."""
    try:
        tree = parse(text)
    except DefinitionError as error:
        (problem,) = error.problems
        assert problem.message
        assert 1 <= problem.place.line <= text.count("\n") + text.count("\r") + 1
        assert problem.place.column >= 1
    else:
        assert parse(show(tree)) == tree


@settings(max_examples=600)
@given(st.lists(PIECES, max_size=30).map("".join))
@example("(" * 50 + ")" * 50)
@example("traits." * 3_000)
def test_words_in_any_order_are_read_or_refused(text: str) -> None:
    reads_or_refuses(text)


@settings(max_examples=300)
@given(st.text(st.characters(), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    reads_or_refuses(text)


@settings(max_examples=600)
@given(st.sampled_from(VALID), st.integers(0, 90), st.integers(0, 4), PIECES)
def test_valid_text_with_a_piece_exchanged_is_read_or_refused(
    text: str, start: int, length: int, piece: str
) -> None:
    reads_or_refuses(text[:start] + piece + text[start + length :])
