"""The server as users run it, for tests: a process of its own, and what they ask of it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

COMMAND = (sys.executable, "-c", "from tailorbird.cli import main; main()")
PATIENCE_S = 60.0
os.environ.setdefault("TAILORBIRD_RESERVE", "0")  # many projects lie on the disk of tests


def run(folder: Path, *words: str, code: int = 0) -> str:
    """What a command prints, run in a folder."""
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A project with the buyers' segment, and its server."""

    def __init__(self, top: Path) -> None:
        printed = run(top, "init", "shop")
        found = re.search(r"write key: (\S+)", printed)
        assert found is not None
        self.key = found[1]
        found = re.search(r"admin key: (\S+)", printed)
        assert found is not None
        self.admin = found[1]
        self.folder = top / "shop"
        run(self.folder, "publish")
        self.port = free_port()
        self.start()

    def start(self, *, is_ready: bool = True) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(self.port)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        path = "/ready" if is_ready else "/health"
        self.until(lambda: self.get(path)["status"] == "ok")

    def until(self, holds: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                if holds():
                    return
            except HTTPError as error:
                error.close()
            except OSError:
                assert self.process.poll() is None, self.process.communicate()[0]
            time.sleep(0.05)
        raise AssertionError("it never came to hold")

    def get(self, path: str) -> dict[str, Any]:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as told:
            found: dict[str, Any] = json.load(told)
            return found

    def profile(self, who: str, position: int) -> dict[str, Any]:
        """A person, as soon as the facts below a position are taken in."""
        url = f"http://127.0.0.1:{self.port}/v1/profiles/{who}?min_position={position}"
        request = Request(url, headers={"authorization": f"Bearer {self.admin}"})
        with urlopen(request, timeout=20) as told:
            found: dict[str, Any] = json.load(told)
            return found

    def send(self, who: str, id_: str, key: str | None = None) -> dict[str, Any]:
        return self.track(who, "Order Completed", {"revenue": 30}, messageId=id_, writeKey=key)

    def track(
        self, who: str, event: str, properties: dict[str, Any], **more: Any
    ) -> dict[str, Any]:
        """Send an event of somebody; gives the answer."""
        said = {"userId": who, "event": event, "properties": properties, **more}
        said["writeKey"] = said.get("writeKey") or self.key
        request = Request(f"http://127.0.0.1:{self.port}/v1/track", json.dumps(said).encode())
        with urlopen(request, timeout=20) as told:
            found: dict[str, Any] = json.load(told)
            return found

    def worker(self) -> int:
        """The process that has the history."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return int(found.stdout.split()[0])

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        return self.process.returncode


@contextmanager
def served(top: Path) -> Iterator[Server]:
    """A server that is gone afterwards, whatever became of it."""
    made = Server(top)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
        made.process.communicate()


def wait_until_gone(process: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("the history's process goes on without its front")
