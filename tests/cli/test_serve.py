"""The server as users run it: a process of its own, asked over HTTP, beside other commands."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tests.cli.test_importing import far_apart
from tests.patience import PATIENCE_S
from tests.served import Server, run, wait_until_gone

from tailorbird.cli.elsewhere import SOCKET
from tailorbird.edges.local_socket import connect, receive, send


def test_what_was_sent_is_seen_by_commands_while_the_server_runs(server: Server) -> None:
    assert server.send("ann", "m1")["results"] == [{"status": "accepted"}]
    assert server.send("ann", "m1")["results"][0]["status"] == "duplicate"
    server.until(lambda: server.get("/ready")["live_position"] == 1)
    assert re.search(r"buyers +1 ", run(server.folder, "segments"))
    assert run(server.folder, "segment", "buyers", "--ids") == "ann\n"
    assert json.loads(run(server.folder, "segments", "--json"))["people"] == 1
    assert "no command" not in run(server.folder, "prove")


def test_an_import_through_the_server_loses_no_equal_rows(server: Server, tmp_path: Path) -> None:
    file, mapping = far_apart(tmp_path)
    for accepted, duplicates in ((900, 0), (0, 900)):
        told = json.loads(
            run(server.folder, "import", str(file), "--mapping", str(mapping), "--json")
        )
        assert (told["accepted"], told["duplicates"]) == (accepted, duplicates)


def test_a_profile_read_after_an_event_has_it(server: Server) -> None:
    position = server.send("ann", "m1")["position"]
    found = server.profile("ann", position)
    assert (found["segments"], found["as_of"]) == (["buyers"], position)


def test_commands_that_write_go_through_the_server(server: Server) -> None:
    inner = server.folder / "definitions"
    (server.folder / "ids.txt").write_text("ann\nbob\n")
    assert "2 added" in run(inner, "list", "import", "vip", "../ids.txt")
    assert "0 added" in run(inner, "list", "import", "vip", "../ids.txt")
    assert server.get("/health")["log_position"] == 2


def test_a_command_that_fails_tells_why_and_with_which_code(server: Server) -> None:
    server.send("ann", "m1")
    assert "error: " in run(server.folder, "segment", "nothing", code=2)


def test_publishing_switches_the_running_server(server: Server) -> None:
    server.send("ann", "m1")
    path = server.folder / "definitions" / "9_more.yaml"
    path.write_text("segments:\n  anybody: count(any_event()) >= 1\n")
    assert "anybody: new" in run(server.folder, "publish")
    position = server.send("bob", "m2")["position"]
    server.until(lambda: "anybody" in server.profile("ann", position)["segments"])
    assert "anybody" in server.profile("bob", position)["segments"]
    assert run(server.folder, "segment", "anybody", "--ids") == "ann\nbob\n"


def test_what_was_acknowledged_is_there_after_the_server_was_killed(server: Server) -> None:
    for number in range(30):
        server.send(f"p{number}", f"m{number}")
    before, worker = server.get("/health")["log_position"], server.worker()
    server.kill()
    wait_until_gone(worker)
    server.start()
    assert server.get("/health")["log_position"] == before
    server.until(lambda: server.get("/ready")["live_position"] == before)
    assert server.send("p1", "m1")["results"][0]["status"] == "duplicate"


def test_events_go_on_while_the_history_has_to_be_started_again(server: Server) -> None:
    first = server.worker()
    os.kill(first, signal.SIGKILL)
    assert server.send("ann", "m1")["results"][0]["status"] == "accepted"
    assert run(server.folder, "segment", "buyers", "--ids") == "ann\n"
    assert server.worker() != first


def test_it_ends_in_order_when_it_is_asked_to(server: Server) -> None:
    server.send("ann", "m1")
    worker = server.worker()
    assert server.end() == 0
    wait_until_gone(worker)
    assert not (server.folder / "data" / "server.sock").exists()
    assert run(server.folder, "segment", "buyers", "--ids") == "ann\n"


def test_what_was_published_and_imported_without_it_is_there_when_it_starts(
    server: Server, tmp_path: Path
) -> None:
    position = server.send("ann", "m1")["position"]
    server.profile("ann", position)
    assert server.end() == 0
    path = server.folder / "definitions" / "9_more.yaml"
    path.write_text("segments:\n  anybody: count(any_event()) >= 1\n")
    run(server.folder, "publish")
    rows = tmp_path / "rows.jsonl"
    message = {"type": "track", "userId": "bob", "event": "Seen", "messageId": "m2"}
    rows.write_text(json.dumps({**message, "timestamp": "2024-05-01T10:00:00Z"}) + "\n")
    run(server.folder, "import", str(rows), "--mapping", "segment-jsonl")
    server.start()
    for who in ("ann", "bob"):
        assert "anybody" in server.profile(who, position)["segments"]


def test_only_the_user_may_talk_to_its_socket(server: Server) -> None:
    mode = (server.folder / "data" / "server.sock").stat().st_mode
    assert mode & 0o777 == 0o600


def test_an_unknown_key_is_refused_and_metrics_count(server: Server) -> None:
    with pytest.raises(HTTPError) as told:
        server.send("ann", "m1", key="wrong")
    assert told.value.code == 401
    told.value.close()
    with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=PATIENCE_S) as metrics:
        assert b"\ntailorbird_log_position 0\n" in metrics.read()


def test_a_public_address_needs_tls_or_a_proxy(tmp_path: Path) -> None:
    run(tmp_path, "init", "shop")
    told = run(tmp_path / "shop", "serve", "--host", "0.0.0.0", code=2)
    assert "--behind-proxy" in told
    assert "--tls-cert" in told


def test_a_command_that_sees_other_folders_than_the_server_is_told_so(
    server: Server, tmp_path: Path
) -> None:
    """As beside a unit of systemd with a /tmp of its own: nothing is read or written there."""
    other = tmp_path / "other"
    other.mkdir()
    here = other.stat()
    command = ["segment", "buyers", "--ids", f"--csv={other}/ids.csv"]
    for folder, told in (
        (server.folder, {str(server.folder): [here.st_dev, here.st_ino]}),
        (server.folder, {str(other): [here.st_dev, here.st_ino + 1]}),
        (other / "gone", {str(other / "gone"): [here.st_dev, here.st_ino]}),
    ):
        said = asked(server.folder / "data" / SOCKET, [command, str(folder), told, {}, "utf-8"])
        assert said == (2, f"error: the server sees another {next(iter(told))} than you")
    assert server.get("/health")["status"] == "ok"


def test_a_folder_that_the_server_may_not_enter_is_told(server: Server, tmp_path: Path) -> None:
    none = tmp_path / "file"
    none.write_text("")
    said = asked(server.folder / "data" / SOCKET, [["segments"], str(none), {}, {}, "utf-8"])
    assert said == (2, f"error: the server may not enter {none} (Not a directory)")
    assert server.send("ann", "m1")["results"] == [{"status": "accepted"}]
    assert "buyers" in run(server.folder, "segments")


def test_a_command_of_another_version_is_told_so(server: Server) -> None:
    path = server.folder / "data" / SOCKET
    said = asked(path, [["segments"], str(server.folder), {}, "utf-8"])
    assert said == (2, "error: the server runs another version of Tailorbird than this command")
    server.send("ann", "m1")
    assert "buyers" in run(server.folder, "segments")


def asked(path: Path, request: list[object]) -> tuple[int, str]:
    """What a server's process says to a request for a command: the code, and the first reason."""
    link = connect(path)
    assert link is not None
    reading, writing = os.pipe()
    with link, Path(os.devnull).open("rb") as nothing, os.fdopen(reading, encoding="utf-8") as told:
        send(link, request, [nothing.fileno(), writing, writing])
        os.close(writing)
        code = receive(link)
        return code, told.read().partition(",")[0].partition(";")[0].rstrip("\n")
