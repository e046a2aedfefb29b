"""The OpenAPI document, made of the table of routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from tailorbird.server.answers import JSON, Fault
from tailorbird.server.parameters import Parameter
from tailorbird.server.table import Route
from tailorbird.version import VERSION

_REFERENCE: Final = "#/components/schemas/{name}"
_KEYS: Final[Mapping[str, Any]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key."},
    "basic": {"type": "http", "scheme": "basic", "description": "A key as the user name."},
    "header": {"type": "apiKey", "in": "header", "name": "X-Write-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "writeKey"},
}
_FAULTS: Final[Mapping[int, str]] = {
    400: "Something given is not good; the answer says what is.",
    401: "No key, or none that is known.",
    403: "A key of another scope; the answer says which one it takes.",
    404: "Nothing is known by this name.",
    409: "It is not as the request takes it to be.",
    410: "What it asks to go on from is not kept any more.",
    413: "The body is too large.",
    408: "The body came too slowly: send it again.",
    431: "Address and headers are too long.",
    429: "Too much at once: come again after `Retry-After` seconds.",
    503: "Not now: come again after `Retry-After` seconds.",
}
GROUPS: Final[Mapping[str, str]] = {
    "people": "What is known of a person.",
    "segments": "Who is in what.",
    "events": "What happens, told by programs and pages.",
    "push": "What pages and systems are told as it changes.",
    "console": "The page for people, and how browsers are signed in to it.",
    "state": "How the server is, and what it answers.",
}
"""The groups of routes that come first; others follow in the order of the table."""


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document; of a WebSocket it cannot say anything."""
    spoken = [route for route in routes if route.method != "WEBSOCKET"]
    types = _types(spoken)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in spoken:
        operation = _operation(route, schema_of)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    told = {
        "openapi": "3.1.0",
        "info": {
            "title": "Tailorbird",
            "version": VERSION,
            "summary": "Events in, people, segments and reasons out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": GROUPS.get(name, "")} for name in groups(spoken)],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": dict(_KEYS)},
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))
    return plain


def groups(routes: Iterable[Route]) -> list[str]:
    """The groups that some routes are of."""
    there = list(dict.fromkeys(route.group for route in routes))
    return [name for name in GROUPS if name in there] + [g for g in there if g not in GROUPS]


def statuses(route: Route) -> list[int]:
    """What a route may answer with, in order."""
    found = {200, 431, *route.faults}
    found |= {304} if "HEAD" in route.methods else set()
    found |= {400} if route.parameters or route.takes is not None or not route.for_pages else set()
    found |= {408, 429} if route.takes is not None else set()
    found |= {401, 403} if route.needs is not None else set()
    found |= {403} if route.for_console and route.method != "GET" else set()
    return sorted(found)


def _types(routes: Iterable[Route]) -> list[Any]:
    named = [Fault]
    for route in routes:
        named += [t for t in (route.takes, route.gives, route.refuses) if t is not None]
    return list({repr(one): one for one in named}.values())


def _operation(route: Route, schema_of: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.says,
        "tags": [route.group],
        "security": _security(route),
        "responses": {str(status): _answer(route, status, schema_of) for status in statuses(route)},
    }
    if route.parameters:
        told["parameters"] = [_parameter(one) for one in route.parameters]
    if route.takes is not None:
        content: dict[str, Any] = {"schema": schema_of[repr(route.takes)]}
        if route.example is not None:
            content["example"] = msgspec.json.decode(route.example)
        told["requestBody"] = {"required": True, "content": {JSON: content}}
    return told


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.needs is None or any(one.name == "key" for one in route.placed("path")):
        return []
    found: list[dict[str, list[str]]] = [{"bearer": []}, {"basic": []}]
    return [*found, {"header": []}, {"query": []}] if route.for_pages else found


def _parameter(one: Parameter) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": one.name,
        "in": one.place,
        "required": one.place == "path",
        "description": one.says,
        "schema": dict(one.schema),
    }
    if one.example is not None:
        told["example"] = one.example.split(",") if one.many else one.example
    if one.many:
        told |= {"style": "form", "explode": False}
    return told


def _answer(route: Route, status: int, schema_of: Mapping[str, Any]) -> dict[str, Any]:
    if status == 304:
        return {"description": "Nothing has changed since the answer with this `ETag`."}
    told: dict[str, Any] = {"description": _FAULTS.get(status, "What was asked for.")}
    if status == 200:
        told["content"] = {route.kind: {"schema": schema_of.get(repr(route.gives), {})}}
        return told
    fault = schema_of[repr(Fault)]
    if status == 400 and route.refuses is not None:
        fault = {"anyOf": [schema_of[repr(route.refuses)], fault]}
    if status == 503 and route.name == "read_ready":
        fault = schema_of[repr(route.gives)]
    told["content"] = {JSON: {"schema": fault}}
    if status in (429, 503):
        told["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return told
