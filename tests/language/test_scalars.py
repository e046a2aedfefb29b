"""A fault is pointed at where it stands in the file, however the text is quoted or folded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode

from tailorbird.language.scalars import ScalarPlaces, Written


def marked(text: str) -> tuple[int, int]:
    """Line and column at which the value's ``@`` is said to stand."""
    node = YAML(typ="safe", pure=True).compose(text).value[0][1]
    assert isinstance(node, ScalarNode)
    before = node.value[: node.value.index("@")]
    column = len(before) - (before.rfind("\n") + 1)
    place = ScalarPlaces(Written("f", text), node).place(before.count("\n"), column)
    return place.line, place.column


def written(text: str) -> tuple[int, int]:
    """Line and column at which the text's ``@`` stands, each counted from 1."""
    before = text[: text.index("@")].replace("\r\n", "\n")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: x @",
        "a:   x\n  y\n   @ z\n",
        "a: x\n\n\n  y @\n",
        "a: 'x @'",
        "a: 'it''s ''@'''",
        "a: 'x\n   y\n\n  @'",
        'a: "x @"',
        r'a: "\"x\" \\ \t \x41\u0041\U00000041 @"',
        'a: "x \\\n   y @"',
        'a: "x\n  y\\n  z @"',
        'a: "x\\n\\n   @"',
        "a: |\n  x\n    y @\n",
        "a: |2-\n    x\n   @\n",
        "a: |\n\n\n  x\n\n  @\n",
        "a: >\n  x\n  y\n\n  z @\n",
        "a: >-  # folded\n  x\n    y\n  @\n",
        "a: |\r\n  x\r\n    @\r\n",
        "é: 'ä ö @'",
        "{a: x @ }",
    ],
)
def test_every_way_of_writing_a_scalar_is_followed(text: str) -> None:
    assert marked(text) == written(text)


WORDS = st.lists(st.text("ab'\"\\é(=<", min_size=1, max_size=4), min_size=1, max_size=6)


@settings(max_examples=300)
@given(WORDS, WORDS, st.sampled_from(["'", '"', "|", ">"]), st.data())
def test_any_text_is_followed(
    before: list[str], after: list[str], style: str, data: st.DataObject
) -> None:
    parts = [*before, "@", *after]
    if style == "'":
        parts = [part.replace("'", "''") for part in parts]
    if style == '"':
        parts = [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]
    glue = st.sampled_from([" ", "\n  ", "\n\n  "] + [" \\\n  "] * (style == '"'))
    body = parts[0] + "".join(data.draw(glue) + part for part in parts[1:])
    text = f"a: {style}\n  {body}\n" if style in "|>" else f"a: {style}{body}{style}\n"
    assert marked(text) == written(text)


def test_lines_are_counted_by_every_kind_of_line_end() -> None:
    file = Written("f", "a\nb\r\nc\rd")
    assert [(file.place(i).line, file.place(i).column) for i in (0, 2, 5, 7, 8)] == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
        (4, 2),
    ]
    assert (file.line(2), file.after(5), file.line(7)) == ("b", "c", "d")
