"""The rules of the house, kept by a test because nobody keeps them by heart."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HOUSE = Path(__file__).resolve().parent.parent
SOURCE = HOUSE / "src"
PACKAGE = SOURCE / "tailorbird"
TESTS = HOUSE / "tests"

FILE_LINES = 600
FUNCTION_LINES = 70
BANNED_NAMES = frozenset(
    {"util", "utils", "helper", "helpers", "manager", "service", "common", "core", "base", "misc"}
)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.:/])/(?:work|home|root|Users|tmp)/\w")
ELSEWHERE = re.compile(
    r"(?:LANG" + r"UAGE|ARCHI" + r"TECTURE)\.md|shared/(?:design|guides|hooks|research)"
    r"|\bissue #?\d|(?:py" + r"pi|npm" + r"js|python" + r"hosted)\.org"
)
"""What a reader of the product has no way to look up: notes of its makers, package hosts."""
SKIPPED_FOLDERS = frozenset({"build", "demo", "dist", "node_modules"})
HEAVY = ("duckdb", "numpy", "rich", "ruamel", "re2")
NOT_MIRRORED = frozenset({"laws", "cases", "console", "crash", "front", "fuzz", "install", "sdks"})


def python_files(*tops: str) -> list[Path]:
    found = [path for top in tops for path in (HOUSE / top).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


ALL_PYTHON = python_files("src", "tests", "docs", "benchmarks", "examples")
SOURCES = python_files("src")


def written_files() -> list[Path]:
    """Every text that people read: sources, tests, documents, settings."""
    kinds = {".py", ".md", ".yaml", ".yml", ".toml", ".sql", ".lock", ".ts", ".tsx", ".tpl", ""}
    return [path for path in _walk(HOUSE) if path.suffix in kinds and path.name != "LICENSE"]


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in {".ci", ".gitignore"}
        if hidden or path.name in SKIPPED_FOLDERS or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def house_name(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def test_the_house_is_looked_at() -> None:
    assert PACKAGE / "kernel" / "values.py" in SOURCES
    assert HOUSE / "README.md" in written_files()


def test_no_file_is_longer_than_600_lines() -> None:
    scripts = [path for path in written_files() if path.suffix in {".ts", ".tsx"}]
    files = [*ALL_PYTHON, *scripts]
    lengths = {house_name(path): len(path.read_text().splitlines()) for path in files}
    assert {name: n for name, n in lengths.items() if n > FILE_LINES} == {}


def test_no_function_is_longer_than_70_lines() -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    lengths = {
        f"{house_name(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in ALL_PYTHON
        for node in ast.walk(tree_of(path))
        if isinstance(node, functions) and node.end_lineno is not None
    }
    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES} == {}


def test_a_module_is_named_for_what_it_does() -> None:
    named = [
        house_name(path) for path in ALL_PYTHON if BANNED_NAMES & {path.stem, path.parent.name}
    ]
    assert named == []


def test_nothing_is_left_to_be_finished() -> None:
    marked = [house_name(path) for path in written_files() if UNFINISHED.search(path.read_text())]
    assert marked == []


def test_no_path_of_a_machine_is_written_down() -> None:
    found = {
        f"{house_name(path)}:{number}": line.strip()
        for path in written_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if MACHINE_PATHS.search(line)
    }
    assert found == {}


def test_nothing_outside_the_product_is_spoken_of() -> None:
    found = {
        f"{house_name(path)}:{number}": line.strip()
        for path in written_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if ELSEWHERE.search(line)
    }
    assert found == {}


def test_the_lock_of_npm_names_no_host() -> None:
    lock = (HOUSE / "front" / "package-lock.json").read_text()
    assert '"integrity"' in lock and '"resolved"' not in lock


def test_every_module_says_what_it_is_for() -> None:
    silent = [house_name(path) for path in SOURCES if not ast.get_docstring(tree_of(path))]
    assert silent == []


def imports_of(path: Path) -> set[str]:
    """Every module that a file may load, ``from a import b`` counting as a and a.b."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def test_pickle_is_used_nowhere() -> None:
    users = [house_name(path) for path in ALL_PYTHON if imports_of(path) & {"pickle", "marshal"}]
    assert users == []


def test_nobody_waits_in_a_way_that_may_swallow_an_end() -> None:
    """``asyncio.wait_for`` of Python 3.11 may go on although its task was cancelled."""
    users = [house_name(path) for path in SOURCES if "asyncio.wait_for(" in path.read_text()]
    assert users == []


def test_numpy_stays_in_the_rooms_that_compute_in_arrays() -> None:
    rooms = (
        "events/known_ids.py",
        "events/packed.py",
        "events/plain_times.py",
        "language/batch",
        "edges",
        "flow",
        "measure",
        "mining",
        "simulate",
    )
    users = [str(path.relative_to(PACKAGE)) for path in SOURCES if "numpy" in imports_of(path)]
    assert [user for user in users if not user.startswith(rooms)] == []


def test_regular_expressions_of_users_run_in_one_room() -> None:
    users = [house_name(path) for path in SOURCES if "re2" in imports_of(path)]
    assert [user for user in users if not user.startswith("src/tailorbird/language/")] == []


def test_no_test_is_switched_off_and_no_time_is_limited() -> None:
    banned = re.compile(r"pytest\.mark\.(?:skip|timeout)\b|time\.perf_counter|unittest\.mock")
    users = [
        house_name(path)
        for path in python_files("tests")
        if path != Path(__file__).resolve() and banned.search(path.read_text())
    ]
    assert users == []


def named_modules(path: Path) -> set[str]:
    """Modules that a source names in a text, as lazy loading does: whole, or as ``package.{x}``."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            found.add(str(node.values[0].value) + "*")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {name for name in found if name.startswith("tailorbird.") and name != "tailorbird.*"}


def settings() -> dict[str, Any]:
    return tomllib.loads((HOUSE / "pyproject.toml").read_text())


def entry_points() -> set[str]:
    project = settings()["project"]
    groups = [project.get("scripts", {}), *project.get("entry-points", {}).values()]
    return {target.partition(":")[0] for group in groups for target in group.values()}


def test_no_module_is_dead() -> None:
    used = entry_points() | {"tailorbird", "tailorbird.__main__"}
    for path in SOURCES:
        used |= (imports_of(path) | named_modules(path)) - {module_of(path)}
    for path in python_files("tests"):
        used |= imports_of(path)
    opened = tuple(name[:-1] for name in used if name.endswith(".*"))
    dead = [
        house_name(path)
        for path in SOURCES
        if path.name != "__init__.py"
        and module_of(path) not in used
        and not module_of(path).startswith(opened or ("-",))
    ]
    assert dead == []


def contract(name: str) -> dict[str, Any]:
    contracts = settings()["tool"]["importlinter"]["contracts"]
    return next(entry for entry in contracts if entry["id"] == name)


def test_every_room_below_the_ports_is_kept_pure() -> None:
    floors = [re.findall(r"\w+", layer) for layer in contract("floors")["layers"]]
    below = {room for floor in floors[floors.index(["ports"]) + 1 :] for room in floor}
    there = {room for room in below - {"version"} if any((PACKAGE / room).rglob("*.py"))}
    assert {f"tailorbird.{room}" for room in there} == set(contract("pure-core")["source_modules"])


def mirrored_tests() -> list[Path]:
    tests = [path for path in TESTS.rglob("test_*.py") if path.parent != TESTS]
    return sorted(p for p in tests if p.relative_to(TESTS).parts[0] not in NOT_MIRRORED)


def test_tests_stand_where_their_sources_stand() -> None:
    lost = []
    for path in mirrored_tests():
        room, name = path.relative_to(TESTS).parent, path.stem.removeprefix("test_")
        source, package = PACKAGE / room / f"{name}.py", PACKAGE / room / name
        if not source.exists() and not package.is_dir():
            lost.append(house_name(path))
    assert lost == []


def test_names_of_tests_are_sentences() -> None:
    short = [
        f"{house_name(path)}:{node.lineno} {node.name}"
        for path in python_files("tests")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and node.name.count("_") < 3
    ]
    assert short == []


def loaded_by(code: str) -> set[str]:
    """The names of all modules in a fresh interpreter after it ran some code."""
    script = f"{code}\nimport json, sys\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import tailorbird").isdisjoint(HEAVY)


COMMAND_LINES = [["--help"], ["--version"]] if (PACKAGE / "cli").is_dir() else [[]]


@pytest.mark.parametrize("words", COMMAND_LINES)
def test_asking_the_command_for_help_loads_nothing_heavy(words: list[str]) -> None:
    if not words:
        return
    loaded = loaded_by(
        "from tailorbird.cli import main\n"
        "try:\n"
        f"    main({words!r})\n"
        "except SystemExit as end:\n"
        "    assert end.code in (0, None), end.code"
    )
    assert "tailorbird.cli" in loaded
    assert loaded.isdisjoint(HEAVY)
