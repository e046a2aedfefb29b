"""A picture of one point, whose address says what happened: for mails, where no program runs.

The address is signed with the digest of a write key's secret, so it can be made without asking the
server, and shows no key: ``/v1/pixel.gif?k=ID&d=MESSAGE&s=SIGNATURE``.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Final

from tailorbird.edges.sources.wire_json import body_of, object_of, read_packed
from tailorbird.events.wire import Body
from tailorbird.governance.api_keys import ApiKey, signature_of
from tailorbird.kernel.values import write_json
from tailorbird.ports.dialects import Dialect, Endpoint, Reply, Results, Sent, Signed

GIF: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""One point that is not seen."""
PATH: Final = "/v1/pixel.gif"


def address_of(message: dict[str, object], key: ApiKey) -> str:
    """The path and query of a picture that says a message whenever it is looked at.

    With a ``messageId`` it counts once, without one each time.
    """
    said = urlsafe_b64encode(write_json(message).encode()).decode().rstrip("=")
    return f"{PATH}?k={key.id}&d={said}&s={signature_of(said.encode(), key)}"


def _read(sent: Sent) -> Body:
    told = object_of(read_packed(sent.query.get("d", ""), "`d`"), "`d`")
    return body_of([{"type": "track", **told}])


def _signed(sent: Sent) -> Signed:
    query = sent.query
    return Signed(query.get("k", ""), query.get("d", "").encode(), query.get("s", ""))


def picture(sent: Sent, told: Results) -> Reply:
    """The answer of an address that is shown as a picture."""
    return Reply(GIF, 200, "image/gif", ((b"cache-control", b"no-store"),))


DIALECT: Final = Dialect(
    "pixel",
    "pictures in mails",
    (
        Endpoint(
            "GET",
            PATH,
            "send_pixel",
            "Say by a picture what its signed address says; `tailorbird pixel` makes one.",
            _read,
            picture,
            signed=_signed,
            takes=None,
            gives=bytes,
            kind="image/gif",
        ),
    ),
)
