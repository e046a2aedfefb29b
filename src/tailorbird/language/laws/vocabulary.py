"""The small world in which random definitions meet random histories.

There are few names, values and lengths of time, and both sides draw from the same, so that
windows end exactly where something happened and values are equal more often than not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tailorbird.kernel.facts import PAGE_VIEWED, SCREEN_VIEWED
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, SECOND, WEEK
from tailorbird.kernel.values import MISSING, UNIT, IdNumber, Value
from tailorbird.language.laws.chance import Chance

EVENTS: Final = (
    "Product Viewed",
    "Product Added",
    "Order Completed",
    "TEST_a",
    PAGE_VIEWED,
    SCREEN_VIEWED,
)
PATTERNS: Final = ("Product*", "TEST_*", "*", "*ed", "Order Completed", "[P]*", "?EST_a")
NAMES: Final = ("alpha", "beta")
"""Names of everything that has one: lists, experiments, models, areas, sources, purposes."""
ZONES: Final = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/Havana",
    "Nowhere/Land",
)
PROPERTIES: Final = ("product_id", "category", "price", "quantity", "tags", "products", "seen_at")
NESTED: Final = (("address", "city"), ("$current_url",), ("last-name",), ("a.b",))
TRAITS: Final = ("plan", "price", "birthday", "tags", "seen_at", "version", "timezone")
CONTEXT: Final = (("app", "version"), ("device",), ("price",), ("location",))
ITEM_KEYS: Final = ("c", "price", "quantity")

LENGTHS: Final = (
    *("1us", "1s", "60s", "10m", "10m", "30m", "30m", "1h", "1h", "2h", "2h"),
    *("1d", "1d", "1d", "1d", "3d", "3d", "3d", "7d", "7d", "7d", "7d", "30d", "30d", "30d"),
)
"""Lengths that windows, waits and gaps have, in ascending order."""
HALF_LIVES: Final = (64 * SECOND, 64 * MINUTE, DAY, 3 * DAY, 100 * SECOND)
STEPS: Final = (
    *(0, 0, 0, 0, 0, 0, 0, 1, SECOND, MINUTE, 10 * MINUTE - 1, 10 * MINUTE, 10 * MINUTE + 1),
    *(30 * MINUTE - 1, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1, HOUR, 2 * HOUR - 1, 2 * HOUR),
    *(12 * HOUR, DAY - 1, DAY, DAY, DAY + 1, 3 * DAY, WEEK, 30 * DAY - 1, 30 * DAY),
)
"""What lies between one fact and the next."""
BASES: Final = (
    1_709_892_000 * SECOND,  # 2024-03-08T10:00Z: clocks change in America on the 10th
    1_711_756_800 * SECOND,  # 2024-03-30T00:00Z: in Europe on the 31st
    1_730_592_000 * SECOND,  # 2024-11-03T00:00Z: America/Havana's midnight comes twice
    1_325_160_000 * SECOND,  # 2011-12-29T12:00Z: Pacific/Apia skips the 30th
    1_709_164_800 * SECOND,  # 2024-02-29T00:00Z
)

TEXTS: Final = ("X", "x", "shoes", "Straße", "", "1", "true", "10.0.1", "Ünï", "a\nb")
PIECES: Final = ("", "X", "s", "sh", "es", "1", "2024", "free")
"""Pieces that texts begin with, end with or contain."""
VERSIONS: Final = ("1.10.0", "v1.9", "1.10", "2", "1.10.0-beta", "1.10.0.1", "1.x", "V2.0+7")
DATES: Final = (
    "2024-03-10",
    "2024-02-29",
    "2000-02-29",
    "1999-03-11",
    "2024-03-08T10:00:00Z",
    "2024-03-09T10:00:00.000001+01:00",
    "2024-03-31T02:30",
    "1980-03-31",
    "2024-11-03",
    "2011-12-30",
    "2016-12-31T23:59:60Z",
    "soon",
)
PERIOD_TEXTS: Final = ("day", "week", "month", "quarter", "year")
NUMBERS: Final = tuple(
    int(x * UNIT) for x in (0, 1, 2, 3, 5, 10, 100, -1, 0.5, 1.5, 2.25, 99.5, 120)
)
ODD_NUMBERS: Final = (1, -1, 999_999, 10**18 - 1, -(10**18) + 1, 10**15, 333_333, 10**15 - 1)
ID_NUMBERS: Final = (IdNumber("12345678901234567890"), IdNumber("1000000000000"))
REGEXES: Final = ("^S", "(?i)x", "s.*s", "a.b", r"\d+$", "", "[^x]", "ß|ü")

SQUARE: Final = ((0, 0), (2, 0), (2, 2), (0, 2), (0, 0))
HOLE: Final = ((0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5), (0.5, 0.5))
TRIANGLE: Final = ((1, 0), (3, 1), (1, 2), (1, 0))
DEGREES: Final = tuple(
    int(x * UNIT) for x in (0, 0, 0.5, 1, 1, 1.5, 2, 2.000001, 3, -0.000001, 0.75, 45, -33)
)
FAR: Final = tuple(int(x * UNIT) for x in (90, -90, 180, -180, 90.000001, 179.999999, 200))


def event(chance: Chance) -> str:
    """The name of an event, of which a few are frequent."""
    return chance.choice(EVENTS[:3] if chance.below(4) else EVENTS)


def text(chance: Chance) -> str:
    """A text that others are likely to equal."""
    if chance.once_in(2):
        return chance.choice(TEXTS[:3])
    if chance.once_in(8):
        return chance.choice(VERSIONS)
    if chance.once_in(8):
        return chance.choice(DATES)
    return chance.choice(TEXTS)


def number(chance: Chance) -> int:
    """A number in millionths; now and then at the end of the range."""
    if chance.once_in(2):
        return chance.choice(NUMBERS[:4])
    return chance.choice(ODD_NUMBERS) if chance.once_in(6) else chance.choice(NUMBERS)


def scalar(chance: Chance) -> Value:
    """A value of any type that has an equality, or nothing usable."""
    return chance.choice(_SCALARS)(chance)


def value(chance: Chance) -> Value:
    """Any value at all: scalars mostly, lists and objects too."""
    if not chance.once_in(6):
        return scalar(chance)
    if chance.once_in(2):
        return {"city": scalar(chance), "c": scalar(chance)}
    return [scalar(chance) for _ in range(chance.below(4))]


_SCALARS: Final[tuple[Callable[[Chance], Value], ...]] = (
    number,
    number,
    number,
    text,
    text,
    text,
    lambda chance: chance.once_in(2),
    lambda _: None,
    lambda _: MISSING,
    lambda chance: chance.choice(ID_NUMBERS),
)


def product_properties(chance: Chance) -> dict[str, Any]:
    """Properties of an event: mostly what their names promise, sometimes anything."""
    found: dict[str, Any] = {}
    for name in PROPERTIES:
        if chance.once_in(3):
            continue
        found[name] = value(chance) if chance.once_in(5) else _promised(chance, name)
    for path in NESTED:
        if chance.once_in(4):
            _put(found, path, scalar(chance))
    return found


def _promised(chance: Chance, name: str) -> Value:
    if name in ("price", "quantity"):
        return number(chance)
    if name == "seen_at":
        return chance.choice(DATES)
    if name == "tags":
        return [text(chance) for _ in range(chance.below(3))]
    if name == "products":
        return [_item(chance) for _ in range(chance.below(4))]
    return chance.choice(TEXTS[:3])


def _item(chance: Chance) -> Value:
    if chance.once_in(8):
        return scalar(chance)
    return {
        "c": chance.choice(TEXTS[:3]),
        "price": scalar(chance) if chance.once_in(4) else number(chance),
        "quantity": number(chance),
    }


def _put(into: dict[str, Any], path: tuple[str, ...], found: Value) -> None:
    for key in path[:-1]:
        into = into.setdefault(key, {})
    into[path[-1]] = found


def context(chance: Chance) -> dict[str, Any]:
    """The context of an event: places, a device, an app's version, or nothing."""
    found: dict[str, Any] = {}
    if chance.once_in(2):
        found["location"] = location(chance)
    if chance.once_in(3):
        found["app"] = {"version": chance.choice(VERSIONS)}
    if chance.once_in(4):
        found["device"] = scalar(chance)
    if chance.once_in(4):
        found["price"] = scalar(chance)
    return found


def location(chance: Chance) -> Value:
    """A location at or beside the corners and edges of the areas; sometimes none."""
    if chance.once_in(10):
        return scalar(chance)
    latitude: Value = chance.choice(DEGREES)
    longitude: Value = chance.choice(DEGREES)
    if chance.once_in(8):
        latitude = chance.choice((*FAR, None, "1"))
    if chance.once_in(8):
        longitude = chance.choice((*FAR, None, True))
    return {"latitude": latitude, "longitude": longitude}


def geometry(chance: Chance) -> Value:
    """A GeoJSON polygon, with and without a hole, several of them, or something broken."""
    if chance.once_in(10):
        return scalar(chance)
    rings = [[_ring(SQUARE)], [_ring(SQUARE), _ring(HOLE)], [_ring(TRIANGLE)]]
    if chance.once_in(3):
        return {"type": "MultiPolygon", "coordinates": chance.sample(rings, 2)}
    return {"type": "Polygon", "coordinates": chance.choice(rings)}


def _ring(corners: tuple[tuple[float, float], ...]) -> Value:
    return [[int(x * UNIT), int(y * UNIT)] for x, y in corners]
