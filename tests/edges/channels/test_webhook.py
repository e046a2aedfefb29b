"""Messages over real sockets: what arrives, what every kind of bad answer comes to, and SSRF."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from tests.certificates import Signed, self_signed
from tests.patience import PATIENCE_S
from tests.receiving import Received, Receiver, Reply, receiver

from tailorbird.delivery.addresses import networks
from tailorbird.delivery.endpoints import EVENTS, USUAL_CAUSES, Endpoint
from tailorbird.delivery.outbox import Message
from tailorbird.delivery.retry import Outcome
from tailorbird.delivery.signing import secret_text
from tailorbird.edges.channels.webhook import WebhookChannel
from tailorbird.kernel.instants import SECOND
from tailorbird.kernel.limits import ANSWER_BYTES

SECRET = bytes(range(32))
NOW_US = 1_700_000_000 * SECOND
LOCAL = networks("127.0.0.1, ::1")
MESSAGE = Message("msg_1", "e1", "ann", "segment.left", b'{"type":"segment.left"}')


@pytest.fixture
def crm() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def sent(url: str, *, times: int = 1, **options: Any) -> Outcome:
    endpoint = Endpoint("e1", url, EVENTS, (), USUAL_CAUSES, 0)
    options.setdefault("allowed", LOCAL)

    async def send() -> Outcome:
        channel = WebhookChannel(lambda: NOW_US, **options)
        try:
            for _ in range(times):
                outcome = await channel.send(endpoint, [SECRET], MESSAGE)
            return outcome
        finally:
            await channel.close()

    return asyncio.run(send())


def test_a_message_is_posted_whole_and_signed(crm: Receiver) -> None:
    assert sent(crm.url + "?shop=7") == Outcome(204, "answered 204")
    (told,) = crm.received
    assert (told.path, told.body) == ("/hooks?shop=7", MESSAGE.body)
    assert told.headers["content-type"] == "application/json"
    assert told.headers["host"] == crm.url.split("/")[2]
    assert told.headers["webhook-timestamp"] == str(NOW_US // SECOND)
    hook = Webhook(secret_text(SECRET))
    assert hook.sign("msg_1", _moment(), MESSAGE.body.decode()) == told.headers["webhook-signature"]


def _moment() -> datetime:
    return datetime.fromtimestamp(NOW_US // SECOND, tz=UTC)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(crm: Receiver, status: int) -> None:
    crm.answers = lambda _: Reply(status, (("location", crm.url + "/elsewhere"),))
    assert sent(crm.url) == Outcome(status, f"answered {status}")
    assert [one.path for one in crm.received] == ["/hooks"]


def test_how_long_to_wait_is_read_from_the_answer(crm: Receiver) -> None:
    crm.answers = lambda _: Reply(503, (("Retry-After", "120"),))
    assert sent(crm.url).retry_after_us == 120 * SECOND


def test_a_long_answer_is_cut_off_and_the_status_counts(crm: Receiver) -> None:
    crm.answers = lambda _: Reply(200, body=b"x" * (ANSWER_BYTES * 50))
    assert sent(crm.url, times=2).status == 200


def test_connections_are_used_again(crm: Receiver) -> None:
    assert sent(crm.url, times=5).status == 204
    assert len(crm.received) == 5


def test_no_answer_is_an_outcome_too(crm: Receiver) -> None:
    crm.answers = lambda _: Reply(waits=threading.Event())
    assert sent(crm.url, timeout_s=0.3) == Outcome(None, "no answer within 0.3 s")

    def breaks(_: Received) -> Reply:
        raise ConnectionError

    crm.answers = breaks
    assert sent(crm.url).said == "the connection ended without an answer in HTTP"


def test_an_answer_that_drips_for_ever_is_given_up() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def drip() -> None:
            link, _ = listening.accept()
            with link:
                link.sendall(b"HTTP/1.1 200 OK\r\n")
                try:
                    while not ended.wait(0.02):
                        link.sendall(b"x")
                except OSError:
                    pass

        ended = threading.Event()
        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        assert sent(url, timeout_s=0.5) == Outcome(None, "no answer within 0.5 s")
        ended.set()
        thread.join()


def test_what_is_not_http_is_told_as_such() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def answer() -> None:
            link, _ = listening.accept()
            with link:
                link.recv(65_536)
                link.sendall(b"220 mail.example.com ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        found = sent(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        thread.join()
        assert found == Outcome(None, "the connection ended without an answer in HTTP")


def test_nobody_there_is_told_with_the_reason() -> None:
    with socket.socket() as held:  # nobody else is given the port, and nobody listens there
        held.bind(("127.0.0.1", 0))
        assert sent(f"http://127.0.0.1:{held.getsockname()[1]}/").said == "it refuses connections"
    found = sent(
        "https://nobody.invalid/", timeout_s=PATIENCE_S
    )  # names may be looked for for long
    assert found.said == "the name cannot be resolved"


# Where messages may not go


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:7f00:1]"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_connects_inside_unless_it_is_allowed(scheme: str, host: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(0.05)
        port = listening.getsockname()[1]
        found = sent(f"{scheme}://{host}:{port}/", allowed=())
        assert found.status is None and "webhook_networks" in found.said
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolved = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 443)) for a in ("8.8.8.8", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: resolved)
    assert "not public" in sent("https://rebinding.example/", allowed=()).said


def test_a_name_is_resolved_once_and_the_address_that_was_looked_at_is_asked(
    crm: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(crm.url.split(":")[2].split("/")[0])
    asked: list[str] = []

    def resolve(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        address = "127.0.0.1" if host in ("rebinding.example", "127.0.0.1") else "10.9.9.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert sent(f"http://rebinding.example:{port}/").status == 204
    assert asked.count("rebinding.example") == 1


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """One for localhost, that nobody has vouched for."""
    return self_signed(tmp_path_factory.mktemp("tls"), "DNS:localhost")


@pytest.fixture
def secure(certificate: Signed) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with receiver(context) as made:
        yield made


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Receiver) -> None:
    assert "certificate is not valid" in sent(secure.url.replace("127.0.0.1", "localhost")).said
    assert secure.received == []


def test_a_certificate_is_checked_against_the_name_and_not_the_address(
    secure: Receiver, certificate: Signed
) -> None:
    trusting = ssl.create_default_context(cafile=certificate.certificate)
    assert sent(secure.url.replace("127.0.0.1", "localhost"), tls=trusting).status == 204
    assert "certificate is not valid" in sent(secure.url, tls=trusting).said
    assert len(secure.received) == 1
