"""A mapping: which column of a file says what about a fact; see ``docs/reference/import.md``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, cast, get_args
from zoneinfo import ZoneInfo

from tailorbird.events.cells import Kind
from tailorbird.events.log_layout import read_layout
from tailorbird.events.rules import Rule, read_rule
from tailorbird.events.sections import Section, read_sections
from tailorbird.events.times import TimeForm, Unit, pattern_fault
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import RESERVED
from tailorbird.kernel.instants import find_zone

Call = Literal["track", "page", "screen", "identify", "group", "alias"]
CALLS: Final[tuple[Call, ...]] = get_args(Call)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
FORMATS: Final = ("access-log", "cloudevents", "csv", "jsonl", "parquet", "segment")
WITHOUT_PERSON: Final = ("reject", "order", "skip")

_ROW_KEYS: Final = (
    "columns",
    "person",
    "without_person",
    "time",
    "received",
    "event",
    "call",
    "rules",
    "id",
    "order",
    "passive",
    "properties",
    "context",
    "others",
    "orders",
)
MAPPING_KEYS: Final = (
    *("about", "source", "format", "separator", "encoding", "layout", "site", "variants"),
    "translate",
    *_ROW_KEYS,
)


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """A column of times and how it writes them."""

    column: str
    form: TimeForm


@dataclass(frozen=True, slots=True)
class Property:
    """A property, or a part of the context, that a column fills."""

    path: tuple[str, ...]
    column: str
    kind: Kind | None
    """None: as the file has it; text for CSV."""
    events: frozenset[str] | None
    """Only facts with one of these names get it; None: all."""
    absolute: bool
    """The sign of a number is left out."""
    unknown: frozenset[str] = frozenset()
    """Cells that stand for no value, such as a price of 0."""


@dataclass(frozen=True, slots=True)
class Orders:
    """How rows that are lines of an order become one fact."""

    events: frozenset[str]
    by: tuple[tuple[str, ...], ...]
    """Lists of columns; the first list in which none is empty names the order, else the last."""
    items: tuple[str, ...]
    """The properties that go into the order's ``products``, one object a line."""
    revenue: bool
    """Whether the order's ``revenue`` is the sum of its lines' price times quantity."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Everything that turns rows of one kind of file into facts."""

    name: str
    source: str
    format: str | None = None
    translate: bool = True
    """Whether messages get the names of the one vocabulary."""
    columns: tuple[str, ...] | None = None
    """The names of the columns where the file has no line with names."""
    separator: str = ","
    encoding: str = "utf-8"
    layout: str = "combined"
    """How the lines of an access log are laid out."""
    site: str = ""
    """What stands before the paths of an access log, such as ``https://shop.example``."""
    person: tuple[str, ...] = ()
    """Columns; the first that is not empty says who."""
    without_person: Literal["reject", "order", "skip"] = "reject"
    time: TimeColumn | None = None
    received: TimeColumn | None = None
    event: str | None = None
    """The column of the event's name."""
    names: tuple[tuple[str, str], ...] = ()
    """Names in the column and the names that facts get."""
    only_named: bool = False
    """Whether a name that is not listed in ``names`` is refused instead of kept."""
    constant: str | None = None
    """The name of every fact, where no column has it."""
    call: Call = "track"
    rules: tuple[Rule, ...] = ()
    id: str | None = None
    order: str | None = None
    passive: frozenset[str] = frozenset()
    properties: tuple[Property, ...] = ()
    context: tuple[Property, ...] = ()
    others: bool = True
    """Whether columns that are not named become properties under their own names."""
    orders: Orders | None = None
    variants: tuple[Mapping, ...] = ()
    """Mappings for files without a line of names, told apart by how many columns they have."""

    @property
    def holds_messages(self) -> bool:
        """Whether each line says by itself who, when and what."""
        return self.format in ("segment", "cloudevents")

    def columns_used(self) -> dict[str, str]:
        """Each column that is read, and what for."""
        used = dict.fromkeys(self.person, "person")
        for column in (self.time, self.received):
            if column is not None:
                used[column.column] = "time" if column is self.time else "received"
        used |= {name: what for name, what in self._single() if name is not None}
        used |= {column: "orders" for group in self._order_columns() for column in group}
        used |= {rule_column: "rules" for rule in self.rules for rule_column in rule.columns}
        return used | {entry.column: "properties" for entry in self.properties + self.context}

    def _single(self) -> tuple[tuple[str | None, str], ...]:
        return (self.event, "event"), (self.id, "id"), (self.order, "order")

    def _order_columns(self) -> tuple[tuple[str, ...], ...]:
        return () if self.orders is None else self.orders.by


def parse_mapping(text: str, file: str, name: str) -> Mapping:
    """Read a mapping file; raises `DefinitionError` with the place of the fault."""
    top = read_sections(text, file, "a mapping", MAPPING_KEYS)
    chosen = top.choice("format", FORMATS) if "format" in top else None
    separator = top.text("separator", ",")
    if len(separator) != 1 or separator in '"\r\n':
        top.refuse('`separator` is one character, for example "\\t"', "separator")
    shared = Mapping(
        name,
        top.text("source"),
        format=chosen,
        separator=separator,
        encoding=top.choice("encoding", ("utf-8", "latin-1", "cp1252"), "utf-8"),
    )
    if shared.holds_messages:
        return replace(shared, translate=top.flag("translate", True))
    if "translate" in top:
        says = "`translate` is for whole messages; elsewhere `names` says what names become"
        top.refuse(says, "translate")
    shared = _log(top, shared)
    if "variants" not in top:
        return _rows(top, shared)
    variants = tuple(_variant(entry, shared) for entry in top.sections("variants", _ROW_KEYS))
    if len({len(variant.columns or ()) for variant in variants}) < len(variants):
        top.refuse("two variants have equally many columns", "variants")
    return replace(shared, variants=variants)


def _log(top: Section, shared: Mapping) -> Mapping:
    """With what only the lines of an access log need."""
    if shared.format != "access-log":
        for key in ("layout", "site"):
            if key in top:
                top.refuse(f"`{key}` is for `format: access-log`", key)
        return shared
    if "variants" in top or "columns" in top:
        key = "variants" if "variants" in top else "columns"
        top.refuse(f"an access log has no `{key}`: its `layout` says what a line holds", key)
    layout, site = top.text("layout", "combined"), top.text("site", "")
    try:
        read_layout(layout)
    except InputError as error:
        top.refuse(str(error), "layout")
    if site and not site.startswith(("https://", "http://")):
        top.refuse(f"`site` begins with https://, not {site!r}", "site")
    return replace(shared, layout=layout, site=site)


def _variant(section: Section, shared: Mapping) -> Mapping:
    if "columns" not in section:
        section.refuse("a variant needs `columns`: they tell which variant a file is")
    return _rows(section, shared)


def _rows(top: Section, shared: Mapping) -> Mapping:
    person = top.texts("person")
    if not person:
        top.refuse("a mapping needs `person`: the column that says who, or several in order")
    read = replace(
        shared,
        columns=top.texts("columns") or None,
        person=person,
        without_person=cast(
            Literal["reject", "order", "skip"],
            top.choice("without_person", WITHOUT_PERSON, "reject"),
        ),
        time=_time(top, "time"),
        received=_time(top, "received") if "received" in top else None,
        call=cast(Call, top.choice("call", CALLS, "track")),
        rules=tuple(read_rule(entry) for entry in top.sections("rules", ("when", "event", "skip"))),
        id=top.text("id") if "id" in top else None,
        order=top.text("order") if "order" in top else None,
        passive=frozenset(top.texts("passive")),
        properties=_properties(top, "properties"),
        context=_properties(top, "context"),
        others=top.flag("others", shared.format != "access-log"),
        orders=_orders(top),
    )
    return _checked(_event(top, read), top)


def _checked(mapping: Mapping, top: Section) -> Mapping:
    if mapping.id is not None and mapping.order is not None:
        top.refuse(
            "`id` and `order` exclude each other: facts of equal time are ordered by message id, "
            "and only an id that is made here can begin with the order",
            "order",
        )
    if mapping.without_person == "order" and mapping.orders is None:
        top.refuse("`without_person: order` needs `orders`", "without_person")
    return mapping


def _zone(section: Section, key: str) -> ZoneInfo | None:
    name = section.text(key)
    found = find_zone(name)
    if found is None:
        section.refuse(f"there is no zone {name!r}; zones have names such as Europe/London", key)
    return None if name == "UTC" else found


def _time(top: Section, key: str) -> TimeColumn:
    if not top.is_section(key):
        return TimeColumn(top.text(key), TimeForm())
    section = top.section(key, ("column", "unit", "zone", "pattern"))
    unit = section.choice("unit", get_args(Unit), "text")
    if unit != "text" and ("zone" in section or "pattern" in section):
        section.refuse("a count since 1970 has neither zone nor pattern; leave out `unit` for text")
    pattern = section.text("pattern") if "pattern" in section else None
    fault = "" if pattern is None else pattern_fault(pattern)
    if fault:
        section.refuse(f'{pattern!r} is no pattern such as "%d/%m/%Y %H:%M": {fault}', "pattern")
    zone = _zone(section, "zone") if "zone" in section else None
    return TimeColumn(section.text("column"), TimeForm(cast(Unit, unit), zone, pattern))


def _event(top: Section, mapping: Mapping) -> Mapping:
    if mapping.call in ("identify", "group", "alias") and "event" not in top:
        return mapping
    if not top.is_section("event"):
        return replace(mapping, event=top.text("event"))
    section = top.section("event", ("column", "names", "others", "constant"))
    if "constant" in section:
        name = section.text("constant")
        if "column" in section:
            section.refuse("`event` has a `column` or a `constant`, not both", "constant")
        if not 0 < len(name) <= limits.NAME_CHARACTERS:
            section.refuse(f"a name has 1 to {limits.NAME_CHARACTERS} characters", "constant")
        return replace(mapping, constant=name)
    names = section.section("names", None) if "names" in section else None
    pairs = () if names is None else tuple((key, names.text(key)) for key in names.names())
    for key, name in pairs:
        if name.startswith("$") and name not in RESERVED and names is not None:
            names.refuse(f"names with $ are reserved; there is none {name!r}", key)
    only_named = section.choice("others", ("keep", "reject"), "keep") == "reject"
    return replace(mapping, event=section.text("column"), names=pairs, only_named=only_named)


def _properties(top: Section, key: str) -> tuple[Property, ...]:
    if key not in top:
        return ()
    section = top.section(key, None)
    for name in section.names():
        for other in section.names():
            if other.startswith(name + "."):
                section.refuse(f"{name!r} cannot be a value and hold {other!r}", other)
    return tuple(_property(section, name) for name in section.names())


def _property(section: Section, name: str) -> Property:
    path = tuple(name.split("."))
    if not all(path):
        section.refuse(f"{name!r} has an empty part", name)
    if not section.is_section(name):
        return Property(path, section.text(name), None, None, False)
    entry = section.section(name, ("column", "type", "only", "absolute", "unknown"))
    kind = cast(Kind, entry.choice("type", KINDS)) if "type" in entry else None
    events = frozenset(entry.texts("only")) or None
    absolute, unknown = entry.flag("absolute", False), frozenset(entry.texts("unknown"))
    return Property(path, entry.text("column"), kind, events, absolute, unknown)


def _orders(top: Section) -> Orders | None:
    if "orders" not in top:
        return None
    section = top.section("orders", ("events", "by", "else_by", "items", "revenue"))
    groups = tuple(group for group in (section.texts("by"), section.texts("else_by")) if group)
    if not groups:
        section.refuse("`orders` needs `by`: the column that names the order")
    return Orders(
        frozenset(section.texts("events") or ("Order Completed",)),
        groups,
        section.texts("items"),
        section.flag("revenue", False),
    )
