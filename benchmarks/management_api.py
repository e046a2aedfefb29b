"""What one read of a person costs: by the table of routes, by bare ASGI, and by FastAPI.

All three read the same live state, over ASGI without sockets, so that only what they do themselves
differs. Time of the processor is counted: other programs on the machine do not change it. This is
what decides what the management API is made of: ``docs/decisions/0006-management-api.md``.
FastAPI is no dependency; without it its lines are left out.

    PYTHONPATH=. python benchmarks/management_api.py
"""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Annotated, Any

import msgspec
from tests.server.talking import NOW_US, READ, Talk, seen, talk

from tailorbird.server.profiles import told

READS = 1_000
ROUNDS = 5
PATH = "/v1/profiles/ann"
IMPORTS = {
    "table of routes": "import tailorbird.server.router, tailorbird.server.openapi",
    "FastAPI": "import fastapi",
}


def bare(shop: Talk) -> Any:
    """The least that answers: no route, no key, no tag."""
    encode = msgspec.json.Encoder(decimal_format="number").encode

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        id_ = scope["path"].removeprefix("/v1/profiles/")
        view = await shop.serving.look(lambda: shop.running.live.person(id_, NOW_US))
        assert view is not None
        body = encode(told(view))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def fastapi(shop: Talk) -> Any:
    """The same route with a key, a parameter, a model of the answer and a tag, as FastAPI does."""
    from decimal import Decimal

    from fastapi import Depends, FastAPI, HTTPException, Query, Response
    from fastapi.security import HTTPBearer
    from pydantic import BaseModel

    class Profile(BaseModel):
        person: str
        ids: list[str]
        exists: bool
        traits: dict[str, bool | int | Decimal | str | list[Any] | None]
        scores: dict[str, int | Decimal | None]
        segments: list[str]
        persona: str | None
        at: str
        as_of: int
        pending: bool

    app = FastAPI()
    bearer = HTTPBearer()

    async def read(
        id: str,
        response: Response,
        key: Any,
        min_position: int = Query(0, ge=0),
    ) -> Any:
        if shop.keys.find(key.credentials, "read") is None:
            raise HTTPException(401)
        view = await shop.serving.look(lambda: shop.running.live.person(id, NOW_US))
        if view is None:
            raise HTTPException(404)
        found = msgspec.structs.asdict(told(view))
        del found["sent"]
        response.headers["etag"] = str(hash(repr(found)))
        return Profile(**found)

    read.__annotations__ |= {"id": str, "response": Response, "min_position": int}
    read.__annotations__["key"] = Annotated[Any, Depends(bearer)]
    app.get("/v1/profiles/{id}", response_model=Profile)(read)
    return app


async def reads(app: Any, count: int) -> float:
    """Microseconds of the processor for one read."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {READ}".encode())],
    }
    statuses = set()

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        statuses.add(message.get("status", 200))

    begun = time.process_time()
    for _ in range(count):
        await app(dict(scope), receive, send)
    assert statuses == {200}, statuses
    return (time.process_time() - begun) / count * 1e6


def import_ms(code: str) -> float:
    """Milliseconds of the processor for a fresh interpreter that imports something."""
    script = f"import time; a = time.process_time(); {code}; print(time.process_time() - a)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return float(done.stdout) * 1_000


def main() -> None:
    has_fastapi = find_spec("fastapi") is not None
    with talk() as shop:
        shop.take_in(seen("ann", "m1"), seen("ann", "m2", "Bought", price=12_500_000))
        apps = {"bare ASGI": bare(shop), "table of routes": shop.app}
        if has_fastapi:
            apps["FastAPI"] = fastapi(shop)
        found = {
            name: min(shop.run(reads(app, READS)) for _ in range(ROUNDS))
            for name, app in apps.items()
        }
        view_us = _view_us(shop)
    print(f"the live state itself is read in {view_us:.0f} us; then, with everything:")
    for name, us in found.items():
        print(f"{name:<16} {us:7.0f} us  {1e6 / us:7,.0f} reads/s a core")
    for name, code in IMPORTS.items():
        if name != "FastAPI" or has_fastapi:
            print(f"{name:<16} {min(import_ms(code) for _ in range(ROUNDS)):7.0f} ms to import")


def _view_us(shop: Talk) -> float:
    begun = time.process_time()
    for _ in range(READS):
        shop.running.live.person("ann", NOW_US)
    return (time.process_time() - begun) / READS * 1e6


if __name__ == "__main__":
    main()
