"""A receiver of webhooks that believes nothing it cannot verify: ``receiver.py PORT SECRET``.

What it does is what every receiver has to do, with nothing but Python's own library.
"""

from __future__ import annotations

import hmac
import json
import sys
import time
from base64 import b64decode, b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

TOLERANCE_S = 300
"""A message that was sent longer ago may be one that somebody recorded and sends again."""
BODY_BYTES = 20_000


def is_genuine(headers: dict[str, str], body: bytes, secret: str, now_s: float) -> bool:
    """Whether a message was signed with the secret, a moment ago."""
    id_, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(now_s - int(timestamp)) > TOLERANCE_S:
        return False
    key = b64decode(secret.removeprefix("whsec_"))
    signed = f"{id_}.{timestamp}.".encode() + body
    right = "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one.encode(), right.encode()) for one in given)


class Receiver(BaseHTTPRequestHandler):
    """Verifies, drops doubles, prints. A real one stores ids where they outlive it."""

    secret = ""
    seen: ClassVar[set[str]] = set()

    def do_POST(self) -> None:
        """Take one message."""
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), BODY_BYTES))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not is_genuine(headers, body, self.secret, time.time()):
            self.send_error(401)
            return
        id_ = headers["webhook-id"]
        if id_ not in self.seen:
            said = json.loads(body)
            print(said["type"], said["timestamp"], json.dumps(said["data"]), flush=True)
            self.seen.add(id_)
        self.send_response(204)
        self.end_headers()


def main() -> None:
    """Receive until Ctrl-C."""
    port, Receiver.secret = int(sys.argv[1]), sys.argv[2]
    HTTPServer(("127.0.0.1", port), Receiver).serve_forever()


if __name__ == "__main__":
    main()
