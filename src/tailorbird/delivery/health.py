"""How an endpoint is: while it fails it is asked now and then, with one message instead of many."""

from __future__ import annotations

from typing import Final, NamedTuple

from tailorbird.delivery.retry import Outcome, verdict, wait_us
from tailorbird.kernel import limits
from tailorbird.kernel.instants import DAY

TOLERATED: Final = 10
"""After so many failures in a row the endpoint itself is thought to be ill, not some messages."""
FORGOTTEN_US: Final = 2 * DAY
"""A failure so long after the last one begins a new row: nothing was tried in between."""


class Health(NamedTuple):
    """What is known of one endpoint."""

    sent: int = 0
    """Messages that have arrived."""
    sent_us: int = 0
    failures: int = 0
    """Tries that failed since the last that did not; those of one burst count once it is ill."""
    failing_since_us: int = 0
    failed_us: int = 0
    resume_us: int = 0
    """Nothing is sent before."""
    told: str = ""
    """What came of the last try that failed."""


def after(health: Health, outcome: Outcome, now_us: int, chance: float) -> Health:
    """The health after a try."""
    meaning = verdict(outcome)
    if meaning == "done":
        return Health(sent=health.sent + 1, sent_us=now_us, told=health.told)
    if meaning == "never":
        return Health(sent=health.sent, sent_us=health.sent_us, told=outcome.said)
    begins = not health.failures or now_us - health.failed_us > FORGOTTEN_US
    found = health._replace(
        failed_us=now_us,
        failing_since_us=now_us if begins else health.failing_since_us,
        told=outcome.said,
    )
    if now_us < health.resume_us:
        return found  # it was on its way when the endpoint was found ill
    failures = 1 if begins else health.failures + 1
    if outcome.status == 429 or outcome.retry_after_us is not None:
        failures = max(failures, TOLERATED)  # it says itself that it has had enough
    if failures < TOLERATED:
        return found._replace(failures=failures)
    waiting_us = wait_us(failures - TOLERATED + 1, chance, outcome.retry_after_us)
    return found._replace(failures=failures, resume_us=now_us + waiting_us)


def slots(health: Health, now_us: int) -> int:
    """How many messages may be on their way to an endpoint.

    >>> slots(Health(), 0), slots(Health(failures=TOLERATED, resume_us=5), 5)
    (16, 1)
    >>> slots(Health(failures=TOLERATED, resume_us=5), 4)
    0
    """
    if now_us < health.resume_us:
        return 0
    return 1 if health.failures >= TOLERATED else limits.ENDPOINT_SENDS


def is_given_up(health: Health, now_us: int) -> bool:
    """Whether an endpoint has taken nothing for so long that nothing more is made for it."""
    failing_us = now_us - health.failing_since_us
    return health.failures >= TOLERATED and failing_us >= limits.FAILING_DAYS * DAY
