"""What the gate costs: taking in what people say, asking about one of them, and beginning anew.

    python benchmarks/consents.py [PEOPLE]

Everybody grants one purpose and is seen once. Times are those of the processor, and beside them
stands what writing the same facts to the log takes.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.columns import columns_of
from tailorbird.flow import tail
from tailorbird.flow.consenting import Consents
from tailorbird.flow.picking import picked
from tailorbird.kernel.facts import Fact
from tailorbird.language.purposes import READY, table_of
from tailorbird.ports.log import Logged

PEOPLE = 100_000
GROUP = 10_000
ASKED = 20_000


def took_us(work: Callable[[], Any], times: int) -> float:
    """The processor's microseconds of one of so many."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) / times * 1e6


def fact(number: int, name: str, **said: Any) -> Fact:
    return Fact(f"p{number}", 1, f"{name}{number}", name, said, {}, False, True, "web", 0, 1)


def main(people: int) -> None:
    with TemporaryDirectory() as top:
        folder = Path(top)
        keyring = SqliteKeyring(folder / "keys.sqlite")
        log = SqliteLog(folder / "log.sqlite", keyring)

        def gate(name: str) -> Consents:
            store = SqliteConsents(folder / name, keyring)
            return Consents(log, store, lambda: table_of(READY), lambda: 10**9)

        consents = gate("consents.sqlite")

        def write(facts: list[Fact]) -> list[Logged]:
            groups = range(0, len(facts), GROUP)
            return [log.append([columns_of(facts[n : n + GROUP])], 5)[0] for n in groups]

        def asked() -> None:
            for _ in range(ASKED):
                mark = consents.mark_of(f"p{random.randrange(people)}")
                assert consents.against(mark, ["marketing"]) is None

        told: list[Logged] = []
        grants = [fact(n, "$consent", purpose="marketing", granted=True) for n in range(people)]
        logged = took_us(lambda: told.extend(write(grants)), people)
        print(f"a statement, to the log    {logged:8.2f} us")
        print(
            f"a statement, to the gate   {took_us(lambda: consents.absorb(told), people):8.2f} us"
        )
        others = write([fact(n, "Seen") for n in range(people)])
        print(
            f"any other fact             {took_us(lambda: consents.absorb(others), people):8.2f} us"
        )
        print(f"asked about one person     {took_us(asked, ASKED):8.2f} us")
        anew = gate("anew.sqlite")
        print(f"made anew, each fact       {took_us(anew.follow, log.end_position):8.2f} us")
        anew.close()
        with DuckDbHistory(folder / "history.duckdb") as history:
            tail.follow(log, history)
            quicker = gate("picked.sqlite")
            some = took_us(lambda: quicker.take_picked(partial(picked, history)), log.end_position)
            print(f"out of the history         {some:8.2f} us")
            quicker.close()
        size = (folder / "anew.sqlite").stat().st_size / people
        print(f"on the disk, for each      {size:8.0f} bytes")
        consents.close()
        log.close()
        keyring.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
