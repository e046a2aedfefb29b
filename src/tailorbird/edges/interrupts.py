"""Ctrl-C while an engine calls back into Python: no exception may arise in its frames."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_held() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back until the given function is called, or until the end.

    Elsewhere than in the main thread, and where Ctrl-C means something else, nothing changes.
    """
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    heard = threading.Event()

    def raise_if_heard() -> None:
        if heard.is_set():
            raise KeyboardInterrupt

    if not is_main or before is not signal.default_int_handler:
        yield raise_if_heard
        return
    signal.signal(signal.SIGINT, lambda *_: heard.set())
    try:
        yield raise_if_heard
    finally:
        signal.signal(signal.SIGINT, before)
    raise_if_heard()
