"""`tailorbird keys` makes, lists and revokes keys; only hashes are kept."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of

from tailorbird.runtimes.project import open_project
from tailorbird.server.auth import KeyCheck


def test_a_key_is_shown_once_and_recognised_for_its_scope(run: Run, folder: Path) -> None:
    made = answer_of(run("keys", "create", "web", "--scope", "read", "--json"))
    with open_project(folder) as project:
        check = KeyCheck(project.registry.api_keys, lambda: 0)
        found = check.find(made["key"], "read")
        assert found is not None
        assert found.name == "web"
        assert check.find(made["key"], "write") is None
        assert check.find(made["key"][:-1] + "x", "read") is None
    listed = answer_of(run("keys", "list", "--json"))
    assert [(key["id"], key["scope"], key["revoked"]) for key in listed] == [
        (made["id"], "read", None)
    ]


def test_the_secret_is_in_no_file(run: Run, folder: Path) -> None:
    made = answer_of(run("keys", "create", "web", "--json"))
    secret = made["key"].rsplit("_", 1)[1].encode()
    for path in (folder / "data").iterdir():
        assert not path.is_file() or secret not in path.read_bytes()


def test_a_revoked_key_is_good_for_nothing(run: Run, folder: Path) -> None:
    made = answer_of(run("keys", "create", "web", "--scope", "admin", "--json"))
    now_us = 0
    with open_project(folder) as project:
        check = KeyCheck(project.registry.api_keys, lambda: now_us)
        assert check.find(made["key"], "write") is not None
        run("keys", "revoke", made["id"])
        now_us = 2_000_000
        assert check.find(made["key"], "write") is None
    assert "revoked" in run("keys", "list").output


def test_an_unknown_key_is_not_revoked(run: Run, folder: Path) -> None:
    assert "there is no key 'nobody'" in run("keys", "revoke", "nobody", code=2).output


def test_a_new_project_has_a_write_key_and_an_admin_key(run: Run, tmp_path: Path) -> None:
    keys = answer_of(run("init", tmp_path / "shop", "--json"))["keys"]
    with open_project(tmp_path / "shop") as project:
        check = KeyCheck(project.registry.api_keys, lambda: 0)
        write, admin = check.find(keys["write"], "write"), check.find(keys["admin"], "read")
    assert write is not None
    assert write.scope == "write"
    assert admin is not None
    assert admin.scope == "admin"
