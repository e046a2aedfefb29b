"""`tailorbird open` asks the running server for a link, which signs one browser in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.cli.conftest import Run
from tests.patience import PATIENCE_S
from tests.served import run as run_in
from tests.served import served


def test_without_a_server_it_says_how_to_start_one(run: Run, folder: Path) -> None:
    assert "`tailorbird serve` starts one" in run("open", code=2).output


def entered(link: str) -> int:
    base, _, token = link.partition("/console/enter#")
    request = Request(
        f"{base}/console/session",
        json.dumps({"token": token}).encode(),
        {"origin": base},
        method="POST",
    )
    try:
        with urlopen(request, timeout=PATIENCE_S) as told:
            return int(told.status)
    except HTTPError as error:
        error.close()
        return error.code


def test_a_running_server_gives_a_link_that_is_good_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with served(tmp_path) as server:
        link = run_in(server.folder, "open").strip()
        assert re.fullmatch(
            rf"http://127\.0\.0\.1:{server.port}/console/enter#[0-9a-f]{{64}}", link
        )
        assert [entered(link), entered(link)] == [200, 401]
        other = json.loads(run_in(server.folder, "open", "--json", "--url", "https://tb.example/"))
        assert other["link"].startswith("https://tb.example/console/enter#")
        assert "no address" in run_in(server.folder, "open", "--url", "tb.example", code=2)
        server.end()
        server.start()
        assert entered(link) == 401
        assert server.end() == 0
    (tmp_path / "again").mkdir()
    with served(tmp_path / "again") as server:
        assert server.end() == 0
        printed = server.printed()
        assert re.search(r"console, once .*: http://\S+/console/enter#[0-9a-f]{64}\n", printed)
