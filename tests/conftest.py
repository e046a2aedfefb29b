"""What every test run has: a seed that can be repeated, the data sets, and an account of skips."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.served import Server

HOUSE = Path(__file__).resolve().parent.parent
DATA = (HOUSE / os.environ.get("TAILORBIRD_TEST_DATA", "../shared/data")).resolve()

NOT_SHIPPED = "data that may not be shipped: "
NEVER_SHIPPED = frozenset(
    {
        "complete_journey",
        "cookie_cats",
        "marketplace_reviews",
        "open_bandit_all",
        "rees46_sample",
        "weblog_semicomplete",
    }
)
"""Data sets whose licence lets nobody pass them on; only these may be absent from a full run."""

SHIPPED = {
    "uci_online_retail/online_retail.parquet": HOUSE
    / "examples/online-retail/online_retail.parquet"
}
"""Copies that come with the sources: tests read these, wherever they run."""

SUITES = ("laws", "cases", "install", "sdks")
SEED = "TAILORBIRD_TEST_SEED"
HASH_SEED = os.environ.get("PYTHONHASHSEED", "not fixed")

BY_CHANCE = (
    hypothesis.HealthCheck.too_slow,
    hypothesis.HealthCheck.filter_too_much,
    hypothesis.HealthCheck.data_too_large,
)
"""What Hypothesis says of its own examples depends on them and on the machine, and on no code."""
hypothesis.settings.register_profile(
    "tailorbird", deadline=None, print_blob=True, suppress_health_check=BY_CHANCE
)
hypothesis.settings.load_profile("tailorbird")


@pytest.fixture(scope="session")
def data_file() -> Callable[[str], Path]:
    """Find a file such as ``rees46_sample/2019-Oct-sample.csv.gz``, or skip and say why."""

    def find(name: str) -> Path:
        path = SHIPPED.get(name, DATA / name)
        if not path.exists():
            private = name.partition("/")[0] in NEVER_SHIPPED
            pytest.skip(f"{NOT_SHIPPED}{name}" if private else f"data that is absent: {name}")
        return path

    return find


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Find a program that a machine need not have, or skip and say so."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"a program that is absent: {name}")
        return path

    return find


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The folder of the socket of a running PostgreSQL server."""
    from tests.postgres import programs, running

    found = programs()
    if found is None:
        pytest.skip("a program that is absent: initdb of PostgreSQL")
    with running(found) as folder:
        yield folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A project with the buyers' segment, and its running server."""
    from tests.served import served

    with served(tmp_path) as made:
        yield made


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed once; worker processes inherit it."""
    os.environ.setdefault(SEED, str(random.randrange(1, 2**32)))
    os.environ.setdefault("PYTHONHASHSEED", os.environ[SEED])
    # A shell makes what it runs in the background deaf to it, and all that is started from there.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    seed = os.environ[SEED]
    return [f"test order: seed {seed}, hashes: {HASH_SEED}; again with make test SEED={seed}"]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name functions and modules by name: every worker process must know a test by one name."""
    return getattr(val, "__name__", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shuffle the files, and the tests within each, so that no test leans on another."""
    shuffle = random.Random(os.environ[SEED])
    files: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[item.path].append(item)
    paths = sorted(files)
    shuffle.shuffle(paths)
    items.clear()
    for path in paths:
        shuffle.shuffle(files[path])
        items.extend(files[path])


def _may_be_skipped(reason: str) -> bool:
    return not os.environ.get("REQUIRE_ALL") or NOT_SHIPPED in reason


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip that a full run does not allow into a failure."""
    if not report.skipped or hasattr(report, "wasxfail") or _may_be_skipped(_reason(report)):
        return
    report.outcome = "failed"
    report.longrepr = f"skipped, although REQUIRE_ALL is set: {_reason(report)}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List minutes per suite and every skip with its reason, above the closing line."""
    minutes: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    for outcome in ("passed", "failed", "skipped", "xfailed", "error", ""):
        for report in terminalreporter.stats.get(outcome, []):
            if isinstance(report, pytest.TestReport):
                minutes[_suite(report.nodeid)] += report.duration / 60
                counts[_suite(report.nodeid)] += outcome != ""
    terminalreporter.section("minutes per suite, added up over worker processes")
    for suite in sorted(minutes):
        terminalreporter.write_line(
            f"{suite:<10} {minutes[suite]:6.2f} min {counts[suite]:7} tests"
        )
    skips = terminalreporter.stats.get("skipped", [])
    if skips:
        terminalreporter.section("skipped")
    for report in skips:
        terminalreporter.write_line(f"{report.nodeid}: {_reason(report)}")


def _suite(node: str) -> str:
    top, *rest = node.split("/")
    if top == "src":
        return "doctests"
    return rest[0] if rest and rest[0] in SUITES else "unit"
