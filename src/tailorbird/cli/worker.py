"""The process beside a server that owns the history and runs commands; the server starts it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from tailorbird.cli import ERROR, HERE, main
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.runtimes.history_worker import work
from tailorbird.runtimes.log_lines import begin_logging
from tailorbird.runtimes.settings import FILE, read_settings


def run(words: list[str]) -> int:
    """Run one command; gives its exit code."""
    try:
        main.main(args=words, prog_name="tailorbird", obj=HERE)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _work(folder: Path, handles: list[int]) -> None:
    try:
        settings = read_settings(folder / FILE)
        begin_logging(settings.log_level, settings.log_form, sys.stderr)
        work(folder, handles, run)
    except TailorbirdError as error:
        said = {"why": str(error)}
        logging.getLogger("tailorbird.worker").error(
            "the history cannot be opened", extra={"said": said}
        )
        sys.exit(ERROR)


if __name__ == "__main__":
    _work(Path(sys.argv[1]), [int(handle) for handle in sys.argv[2:7]])
