"""A link signs one browser in, once and for a while."""

from __future__ import annotations

from itertools import count

import pytest

from tailorbird.kernel import limits
from tailorbird.kernel.instants import HOUR, MINUTE
from tailorbird.server.sign_in import SignIn


class Door(SignIn):
    def __init__(self) -> None:
        self.now_us = 10**15
        numbers = count(1)
        super().__init__(lambda: self.now_us, lambda size: next(numbers).to_bytes(size, "big"))

    def entered(self) -> str:
        session = self.enter(self.link())
        assert session is not None
        return session


def test_a_link_is_good_once() -> None:
    door = Door()
    link = door.link()
    assert door.enter(link) is not None
    assert door.enter(link) is None


@pytest.mark.parametrize(("minutes", "is_good"), [(0.999, True), (1, False)])
def test_a_link_is_good_for_minutes(minutes: float, is_good: bool) -> None:
    door = Door()
    link = door.link()
    door.now_us += int(minutes * limits.SIGN_IN_MINUTES * MINUTE)
    assert (door.enter(link) is not None) is is_good


@pytest.mark.parametrize("text", ["", "0" * 64, "0" * 65, "\udc80" * 64])
def test_what_is_no_link_opens_nothing(text: str) -> None:
    door = Door()
    door.link()
    assert door.enter(text) is None and door.find(text) is None


def test_a_session_is_good_for_hours_and_until_it_is_left() -> None:
    door = Door()
    session = door.entered()
    door.now_us += limits.SESSION_HOURS * HOUR - 1
    found = door.find(session)
    assert found is not None and found.key.may("admin")
    door.now_us += 1
    assert door.find(session) is None
    other = door.entered()
    door.leave(other)
    door.leave(None)
    assert door.find(other) is None


def test_a_link_is_no_session_and_a_session_no_link() -> None:
    door = Door()
    link = door.link()
    assert door.find(link) is None
    session = door.enter(link)
    assert session != link and door.enter(session or "") is None


def test_links_and_sessions_are_bounded_and_the_oldest_go() -> None:
    door = Door()
    links = [door.link() for _ in range(limits.SIGN_IN_LINKS + 1)]
    assert door.enter(links[0]) is None
    assert door.enter(links[1]) is not None
    sessions = [door.entered() for _ in range(limits.SESSIONS + 1)]
    assert door.find(sessions[0]) is None
    assert door.find(sessions[1]) is not None


def test_neither_links_nor_sessions_are_held_as_they_are_said() -> None:
    door = Door()
    link = door.link()
    session = door.enter(link) or ""
    for secret in (link, session):
        assert secret not in repr(vars(door)) and bytes.fromhex(secret) not in door._sessions
