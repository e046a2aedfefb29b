"""The process beside a server that owns the history and runs commands; the server starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from tailorbird.cli import HERE, main
from tailorbird.runtimes.history_worker import work


def run(words: list[str]) -> int:
    """Run one command; gives its exit code."""
    try:
        main.main(args=words, prog_name="tailorbird", obj=HERE)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


if __name__ == "__main__":
    work(Path(sys.argv[1]), [int(handle) for handle in sys.argv[2:6]], run)
