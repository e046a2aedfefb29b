"""Names in definitions that no fact has had so far, which is most often a slip of the pen."""

from __future__ import annotations

from typing import Final

from tailorbird.events.vocabulary import HERE
from tailorbird.kernel.errors import Place, Problem, nearest
from tailorbird.kernel.facts import LIST
from tailorbird.language.definitions import Definitions
from tailorbird.language.mentions import Mention, What, mentions
from tailorbird.language.world import World
from tailorbird.ports.history import Warehouse

_SAID_BY: Final[dict[What, tuple[tuple[str, ...], str]]] = {
    "list": ((LIST,), "list"),
    "experiment": (("$assigned", "$exposed"), "experiment"),
    "model": (("$predicted",), "model"),
}
"""The facts that name such a thing, and the property that does."""
_SLIP: Final = 0.9
"""Two names of events that are so much alike are meant to be one."""
_LIKE: Final = 0.6
_NOWHERE: Final = Place("", 1, 1)


def unknown_names(history: Warehouse, definitions: Definitions, now_us: int) -> list[Problem]:
    """A warning for each name that is not among those of the history; none while that is empty.

    An event that nobody sends yet may be meant; so of events only those are told that nearly have
    the name of one that was sent. Of those that get another name when they arrive it is told too.
    """
    used = mentions(definitions)
    moved = [problem for problem in map(_moved, used) if problem is not None]
    known = {what: _known(history, what, now_us) for what in dict.fromkeys(m.what for m in used)}
    if not known or not history.query("SELECT 1 AS one FROM facts LIMIT 1")["one"].size:
        return list(dict.fromkeys(moved))
    told = (_told(mention, known[mention.what]) for mention in used)
    return list(dict.fromkeys([*moved, *(problem for problem in told if problem is not None)]))


def slip_of_event(history: Warehouse, name: str, now_us: int) -> str:
    """What is said of an event that no fact is, where one is nearly called so; else empty."""
    known = _known(history, "event", now_us) or []
    hint = "" if name in known else nearest(name, known, _SLIP)
    return f"no event is called {name!r} so far{hint}" if "did you mean" in hint else ""


def _moved(mention: Mention) -> Problem | None:
    what, name, place = mention
    if what != "event" or name not in HERE:
        return None
    says = f"events called {name!r} are stored as {HERE[name]!r}, unless `untranslated` says no"
    return Problem(place or _NOWHERE, says, "warning")


def _told(mention: Mention, known: list[str] | None) -> Problem | None:
    what, name, place = mention
    if known is None or name in known:
        return None
    hint = nearest(name, known, _SLIP if what == "event" else _LIKE)
    if what == "event" and "did you mean" not in hint:
        return None
    return Problem(place or _NOWHERE, f"no {what} is called {name!r} so far{hint}", "warning")


def _known(history: Warehouse, what: What, now_us: int) -> list[str] | None:
    """The names that facts have; None where they cannot be told quickly."""
    if what == "area":
        return list(World(history.workspace_facts()).at(now_us).areas)
    if what == "event":
        return _column(history, "SELECT DISTINCT name AS found FROM facts WHERE name[1] != '$'")
    facts, key = _SAID_BY[what]
    if (key,) in history.hot_columns():
        return None
    listed = ", ".join(f"'{name}'" for name in facts)
    return _column(
        history,
        f"SELECT DISTINCT rest::JSON ->> '$.{key}' AS found FROM facts WHERE name IN ({listed})",
    )


def _column(history: Warehouse, sql: str) -> list[str]:
    return [name for name in history.query(sql)["found"].tolist() if name is not None]
