"""A message's states from the commit that made it until it has arrived or was given up.

    pending -> claimed -> sent
                       -> failed -> claimed ...
                       -> dead   -> pending (sent again by hand)

A message is claimed, on the disk, before it is sent, and what came of it is noted afterwards. Who
dies in between leaves it claimed: then nobody knows whether it arrived. It is sent again under the
same id, by which the receiver can tell.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

from tailorbird.delivery.retry import Outcome, gives_up, verdict, wait_us

State = Literal["pending", "claimed", "sent", "failed", "dead"]
STATES: Final[tuple[State, ...]] = get_args(State)
OPEN: Final[tuple[State, ...]] = ("pending", "claimed", "failed")
UNKNOWN: Final = "the server ended while it was being sent; it may have arrived"


class Message(NamedTuple):
    """Something to tell one endpoint about one person."""

    id: str
    """The same at every try: by it the receiver drops doubles."""
    endpoint: str
    subject: str
    """Messages about one person go out one after the other."""
    event: str
    body: bytes
    state: State = "pending"
    tries: int = 0
    first_us: int = 0
    """When it was first tried; 0 before that."""
    due_us: int = 0
    """It is not tried before."""
    told: str = ""
    """What came of the last try."""
    purposes: str = ""
    """What the definitions that it tells of are for, with blanks between; empty: for anything."""
    about: str = ""
    """The segment; empty for a persona."""
    is_exit: bool = False
    """Whether it says that she is gone from there."""
    is_sealed: bool = False
    """Whether ``subject`` is a hash and ``body`` is sealed."""

    @property
    def needed(self) -> list[str]:
        """The purposes for which data about the person must be allowed to be used."""
        return self.purposes.split()


def claimed(message: Message, now_us: int) -> Message:
    """A message that is about to be sent.

    >>> claimed(Message("msg_1", "e", "ann", "segment.left", b"{}"), 7).tries
    1
    """
    assert message.state in ("pending", "failed") and message.due_us <= now_us, message.state
    return message._replace(
        state="claimed", tries=message.tries + 1, first_us=message.first_us or now_us
    )


def tried(message: Message, outcome: Outcome, now_us: int, chance: float) -> Message:
    """A message after a try: sent, to be tried again, or given up."""
    assert message.state == "claimed", message.state
    message = message._replace(told=outcome.said)
    meaning = verdict(outcome)
    if meaning == "done":
        return message._replace(state="sent")
    if meaning != "again" or gives_up(message.tries, message.first_us, now_us):
        return message._replace(state="dead")
    due_us = now_us + wait_us(message.tries, chance, outcome.retry_after_us)
    return message._replace(state="failed", due_us=due_us)


def interrupted(message: Message) -> Message:
    """A message that was claimed by a process which is gone: to be sent again, at once."""
    assert message.state == "claimed", message.state
    return message._replace(state="failed", due_us=0, told=UNKNOWN)


def given_up(message: Message, why: str) -> Message:
    """A message that waits for an endpoint to which nothing is sent any more."""
    assert message.state in ("pending", "failed"), message.state
    return message._replace(state="dead", told=message.told or why)


def revived(message: Message) -> Message:
    """A message that was given up, to be sent after all: under its id, with all tries anew."""
    assert message.state == "dead", message.state
    return message._replace(state="pending", tries=0, first_us=0, due_us=0)
