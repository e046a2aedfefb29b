"""A PostgreSQL server of its own for the tests that ask one, with a password."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE_S

PASSWORD = "p@ss:w/rd"  # what has to be escaped in an address
ADMIN = "postgres"
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=10")


def programs() -> Path | None:
    """The folder with the server's programs, which Debian has in none of the usual places."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


@contextmanager
def running(bin_: Path) -> Iterator[str]:
    """The folder of the socket of a running server; it listens nowhere else."""
    user = ADMIN if os.geteuid() == 0 else None  # the server refuses to be root
    with tempfile.TemporaryDirectory(prefix="pg") as made:
        folder = Path(made)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if user is not None:
            for path in (folder, secret):
                shutil.chown(path, user, user)
        data = folder / "data"
        words = ["-D", str(data), "-U", ADMIN, "-A", "scram-sha-256", f"--pwfile={secret}"]
        _run(user, bin_ / "initdb", *words, "--no-sync", "-E", "UTF8", "--locale=C")
        given = "".join(f" -c {setting}" for setting in _SETTINGS)
        options = f"-k {folder} -c listen_addresses=''{given}"
        log = folder / "log"
        server = (bin_ / "pg_ctl", "-D", str(data), "-w", "-t", f"{PATIENCE_S:.0f}")
        _run(user, *server, "-l", str(log), "-o", options, "start")
        try:
            yield str(folder)
        finally:
            _run(user, *server, "-m", "immediate", "stop")


def _run(user: str | None, program: Path, *words: str) -> None:
    done = subprocess.run(
        [str(program), *words],
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, f"{program.name} ended with {done.returncode}"
