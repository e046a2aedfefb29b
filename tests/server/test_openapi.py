"""The OpenAPI document says what the routes do, and is a valid one."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.server.talking import Talk, seen

from tailorbird.runtimes.routes import all_routes
from tailorbird.server.openapi import document

ROUTES = [route for route in all_routes() if route.method != "WEBSOCKET"]


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    return document(ROUTES)


def test_the_document_is_a_valid_one(said: dict[str, Any]) -> None:
    assert said["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(said).iter_errors()] == []


def test_every_route_stands_in_it_with_its_key_and_its_parameters(said: dict[str, Any]) -> None:
    for route in ROUTES:
        told = said["paths"][route.path][route.method.lower()]
        assert told["operationId"] == route.name
        assert [one["name"] for one in told.get("parameters", ())] == [
            one.name for one in route.parameters
        ]
        asks_for_key = route.needs is not None and "{key}" not in route.path
        assert bool(told["security"]) is asks_for_key
        assert "431" in told["responses"]
        assert {"401", "403"} <= set(told["responses"]) or route.needs is None
    assert sum(map(len, said["paths"].values())) == len(ROUTES)


def test_the_server_tells_it(shop: Talk, said: dict[str, Any]) -> None:
    assert shop.get("/openapi.json", key=None) == said


def test_every_example_is_taken_by_the_server(shop: Talk) -> None:
    from tests.server.talking import ADMIN

    shop.take_in(seen("ann", "m1"))
    for route in ROUTES:
        if route.example is not None and not route.for_console:
            told = shop.ask(route.path, route.method, key=ADMIN, body=route.example.encode())
            assert told.status == 200, (route.name, told)
