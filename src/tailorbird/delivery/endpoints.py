"""Endpoints of webhooks: other systems' addresses, and what each of them wants to be told."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.language.definitions import PERSONAS
from tailorbird.segments.membership import Cause, Turned

Event = Literal["segment.entered", "segment.left", "persona.changed"]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
USUAL_CAUSES: Final[tuple[Cause, ...]] = ("event", "time", "merge", "late")
"""What people do and the passing of time; another definition of a segment makes nobody enter it."""


class Endpoint(NamedTuple):
    """Who is told what, and whether it is."""

    id: str
    url: str
    events: tuple[Event, ...]
    segments: tuple[str, ...]
    """Those that it is told about; empty for all."""
    causes: tuple[Cause, ...]
    created_us: int
    disabled_us: int | None = None
    reason: str = ""
    """Why it was disabled."""

    @property
    def is_enabled(self) -> bool:
        """Whether anything is sent to it."""
        return self.disabled_us is None

    def wants(self, entry: Turned) -> bool:
        """Whether it is to be told of an entry of the record."""
        return (
            self.is_enabled
            and entry.cause in self.causes
            and event_of(entry) in self.events
            and (entry.key == PERSONAS or not self.segments or entry.key[1] in self.segments)
        )


class SealedSecret(NamedTuple):
    """A secret that signs messages, as it is stored."""

    sealed: bytes
    created_us: int
    expires_us: int | None = None
    """When it is over: it was replaced, and the receiver needs a while to learn the new one."""


def event_of(entry: Turned) -> Event:
    """What an entry of the record is called in a message."""
    if entry.key == PERSONAS:
        return "persona.changed"
    return "segment.entered" if entry.value else "segment.left"


def checked_url(url: str) -> str:
    """The URL, if messages can be sent there; raises `InputError` that says why not.

    >>> checked_url("https://crm.example.com/hooks?shop=7")
    'https://crm.example.com/hooks?shop=7'
    """
    if len(url) > limits.URL_CHARACTERS:
        raise InputError(f"a URL has at most {limits.URL_CHARACTERS:,} characters")
    if not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        raise InputError(f"{url!r} is no URL: it takes printable ASCII without spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise InputError(f"{url!r} is no URL to send to; write https://HOST/PATH")
    if parts.username is not None or parts.password is not None:
        raise InputError(
            "a URL with a name and password in it is refused: they would be shown and logged; "
            "every message is signed, so the receiver can do without"
        )
    if parts.fragment:
        raise InputError(f"{url!r} has a part behind #, which is never sent; leave it out")
    return url
