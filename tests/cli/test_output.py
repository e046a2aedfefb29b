"""What is printed is exact, and cannot move a terminal's cursor."""

from __future__ import annotations

import json

import pytest

from tailorbird.cli.output import emit_json, percent, printable, shown, signed, table
from tailorbird.kernel.values import MISSING, UNIT, IdNumber, Value
from tailorbird.language.operators import Type
from tailorbird.language.plain_values import plain


@pytest.mark.parametrize(
    ("value", "gives", "text", "data"),
    [
        (12_500_000, Type.NUMBER, "12.5", 12.5),
        (3 * UNIT, Type.ANY, "3", 3),
        (True, Type.CONDITION, "yes", True),
        (MISSING, Type.NUMBER, "-", None),
        ("text", Type.TEXT, "text", "text"),
        (90 * UNIT, Type.DURATION, "1m 30s", "90s"),
        (1_704_085_200 * UNIT, Type.INSTANT, "2024-01-01T05:00:00Z", "2024-01-01T05:00:00Z"),
        ([UNIT, {"a": 500_000}], Type.LIST, '[1,{"a":0.5}]', [1, {"a": 0.5}]),
    ],
)
def test_a_value_is_shown_in_the_unit_of_its_type(
    value: Value, gives: Type, text: str, data: object
) -> None:
    assert shown(value, gives) == text
    assert json.loads(json.dumps(plain(value, gives), default=float)) == data


def test_json_keeps_every_digit(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json({"x": plain(-1), "id": plain(IdNumber("12345678901234567890123"))})
    told = capsys.readouterr().out
    assert "-0.000001" in told
    assert "12345678901234567890123" in told
    assert json.loads(told)["x"] == -0.000001


def test_half_a_character_is_printed_as_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json({"ids": ["a\ud800b"]})
    assert json.loads(capsys.readouterr().out)["ids"] == ["a\\ud800b"]


def test_what_cannot_be_printed_is_escaped() -> None:
    assert printable("a\x1b[31mb\nc\u202e\ud800") == "a\\x1b[31mb\\nc\\u202e\\ud800"


def test_a_cell_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table(["name"], [["[red]x[/red]"]])
    assert "[red]x[/red]" in capsys.readouterr().out


def test_shares_and_changes_are_rounded_and_signed() -> None:
    assert (percent(1, 3), percent(2, 3), percent(0, 0)) == ("33.3 %", "66.7 %", "0.0 %")
    assert (signed(1_200), signed(-3), signed(0)) == ("+1,200", "-3", "±0")
