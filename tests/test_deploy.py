"""The files of `deploy` name what there is: commands, settings, routes, limits, files."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docs import command_tables
from tests.certificates import self_signed

from tailorbird.kernel import limits
from tailorbird.runtimes.routes import all_routes
from tailorbird.runtimes.settings import SETTINGS

HOUSE = Path(__file__).resolve().parent.parent
DEPLOY = HOUSE / "deploy"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(DEPLOY.iterdir())}
FOLDER = "/var/lib/tailorbird"
PROGRAM = "/opt/tailorbird/bin/tailorbird"
Find = Callable[[str], str]


def called(name: str, *words: str) -> str:
    done = subprocess.run([name, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def lines_of(name: str, first: str) -> list[str]:
    """What stands behind a word at the beginning of lines, continued lines joined."""
    text = FILES[name].replace("\\\n", " ")
    return [line[len(first) :].strip() for line in text.splitlines() if line.startswith(first)]


def test_every_file_stands_on_the_page_about_them() -> None:
    page = (HOUSE / "docs" / "how-to" / "deploy.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"deploy/{name}" not in page] == []


def test_variables_are_those_of_settings_and_their_values_are_taken() -> None:
    known = {setting.variable: setting for setting in SETTINGS}
    found = re.findall(r"(TAILORBIRD_\w+)=(\S+)", "\n".join(FILES.values()))
    assert len(found) >= 3
    assert [name for name, value in found if known[name].read(value) is None] == []


@pytest.mark.parametrize(
    "words",
    [
        shlex.split(lines_of("tailorbird.service", "ExecStart=")[0])[1:],
        [
            word
            for first in ("ENTRYPOINT", "CMD")
            for word in re.findall(r'"(.*?)"', lines_of("Containerfile", first)[0])
        ][1:],
    ],
)
def test_what_is_started_is_a_command_with_its_options(words: list[str]) -> None:
    commands = {path[-1]: command for path, command in command_tables.commands() if len(path) == 2}
    known = {option for entry in commands[words[0]].params for option in entry.opts}
    assert set(words[1:]) <= known


def test_the_port_is_that_of_the_settings() -> None:
    port = next(setting.default for setting in SETTINGS if setting.name == "port")
    ports = re.findall(r"(?:127\.0\.0\.1:|EXPOSE )(\d+)", "\n".join(FILES.values()))
    assert len(ports) == 4
    assert set(ports) == {port}


def test_the_project_lies_where_it_outlives_the_program() -> None:
    assert lines_of("Containerfile", "VOLUME") == [FOLDER]
    assert FOLDER in lines_of("Containerfile", "WORKDIR")
    assert lines_of("tailorbird.service", "WorkingDirectory=") == [FOLDER]
    assert f"/var/lib/{lines_of('tailorbird.service', 'StateDirectory=')[0]}" == FOLDER


def test_nobody_is_root() -> None:
    assert lines_of("Containerfile", "USER") == lines_of("tailorbird.service", "User=")
    assert lines_of("tailorbird.service", "User=") == ["tailorbird"]
    assert lines_of("tailorbird.service", "CapabilityBoundingSet=") == [""]


def test_what_is_copied_into_the_container_is_there() -> None:
    copied = [
        source
        for line in lines_of("Containerfile", "COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
    ]
    assert "requirements.lock" in copied
    assert [source for source in copied if not (HOUSE / source).exists()] == []


def test_the_program_is_installed_where_it_is_started() -> None:
    assert lines_of("tailorbird.service", "ExecStart=")[0].split()[0] == PROGRAM
    assert f"{Path(PROGRAM).parent}/pip install" in FILES["Containerfile"]


def test_proxies_pass_on_what_streams_and_keep_what_is_for_watching() -> None:
    streams = {route.path for route in all_routes() if route.streams}
    found = re.search(r"location ~ \^/\(updates\S*?\)\$ \{(.*?)\}", FILES["nginx.conf"], re.DOTALL)
    assert found is not None
    assert "proxy_buffering off" in found[1] and "$http_upgrade" in found[1]
    passed = re.compile(re.findall(r"location ~ (\S+) \{", FILES["nginx.conf"])[0])
    assert [path for path in streams if not passed.match(path)] == []
    for path in ("/metrics", "/ready"):
        assert path in {route.path for route in all_routes()}
        assert path in FILES["Caddyfile"]
        assert re.search(rf"\^/\([a-z|]*{path[1:]}[a-z|]*\)\$", FILES["nginx.conf"])


def test_proxies_let_bodies_and_heads_through_that_the_server_takes() -> None:
    megabytes = limits.BODY_BYTES // 2**20
    assert f"client_max_body_size {megabytes}m;" in FILES["nginx.conf"]
    assert f"max_size {megabytes}MiB" in FILES["Caddyfile"]
    buffers = re.search(r"large_client_header_buffers (\d+) (\d+)k;", FILES["nginx.conf"])
    assert buffers is not None
    assert int(buffers[1]) * int(buffers[2]) * 1024 == limits.HEAD_BYTES


# Where the programs are there


def test_systemd_takes_the_unit(program: Find, tmp_path: Path) -> None:
    unit = tmp_path / "tailorbird.service"
    unit.write_text(FILES["tailorbird.service"].replace(PROGRAM, sys.executable))
    called(program("systemd-analyze"), "verify", str(unit))


def test_nginx_takes_its_file(program: Find, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    site, whole = tmp_path / "site.conf", tmp_path / "nginx.conf"
    text = FILES["nginx.conf"].replace("/etc/ssl/tailorbird/fullchain.pem", str(certificate))
    site.write_text(text.replace("/etc/ssl/tailorbird/privkey.pem", str(key)))
    whole.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ include {site}; }}\n")
    words = ("-e", "stderr", "-t", "-p", str(tmp_path), "-c", str(whole))
    assert "test is successful" in called(program("nginx"), *words)


def test_caddy_takes_its_file(program: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(DEPLOY / "Caddyfile")
    assert "Valid" in called(
        program("caddy"), "validate", "--adapter", "caddyfile", "--config", path
    )
