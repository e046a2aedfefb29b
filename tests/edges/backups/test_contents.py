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


@pytest.mark.parametrize("name", ["/etc/shadow", "../x", "a/b", "", ".hidden", "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    for changed in (
        CONTENTS._replace(settings=Copy(name, 0, "ef")),
        CONTENTS._replace(registry=Copy(name, 0, "ef")),
        CONTENTS._replace(parts=(Part(name, 0, 6, 100, "ab"),)),
    ):
        with pytest.raises(InputError, match="no file of its own"):
            read_contents(write_contents(changed), "backup.json")


def test_what_is_missing_or_of_another_type_is_refused() -> None:
    for changed in (
        CONTENTS._replace(made_us="soon"),
        CONTENTS._replace(version=None),
        CONTENTS._replace(log=CONTENTS.log._replace(end_position="6")),
        CONTENTS._replace(settings=Copy(5, 0, "ef")),
    ):
        with pytest.raises(InputError, match="damaged"):
            read_contents(write_contents(changed), "backup.json")


def test_a_seal_holds_for_what_it_was_made_for_and_under_its_secret() -> None:
    sealed = CONTENTS.sealed(b"1" * 32)
    assert read_contents(write_contents(sealed), "backup.json").is_sealed(b"1" * 32)
    assert not sealed.is_sealed(b"2" * 32)
    assert not CONTENTS.is_sealed(b"1" * 32)
    other = Copy("registry-1.sqlite", 10, "ce")
    assert not sealed._replace(registry=other).is_sealed(b"1" * 32)
