"""Ctrl-C is heard where it is asked for, and at the end, and otherwise as before."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from threading import Thread

import pytest

from tailorbird.edges.interrupts import interrupts_held


@pytest.fixture(autouse=True)
def _as_at_a_terminal() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_it_is_heard_where_it_is_asked_for_and_no_sooner() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), interrupts_held() as raise_if_heard:
        raise_if_heard()
        signal.raise_signal(signal.SIGINT)
        reached.append("behind it")
        raise_if_heard()
        reached.append("too far")
    assert reached == ["behind it"]


def test_it_is_heard_at_the_end_at_the_latest_and_then_as_before() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_held():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_within_is_told_as_it_is() -> None:
    with pytest.raises(ValueError, match="within"), interrupts_held():
        raise ValueError("within")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_ignores_it_goes_on_ignoring_it() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_held() as raise_if_heard:
        signal.raise_signal(signal.SIGINT)
        raise_if_heard()


def test_another_thread_changes_nothing() -> None:
    found = []

    def hold() -> None:
        with interrupts_held():
            found.append(signal.getsignal(signal.SIGINT))

    thread = Thread(target=hold)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
