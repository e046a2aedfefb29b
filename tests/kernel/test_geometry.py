"""Places in exact arithmetic."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tailorbird.kernel import limits
from tailorbird.kernel.geometry import (
    HALF_TURN,
    QUARTER,
    circle,
    cosine,
    inside,
    near,
    read_area,
    read_location,
)
from tailorbird.kernel.values import UNIT

LATITUDES = st.integers(-QUARTER, QUARTER)
LONGITUDES = st.integers(-HALF_TURN, HALF_TURN)


@given(LATITUDES)
def test_the_cosine_is_rounded_to_millionths(latitude: int) -> None:
    assert abs(cosine(latitude) - cos(radians(latitude / UNIT)) * UNIT) <= 0.5 + 1e-6


def test_the_cosine_is_known_at_known_angles() -> None:
    degrees = (0, 60, -60, 90, 30)
    assert [cosine(d * UNIT) for d in degrees] == [UNIT, 500_000, 500_000, 0, 866_025]


@given(st.integers(-60 * UNIT, 60 * UNIT), LONGITUDES, st.floats(0, 6.28), st.floats(0, 2))
@example(-60 * UNIT, 0, 0.96, 0.9999)
def test_near_differs_from_the_sphere_by_at_most_0_53_per_cent(
    latitude: int, longitude: int, bearing: float, share: float
) -> None:
    within = circle(latitude, longitude, 100 * UNIT)
    north = latitude + round(share * within.radius * cos(bearing))
    east = longitude + round(share * within.radius * sin(bearing) * UNIT / within.cosine)
    km = sphere_km(latitude, longitude, north, east)
    if abs(km - 100) > 0.53:
        assert near(within, north, (east + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN) is (km < 100)


def sphere_km(lat1: int, lon1: int, lat2: int, lon2: int) -> float:
    a, b, east = (radians(x / UNIT) for x in (lat1, lat2, lon2 - lon1))
    chord = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(east / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(chord))


def test_a_circle_reaches_over_the_180th_meridian() -> None:
    within = circle(0, 179 * UNIT, 200 * UNIT)
    assert near(within, 0, -179_500_000)
    assert near(within, 0, 180 * UNIT)
    assert near(within, 0, -180 * UNIT)
    assert not near(within, 0, -179_200_000)


def test_at_a_pole_every_longitude_is_near() -> None:
    within = circle(90 * UNIT, 0, 10 * UNIT)
    assert near(within, 90 * UNIT, 123 * UNIT)
    assert near(within, 90 * UNIT - within.radius, -77 * UNIT)
    assert not near(within, 90 * UNIT - within.radius - 1, 0)


def degrees(value: Any) -> Any:
    if isinstance(value, list):
        return [degrees(item) for item in value]
    return value if isinstance(value, str | bool) else round(value * UNIT)


def area(kind: str, coordinates: Any) -> Any:
    return read_area({"type": kind, "coordinates": degrees(coordinates)})


SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
HOLE = [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]
FAR = [[[10, 10], [14, 10], [14, 14], [10, 14], [10, 10]]]


@pytest.mark.parametrize(
    ("latitude", "longitude", "found"),
    [
        (0, 0, True),
        (0, 2, True),
        (2, 0, True),
        (4, 2, False),
        (2, 4, False),
        (4, 4, False),
        (0, 4, False),
        (4, 0, False),
        (0.5, 0.5, True),
        (1, 2, False),
        (2, 1, False),
        (2, 2, False),
        (3, 2, True),
        (2, 3, True),
        (-0.000001, 2, False),
        (2, -0.000001, False),
        (2, 3.999999, True),
    ],
)
def test_lower_and_left_edges_are_in_and_holes_are_out(
    latitude: float, longitude: float, found: bool
) -> None:
    pierced = area("Polygon", [SQUARE, HOLE])
    backwards = area("Polygon", [SQUARE[::-1], HOLE[::-1]])
    assert inside(pierced, *degrees([latitude, longitude])) is found
    assert inside(backwards, *degrees([latitude, longitude])) is found


def test_some_polygon_of_many_is_enough_even_where_two_overlap() -> None:
    several = area("MultiPolygon", [[SQUARE, HOLE], FAR, [SQUARE]])
    answers = [inside(several, *degrees(at)) for at in ([2, 2], [0.5, 0.5], [12, 12], [8, 8])]
    assert answers == [True, True, True, False]


@given(st.integers(0, 3_999_999), st.integers(0, 3_999_999))
def test_a_triangle_and_its_complement_share_no_location(latitude: int, longitude: int) -> None:
    lower = area("Polygon", [[[0, 0], [4, 0], [4, 4], [0, 0]]])
    upper = area("Polygon", [[[0, 0], [4, 4], [0, 4], [0, 0]]])
    assert inside(lower, latitude, longitude) is not inside(upper, latitude, longitude)
    if latitude != longitude:
        assert inside(lower, latitude, longitude) is (latitude < longitude)


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Point", [0, 0]),
        ("Polygon", []),
        ("Polygon", "x"),
        ("Polygon", [SQUARE[:-1]]),
        ("Polygon", [[[0, 0], [1, 1], [0, 0]]]),
        ("Polygon", [SQUARE, "x"]),
        ("Polygon", [[[0, 0], [4, 0], [4], [0, 0]]]),
        ("Polygon", [[[0, 0], [4, 0], ["4", 4], [0, 0]]]),
        ("Polygon", [[[0, 0], [181, 0], [4, 4], [0, 0]]]),
        ("Polygon", [[[0, 0], [0, 91], [4, 4], [0, 0]]]),
        ("MultiPolygon", [SQUARE]),
        ("MultiPolygon", []),
        ("MultiPolygon", [[SQUARE], []]),
    ],
)
def test_what_is_no_area_is_refused(kind: str, coordinates: Any) -> None:
    assert area(kind, coordinates) is None


def test_an_area_has_a_limit_of_points_and_may_carry_heights() -> None:
    half = limits.AREA_POINTS // 2
    ring = [[0, 0, 7], *[[1, 1, 7]] * (half - 2), [0, 0, 7]]
    assert area("MultiPolygon", [[ring], [ring]]) is not None
    assert area("MultiPolygon", [[ring], [ring], [SQUARE]]) is None
    assert area("Polygon", [[*ring, *ring, ring[0]]]) is None
    assert read_area("Polygon") is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        "0,0",
        {"latitude": 0},
        {"latitude": 90 * UNIT + 1, "longitude": 0},
        {"latitude": 0, "longitude": -180 * UNIT - 1},
        {"latitude": True, "longitude": 0},
    ],
)
def test_what_is_no_location_is_none(value: Any) -> None:
    assert read_location(value) is None


def test_the_ends_of_the_earth_are_locations() -> None:
    assert read_location({"latitude": -QUARTER, "longitude": HALF_TURN}) == (-QUARTER, HALF_TURN)
