"""How fast definitions are answered about everybody, against SQL written by hand.

    python benchmarks/batch.py [FACTS ...]

A made clickstream of 180 days in the engine's own file, sorted; then one in which 1 % of all
people unite two subjects and 5 % of the facts are not sorted in yet. The hand-written queries ask
the same question of the same tables: they know which subjects are one person, but nothing of
late verdicts, zones or facts with one time, and they add up decaying points in doubles. Both ways
fetch the people. A time is the median of several; every size is measured in a process of its own,
so that its peak of memory is its own.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from clickstream import END_US, history_of

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.answer import answer
from tailorbird.flow.timeline import sizes_over
from tailorbird.kernel.instants import DAY, HOUR, MINUTE
from tailorbird.language.files import load_text
from tailorbird.people.identity import people

DEFAULT_FACTS = (1_000_000, 10_000_000)
NOW_US = END_US - 10 * DAY
DAYS = 60
SEEN = f"time_us <= {NOW_US}"


class Question(NamedTuple):
    """A definition and the same in SQL, where ``{facts}`` has ``who`` for each person."""

    condition: str
    sql: str
    aim: str


QUESTIONS = {
    "count in a window": Question(
        'count("Product Viewed", last="7d") >= 3',
        f"SELECT who FROM {{facts}} WHERE name = 'Product Viewed' AND {SEEN} "
        f"AND time_us > {NOW_US - 7 * DAY} GROUP BY who HAVING count(*) >= 3",
        "1.2 x",
    ),
    "dormant": Question(
        'not did(any_event(), last="30d")',
        f"SELECT who FROM {{facts}} WHERE {SEEN} GROUP BY who "
        f"HAVING count(*) FILTER (act AND time_us > {NOW_US - 30 * DAY}) = 0",
        "1.2 x",
    ),
    "recency, frequency, money": Question(
        'since("Order Completed") < "30d" and count("Order Completed") >= 2'
        ' and sum("Order Completed", properties.price) > 150',
        f"SELECT who FROM {{facts}} WHERE name = 'Order Completed' AND {SEEN} GROUP BY who "
        f"HAVING max(time_us) > {NOW_US - 30 * DAY} AND count(*) >= 2 AND sum(n_1) > 150000000",
        "1.2 x",
    ),
    "decaying score": Question(
        'score("heat") >= 12',
        "SELECT who FROM {facts} WHERE name IN ('Order Completed', 'Product Added', "
        f"'Product Viewed') AND {SEEN} GROUP BY who HAVING sum((CASE name WHEN 'Order Completed' "
        "THEN 10 WHEN 'Product Added' THEN 5 ELSE 2 END) * power(0.5, "
        f"({NOW_US} - time_us) / {7 * DAY}.0)) >= 12",
        "1.2 x",
    ),
    "inaction": Question(
        'absent("Order Completed", after="Product Added", wait="2h", last="7d")',
        f"SELECT who FROM {{facts}} WHERE name IN ('Order Completed', 'Product Added') AND {SEEN} "
        f"AND time_us > {NOW_US - 7 * DAY - 2 * HOUR} GROUP BY who HAVING max(time_us) FILTER "
        f"(name = 'Product Added' AND time_us <= {NOW_US - 2 * HOUR}) > "
        "coalesce(max(time_us) FILTER (name = 'Order Completed'), 0)",
        "1.2 x",
    ),
    "sequence in 10 minutes": Question(
        'sequence("Product Viewed", "Product Viewed", "Product Added", within="10m")',
        "SELECT DISTINCT who FROM (SELECT *, max(CASE WHEN name = 'Product Viewed' THEN one END) "
        "OVER before AS two FROM (SELECT who, time_us, id, name, max(CASE WHEN name = "
        "'Product Viewed' THEN time_us END) OVER before AS one FROM {facts} "
        f"WHERE name IN ('Product Viewed', 'Product Added') AND {SEEN} "
        "WINDOW before AS (PARTITION BY who ORDER BY time_us, id "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) "
        "WINDOW before AS (PARTITION BY who ORDER BY time_us, id "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) "
        f"WHERE name = 'Product Added' AND time_us - two < {10 * MINUTE}",
        "0.25 x",
    ),
    "five sessions": Question(
        "session_count() >= 5",
        "SELECT who FROM (SELECT who, time_us, lag(time_us) OVER (PARTITION BY who "
        f"ORDER BY time_us) AS before FROM {{facts}} WHERE act AND {SEEN}) GROUP BY who "
        f"HAVING count(*) FILTER (before IS NULL OR time_us - before > {30 * MINUTE}) >= 5",
        "0.25 x",
    ),
}
DEFINITIONS = load_text(
    """
scores:
  heat:
    half_life: 7d
    points:
      - {event: Order Completed, points: 10}
      - {event: Product Added, points: 5}
      - {event: Product Viewed, points: 2}
segments:
"""
    + "".join(f"  q{i}: '{question.condition}'\n" for i, question in enumerate(QUESTIONS.values()))
).definitions


def seconds(work: Callable[[], object], times: int) -> float:
    """The median of several runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def relation(history: DuckDbHistory) -> str:
    """The facts as somebody would join them who knows which subjects are one person."""
    united = people(history.links())
    if not united:
        return "facts"
    connection = history._connection
    connection.execute("CREATE OR REPLACE TEMP TABLE one (subject VARCHAR, name VARCHAR)")
    connection.executemany("INSERT INTO one VALUES (?, ?)", list(united.items()))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE map AS SELECT s.who AS member, p.who AS person FROM one "
        "JOIN subjects s USING (subject) JOIN subjects p ON p.subject = one.name"
    )
    return (
        "(SELECT facts.* REPLACE (coalesce(person, who) AS who) "
        "FROM facts LEFT JOIN map ON who = member)"
    )


def measure(facts: int, merged: float, tail: float) -> None:
    """Print the times of every question over one history."""
    times = 5 if facts <= 1_000_000 else 3
    with tempfile.TemporaryDirectory() as folder:
        history = history_of(Path(folder) / "history.duckdb", facts, merged=merged, tail=tail)
        shares = f", {merged:.0%} of people merged, {tail:.0%} unsorted" if merged else ", sorted"
        print(
            f"\n{facts:,} facts{shares}\n{'':26} {'by hand':>9} {'here':>9} {'ratio':>7} {'aim':>7}"
        )
        joined = relation(history)
        for number, (name, question) in enumerate(QUESTIONS.items()):
            sql, key = question.sql.format(facts=joined), ("segment", f"q{number}")
            found: list[int] = []

            def ours(key: tuple[str, str] = key, found: list[int] = found) -> None:
                found.append(answer(history, DEFINITIONS, [key], NOW_US).size(key[1]))

            def theirs(sql: str = sql) -> int:
                return len(history.query(sql)["who"])

            people_by_hand = theirs()
            by_hand, here = seconds(theirs, times), seconds(ours, times)
            said = (
                "" if found[0] == people_by_hand else f"  {found[0]:,} people, {people_by_hand:,}"
            )
            print(
                f"{name:26} {by_hand:8.3f}s {here:8.3f}s "
                f"{here / by_hand:6.2f}x {question.aim:>7}{said}"
            )
            if number == 0:
                count_by_hand = by_hand
        instants = [NOW_US - day * DAY for day in reversed(range(DAYS))]
        over = seconds(lambda: sizes_over(history, DEFINITIONS, "q0", instants), times)
        print(
            f"{f'its size over {DAYS} days':26} {'':9} {over:8.3f}s "
            f"{over / count_by_hand:6.2f}x    25 x"
        )
        history.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000
    print(f"peak of memory {peak:.2f} GB, making the clickstream included")


def main() -> None:
    """Measure every size in a process of its own."""
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        facts, shares = int(sys.argv[2]), sys.argv[3] == "merged"
        measure(facts, 0.01 if shares else 0.0, 0.05 if shares else 0.0)
        return
    for facts in [int(word) for word in sys.argv[1:]] or DEFAULT_FACTS:
        for kind in ("sorted", "merged"):
            subprocess.run([sys.executable, __file__, "--one", str(facts), kind], check=True)


if __name__ == "__main__":
    main()
