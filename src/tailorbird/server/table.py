"""The table of routes: what a server answers, and everything that is said of it.

A part of the server writes a `Route` over each method that answers one. From these routing, the
check of keys, the reading of parameters, the OpenAPI document and the reference page are derived.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, runtime_checkable

from tailorbird.governance.api_keys import Scope
from tailorbird.server.answers import JSON
from tailorbird.server.parameters import Parameter

if TYPE_CHECKING:
    from tailorbird.server.answers import Answer
    from tailorbird.server.asked import Asked

Method = Literal["GET", "POST", "PUT", "DELETE", "WEBSOCKET"]
_MARK: Final = "answered_routes"


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked: ``GET`` answers ``HEAD`` too.

    A parameter of the path named ``key`` is the key itself.
    """

    method: Method
    path: str
    """Names of parameters stand in braces: each is one part between slashes."""
    name: str
    """What programs call it; no two routes have the same."""
    says: str
    """What it does, in one line."""
    needs: Scope | None
    """The least that a key has to be good for; None: no key is asked for."""
    group: str = "people"
    parameters: tuple[Parameter, ...] = ()
    takes: Any = None
    """The type of the body, if there is one."""
    gives: Any = None
    """The type of what is said with status 200."""
    refuses: Any = None
    """The type of what is said with status 400, where that may be more than a fault."""
    kind: str = JSON
    faults: tuple[int, ...] = ()
    """Statuses of its own, beside those that follow from the rest."""
    for_pages: bool = False
    """Pages of other sites may ask, with a write key that stands in the page."""
    key_inside: bool = False
    """The method finds and checks the key, where it stands in none of the usual places."""
    for_console: bool = False
    """Only the console's own page may ask, unless the method is ``GET``."""
    streams: bool = False
    """The method answers by itself, over ASGI, and gives nothing."""
    example: str | None = None
    """A body that can be sent as it stands."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of HTTP that it answers."""
        return ("GET", "HEAD") if self.method == "GET" and not self.streams else (self.method,)

    def placed(self, place: str) -> tuple[Parameter, ...]:
        """Its parameters in the path, or in the query."""
        return tuple(one for one in self.parameters if one.place == place)


Run = Callable[["Asked"], Awaitable["Answer | None"]]


def answers(*routes: Route) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say of a method which routes it answers."""

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        setattr(method, _MARK, routes)
        return method

    return mark


def routes_in(parts: Iterable[type]) -> Iterator[Route]:
    """The routes that some classes answer, as they are written."""
    for part in parts:
        for method in vars(part).values():
            yield from getattr(method, _MARK, ())


@runtime_checkable
class Varying(Protocol):
    """A part of the server whose routes are not the same everywhere."""

    def bound(self) -> Iterator[tuple[Route, Run]]:
        """Its routes, and what answers them."""


def bound(part: object) -> Iterator[tuple[Route, Run]]:
    """The routes of a part of the server, and what answers them."""
    if isinstance(part, Varying):
        yield from part.bound()
    for name, method in vars(type(part)).items():
        for route in getattr(method, _MARK, ()):
            yield route, getattr(part, name)
