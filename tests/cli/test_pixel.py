"""`tailorbird pixel` makes addresses that the collector takes, without asking the server."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of

from tailorbird.edges.sources.pixel import DIALECT
from tailorbird.ports.dialects import Sent
from tailorbird.runtimes.project import open_project
from tailorbird.server.auth import KeyCheck


def sent(address: str) -> Sent:
    return Sent(raw_query=address.partition("?")[2].encode())


def test_an_address_says_what_was_asked_and_is_signed_by_the_key(run: Run, folder: Path) -> None:
    key = answer_of(run("keys", "create", "mail", "--json"))
    words = [
        "Mail Opened",
        "--key",
        "mail",
        "--user",
        "ann",
        "--message",
        "m1",
        "--set",
        "list=a=b",
    ]
    told = answer_of(run("pixel", *words, "--host", "https://c.example/", "--json"))
    assert told["address"].startswith("https://c.example/v1/pixel.gif?k=")
    assert key["key"] not in told["address"]
    (endpoint,) = DIALECT.endpoints
    assert endpoint.signed is not None
    with open_project(folder) as project:
        check = KeyCheck(project.registry.api_keys, lambda: 0)
        assert check.signed(*endpoint.signed(sent(told["address"]))).name == "mail"
    ((message, fault),) = endpoint.read(sent(told["address"])).messages
    assert fault is None
    assert message == {
        "type": "track",
        "event": "Mail Opened",
        "userId": "ann",
        "messageId": "m1",
        "properties": {"list": "a=b"},
    }


def test_a_key_that_is_not_there_is_told_with_the_nearest(run: Run, folder: Path) -> None:
    run("keys", "create", "mail")
    told = run("pixel", "Opened", "--key", "mial", "--user", "ann", code=2)
    assert "did you mean 'mail'" in told.output
    assert "--user or --visitor" in run("pixel", "Opened", "--key", "mail", code=2).output
    words = ["Opened", "--key", "mail", "--user", "a", "--set", "x"]
    assert "NAME=TEXT" in run("pixel", *words, code=2).output


def test_no_picture_is_signed_by_an_admin_key_of_the_same_name(run: Run, folder: Path) -> None:
    write = answer_of(run("keys", "create", "both", "--json"))
    admin = answer_of(run("keys", "create", "both", "--scope", "admin", "--json"))
    told = answer_of(run("pixel", "Mail Opened", "--key", "both", "--user", "ann", "--json"))
    assert told["key"] == write["id"]
    by_id = ("pixel", "Mail Opened", "--user", "ann", "--key", admin["id"])
    assert "there is no write key" in run(*by_id, code=2).output
