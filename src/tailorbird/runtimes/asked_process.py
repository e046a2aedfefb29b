"""A module of this program as a process that is asked for something, for as long as it is."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tailorbird.edges.local_socket import Link


@contextmanager
def asked_process(module: str, *words: str) -> Iterator[Link]:
    """Start a module with some words, and the handle of a socket behind them; it answers there.

    It ends when nobody listens any more, however this process went. An interrupt from the
    keyboard is for this process alone. Raises ``OSError`` when no process can be started.
    """
    asking, answered = socket.socketpair()
    handle = answered.fileno()
    command = [sys.executable, "-m", module, *words, str(handle)]
    with closing(Link(asking)) as link:
        with answered:
            process = subprocess.Popen(
                command, pass_fds=[handle], stdin=subprocess.DEVNULL, start_new_session=True
            )
        try:
            yield link
        finally:
            link.close()
            process.wait()
