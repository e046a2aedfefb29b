"""The source archive is installed in a fresh environment that has neither git, Node nor network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder

from tailorbird import VERSION
from tailorbird.server.assets import BUILT

HOUSE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    return Path(next(SdistBuilder(str(HOUSE)).build(directory=str(folder))))


@pytest.fixture(scope="module")
def fresh_python(tmp_path_factory: pytest.TempPathFactory, archive: Path) -> Path:
    """An environment with the archive installed; its dependencies are the ones already here."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    here = sysconfig.get_path("purelib")
    site.joinpath("dependencies.pth").write_text(here + "\n")
    run(python, "-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation",
        "--ignore-installed", "--no-warn-script-location", str(archive))  # fmt: skip
    return python


def run(python: Path, *words: str) -> str:
    """Run an interpreter with an empty search path, away from this working copy."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP"))
    }
    done = subprocess.run(
        [str(python), *words],
        env=environment | {"PATH": str(python.parent)},
        cwd=python.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_archive_holds_sources_tests_documents_and_licence(archive: Path) -> None:
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    wanted = {"src/tailorbird/py.typed", "tests/conftest.py", "docs/README.md", "LICENSE",
              "README.md", "CHANGELOG.md", "Makefile", "requirements.lock",
              "front/package-lock.json", "front/snippet/source/tailorbird.ts"}  # fmt: skip
    assert wanted <= names
    assert not {name for name in names if ".venv" in name or "__pycache__" in name}
    assert not {name for name in names if "node_modules" in name}


def test_what_was_built_for_browsers_is_in_it_and_gets_installed(
    archive: Path, fresh_python: Path
) -> None:
    built = {path.relative_to(HOUSE).as_posix() for path in BUILT.rglob("*") if path.is_file()}
    with tarfile.open(archive) as packed:
        assert built <= {name.partition("/")[2] for name in packed.getnames()}
    code = "from tailorbird.server.assets import BuiltFiles; print(len(BuiltFiles().names))"
    assert int(run(fresh_python, "-c", code)) == len(built)


def test_every_source_file_is_installed(fresh_python: Path) -> None:
    folder = Path(
        run(fresh_python, "-c", "import tailorbird; print(tailorbird.__path__[0])").strip()
    )
    assert not folder.is_relative_to(HOUSE)
    sources = HOUSE / "src" / "tailorbird"
    expected = {
        path.relative_to(sources)
        for path in sources.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= {path.relative_to(folder) for path in folder.rglob("*")}


def test_the_installed_package_knows_its_version(fresh_python: Path) -> None:
    written = "import tailorbird; print(tailorbird.VERSION)"
    declared = "import importlib.metadata; print(importlib.metadata.version('tailorbird'))"
    assert run(fresh_python, "-c", f"{written}; {declared}").split() == [VERSION, VERSION]


def test_the_installed_command_answers(fresh_python: Path) -> None:
    command = fresh_python.parent / "tailorbird"
    if (HOUSE / "src" / "tailorbird" / "cli").is_dir():
        assert VERSION in run(command, "--version")


def test_the_interpreter_of_the_tests_is_another_one(fresh_python: Path) -> None:
    assert run(fresh_python, "-c", "import sys; print(sys.prefix)").strip() != sys.prefix
