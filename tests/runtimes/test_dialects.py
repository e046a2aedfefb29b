"""Dialects are found as any package offers them, and never stand in each other's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges.sources.segment import DIALECT
from tailorbird.kernel.errors import InputError
from tailorbird.ports.dialects import Dialect, Endpoint
from tailorbird.runtimes import dialects
from tailorbird.runtimes.dialects import GROUP, found_dialects


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, for packages of strangers."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(dialects, "found_dialects", found_dialects.__wrapped__)
    return tmp_path


def package(folder: Path, name: str, code: str, points: str) -> None:
    (folder / f"{name}.py").write_text(code)
    told = folder / f"{name}-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n")


STRANGE = """
from tailorbird.edges.sources.segment import read_messages
from tailorbird.ports.dialects import Dialect, Endpoint
DIALECT = Dialect("strange", "its kits", (
    Endpoint("POST", "{path}", "send_strange", "Send.", read_messages),
))
"""


def test_the_dialect_of_another_package_is_found_like_those_of_this_one(installed: Path) -> None:
    package(installed, "strange1", STRANGE.replace("{path}", "/strange"), "x = strange1:DIALECT")
    found = {dialect.name: dialect for dialect in dialects.found_dialects()}
    assert found["segment"] is DIALECT
    assert [one.path for one in found["strange"].endpoints] == ["/strange"]


def test_two_dialects_cannot_answer_at_one_address(installed: Path) -> None:
    package(installed, "strange2", STRANGE.replace("{path}", "/v1/track"), "x = strange2:DIALECT")
    with pytest.raises(InputError, match="two dialects have POST /v1/track"):
        dialects.found_dialects()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("DIALECT = 5", "the dialect x of strange3 is no Dialect: strange3:DIALECT is int"),
        ("import no_such_thing", "the dialect x of strange3 cannot be loaded: No module"),
    ],
)
def test_a_package_that_offers_something_else_is_named(
    installed: Path, monkeypatch: pytest.MonkeyPatch, code: str, says: str
) -> None:
    monkeypatch.delitem(__import__("sys").modules, "strange3", raising=False)
    package(installed, "strange3", code, "x = strange3:DIALECT")
    with pytest.raises(InputError, match=says):
        dialects.found_dialects()


def test_the_parts_of_a_dialect_are_values() -> None:
    one = Endpoint("POST", "/x/y/", "send_y", "Send.", DIALECT.endpoints[0].read)
    assert Dialect("x", "x", (one,)) == Dialect("x", "x", (one,))
    assert one.call == "y"
