"""The tracking plan: what events look like, what becomes of others, and which tags they get.

It lies beside the definitions, in files whose names begin with ``tracking_plan``, and is checked
and published with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, NamedTuple, TypeVar, cast, get_args

from tailorbird.events.envelope import refusal_of_name
from tailorbird.events.memo import Memo
from tailorbird.events.plan_schemas import Schema, SchemaFaultError
from tailorbird.events.sections import Section, read_sections
from tailorbird.events.tagging import UNTAGGED, Page, Tags
from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, Place, Problem
from tailorbird.kernel.facts import GROUP, RESERVED, TRAITS
from tailorbird.language.arguments import pattern_fault
from tailorbird.language.files import is_plan
from tailorbird.language.text import is_found

T = TypeVar("T")
Mode = Literal["allow", "quarantine", "reject"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
"""What becomes of a message that does not fit: taken with a warning, kept aside, or refused."""
SIGNALS: Final = ("active", "passive")
PASSIVE: Final = frozenset(
    {
        "Application Backgrounded",
        "Application Crashed",
        "Application Updated",
        "Content Impression",
        "Page Engaged",
        "Product Impression",
        "Product List Viewed",
        "Promotion Viewed",
        "Push Notification Received",
        "Scroll Depth Reached",
        "Video Ad Playing",
        "Video Content Playing",
        "Video Playback Buffer Started",
        "Video Playback Buffer Completed",
    }
)
"""Events that are merely observed, unless a plan says otherwise."""
_PLANNED_RESERVED: Final = frozenset({TRAITS, GROUP})
_KEYS: Final = ("mode", "unplanned", "naming", "schemas", "events", "tags")
_EVENT_KEYS: Final = ("description", "signal", "mode", "properties", "context")
_TAG_KEYS: Final = ("pages", "device", "campaign")


class Violation(NamedTuple):
    """What of a message does not fit the plan, and what becomes of it."""

    mode: Mode
    says: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan says of one event."""

    mode: Mode
    passive: bool
    properties: Schema | None = None
    """Of an identify call, whose name is ``$traits``, these are the traits."""
    context: Schema | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class TrackingPlan:
    """A checked plan."""

    mode: Mode = "allow"
    unplanned: Mode = "allow"
    naming: str | None = None
    """A pattern that the names of events have."""
    events: Mapping[str, Planned] = field(default_factory=dict)
    tags: Tags = UNTAGGED
    is_there: bool = False
    """Whether there are files that say it."""
    _names: Memo[str, Violation | None] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_names", Memo(self._judged_name))

    def violation(
        self, name: str, properties: Mapping[str, Any], context: Mapping[str, Any]
    ) -> Violation | None:
        """What of an event does not fit; reserved facts but traits are never judged."""
        planned = self.events.get(name)
        if planned is None:
            self._names.forget_if_large()
            return self._names[name]
        says = ""
        if planned.properties is not None:
            what = "traits" if name in _PLANNED_RESERVED else "properties"
            says = planned.properties.fault(cast("dict[str, Any]", properties), what)
        if planned.context is not None and not says:
            says = planned.context.fault(cast("dict[str, Any]", context), "context")
        return Violation(planned.mode, says) if says else None

    def _judged_name(self, name: str) -> Violation | None:
        if name in RESERVED:
            return None
        if self.naming is not None and not is_found(self.naming, name):
            says = f"the name {name!r} has not the form of names, {self.naming}"
            return Violation(max(self.mode, self.unplanned, key=MODES.index), says)
        if self.unplanned == "allow":
            return None
        return Violation(self.unplanned, f"the tracking plan has no event {name!r}")

    def is_passive(self, name: str) -> bool:
        """Whether an event is merely observed, and shows no intent."""
        planned = self.events.get(name)
        if planned is not None:
            return planned.passive
        return self.is_there and name in PASSIVE

    @property
    def judges(self) -> bool:
        """Whether anything may be a violation."""
        named = self.naming is not None or self.unplanned != "allow"
        return named or any(p.properties or p.context for p in self.events.values())


NO_PLAN: Final = TrackingPlan()


def read_plan(texts: Mapping[str, str]) -> TrackingPlan:
    """The plan that files, given by name, say together; other files are passed over.

    Raises `DefinitionError` with every fault.

    >>> plan = read_plan({"tracking_plan.yaml": "unplanned: reject"})
    >>> plan.violation("Seen", {}, {}).says
    "the tracking plan has no event 'Seen'"
    """
    files = {file: text for file, text in texts.items() if is_plan(file)}
    if not files:
        return NO_PLAN
    reader = _Reader()
    for file, text in files.items():
        reader.guard(partial(reader.take_file, file, text))
    return reader.plan()


class _Reader:
    """Several files to one plan; faults are gathered."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._shared: dict[str, Any] = {}
        self._sections: dict[str, Section] = {}
        self._events: dict[str, Section] = {}
        self._said: dict[str, Any] = {}

    def guard(self, read: Callable[[], T]) -> T | None:
        """Do something, and give what it gives; its faults are noted."""
        try:
            return read()
        except DefinitionError as error:
            self._problems.extend(error.problems)
            return None

    def take_file(self, file: str, text: str) -> None:
        """What one file says; shared schemas are in force for all of them."""
        if len(text) > limits.DEFINITION_FILE_BYTES:
            raise DefinitionError(
                [
                    Problem(
                        Place(file, 1, 1),
                        f"a file has at most {limits.DEFINITION_FILE_BYTES} bytes",
                    )
                ]
            )
        top = read_sections(text, file, "the tracking plan", None)
        self.guard(partial(top.check_keys, _KEYS))
        for key in ("mode", "unplanned"):
            self.guard(partial(self._once, top, key, partial(_mode, key=key)))
        self.guard(partial(self._once, top, "naming", _naming))
        self.guard(partial(self._once, top, "tags", self._tags))
        if "schemas" in top:
            self.guard(partial(self._take_schemas, top.section("schemas", None)))
        if "events" in top:
            self.guard(partial(self._take_events, top.section("events", None)))

    def _once(self, top: Section, key: str, read: Callable[[Section], object]) -> None:
        if key not in top:
            return
        if key in self._said:
            top.refuse(f"another file of the plan says `{key}`: say it once", key)
        self._said[key] = read(top)

    def _take_schemas(self, section: Section) -> None:
        for name in section.names():
            if name in self._shared:
                section.refuse(f"another file of the plan has a schema {name!r}", name)
            self._shared[name] = _written(section, name)
            self._sections[name] = section

    def _take_events(self, section: Section) -> None:
        for name in section.names():
            self.guard(partial(self._take_event, section, name))

    def _take_event(self, section: Section, name: str) -> None:
        fault = refusal_of_name(name)
        if name in RESERVED and name not in _PLANNED_RESERVED:
            fault = f"{name} is not planned: of reserved names only $traits and $group are"
        if fault is None and name in self._events:
            fault = f"another file of the plan has the event {name!r}"
        if fault is None and len(self._events) >= limits.PLANNED_EVENTS:
            fault = f"a plan names at most {limits.PLANNED_EVENTS} events"
        if fault is not None:
            section.refuse(fault, name)
        event = section.section(name, None)
        self.guard(partial(event.check_keys, _EVENT_KEYS))
        self._events[name] = event

    def plan(self) -> TrackingPlan:
        """The plan; raises `DefinitionError` with all faults."""
        mode = self._said.get("mode", "allow")
        events: dict[str, Planned] = {}
        for name, section in self._sections.items():
            self.guard(partial(self._schema, section, name))
        for name, section in self._events.items():
            self.guard(partial(self._plan_event, events, name, section, mode))
        if self._problems:
            ordered = sorted(self._problems, key=_place)
            raise DefinitionError(ordered[: limits.PROBLEMS])
        return TrackingPlan(
            mode,
            self._said.get("unplanned", "allow"),
            self._said.get("naming"),
            events,
            self._said.get("tags", UNTAGGED),
            is_there=True,
        )

    def _plan_event(
        self, events: dict[str, Planned], name: str, section: Section, mode: Mode
    ) -> None:
        default = "passive" if name in PASSIVE else "active"
        signal = self.guard(partial(section.choice, "signal", SIGNALS, default))
        own = self.guard(partial(section.choice, "mode", MODES, mode))
        about = self.guard(partial(section.text, "description", ""))
        events[name] = Planned(
            cast("Mode", own),
            signal == "passive",
            self.guard(partial(self._schema, section, "properties")),
            self.guard(partial(self._schema, section, "context")),
            about or "",
        )

    def _schema(self, section: Section, key: str) -> Schema | None:
        if key not in section:
            return None
        written = _written(section, key)
        try:
            return Schema(written, self._shared)
        except SchemaFaultError as fault:
            for path, says in fault.faults:
                self.guard(partial(section.refuse_within, key, path, says))
            return None

    def _tags(self, top: Section) -> Tags:
        section = top.section("tags", None)
        self.guard(partial(section.check_keys, _TAG_KEYS))
        found = [self.guard(partial(_page, entry)) for entry in section.sections("pages", None)]
        pages = tuple(page for page in found if page is not None)
        if len(found) > limits.TAGGED_PAGES:
            section.refuse(f"there are at most {limits.TAGGED_PAGES} kinds of pages", "pages")
        device = self.guard(partial(section.flag, "device", False))
        campaign = self.guard(partial(section.flag, "campaign", False))
        return Tags(pages, device=bool(device), campaign=bool(campaign))


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.place.file, problem.place.line, problem.place.column


def _written(section: Section, key: str) -> Any:
    return section.value(key, depth=limits.SCHEMA_DEPTH, size=limits.SCHEMA_PARTS)


def _mode(top: Section, key: str) -> str:
    return top.choice(key, MODES)


def _naming(top: Section) -> str:
    pattern = top.text("naming")
    if fault := pattern_fault(pattern):
        top.refuse(fault, "naming")
    return pattern


def _page(entry: Section) -> Page:
    entry.check_keys(("path", "type"))
    if fault := pattern_fault(entry.text("path")):
        entry.refuse(fault, "path")
    return Page(entry.text("path"), entry.text("type"))
