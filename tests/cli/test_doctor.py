"""`tailorbird doctor` says whether all is well, with its exit code too."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_a_project_without_copies_is_told_to_make_them(run: Run, shop: Path) -> None:
    run("publish")
    told = json.loads(run("doctor", "--json", code=1).stdout)
    by_name = {finding["what"]: finding for finding in told["findings"]}
    assert told["code"] == 1
    assert by_name["backup"]["state"] == "soon"
    assert by_name["backup"]["do"].startswith("tailorbird backup")
    printed = run("doctor", "--all", code=1).output
    assert "SOON  keys copy: none was ever made from here\n      tailorbird keys copy" in printed


def test_what_is_broken_has_the_exit_code_of_errors(run: Run, shop: Path) -> None:
    run("publish")
    (shop / "data" / "keys.sqlite").unlink()
    assert "BAD   keys:" in run("doctor", code=2).output
