"""Definitions written as a file, and read back."""

from __future__ import annotations

import pytest

from tailorbird.language.files import load_text
from tailorbird.language.yaml_form import write_definitions

TEXT = """\
traits:
  spent: 'sum("Order Completed", properties.revenue)'
  "yes":
    value: 'latest("It''s", properties["a # b"])'
    description: 'what she said: last'
scores:
  interest:
    half_life: 3d
    points:
      - {event: 'Product Added', points: 3, cap_per_day: 2}
      - {event: [A, 'B: c'], where: 'properties.x == "#1"', points: -0.5}
      - {event: 'any_event(name="TEST_*")', points: 1}
segments:
  rich:
    when: 'trait("spent") > 100'
    parent: there
    purpose: marketing
  there: 'did(any_event())'
  noon:
    when: 'hour() == 12'
    refresh: hourly
personas:
  - 'High: value': 'in_segment("rich")'
  - Other: 'in_segment("there")'
"""


def test_written_definitions_read_back_as_the_same() -> None:
    definitions = load_text(TEXT).definitions
    written = [d for d in definitions.ordered if d.kind != "persona"] + list(definitions.personas)
    again = load_text(write_definitions(written)).definitions
    assert set(again.ordered) == set(definitions.ordered)
    assert again.personas == definitions.personas


@pytest.mark.parametrize("name", ["no", "null", "a b", "1", "it's", "x:y", "-", "Ünï"])
def test_a_name_that_yaml_would_take_for_something_else_is_quoted(name: str) -> None:
    definitions = load_text('segments:\n  "' + name + '": did("A")').definitions
    assert load_text(write_definitions(definitions.ordered)).definitions == definitions
