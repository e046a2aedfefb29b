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
from http.client import HTTPException
from itertools import count, islice
from pathlib import Path
from tempfile import mkstemp
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.patience import PATIENCE_S

COMMAND = (sys.executable, "-c", "from tailorbird.cli import main; main()")
os.environ.setdefault("TAILORBIRD_RESERVE", "0")  # many projects lie on the disk of tests
os.environ.setdefault("TAILORBIRD_BOTS", "allow")  # tests are quick, and have no screen


def run(folder: Path, *words: str, code: int = 0) -> str:
    """What a command prints, run in a folder."""
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


PORTS = 2_000
"""So many ports has each worker process of the tests, all below those that a system gives away."""
_ports = count(os.getpid())
_claims: list[socket.socket] = []
"""Names of ports that this process holds until it ends, also while no server listens there."""


def free_port() -> int:
    """One that is still free when a server takes it, also the second time: neither an outgoing
    connection nor another worker process, of this run or another, is given it meanwhile."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for number in islice(_ports, PORTS):
        port = 10_000 + worker % 10 * PORTS + number % PORTS
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if _claim(port):
            return port
    raise AssertionError("every port is taken")


def _claim(port: int) -> bool:
    """Whether no other process of tests has a port; if so, it is this one's from now on."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0port {port} of tests of tailorbird")  # a name that ends with its process
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


class Server:
    """A project with the buyers' segment, and its server."""

    def __init__(self, top: Path, settings: str = "") -> None:
        printed = run(top, "init", "shop")
        found = re.search(r"write key: (\S+)", printed)
        assert found is not None
        self.key = found[1]
        found = re.search(r"admin key: (\S+)", printed)
        assert found is not None
        self.admin = found[1]
        self.folder = top / "shop"
        with (self.folder / "tailorbird.yaml").open("a") as file:
            file.write(settings)
        run(self.folder, "publish")
        self.port = free_port()
        # Not a pipe: whoever writes into one that nobody empties stands still once it is full.
        number, name = mkstemp(prefix="tailorbird-printed-")
        os.close(number)
        self._output = Path(name)
        try:
            self.start()
        except BaseException:
            self.tidy()
            raise

    def start(self, *, is_ready: bool = True) -> None:
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--port", str(self.port)],
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
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
            except (OSError, HTTPException):  # it begins, or ends in the middle of an answer
                assert self.process.poll() is None, self.printed()
            time.sleep(0.05)
        raise AssertionError(f"it never came to hold; it printed {self.printed()}")

    def printed(self) -> str:
        """What it has printed since it was started."""
        return self._output.read_text(encoding="utf-8")

    def get(self, path: str, **headers: str) -> Any:
        request = Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urlopen(request, timeout=PATIENCE_S) as told:
            return json.load(told)

    def profile(self, who: str, position: int) -> dict[str, Any]:
        """A person, as soon as the facts below a position are taken in."""
        found: dict[str, Any] = self.read(f"/v1/profiles/{who}?min_position={position}")
        return found

    def read(self, path: str) -> Any:
        """What somebody with all rights is told, as soon as the server is far enough to say it."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.get(path, authorization=f"Bearer {self.admin}")
            except HTTPError as error:
                if error.code != 503 or time.monotonic() > end:
                    raise
                with error:
                    time.sleep(float(error.headers["retry-after"]))

    def send(self, who: str, id_: str, key: str | None = None) -> dict[str, Any]:
        return self.track(who, "Order Completed", {"revenue": 30}, messageId=id_, writeKey=key)

    def track(
        self, who: str, event: str, properties: dict[str, Any], **more: Any
    ) -> dict[str, Any]:
        """Send an event of somebody; gives the answer."""
        said = {"userId": who, "event": event, "properties": properties, **more}
        said["writeKey"] = said.get("writeKey") or self.key
        request = Request(f"http://127.0.0.1:{self.port}/v1/track", json.dumps(said).encode())
        with urlopen(request, timeout=PATIENCE_S) as told:
            found: dict[str, Any] = json.load(told)
            return found

    def worker(self) -> int:
        """The process that has the history, as soon as there is one."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            for child in _children(self.process.pid):
                if _is_alive(child):
                    return child
            time.sleep(0.05)
        raise AssertionError("nobody has the history")

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """End it at once, if it goes on."""
        self.process.kill()
        self.process.wait()

    def tidy(self) -> None:
        """Leave nothing of it."""
        self.kill()
        self._output.unlink()


@contextmanager
def served(top: Path, settings: str = "") -> Iterator[Server]:
    """A server that is gone afterwards, whatever became of it; ``settings`` are lines more."""
    made = Server(top, settings)
    try:
        yield made
    finally:
        made.tidy()


def _children(process: int) -> list[int]:
    told = subprocess.run(
        ["pgrep", "-P", str(process)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in told.stdout.split()]


def _is_alive(process: int) -> bool:
    """Whether it runs: not one that has ended and that nobody has asked about yet."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rsplit(")", 1)[1].split()[0] != "Z"


def wait_until_gone(process: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while _is_alive(process):
        assert time.monotonic() < end, "the process goes on"
        time.sleep(0.05)
