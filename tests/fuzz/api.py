"""Requests made up from the OpenAPI document, sent to a running server: ``make fuzz-api``.

Good and bad ones, with every kind of key. No answer may be a failure, and each has to be what the
document says of its status: content type, schema and headers.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis import checks as checking
from tests.patience import PATIENCE_S
from tests.served import Server, run, served

KNOWN: dict[str, list[str]] = {
    "id": ["ann", "bob", "v1", "a/ä ?#%"],
    "name": ["buyers", "persona", "no such"],
    "after": ["ann"],
}
"""What a made up text would never hit on."""
NO_HTTP = "Invalid HTTP request received."
"""What the server's reader of HTTP says of a request that no route ever sees."""
STREAM = "text/event-stream"
CHECKS = [
    checking.not_a_server_error,
    checking.status_code_conformance,
    checking.content_type_conformance,
    checking.response_headers_conformance,
    checking.response_schema_conformance,
]


def hitting(document: dict[str, Any]) -> dict[str, Any]:
    """The document, whose parameters sometimes take what there is."""
    made = copy.deepcopy(document)
    for operations in made["paths"].values():
        for operation in operations.values():
            for one in operation.get("parameters", ()):
                if one["name"] in KNOWN:
                    one["schema"] = {"anyOf": [{"enum": KNOWN[one["name"]]}, one["schema"]]}
    return made


def fill(server: Server) -> None:
    """Some people to ask about."""
    for number, who in enumerate(["ann", "bob", "ann", *KNOWN["id"]]):
        server.send(who, f"m{number}")


def keys_of(server: Server) -> list[str | None]:
    """A key of each scope, one that is unknown, and none."""
    read = run(server.folder, "keys", "create", "crm", "--scope", "read").splitlines()[0]
    return [server.admin, server.admin, server.admin, read, server.key, "tb_read_00_00", None]


def fuzz(url: str, keys: list[str | None], *, examples: int, number: int) -> Counter[str]:
    """Ask so many times at each route and in each way; gives how often which status came."""
    document = requests.get(f"{url}/openapi.json", timeout=PATIENCE_S).json()
    schema = schemathesis.openapi.from_dict(hitting(document))
    found: Counter[str] = Counter()
    with requests.Session() as session:
        for result in schema.get_all_operations():
            operation = result.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if mode is GenerationMode.NEGATIVE and not _takes_anything(operation):
                    continue
                ways = operation.as_strategy(generation_mode=mode)

                @seed(number)
                @settings(
                    max_examples=examples,
                    deadline=None,
                    database=None,
                    derandomize=False,
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=ways, key=st.sampled_from(keys))
                def ask(case: Any, key: str | None) -> None:
                    headers = {} if key is None else {"authorization": f"Bearer {key}"}
                    case.headers = {
                        name: value
                        for name, value in (case.headers or {}).items()
                        if name.lower() not in ("authorization", "x-write-key")
                    }
                    request = case.as_transport_kwargs(base_url=url, headers=headers)
                    with session.request(**request, timeout=PATIENCE_S, stream=True) as told:
                        label = f"{case.operation.label} {told.status_code}"
                        if told.headers.get("content-type", "").startswith(STREAM):
                            found[label] += 1  # it does not end by itself
                        elif told.text != NO_HTTP:
                            found[label] += 1
                            case.validate_response(told, checks=CHECKS)

                ask()
    return found


def _takes_anything(operation: Any) -> bool:
    return bool(operation.query or operation.path_parameters or operation.body)


def main() -> None:
    """The long run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2_000, help="of each route and way")
    parser.add_argument("--seed", type=int, default=1)
    given_words = parser.parse_args()
    with TemporaryDirectory() as folder, served(Path(folder)) as server:
        fill(server)
        url = f"http://127.0.0.1:{server.port}"
        found = fuzz(url, keys_of(server), examples=given_words.examples, number=given_words.seed)
    lines = [f"{times:7,} {told}" for told, times in sorted(found.items())]
    sys.stdout.write("\n".join([*lines, f"{found.total():,} requests, none failed", ""]))


if __name__ == "__main__":
    main()
