"""A slice of the fuzzing of a running server; `api` has the rest."""

from __future__ import annotations

import os
from typing import Any

import pytest
from schemathesis.core.failures import FailureGroup
from tests.fuzz import api
from tests.served import Server

SEED = int(os.environ["TAILORBIRD_TEST_SEED"])


def test_no_request_makes_a_running_server_fail(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.fill(server)
    url, keys = f"http://127.0.0.1:{server.port}", api.keys_of(server)
    found = api.fuzz(url, keys, examples=6, number=SEED)
    told = {line.split()[2] for line in found}
    assert {"200", "400", "401", "403"} <= told

    def with_less(document: dict[str, Any]) -> dict[str, Any]:
        made = hitting(document)
        path = "/v1/profiles/{id}"
        del made["paths"][path]["get"]["responses"]["401"]
        return made | {"paths": {path: made["paths"][path]}}

    hitting = api.hitting
    monkeypatch.setattr(api, "hitting", with_less)
    with pytest.raises(FailureGroup) as told_of:
        api.fuzz(url, [None], examples=5, number=SEED)
    assert "Undocumented status code" in str(told_of.value.exceptions[0])
