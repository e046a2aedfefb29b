"""Settings are read with their place, and the environment changes those of the machine only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.kernel.errors import DefinitionError, InputError
from tailorbird.kernel.instants import MINUTE
from tailorbird.runtimes.settings import SETTINGS, read_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tailorbird.yaml"


@pytest.mark.parametrize("text", ["", "# nothing but a remark\n", "\n\n"])
def test_what_is_left_out_has_its_default(file: Path, text: str) -> None:
    file.write_text(text)
    settings = read_settings(file, {})
    assert settings.published() == {"zone": "UTC", "session_gap": "30m"}
    assert (settings.data, settings.memory_limit, settings.threads) == (Path("data"), "2GB", 2)


def test_every_setting_can_be_given_its_default_in_writing(file: Path) -> None:
    file.write_text("".join(f"{setting.name}: {setting.default}\n" for setting in SETTINGS))
    written = read_settings(file, {})
    file.write_text("")
    assert read_settings(file, {}) == written


def test_the_environment_goes_before_the_file_for_what_concerns_the_machine(file: Path) -> None:
    file.write_text("threads: 3\nzone: Europe/London\n")
    environment = {"TAILORBIRD_THREADS": "8", "TAILORBIRD_ZONE": "Asia/Tokyo"}
    settings = read_settings(file, environment)
    assert settings.threads == 8
    assert settings.zone.key == "Europe/London"


def test_sites_and_fields_are_listed_with_commas_between(file: Path) -> None:
    file.write_text("origins: https://a.example, http://[::1]:3000\npush_fields: persona,scores.x")
    settings = read_settings(file, {})
    assert settings.origins == ("https://a.example", "http://[::1]:3000")
    assert settings.push_fields == ("persona", "scores.x")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("zone: Mars/Olympus", "tailorbird.yaml:1:7: `zone` takes an IANA zone"),
        ("session_gap: -5m", "`session_gap` takes a duration such as 30m, not '-5m'"),
        ("session_gap: half an hour", "`session_gap` takes a duration"),
        ("memory_limit: 2", "`memory_limit` takes a size such as 512MB"),
        ("threads: 0", "`threads` takes a count from 1 to 256"),
        ("threads: 99999999999999999999", "`threads` takes a count"),
        ("zome: UTC", "did you mean 'zone'?"),
        ("zone: [UTC]", "tailorbird.yaml:1:7: "),
        ("zone: UTC\nzone: UTC", "'zone' is said twice"),
        ("origins: https://shop.example/", "`origins` takes addresses of sites such as"),
        ("origins: '*'", "`origins` takes addresses of sites"),
        ("push_fields: persona, traits", "`push_fields` takes persona, segments, segments.NAME"),
        ("- zone", "tailorbird.yaml:1:1: "),
        ("zone: 'UTC", "this is no YAML"),
    ],
)
def test_a_setting_that_cannot_be_read_is_told_with_its_place(
    file: Path, text: str, told: str
) -> None:
    file.write_text(text)
    with pytest.raises(DefinitionError) as caught:
        read_settings(file, {})
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("zoen: UTC\nthread: 2\n", [1, 2]), ("zone: Mars\nthreads: 0\nsession_gap: x\n", [1, 3, 2])],
)
def test_all_faults_of_the_settings_are_told_at_once(
    file: Path, text: str, lines: list[int]
) -> None:
    file.write_text(text)
    with pytest.raises(DefinitionError) as caught:
        read_settings(file, {})
    assert [problem.place.line for problem in caught.value.problems] == lines


def test_settings_that_are_no_text_are_named(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"tailorbird\.yaml cannot be read"):
        read_settings(file, {})


def test_the_gap_of_sessions_is_a_length_of_time(file: Path) -> None:
    file.write_text("session_gap: 45m\n")
    assert read_settings(file, {}).session_gap_us == 45 * MINUTE
