"""What people said about purposes: each ``$consent`` fact about one is a grant or a denial."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tailorbird.kernel.facts import CONSENT, VERDICT, WORKSPACE, Fact
from tailorbird.kernel.instants import parse_instant, zone

_EARLIEST: Final = "Pacific/Kiritimati"
"""Where each day begins first: a consent that ends on a date ends nowhere later than there."""


class Statement(NamedTuple):
    """Somebody granted or denied a purpose."""

    subject: Any
    """The identifier under which she did, or what stands for it."""
    purpose: str
    time_us: int
    granted: bool
    until_us: int | None
    """A grant is over from here on; None: it lasts."""
    position: int
    """Where in the log it is: what was known of her by then tells for whom a grant speaks."""
    id: Any
    """The message id of the fact, or what stands for it."""


class BotVerdict(NamedTuple):
    """A fact was found to be a program's doing, or not after all."""

    message: Any
    is_bot: bool
    time_us: int


def statement_of(fact: Fact) -> Statement | None:
    """What a fact says about a purpose; None when it says nothing of any.

    Only a clear yes is a grant: ``granted`` is true, and ``expires``, where it is said, an instant.

    >>> said = {"purpose": "ads", "granted": "yes"}
    >>> statement_of(Fact("ann", 1, "m", "$consent", said, {}, False, True, "", 0, 1)).granted
    False
    """
    purpose = fact.properties.get("purpose") if fact.name == CONSENT else None
    if not isinstance(purpose, str) or fact.subject == WORKSPACE:
        return None
    granted = fact.properties.get("granted") is True
    until_us = None
    expires = fact.properties.get("expires")
    if expires is not None:
        until_us = parse_instant(expires, zone(_EARLIEST)) if isinstance(expires, str) else None
        granted = granted and until_us is not None
    return Statement(fact.subject, purpose, fact.time_us, granted, until_us, fact.position, fact.id)


def verdict_of(fact: Fact) -> BotVerdict | None:
    """What a fact says about another fact being a program's; None when it says nothing of that."""
    message = fact.properties.get("message_id") if fact.name == VERDICT else None
    if not isinstance(message, str):
        return None
    return BotVerdict(message, fact.properties.get("bot") is True, fact.time_us)
