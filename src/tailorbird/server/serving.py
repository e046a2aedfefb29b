"""What the parts of a server share."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from tailorbird.delivery.counts import Counts
from tailorbird.edges.local_socket import GoneError
from tailorbird.events.marking import Marking
from tailorbird.flow.advance import Live
from tailorbird.flow.consenting import Consents
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.flow.quarantining import Quarantining
from tailorbird.flow.recent_messages import RecentMessages
from tailorbird.flow.rejecting import Rejecting
from tailorbird.flow.schedule import Standing
from tailorbird.flow.turned_away import TurnedAway
from tailorbird.flow.viewing import PersonView
from tailorbird.flow.withholding import Withholding
from tailorbird.kernel import limits
from tailorbird.ports.log import EventLog
from tailorbird.segments.membership import Turned
from tailorbird.server.answers import RefusedError
from tailorbird.server.feeds import CLOSING, LOADING, Ending
from tailorbird.server.sign_in import SignIn

Told = Callable[[Sequence[Turned]], None]
Seen = Sequence[tuple[str, PersonView | None]]
Shown = Callable[[Seen], None]

READERS: Final = 4
"""Threads that read people; they wait for each other, and never hold up a write of the log."""
HISTORY_S: Final = 30.0
"""So long an answer of the history is waited for."""
HISTORY_AGAIN_S: Final = 2
_TOO_MANY: Final = "too many ask for somebody's history; come again"
_AWAY: Final = "the history is being started again; come again"

About = Callable[..., bytes]
"""Takes what is asked and more; raises `GoneError` while the history's process is away."""
Found = TypeVar("Found")


class Disk(NamedTuple):
    """The room under the data folder; None where nobody looks."""

    free_bytes: int | None = None
    """Without the reserve, whether that is held or not."""
    reserve_bytes: int | None = None


class Serving:
    """The running parts of a server, for those who answer requests."""

    def __init__(
        self,
        now_us: Callable[[], int],
        commit: GroupCommit,
        log: EventLog,
        history: About | None = None,
        rejecting: Rejecting | None = None,
        delivered: Counts | None = None,
        gate: Consents | None = None,
        recent: RecentMessages | None = None,
        quarantining: Quarantining | None = None,
        marking: Marking | None = None,
    ) -> None:
        """``history`` answers in JSON what only it knows, and blocks meanwhile.

        Without a ``gate`` pages are shown whatever there is.
        """
        self.gate = gate
        self._withholding = None if gate is None else Withholding(gate)
        self.rejecting = rejecting or Rejecting(now_us)
        self.sign_in = SignIn(now_us, os.urandom)
        self.recent = recent or RecentMessages(now_us)
        self.turned_away = TurnedAway(now_us)
        self.marking = marking
        """What looks for robots; None where nobody does."""
        self.quarantining = quarantining or Quarantining(now_us)
        self.delivered = delivered or Counts()
        self.now_us = now_us
        self.commit = commit
        self.log = log
        self.live: Live | None = None
        """Everybody's states; None until they are loaded."""
        self.trouble = ""
        """Why they have to be loaded again; empty when nothing went wrong."""
        self.losses = 0
        """How often they had to be, since the start."""
        self.closing = asyncio.Event()
        """Set when the server ends: streams end then."""
        self.moved = asyncio.Event()
        """Set, and replaced, when people's states have moved along."""
        self.disk = Disk()
        """As it was when it was last looked at."""
        self.schedules: Sequence[Standing] = ()
        """The same."""
        self.hooks: Counter[str] = Counter()
        """How many requests to inbound webhooks there were, by what became of them."""
        self.answers: Counter[int] = Counter()
        """How many requests were answered, by status; streams are not among them."""
        self.unreadable = 0
        """How many were no HTTP, or had a head that is too large."""
        self.turned = 0
        """How many entries of the record were told since the start."""
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._history = history
        self._historian = ThreadPoolExecutor(1, "historian")
        self._patient = ThreadPoolExecutor(1, "patient reader")
        self._asking = 0
        self._listeners: set[Told] = set()
        self._viewers: set[Shown] = set()
        self._endings: set[Callable[[Ending], None]] = set()

    @property
    def behind(self) -> int:
        """How many facts live people have not taken in yet."""
        return 0 if self.live is None else self.log.end_position - self.live.committed

    def count_unreadable(self) -> None:
        """One more request was no HTTP."""
        self.unreadable += 1

    def begin(self, live: Live) -> None:
        """Everybody is loaded."""
        self.live, self.trouble = live, ""

    def lose(self, trouble: str) -> None:
        """What there was of people's states is not to be trusted any more.

        Streams end, so that whoever follows them comes again and is told what is true then.
        """
        self.live, self.trouble = None, trouble
        self.losses += 1
        self._end(LOADING)
        for told in (self._listeners, self._viewers, self._endings):
            told.clear()

    def people(self) -> Live:
        """Everybody's states; raises `RefusedError` until they are loaded."""
        if self.live is None:
            raise _not_loaded()
        return self.live

    async def look(self, look: Callable[[], Found]) -> Found:
        """What is found in people's states, which may have to wait for a commit.

        Others wait for it meanwhile: what may take long is looked for with `look_long`.
        """
        return await self._look(self._readers, look)

    async def look_long(self, look: Callable[[], Found]) -> Found:
        """What is found in the history of somebody who is too large to be kept.

        Raises `RefusedError` when too many ask, or the history's process is away.
        """
        if self._asking >= limits.HISTORY_QUESTIONS:
            raise _no_history(_TOO_MANY)
        self._asking += 1
        try:
            return await self._look(self._patient, look)
        finally:
            self._asking -= 1

    async def _look(self, threads: ThreadPoolExecutor, look: Callable[[], Found]) -> Found:
        before = self.live
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, look)
        except GoneError:
            raise _no_history(_AWAY) from None
        except Exception:
            if self.live is before:
                raise
            raise _not_loaded() from None  # they were let go of in the middle of the look

    async def ask_history(self, what: str, *given: object) -> bytes:
        """What the history says of somebody, as JSON; raises `RefusedError` when it cannot now.

        Raises `InputError` when it knows nothing of her.
        """
        if self._history is None:
            raise _no_history("the history cannot be asked here")
        if self._asking >= limits.HISTORY_QUESTIONS:
            raise _no_history(_TOO_MANY)
        self._asking += 1
        asked = asyncio.get_running_loop().run_in_executor(
            self._historian, self._history, what, *given
        )
        asked.add_done_callback(self._answered)
        try:
            async with asyncio.timeout(HISTORY_S):
                return await asyncio.shield(asked)
        except GoneError:
            raise _no_history(_AWAY) from None
        except TimeoutError:
            raise _no_history(f"the history took longer than {HISTORY_S:.0f} s") from None

    def _answered(self, asked: asyncio.Future[bytes]) -> None:
        self._asking -= 1
        if not asked.cancelled():
            asked.exception()  # whoever still waits is told; nobody else has to be

    def move(self) -> None:
        """Tell those who wait for people's states that these have moved along."""
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()

    def listen(self, told: Told) -> Callable[[], None]:
        """Have somebody told who turns, in the event loop; gives what ends that."""
        self._listeners.add(told)
        return lambda: self._listeners.discard(told)

    def tell(self, turned: Sequence[Turned]) -> None:
        """Tell all listeners who turned."""
        self.turned += len(turned)
        for told in tuple(self._listeners):
            told(turned)

    def follow(self, shown: Shown) -> Callable[[], None]:
        """Have somebody shown who is watched and changed; gives what ends that."""
        self._viewers.add(shown)
        return lambda: self._viewers.discard(shown)

    def for_pages(self, seen: Seen) -> Seen:
        """How people are, as far as they let their pages be shown it; blocks a little."""
        withholding = self._withholding
        if withholding is None:
            return seen
        return [
            (identifier, None if view is None else withholding.shown(view))
            for identifier, view in seen
        ]

    def show(self, seen: Seen) -> None:
        """Show how people are who are watched and changed."""
        for shown in tuple(self._viewers):
            shown(seen)

    def at_end(self, end: Callable[[Ending], None]) -> None:
        """Have streams ended when the server ends, before it lets connections go, or `lose`."""
        self._endings.add(end)

    def close(self) -> None:
        """Let streams end."""
        self.closing.set()
        self._end(CLOSING)

    def _end(self, why: Ending) -> None:
        for end in tuple(self._endings):
            end(why)


def _not_loaded() -> RefusedError:
    return RefusedError(503, "people's states are still being loaded; ask again", retry_after_s=1)


def _no_history(says: str) -> RefusedError:
    return RefusedError(503, says, retry_after_s=HISTORY_AGAIN_S)
