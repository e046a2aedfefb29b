"""A running server's second process is asked about people, and may be away meanwhile."""

from __future__ import annotations

import json
import os
import signal
from urllib.error import HTTPError

from tests.served import Server, run


def test_a_person_is_explained_as_by_the_command_and_also_after_the_process_died(
    server: Server,
) -> None:
    position = server.send("ann", "m1")["position"]
    (fact,) = server.read(f"/v1/profiles/ann/timeline?min_position={position}")["facts"]
    assert fact["id"] == "m1"
    path = f"/v1/profiles/ann/explain/buyers?at=2999-01-01&min_position={position}"
    told = server.read(path)
    words = ("explain", "buyers", "ann", "--at", "2999-01-01", "--json", "--published")
    assert told == json.loads(run(server.folder, *words))
    assert told["value"] is True
    os.kill(server.worker(), signal.SIGKILL)
    statuses = []

    def comes_back() -> bool:
        try:
            return bool(server.get(path, authorization=f"Bearer {server.admin}") == told)
        except HTTPError as error:
            statuses.append((error.code, error.headers["retry-after"]))
            raise

    server.until(comes_back)
    assert set(statuses) <= {(503, "2")}
