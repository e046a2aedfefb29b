"""A running server's second process is asked about people, and may be away meanwhile."""

from __future__ import annotations

import json
import os
import signal
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.served import Server, run


def get(server: Server, path: str) -> Any:
    headers = {"authorization": f"Bearer {server.admin}"}
    request = Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)
    with urlopen(request, timeout=60) as told:
        return json.load(told)


def test_a_person_is_explained_as_by_the_command_and_also_after_the_process_died(
    server: Server,
) -> None:
    position = server.send("ann", "m1")["position"]
    assert (
        get(server, f"/v1/profiles/ann/timeline?min_position={position}")["facts"][0]["id"] == "m1"
    )
    path = f"/v1/profiles/ann/explain/buyers?at=2999-01-01&min_position={position}"
    told = get(server, path)
    words = ("explain", "buyers", "ann", "--at", "2999-01-01", "--json", "--published")
    assert told == json.loads(run(server.folder, *words))
    assert told["value"] is True
    os.kill(server.worker(), signal.SIGKILL)
    statuses = []

    def comes_back() -> bool:
        try:
            return bool(get(server, path) == told)
        except HTTPError as error:
            statuses.append((error.code, error.headers["retry-after"]))
            raise

    server.until(comes_back)
    assert set(statuses) <= {(503, "2")}
