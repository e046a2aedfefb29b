"""How fast simulated clickstreams are written, and how much memory that takes.

    python benchmarks/simulate.py [EVENTS ...]

Every line is measured in a process of its own, so its peak of memory is its own. The baseline
is one SQL statement that writes as many rows of uniform chance, with nothing planted, no
visits and no order of arrival; the last column is the time of a row against it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

DEFAULT_EVENTS = (1_000_000, 10_000_000)
SLOW_FORMS_MOST = 1_000_000
"""Text is written at the speed of Python: as many rows as this tell it."""

BASELINE = """
COPY (
    SELECT to_hex(hash(i)) AS message_id,
           ['Product Viewed', 'Page Viewed', 'Product Added'][1 + (random() * 3)::INT % 3] AS event,
           'u' || (random() * {events} / 2)::BIGINT AS user_id,
           make_timestamp((1717200000 + i * 5184000 // {events}) * 1000000) AS time,
           make_timestamp((1717200001 + i * 5184000 // {events}) * 1000000) AS received_at,
           's' || i // 4 AS session_id,
           ['mobile', 'desktop'][1 + i % 2] AS device_type,
           'p' || (random() * 20000)::INT AS product_id,
           'c' || (random() * 12)::INT AS category,
           (random() * 10000)::INT / 100 AS price
    FROM range({events}) rows(i)
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)
"""


def write_baseline(events: int, path: Path) -> None:
    import duckdb

    with duckdb.connect() as engine:
        engine.execute("SET threads = 1")
        engine.execute(BASELINE.format(events=events, path=path))


def write(form: str, events: int, path: Path) -> None:
    from tailorbird.edges.simulated import write_json_lines, write_parquet
    from tailorbird.simulate.facts import simulated_facts
    from tailorbird.simulate.simulation import Simulation
    from tailorbird.simulate.stream import simulated_rows

    simulation = Simulation(events=events, start_us=1_717_200_000_000_000, seed=1)
    if form == "rows only":
        deque(simulated_rows(simulation), maxlen=0)
    elif form == "facts only":
        deque(simulated_facts(simulation), maxlen=0)
    elif form == "parquet":
        write_parquet(simulation, path)
    else:
        write_json_lines(simulation, path)


def measure(form: str, events: int) -> dict[str, float]:
    """Run in a process of its own: seconds, bytes on disk, and the peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("rows.jsonl.gz" if form == "jsonl.gz" else "rows")
        began = time.perf_counter()
        if form == "baseline":
            write_baseline(events, path)
        else:
            write(form, events, path)
        took_s = time.perf_counter() - began
        size = path.stat().st_size if path.exists() else 0
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"took_s": took_s, "bytes": size, "peak_mb": peak_mb}


def in_own_process(form: str, events: int) -> dict[str, float]:
    words = [sys.executable, __file__, "--one", form, str(events)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def report(events: int, say: Callable[[str], None]) -> None:
    fast = ("baseline", "rows only", "parquet")
    slow = ("facts only", "jsonl", "jsonl.gz") if events <= SLOW_FORMS_MOST else ()
    baseline_s = 0.0
    for form in fast + slow:
        found = in_own_process(form, events)
        baseline_s = baseline_s or found["took_s"]
        say(
            f"{events:>13,}  {form:<10}  {found['took_s']:>8.1f} s"
            f"  {events / found['took_s']:>10,.0f} rows/s  {found['peak_mb']:>6,.0f} MB"
            f"  {found['bytes'] / events:>6.1f} B/row  {found['took_s'] / baseline_s:>5.2f} x"
        )


def main(words: list[str]) -> None:
    if words[:1] == ["--one"]:
        print(json.dumps(measure(words[1], int(words[2]))))
        return
    for events in [int(float(word)) for word in words] or DEFAULT_EVENTS:
        report(events, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main(sys.argv[1:])
