"""A test run accounts for what it skipped and can be repeated."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

PRIVATE = "def test_of_private_data(data_file): data_file('rees46_sample/no-such-file.csv')"
SHIPPED = "def test_of_shipped_data(data_file): data_file('uci_online_retail/no-such-file.csv')"
LACKING = "def test_of_a_program(program): program('no-such-program')"
MODULE = "import pytest\npytest.skip('no reason', allow_module_level=True)"
MANY = "\n".join(f"def test_number_{n}(): print('ran', {n})" for n in range(20))


def run(folder: Path, source: str, *words: str, **settings: str) -> tuple[int, str]:
    """The exit code and output of a run of its own over one file."""
    shutil.copy(CONFTEST, folder / "conftest.py")
    folder.joinpath("test_example.py").write_text(source)
    environment = {**os.environ, "REQUIRE_ALL": "", **settings}
    command = [sys.executable, "-m", "pytest", "--assert=plain", "-p", "no:cacheprovider", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize("source", [PRIVATE, SHIPPED])
def test_absent_data_is_skipped_and_listed_above_the_closing_line(
    tmp_path: Path, source: str
) -> None:
    code, output = run(tmp_path, source)
    *above, closing = output.splitlines()
    assert code == 0
    assert "1 skipped" in closing
    assert [line for line in above if "no-such-file.csv" in line]


def test_a_full_run_may_lack_data_that_nobody_may_pass_on(tmp_path: Path) -> None:
    code, output = run(tmp_path, PRIVATE, REQUIRE_ALL="1")
    assert code == 0
    assert "data that may not be shipped: rees46_sample/no-such-file.csv" in output


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
@pytest.mark.parametrize("source", [SHIPPED, LACKING, MODULE])
def test_a_full_run_fails_over_any_other_skip(
    tmp_path: Path, source: str, workers: tuple[str, ...]
) -> None:
    code, output = run(tmp_path, source, *workers, REQUIRE_ALL="1")
    assert code != 0
    assert "although REQUIRE_ALL is set" in output


def test_the_order_is_shuffled_and_a_seed_repeats_it(tmp_path: Path) -> None:
    def order(seed: str) -> list[str]:
        _, output = run(tmp_path, MANY, "-s", TAILORBIRD_TEST_SEED=seed)
        assert f"seed {seed}" in output
        return [line for line in output.splitlines() if "ran" in line]

    assert order("1") == order("1")
    assert order("1") != order("2")
