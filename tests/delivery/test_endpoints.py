from __future__ import annotations

import pytest

from tailorbird.delivery.endpoints import USUAL_CAUSES, Endpoint, checked_url
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.values import MISSING
from tailorbird.language.definitions import PERSONAS
from tailorbird.segments.membership import Turned

ENDPOINT = Endpoint(
    "e1", "https://a.example", ("segment.entered", "persona.changed"), ("vip",), USUAL_CAUSES, 0
)
ENTERED = Turned("ann", ("segment", "vip"), True, 5, 2, "event", 1)


def test_an_endpoint_is_told_what_it_chose() -> None:
    assert ENDPOINT.wants(ENTERED)
    assert ENDPOINT.wants(Turned("ann", PERSONAS, MISSING, 5, 2, "time", 1))
    assert not ENDPOINT.wants(ENTERED._replace(value=False))
    assert not ENDPOINT.wants(ENTERED._replace(key=("segment", "buyers")))
    assert ENDPOINT._replace(segments=()).wants(ENTERED._replace(key=("segment", "buyers")))


def test_nobody_enters_by_another_definition_unless_asked() -> None:
    assert not ENDPOINT.wants(ENTERED._replace(cause="definition"))
    assert not ENDPOINT.wants(ENTERED._replace(cause="erasure"))
    assert ENDPOINT._replace(causes=("definition",)).wants(ENTERED._replace(cause="definition"))


def test_a_disabled_endpoint_wants_nothing_at_all() -> None:
    assert not ENDPOINT._replace(disabled_us=5).wants(ENTERED)


@pytest.mark.parametrize(
    "url",
    [
        "crm.example.com/hooks",
        "ftp://crm.example.com",
        "https://",
        "https:///path",
        "https://user:secret@crm.example.com",
        "https://crm.example.com:99999/",
        "https://crm.example.com:0/",
        "https://crm.example.com/#part",
        "https://crm.example.com/a b",
        "https://crm.example.com/\r\nX-Header: 1",
        "https://crm.exämple.com",
        "https://[::1",
        "https://crm.example.com/" + "x" * 2_000,
    ],
)
def test_what_is_no_url_to_send_to_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        checked_url(url)
