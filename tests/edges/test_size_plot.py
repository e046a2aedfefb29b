from __future__ import annotations

from xml.etree import ElementTree

from tailorbird.edges.size_plot import Point, size_plot
from tailorbird.kernel.instants import DAY, HOUR

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*points: Point, title: str = "sizes") -> ElementTree.Element:
    return ElementTree.fromstring(size_plot(title, points))


def places(tree: ElementTree.Element) -> list[tuple[float, float]]:
    line = tree.find(f"{SVG}polyline")
    assert line is not None
    pairs = (pair.split(",") for pair in line.attrib["points"].split())
    return [(float(x), float(y)) for x, y in pairs]


def bars(tree: ElementTree.Element, kind: str) -> list[float]:
    found = (rect for rect in tree.iter(f"{SVG}rect") if rect.get("class") == kind)
    return [float(rect.attrib["height"]) for rect in found]


def test_the_line_goes_through_the_sizes_from_left_to_right() -> None:
    tree = drawn(Point(0, 0, 0, 0), Point(DAY, 10, 10, 0), Point(4 * DAY, 5, 1, 6))
    (x0, y0), (x1, y1), (x2, y2) = places(tree)
    assert x0 < x1 < x2 and (x1 - x0) * 4 - (x2 - x0) < 1
    assert y1 < y2 < y0 and abs((y0 - y1) - 2 * (y0 - y2)) < 0.2


def test_bars_stand_between_instants_and_are_as_tall_as_what_moved() -> None:
    tree = drawn(Point(0, 7, 0, 0), Point(HOUR, 10, 4, 1), Point(2 * HOUR, 10, 2, 2))
    entered, left = bars(tree, "in"), bars(tree, "out")
    assert len(entered) == 2 and entered[0] == 2 * entered[1] == 4 * left[0]
    assert "4 entered, 1 left" in "".join(tree.itertext())


def test_round_sizes_and_dates_are_written_at_the_axes() -> None:
    texts = [t.text for t in drawn(Point(0, 0, 0, 0), Point(9 * DAY, 1_234, 0, 0)).iter()]
    assert {"0", "500", "1,500", "1970-01-01", "1970-01-10"} <= set(texts)


def test_one_instant_or_nobody_can_be_drawn_and_names_are_escaped() -> None:
    tree = drawn(Point(0, 0, 0, 0), title="a < b & c")
    assert places(tree) == [(72.0, 300.0)]
    assert tree.findtext(f"{SVG}title") == "a < b & c"
