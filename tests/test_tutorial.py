"""The first things that users read work word for word: commands run and print what is shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tailorbird.cli import main
from tailorbird.language.files import load_folder

HOUSE = Path(__file__).resolve().parent.parent
TUTORIAL = HOUSE / "docs" / "tutorials" / "first-segments.md"
BLOCK = re.compile(r"(?:<!-- append: (\S+) -->\n)?^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def run(line: str, folder: Path) -> tuple[str, Path]:
    """What a line prints, and the folder after it."""
    word, *rest = shlex.split(line)
    if word == "cd":
        return "", folder / rest[0]
    assert word == "tailorbird", line
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner().invoke(main, rest)
    assert result.exit_code == 0, f"{line}\n{result.output}"
    return result.output, folder


def test_following_the_tutorial_shows_what_it_says(tmp_path: Path) -> None:
    folder, printed, ran = tmp_path, "", 0
    for target, kind, text in BLOCK.findall(TUTORIAL.read_text()):
        if target:
            with (folder / target).open("a") as file:
                file.write(text)
        elif kind == "sh":
            printed = ""
            for line in text.splitlines():
                told, folder = run(line, folder)
                printed += told
                ran += 1
        elif kind == "text":
            told = [line.strip() for line in printed.splitlines()]
            assert [line for line in text.splitlines() if line.strip() not in told] == []
    assert ran >= 10


def test_the_quick_start_runs_as_it_is_written(tmp_path: Path) -> None:
    blocks = [text for _, kind, text in BLOCK.findall((HOUSE / "README.md").read_text())]
    (quick_start,) = [text for text in blocks if text.startswith("tailorbird ")]
    folder = tmp_path
    for line in quick_start.splitlines():
        _, folder = run(line, folder)


@pytest.mark.parametrize("example", ["online-retail"])
def test_the_definitions_of_an_example_can_be_used_without_a_warning(example: str) -> None:
    assert load_folder(HOUSE / "examples" / example / "definitions").warnings == []
