"""A picture of sizes over time: a line for the size, bars for who came and went. Plain SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

from tailorbird.kernel.instants import DAY, format_instant

_WIDTH, _HEIGHT = 960, 460
_LEFT, _RIGHT, _TOP = 72, 24, 56
_LINE_BOTTOM: Final = 300
_BARS_MIDDLE: Final = 372
_BARS_REACH: Final = 44
_TICKS: Final = 5
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#475569}.title{font-size:16px;fill:#0f172a}"
    ".grid{stroke:#e2e8f0}.size{fill:none;stroke:#2563eb;stroke-width:2;stroke-linejoin:round}"
    ".area{fill:#2563eb;opacity:.08}.in{fill:#16a34a}.out{fill:#dc2626}.axis{stroke:#94a3b8}"
)


class Point(NamedTuple):
    """The size at an instant, and who came and went since the instant before."""

    at_us: int
    size: int
    entered: int
    left: int


def size_plot(title: str, points: Sequence[Point]) -> str:
    """The text of an SVG file; at least one point is needed."""
    plot = _Plot(points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text class="title" x="{_LEFT}" y="30">{escape(title)}</text>',
        *plot.grid(),
        *plot.line(),
        *plot.bars(),
        *plot.dates(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Plot:
    def __init__(self, points: Sequence[Point]) -> None:
        self._points = points
        self._first_us = points[0].at_us
        self._length_us = max(points[-1].at_us - points[0].at_us, 1)
        most = max(point.size for point in points)
        self._step = _nice(most / _TICKS)
        self._ticks = max(-(-most // self._step), 1)
        self._most_moved = max(max(p.entered, p.left) for p in points) or 1

    def _x(self, at_us: int) -> float:
        room = _WIDTH - _LEFT - _RIGHT
        return _LEFT + room * (at_us - self._first_us) / self._length_us

    def _y(self, size: float) -> float:
        return _LINE_BOTTOM - (_LINE_BOTTOM - _TOP) * size / (self._step * self._ticks)

    def grid(self) -> list[str]:
        """Lines at round sizes, with the sizes."""
        parts = []
        for number in range(self._ticks + 1):
            size = number * self._step
            y = f"{self._y(size):.1f}"
            parts.append(
                f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>'
                f'<text x="{_LEFT - 8}" y="{y}" dy="4" text-anchor="end">{size:,}</text>'
            )
        return parts

    def line(self) -> list[str]:
        """The size, and the area below it."""
        places = [f"{self._x(p.at_us):.1f},{self._y(p.size):.1f}" for p in self._points]
        ends = f"{self._x(self._points[-1].at_us):.1f},{_LINE_BOTTOM} {_LEFT},{_LINE_BOTTOM}"
        return [
            f'<polygon class="area" points="{" ".join(places)} {ends}"/>',
            f'<polyline class="size" points="{" ".join(places)}"/>',
        ]

    def bars(self) -> list[str]:
        """Who came, upwards, and who went, downwards, between an instant and the one before."""
        room = (_WIDTH - _LEFT - _RIGHT) / max(len(self._points) - 1, 1)
        width = max(min(room * 0.7, 24.0), 0.5)
        parts = [
            f'<text x="{_LEFT - 8}" y="{_BARS_MIDDLE - 30}" text-anchor="end">entered</text>',
            f'<text x="{_LEFT - 8}" y="{_BARS_MIDDLE + 38}" text-anchor="end">left</text>',
        ]
        for before, point in zip(self._points, self._points[1:], strict=False):
            x = (self._x(before.at_us) + self._x(point.at_us) - width) / 2
            up = _BARS_REACH * point.entered / self._most_moved
            down = _BARS_REACH * point.left / self._most_moved
            says = f"{format_instant(point.at_us)}: {point.entered:,} entered, {point.left:,} left"
            parts.append(
                f"<g><title>{says}</title>"
                f'<rect class="in" x="{x:.1f}" y="{_BARS_MIDDLE - up:.1f}" '
                f'width="{width:.1f}" height="{up:.1f}"/>'
                f'<rect class="out" x="{x:.1f}" y="{_BARS_MIDDLE}" '
                f'width="{width:.1f}" height="{down:.1f}"/></g>'
            )
        axis = f'x1="{_LEFT}" y1="{_BARS_MIDDLE}" x2="{_WIDTH - _RIGHT}" y2="{_BARS_MIDDLE}"'
        return [*parts, f'<line class="axis" {axis}/>']

    def dates(self) -> list[str]:
        """A few instants along the bottom: dates alone where the whole is longer than days."""
        count = min(len(self._points), 7)
        places = [round(i * (len(self._points) - 1) / max(count - 1, 1)) for i in range(count)]
        only_dates = self._length_us >= 3 * DAY
        parts = []
        for place in dict.fromkeys(places):
            at_us = self._points[place].at_us
            text = format_instant(at_us)
            shown = text[:10] if only_dates else text[5:16].replace("T", " ")
            anchor = "end" if place == len(self._points) - 1 else "middle" if place else "start"
            x = f"{self._x(at_us):.1f}"
            parts.append(f'<text x="{x}" y="{_HEIGHT - 16}" text-anchor="{anchor}">{shown}</text>')
        return parts


def _nice(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is not below a number."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least:
                return digit * power
        power *= 10
