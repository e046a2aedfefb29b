"""Which sites' pages may ask: those that the settings list, and only those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tailorbird.flow.viewing import PersonView
from tailorbird.governance.tickets import VISITOR_IDS, Ticket, is_visitor, may_follow
from tailorbird.language.text import is_found
from tailorbird.server.answers import Header, RefusedError


class Origins:
    """The listed sites.

    >>> Origins(["https://shop.example"]).of({b"origin": b"https://shop.example"})
    'https://shop.example'
    """

    def __init__(self, listed: Sequence[str]) -> None:
        self._listed = frozenset(listed)

    def of(self, headers: Mapping[bytes, bytes]) -> str | None:
        """The site whose page asks; None when it is no page of another site.

        A browser always names another site's page, and a program may say what it likes: so this
        keeps pages away, and tickets and keys keep programs away. Raises `RefusedError`.
        """
        given = headers.get(b"origin")
        if given is None:
            return None
        origin = given.decode("latin-1")
        if origin not in self._listed:
            said = f"pages of {origin[:200]} may not ask; the setting origins lists who may"
            raise RefusedError(403, said)
        return origin


class PageRules(NamedTuple):
    """What pages may do."""

    secret: bytes
    """Seals tickets and signs visitors' ids."""
    origins: Origins
    fields: tuple[str, ...]
    """What of a visitor her page may see."""
    visitor_ids: str = VISITOR_IDS
    """A pattern: what the ids look like that pages give their visitors."""

    def may_follow(self, ticket: Ticket, view: PersonView) -> bool:
        """Whether the holder of a ticket may see somebody."""
        return may_follow(ticket, view.identifiers, view.users, self._is_visitors)

    def _is_visitors(self, identifier: str) -> bool:
        return is_visitor(self.secret, identifier) or is_found(
            f"^(?:{self.visitor_ids})$", identifier
        )


def cors(origin: str | None) -> tuple[Header, ...]:
    """The headers by which a browser lets a page of a site read an answer."""
    if origin is None:
        return ((b"vary", b"Origin"),)
    return ((b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin"))
