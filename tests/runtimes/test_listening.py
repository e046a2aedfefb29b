"""Where a server may listen, and that it says so when it does."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from tests.certificates import self_signed
from tests.patience import PATIENCE_S
from tests.served import COMMAND, free_port, run
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.listening import Tls, take_address


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return Tls(*self_signed(tmp_path_factory.mktemp("tls")))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    run(tmp_path, "init", "shop")
    return tmp_path / "shop"


@contextmanager
def served(shop: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A server that has said where it listens; in a group of processes of its own."""
    process = subprocess.Popen(
        [*COMMAND, "serve", *words],
        cwd=shop,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        while not (line := process.stdout.readline()).startswith("listening on "):
            assert line, "it ended"
        yield process
    finally:
        process.kill()
        process.communicate()


def refused(host: str, port: int = 0, tls: Tls | None = None) -> str:
    with pytest.raises(InputError) as told:
        take_address(host, port, tls, proxied=True)
    return str(told.value)


def test_only_addresses_of_this_machine_are_taken_without_tls_or_a_proxy() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        taken = take_address(host, free_port(), None, proxied=False)
        for one in taken.sockets:
            one.close()
        assert taken.url.startswith("http://")
    for host in ("0.0.0.0", "::", "192.0.2.1", "shop.example"):
        with pytest.raises(InputError, match="--behind-proxy"):
            take_address(host, 0, None, proxied=False)


def test_an_address_of_version_6_stands_in_brackets() -> None:
    port = free_port()
    taken = take_address("::1", port, None, proxied=False)
    taken.sockets[0].close()
    assert taken.url == f"http://[::1]:{port}"


def test_a_link_for_a_browser_names_an_address_that_it_can_open() -> None:
    for host, named in (("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("127.0.0.1", "127.0.0.1")):
        port = free_port()
        taken = take_address(host, port, None, proxied=True)
        for one in taken.sockets:
            one.close()
        assert taken.console_link("t") == f"http://{named}:{port}/console/enter#t"
        assert taken.url == f"http://{f'[{host}]' if ':' in host else host}:{port}"


def test_what_cannot_be_listened_on_is_told(tmp_path: Path) -> None:
    assert refused("192.0.2.1") == "192.0.2.1 is no address of this machine"
    assert "no address of this machine" in refused("shop.invalid")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"port {port} of localhost is taken by another program" in refused("localhost", port)


def test_a_certificate_that_cannot_be_used_is_told(tls: Tls, tmp_path: Path) -> None:
    other = Tls(*self_signed(tmp_path))
    assert "the key is of another certificate" in refused("::1", 0, Tls(tls.certificate, other.key))
    locked = tmp_path / "locked.key"
    command = ["openssl", "rsa", "-aes256", "-passout", "pass:1234", "-in", str(tls.key)]
    subprocess.run([*command, "-out", str(locked)], check=True, capture_output=True)
    assert "has a password" in refused("::1", 0, Tls(tls.certificate, locked))
    text = tmp_path / "text"
    text.write_text("no certificate")
    assert "cannot be used" in refused("::1", 0, Tls(text, tls.key))
    assert "there is no file" in refused("::1", 0, Tls(tmp_path / "none", tls.key))


def test_a_taken_port_is_told_before_anything_is_written(shop: Path) -> None:
    before = sorted(shop.rglob("*"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        told = run(shop, "serve", "--port", port, code=2)
    assert told == (
        f"error: port {port} of 127.0.0.1 is taken by another program; end that one, or say "
        "another port: --port\n"
    )
    assert sorted(shop.rglob("*")) == before


def test_it_says_that_it_listens_when_it_does(shop: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/health"
    with served(shop, "--port", str(port)):
        opened = urlopen(url, timeout=PATIENCE_S)  # at the first try
    with opened as told:
        assert told.status == 200


def test_a_second_server_of_a_project_is_told_which_process_has_it(shop: Path) -> None:
    with served(shop, "--port", str(free_port())) as first:
        told = run(shop, "serve", "--port", str(free_port()), code=2)
    assert f"in use by process {first.pid}" in told and "listening" not in told


def test_requests_and_sockets_go_over_tls(shop: Path, tls: Tls) -> None:
    key = json.loads(run(shop, "keys", "create", "web", "--json"))["key"]
    port = free_port()
    words = ["--host", "0.0.0.0", "--port", str(port), "--tls-cert", str(tls.certificate)]
    trusting = ssl.create_default_context(cafile=str(tls.certificate))
    with served(shop, *words, "--tls-key", str(tls.key)):
        said = {"userId": "ann", "event": "Seen", "writeKey": key}
        asked = Request(f"https://localhost:{port}/v1/track", json.dumps(said).encode())
        with urlopen(asked, timeout=PATIENCE_S, context=trusting) as told:
            assert json.load(told)["success"] is True
        with pytest.raises(InvalidStatus) as refusal:
            connect(f"wss://localhost:{port}/updates?x=1", ssl=trusting, open_timeout=PATIENCE_S)
        assert refusal.value.response.status_code == 400
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain:
            plain.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"200" not in plain.recv(1_000)


def test_behind_a_proxy_it_may_be_reached_by_others(shop: Path) -> None:
    port = free_port()
    with served(shop, "--host", "0.0.0.0", "--port", str(port), "--behind-proxy"):
        said = {"x-forwarded-for": "192.0.2.7, junk", "x-forwarded-proto": "https"}
        asked = Request(f"http://127.0.0.1:{port}/health", headers=said)
        with urlopen(asked, timeout=PATIENCE_S) as told:
            assert told.status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_when_all_its_processes_are_asked_to(
    shop: Path, number: signal.Signals
) -> None:
    port = free_port()
    with served(shop, "--port", str(port)) as process:
        os.killpg(process.pid, number)  # as Ctrl-C in a terminal, or the stop of a unit, does
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    assert not (shop / "data" / "server.sock").exists()
