"""What the rules for robots find in a real access log, and what they cost.

    python benchmarks/bots.py [FOLDER]

The log is read from the folder of test data and never kept. Each rule is looked at by itself, and
then all of them together. There is no truth about who was a robot: what can be compared is how
much of what the trap finds is on the list. This log has one minute of each hour, so that nobody is
too quick for minutes in a row, and the rule of the rate finds nothing in it.
"""

from __future__ import annotations

import gzip
import os
import re
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Final

from tailorbird.events.columns import columns_of
from tailorbird.events.marking import Marking, Rules
from tailorbird.kernel.facts import Fact

LINE: Final = re.compile(
    r'(\S+) \S+ \S+ \[([^\]]+)\] "(?:\S+) (\S+)[^"]*" (\d+) \S+ "[^"]*" "([^"]*)"'
)
TRAP: Final = "/robots.txt"
RATE: Final = 10
"""Lines a minute: this log has pictures and styles beside pages, and few people."""


def facts(path: Path) -> list[Fact]:
    """A fact of each line: who is an address and an agent together."""
    found: list[Fact] = []
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines):
            match = LINE.match(line)
            if match is None:
                continue
            address, when, request, _, agent = match.groups()
            at_us = int(datetime.strptime(when, "%d/%b/%Y:%H:%M:%S %z").timestamp()) * 1_000_000
            context = {"userAgent": agent, "page": {"path": request.partition("?")[0]}}
            who = f"{address} {agent}"
            found.append(
                Fact(who, at_us, str(number), "Page Viewed", {}, context, True, True, "", 0, at_us)
            )
    found.sort(key=lambda fact: fact.key)
    return found


def main(folder: Path) -> None:
    """Print what each rule finds."""
    (path,) = (folder / "weblog_semicomplete").glob("*.gz")
    lines = facts(path)
    columns = columns_of(lines)
    print(f"{len(lines):,} lines of {len(set(columns.subject)):,} addresses and agents")
    trap = frozenset({TRAP})
    begun = time.process_time()
    both = Marking(Rules(RATE, trap)).marks(columns)
    took_us = (time.process_time() - begun) / len(lines) * 1e6
    unnamed = columns_of([fact._replace(context={"page": fact.context["page"]}) for fact in lines])
    listed = Marking(Rules()).marks(columns)
    found = {
        "the list, and marks of headless browsers": listed,
        f"more than {RATE} lines a minute, alone": Marking(Rules(RATE)).marks(unnamed),
        f"the trap {TRAP}, alone": (trapped := Marking(Rules(0, trap)).marks(unnamed)),
        "all together": both,
    }
    for what, marks in found.items():
        by = Counter(mark.by for mark in marks.values())
        people = len({columns.subject[row] for row in marks})
        print(f"{what:42} {len(marks):6,} lines {len(marks) / len(lines):6.1%}", end="  ")
        print(f"{people:5,} of them; " + ", ".join(f"{rule} {n:,}" for rule, n in by.most_common()))
    print(f"of what the trap finds {len(trapped.keys() & listed.keys()):,} are on the list")
    names = Counter(mark.what for mark in both.values() if mark.by == "list")
    print("most often:", ", ".join(f"{name} {count:,}" for name, count in names.most_common(8)))
    print(f"{took_us:.1f} us a line, the first look at each agent included")


if __name__ == "__main__":
    default = os.environ.get("TAILORBIRD_TEST_DATA", "../shared/data")
    main(Path(sys.argv[1] if len(sys.argv) > 1 else default))
