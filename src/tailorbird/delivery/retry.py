"""When a message is tried again: what an answer means, how long to wait, when to give up.

Waiting doubles from five seconds to an hour, a fifth more or less by chance, so that receivers
which come back are not met by everything at once. It goes on for four days: longer than a weekend.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Final, Literal, NamedTuple

from tailorbird.kernel import limits
from tailorbird.kernel.instants import DAY, HOUR, SECOND, from_datetime

FIRST_WAIT_US: Final = 5 * SECOND
LONGEST_WAIT_US: Final = HOUR
LONGEST_ASKED_US: Final = DAY
"""A receiver that asks to be left alone for longer is tried again after this."""
SPAN_US: Final = limits.MESSAGE_DAYS * DAY

Verdict = Literal["done", "again", "never", "gone"]
"""It has arrived; it may arrive later; this message never will; the whole endpoint is no more."""


class Outcome(NamedTuple):
    """What came of one try to send."""

    status: int | None
    """The status of the answer; None when there was none."""
    said: str
    """The same for people: nothing that the receiver wrote, and nothing about the person."""
    retry_after_us: int | None = None
    """How long the receiver asks to wait."""


def verdict(outcome: Outcome) -> Verdict:
    """What an outcome means for the message.

    Only an answer that the message's size or content will never do is final. Everything else may
    be a receiver that is being set up, moved or repaired: 400, 401 and 404 are among the answers
    of one that has not learnt its new secret or path yet. Redirects are not followed.

    >>> [verdict(Outcome(status, "")) for status in (204, 503, None, 404, 422, 410)]
    ['done', 'again', 'again', 'again', 'never', 'gone']
    """
    status = outcome.status
    if status is not None and 200 <= status < 300:
        return "done"
    if status == 410:
        return "gone"
    return "never" if status in (413, 415, 422) else "again"


def wait_us(tries: int, chance: float, asked_us: int | None = None) -> int:
    """How long to wait after so many tries; ``chance`` is from 0 up to 1.

    >>> [wait_us(n, 0.5) // SECOND for n in (1, 2, 3, 10, 11, 99)]
    [5, 10, 20, 2560, 3600, 3600]
    >>> wait_us(1, 0.5, asked_us=60 * SECOND) // SECOND
    60
    """
    assert tries >= 1
    doubled = FIRST_WAIT_US << min(tries - 1, 20)
    usual = int(min(doubled, LONGEST_WAIT_US) * (0.8 + 0.4 * chance))
    return max(usual, min(asked_us or 0, LONGEST_ASKED_US))


def gives_up(tries: int, first_us: int, now_us: int) -> bool:
    """Whether a message that was first tried at an instant has had all its tries."""
    return tries >= limits.MESSAGE_TRIES or now_us - first_us >= SPAN_US


def retry_after_us(text: str | None, now_us: int) -> int | None:
    """What a header ``Retry-After`` asks for: whole seconds, or a date.

    >>> retry_after_us("120", 0), retry_after_us("Thu, 01 Jan 1970 00:01:00 GMT", 0)
    (120000000, 60000000)
    >>> retry_after_us("soon", 0), retry_after_us("-1", 0), retry_after_us(None, 0)
    (None, None, None)
    >>> retry_after_us("Thu, 01 Jan 1970 00:01:00 +99999999999999", 0)
    """
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]) * SECOND, LONGEST_ASKED_US)
    try:
        at = parsedate_to_datetime(text)
        return None if at.tzinfo is None else _within(from_datetime(at) - now_us)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def _within(length_us: int) -> int:
    return min(max(length_us, 0), LONGEST_ASKED_US)
