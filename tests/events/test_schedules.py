from __future__ import annotations

import pytest

from tailorbird.events.cursors import Overlap
from tailorbird.events.schedules import FilesJob, QueryJob, schedules_in
from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError

TEXT = """\
segments:
  buyers: did("Order Completed")
schedules:
  orders:
    cron: "*/15 8-18 * * MON-FRI"
    zone: Europe/Berlin
    missed: skip
    import:
      from: postgresql://shop:${SHOP_PASSWORD}@db/shop
      sql: |
        SELECT * FROM orders
      cursor: changed_at
      overlap: 2h
      mapping: mappings/orders.yaml
  drops:
    cron: "0 4 * * *"
    import: {files: incoming/*.csv.gz, mapping: rees46}
"""


def test_a_schedule_says_when_and_what() -> None:
    orders, drops = schedules_in({"a.yaml": TEXT, "b.yaml": "schedules:\n"})
    assert (orders.name, orders.kind, orders.missed) == ("orders", "import", "skip")
    assert orders.zone is not None and orders.zone.key == "Europe/Berlin"
    assert orders.job == QueryJob(
        "postgresql://shop:${SHOP_PASSWORD}@db/shop",
        "SELECT * FROM orders\n",
        "mappings/orders.yaml",
        "changed_at",
        Overlap(time_us=7_200_000_000),
    )
    assert drops.job == FilesJob("incoming/*.csv.gz", "rees46")
    assert (drops.zone, drops.missed) == (None, "once")


def test_all_faults_are_told_at_once_with_their_places() -> None:
    faulty = """\
schedules:
  Orders: {cron: "0 4 * * *", import: {files: a, mapping: m}}
  a: {cron: "0 25 * * *", zone: Europe/Belin, missed: twice, import: {files: a, sql: b}}
  b: {cron: "0 4 * *", import: {sql: " ", from: "postgresql://a:pw@b/c", mapping: m}}
  c: {cron: "0 4 * * *"}
  d: {cron: "0 4 * * *", imports: {}}
  e: {cron: "0 4 * * *", import: {files: a, cursor: b, mapping: m}}
  f: {cron: "0 4 * * *", import: {sql: a, from: sqlite:///b, overlap: soon, mapping: m}}
  g: {cron: "0 4 * * *", import: {sql: a, from: b, mapping: m}}
"""
    with pytest.raises(DefinitionError) as raised:
        schedules_in({"a.yaml": faulty})
    told = [str(problem) for problem in raised.value.problems]
    wanted = [
        "a.yaml:2:11: the schedule 'Orders' is named with small letters",
        "a.yaml:3:13: '0 25 * * *' is no time of a schedule (bad hour)",
        "a.yaml:3:33: there is no zone 'Europe/Belin'",
        "a.yaml:3:55: `missed` cannot be 'twice'",
        "a.yaml:3:70: an import has `files`, or `sql` and `from`",
        "a.yaml:4:13: '0 4 * *' is no time of a schedule (it has not five fields)",
        "a.yaml:4:49: a password stands in the address",
        "a.yaml:5:6: a schedule says what to do by one of import, follow",
        "a.yaml:6:26: there is no 'imports' in `d`; did you mean 'import'?",
        "a.yaml:7:53: `cursor` goes with `sql`",
        "a.yaml:8:71: `overlap` is a duration",
        "a.yaml:9:49: an address of a database is written like",
    ]
    assert len(told) == len(wanted), told
    for problem, begin in zip(told, wanted, strict=True):
        assert problem.startswith(begin), problem


def test_a_name_stands_once_in_all_files() -> None:
    with pytest.raises(DefinitionError, match=r"b\.yaml:5:5: the schedule 'orders' is given tw"):
        schedules_in({"a.yaml": TEXT, "b.yaml": TEXT})


def test_there_are_not_more_of_them_than_a_project_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "SCHEDULES", 1)
    with pytest.raises(DefinitionError, match="at most 1 schedules"):
        schedules_in({"a.yaml": TEXT})


def test_a_file_that_is_no_yaml_is_told_of_elsewhere() -> None:
    assert schedules_in({"a.yaml": "schedules: [", "b.yaml": "segments: {}\n"}) == []
