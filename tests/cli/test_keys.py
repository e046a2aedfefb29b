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


def test_a_key_may_take_a_sample_of_people(run: Run, folder: Path) -> None:
    made = answer_of(run("keys", "create", "sensors", "--sample", "12.5%", "--json"))
    assert made["sample"] == "12.5%"
    assert "12.5%" in run("keys", "list").output
    assert "takes events of 5% of all people" in run("keys", "create", "x", "--sample", "5%").output
    assert "is no share" in run("keys", "create", "y", "--sample", "half", code=2).output


def test_a_key_may_have_a_limit(run: Run, folder: Path) -> None:
    made = answer_of(run("keys", "create", "loud", "--per-minute", "6000", "--json"))
    assert made["per_minute"] == 6_000
    assert "6,000" in run("keys", "list").output
    with open_project(folder) as project:
        assert project.registry.api_keys()[0].per_minute == 6_000


def test_a_key_is_known_by_its_aliases_until_it_is_revoked(run: Run, folder: Path) -> None:
    create = ("keys", "create", "web", "--json")
    made = answer_of(run(*create, "--alias", "G-1A2B3C4D5E", "--alias", "phc_0a1b2c"))
    now_us = 0
    with open_project(folder) as project:
        check = KeyCheck(project.registry.api_keys, lambda: now_us)
        for alias in ("G-1A2B3C4D5E", "phc_0a1b2c", made["key"]):
            found = check.find(alias, "write")
            assert found is not None and found.id == made["id"]
        assert check.find("G-1A2B3C4D5", "write") is None
        assert check.find("G-1A2B3C4D5E", "read") is None
        taken = run(*create, "--alias", "phc_0a1b2c", code=2).output
        assert f"is an alias of the key {made['id']} of web already" in taken
        run("keys", "revoke", made["id"])
        now_us = 2_000_000
        assert check.find("G-1A2B3C4D5E", "write") is None
        again = answer_of(run(*create, "--alias", "phc_0a1b2c"))
        now_us = 4_000_000
        found = check.find("phc_0a1b2c", "write")
        assert found is not None and found.id == again["id"]
    listed = {key["id"]: key["aliases"] for key in answer_of(run("keys", "list", "--json"))}
    assert listed == {made["id"]: ["G-1A2B3C4D5E"], again["id"]: ["phc_0a1b2c"]}


def test_what_can_be_no_alias_is_refused(run: Run, folder: Path) -> None:
    create = ("keys", "create", "web")
    for alias, says in (
        ("short", "does not have 6 to 100 of the signs"),
        ("with space", "does not have 6 to 100 of the signs"),
        ("tb_write_00000000_ab", "looks like a key of this product"),
    ):
        assert says in run(*create, "--alias", alias, code=2).output
    scope = run(*create, "--scope", "admin", "--alias", "G-1A2B3C4D5E", code=2).output
    assert "only a write key has aliases" in scope
    many = [word for n in range(21) for word in ("--alias", f"alias-{n}")]
    assert "at most 20 aliases" in run(*create, *many, code=2).output
    assert answer_of(run("keys", "list", "--json")) == []
