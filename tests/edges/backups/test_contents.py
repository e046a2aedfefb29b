"""The list of contents says what it said, or that it is damaged."""

from __future__ import annotations

import json

import pytest

from tailorbird.edges.backups.contents import Contents, Copy, read_contents, write_contents
from tailorbird.edges.backups.parts import Part
from tailorbird.edges.logs.raw_groups import LogCut
from tailorbird.kernel.errors import InputError

CONTENTS = Contents(
    1_700_000_000_000_000,
    LogCut(6, 9, 2, b"\x01\x02"),
    (Part("a.groups", 0, 6, 100, "ab"),),
    Copy("registry-1.sqlite", 10, "cd"),
    3,
    Copy("tailorbird-1.yaml", 0, "ef"),
)


def test_contents_come_back_as_they_were_written() -> None:
    assert read_contents(write_contents(CONTENTS), "backup.json") == CONTENTS
    assert CONTENTS.bytes == 110


def test_every_byte_that_changes_what_it_says_is_noticed() -> None:
    sound = write_contents(CONTENTS)
    for at in range(len(sound)):
        changed = sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :]
        try:
            assert read_contents(changed, "backup.json") == CONTENTS
        except InputError as error:
            assert "backup.json" in str(error)


def test_a_newer_form_is_refused_as_such() -> None:
    body = json.loads(write_contents(CONTENTS)) | {"form": 2}
    with pytest.raises(InputError, match="newer version"):
        read_contents(json.dumps(body).encode(), "backup.json")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"form":1}'])
def test_what_is_no_list_of_contents_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="damaged"):
        read_contents(data, "backup.json")
