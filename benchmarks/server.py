"""A server to measure: a process of its own on the first core, and what measuring it takes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

COMMAND = (sys.executable, "-c", "from tailorbird.cli import main; main()")
ECHO = """
import sys, uvicorn
async def app(scope, receive, send):
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})
uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", log_config=None, access_log=False)
"""
CORES = sorted(os.sched_getaffinity(0))
PATIENCE_S = 3_600.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def on_core(core: int) -> Callable[[], None]:
    """What puts a process to one core before it begins."""
    return lambda: os.sched_setaffinity(0, {core})


@contextmanager
def echoing() -> Iterator[tuple[int, int]]:
    """The port and process of what only echoes requests, on the core that a server would have."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", ECHO, str(port)], preexec_fn=on_core(CORES[0])
    )
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def run(folder: Path, *words: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr


def key_in(printed: str, kind: str) -> str:
    """The key of a kind that a new project was given."""
    found = re.search(rf"{kind} key: (\S+)", printed)
    assert found is not None, printed
    return found[1]


def _processor_s(process: int) -> float:
    """The processor's time of a process and of those of its children that have ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Server:
    """A project with published definitions, and its server."""

    def __init__(self, top: Path, texts: str) -> None:
        self.folder = top / "shop"
        printed = run(top, "init", "shop")
        self.key, self.admin = key_in(printed, "write"), key_in(printed, "admin")
        for path in (self.folder / "definitions").iterdir():
            path.unlink()
        (self.folder / "definitions" / "all.yaml").write_text(texts)
        run(self.folder, "publish")
        self.port = free_port()

    @contextmanager
    def running(
        self, settings: Mapping[str, str] | None = None, *, apart: bool = True
    ) -> Iterator[int]:
        """The front's process, while it runs and is ready.

        ``apart``: it begins on the first core, and once it is ready the history's has the last one;
        otherwise both have the whole machine, as when everything is made again.
        """
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(self.port)],
            cwd=self.folder,
            env={**os.environ, **(settings or {})},
            stdout=subprocess.DEVNULL,
            preexec_fn=on_core(CORES[0]) if apart else None,
        )
        try:
            self.until(lambda told: told["status"] == "ok")
            for worker in self._workers() if apart else ():
                for task in Path(f"/proc/{worker}/task").iterdir():
                    os.sched_setaffinity(int(task.name), {CORES[-1]})
            yield self.process.pid
        finally:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def processor_s(self) -> float:
        """The processor's time of the server so far: of all its processes, ended ones too."""
        return sum(map(_processor_s, [self.process.pid, *self._workers()]))

    def _workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(child) for path in children for child in path.read_text().split()]

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until what the server says of itself is as wanted."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/health", timeout=60) as told:
                    said = json.load(told)
                if said["live_position"] is not None and holds(said):
                    return
            except OSError:
                assert self.process.poll() is None, "the server has ended"
            time.sleep(0.02)
        raise AssertionError("it never came to hold")

    def caught_up(self) -> None:
        """Wait until everybody's states have all that is in the log."""
        self.until(lambda told: told["live_position"] == told["log_position"])
