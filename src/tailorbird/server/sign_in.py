"""Who is signed in to the console: browsers that were opened by a one-time link.

A link is good once and for minutes; a session is good for hours and until the server ends. Both are
256 random bits, of which only hashes are held, in memory. Threads may share it.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import Final, NamedTuple

from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits
from tailorbird.kernel.instants import HOUR, MINUTE

_SECRET_BYTES: Final = 32
_TEXT_CHARACTERS: Final = 2 * _SECRET_BYTES
_NAME: Final = "console"


class Session(NamedTuple):
    """A browser that is signed in."""

    key: ApiKey
    """As what it counts where a key is asked for."""
    ends_us: int


class SignIn:
    """Makes links, and sessions of them.

    >>> door = SignIn(lambda: 0, lambda count: bytes(count))
    >>> session = door.enter(door.link()) or ""
    >>> door.find(session).key.scope
    'admin'
    """

    def __init__(self, now_us: Callable[[], int], random_bytes: Callable[[int], bytes]) -> None:
        self._now_us = now_us
        self._random_bytes = random_bytes
        self._lock = Lock()
        self._links: dict[bytes, int] = {}
        """By hash, when each ends; in the order in which they were made."""
        self._sessions: dict[bytes, Session] = {}

    def link(self) -> str:
        """What a new link says; nobody can be told it again."""
        text = self._random_bytes(_SECRET_BYTES).hex()
        with self._lock:
            self._tidy()
            while len(self._links) >= limits.SIGN_IN_LINKS:
                self._links.pop(next(iter(self._links)))
            self._links[_digest(text)] = self._now_us() + limits.SIGN_IN_MINUTES * MINUTE
        return text

    def enter(self, link: str) -> str | None:
        """The text of a new session for a link that is good, which it is no more then."""
        if len(link) != _TEXT_CHARACTERS:
            return None
        now_us, text = self._now_us(), self._random_bytes(_SECRET_BYTES).hex()
        with self._lock:
            self._tidy()
            if self._links.pop(_digest(link), None) is None:
                return None
            while len(self._sessions) >= limits.SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            key = ApiKey(_NAME, "admin", _NAME, b"", now_us)
            ends_us = now_us + limits.SESSION_HOURS * HOUR
            self._sessions[_digest(text)] = Session(key, ends_us)
        return text

    def find(self, text: str | None) -> Session | None:
        """The session with a text, unless there is none or it is over."""
        if text is None or len(text) != _TEXT_CHARACTERS:
            return None
        found = self._sessions.get(_digest(text))
        return found if found is not None and found.ends_us > self._now_us() else None

    def leave(self, text: str | None) -> None:
        """End a session."""
        if text is not None:
            with self._lock:
                self._sessions.pop(_digest(text), None)

    def _tidy(self) -> None:
        now_us = self._now_us()
        self._links = {one: ends for one, ends in self._links.items() if ends > now_us}
        self._sessions = {
            one: found for one, found in self._sessions.items() if found.ends_us > now_us
        }


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
