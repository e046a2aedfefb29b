"""Every route keeps what the table says of it: method, key, scope, parameters."""

from __future__ import annotations

import pytest
from tests.server.talking import KEYS, READ, WRITE, Talk, seen, talk

from tailorbird.governance.api_keys import SCOPES
from tailorbird.runtimes.routes import all_routes
from tailorbird.server.table import Route

ROUTES = [route for route in all_routes() if route.method != "WEBSOCKET"]


def call(route: Route, key: str | None) -> dict[str, object]:
    """How a route is asked with a key, wherever it takes one."""
    path = route.path
    for one in route.placed("path"):
        given = (key or "nobody") if one.name == "key" else one.example
        assert given, f"{route.name}: {one.name} has no example"
        path = path.replace(f"{{{one.name}}}", given)
    return {
        "path": path,
        "method": route.method,
        "key": key,
        "body": None if route.example is None else route.example.encode(),
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_takes_the_keys_that_it_says_and_no_other(route: Route) -> None:
    with talk() as shop:
        shop.take_in(seen("ann", "m1"), seen("ann", "m2"))
        for scope in (None, *SCOPES):
            told = shop.ask(**call(route, None if scope is None else KEYS[scope]))
            if route.needs is None and route.streams:
                assert told.status == 401 and "ticket" in told.said["error"]
            elif route.for_console and route.method != "GET":
                assert told.status == 403 and "own page" in told.said["error"]
            elif route.needs is None or scope in (route.needs, "admin"):
                assert told.status not in (401, 403), (scope, told)
            elif scope is None:
                assert told.status == 401, told
                assert route.needs in told.said["error"]
                assert told.headers["www-authenticate"] == "Bearer"
            else:
                assert told.status == 403, (scope, told)
                assert told.said == {
                    "error": f"a {scope} key may not do this: it takes "
                    + ("admin" if route.needs == "admin" else f"{route.needs} or admin")
                }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_has_what_programs_need_to_know_of_it(route: Route) -> None:
    assert route.says.endswith(".")
    names = {one.name for one in route.placed("path")}
    assert {part[1:-1] for part in route.path.split("/") if part[:1] == "{"} == names
    assert (route.takes is None) is (route.example is None)
    assert [one.name for one in ROUTES].count(route.name) == 1


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "TRACE", "get"])
def test_another_method_is_told_which_ones_there_are(shop: Talk, method: str) -> None:
    told = shop.ask("/v1/profiles/ann", method)
    assert (told.status, told.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert told.said == {"error": f"this path takes GET, HEAD, OPTIONS, not {method}"}
    assert shop.ask("/v1/track", "GET").headers["allow"] == "OPTIONS, POST"


def test_a_path_where_nothing_is_names_a_near_one(shop: Talk) -> None:
    told = shop.ask("/v1/trakc", "POST")
    assert told.status == 404 and "did you mean '/v1/track'?" in told.said["error"]
    for path in ("/", "/v1/profiles/", "/v1/profiles/a/b/c", "/v1/segments/", "/" + "a" * 5_000):
        assert shop.ask(path).status == 404, path


def test_pages_of_other_sites_may_send_events_and_read_nothing(shop: Talk) -> None:
    told = shop.ask("/v1/track", "OPTIONS", key=None)
    assert told.headers["access-control-allow-origin"] == "*"
    assert "POST" in told.headers["allow"]
    for path in ("/v1/profiles/ann", "/health"):
        assert "access-control-allow-origin" not in shop.ask(path, "OPTIONS").headers
        assert "access-control-allow-origin" not in shop.ask(path).headers


def test_only_the_collector_finds_a_key_outside_of_the_authorization(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    assert shop.ask(f"/v1/profiles/ann?writeKey={READ}", key=None).status == 401
    assert shop.ask(f"/v1/t?writeKey={WRITE}", "POST", key=None, body={"event": "a"}).status == 400


def test_head_has_the_headers_of_get_and_no_body(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    full, head = shop.ask("/v1/profiles/ann"), shop.ask("/v1/profiles/ann", "HEAD")
    assert (head.status, head.headers, head.body) == (200, full.headers, b"")
    assert int(head.headers["content-length"]) == len(full.body)
    missing = shop.ask("/v1/profiles/zoe", "HEAD")
    assert (missing.status, missing.body) == (404, b"")


def test_what_a_client_has_is_not_sent_again(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    first = shop.ask("/v1/segments/buyer/members")
    tag = {"if-none-match": first.headers["etag"]}
    again = shop.ask("/v1/segments/buyer/members", headers=tag)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-length" not in again.headers
    shop.take_in(seen("ann", "m2", "Bought"))
    assert shop.ask("/v1/segments/buyer/members", headers=tag).status == 200


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "limit is a number from 1 to 1,000, not '0'"),
        ("limit=ten", "limit is a whole number, not 'ten'"),
        ("limit=1&limit=2", "limit is given twice"),
        ("limt=1", "there is no parameter 'limt' here; did you mean 'limit'?"),
        ("after=", "after has 1 to 512 characters, not 0"),
        ("after=%ff", "the query is not percent-encoded UTF-8 of at most 100 parameters"),
        ("min_position=9", "min_position 9 lies behind the log's end, 0"),
        ("a=1&" * 101, "the query is not percent-encoded UTF-8 of at most 100 parameters"),
        ("x" * 9_000 + "=1", "there is no parameter '" + "x" * 100 + "…' here"),
    ],
)
def test_a_query_that_is_not_good_is_told_what_is(shop: Talk, query: str, says: str) -> None:
    told = shop.ask(f"/v1/segments/buyer/members?{query}")
    assert (told.status, told.said) == (400, {"error": says})


def test_a_path_has_to_be_text(shop: Talk) -> None:
    told = shop.ask("/v1/profiles/%ff")
    assert told.said == {"error": "the path is not percent-encoded UTF-8"}
    assert shop.ask("/v1/profiles/" + "a" * 513).status == 400


def test_a_failure_nobody_foresaw_is_told_without_saying_whose(
    shop: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("ann@example.org")

    shop.serving.people = fail
    told = shop.ask("/v1/profiles/ann%40example.org")
    assert (told.status, told.said) == (
        500,
        {"error": "this should not happen; the server's log has more"},
    )
    assert "ann" not in caplog.records[0].getMessage()
    assert caplog.records[0].said == {"route": "/v1/profiles/{id}"}


def test_until_everybody_is_loaded_people_cannot_be_read(shop: Talk) -> None:
    shop.serving.live = None
    told = shop.ask("/v1/profiles/ann")
    assert (told.status, told.headers["retry-after"]) == (503, "1")
    assert shop.ask("/ready", key=None).status == 503
    assert shop.ask("/health", key=None).status == 200
