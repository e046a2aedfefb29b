"""The gate follows the log: what somebody said about a purpose acts when it is accepted.

Whoever writes to the log has the gate know it before it is acknowledged. While the gate is behind
the log it tells nothing, so that nobody is used for what she has just denied.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any, Final

from tailorbird.events.columns import FactColumns, facts_of
from tailorbird.governance.consent import Statement, statement_of, verdict_of
from tailorbird.governance.gate import Together, Verdict, may
from tailorbird.kernel import limits
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.facts import CONSENT, MERGE, UNMERGE, VERDICT, Fact
from tailorbird.language.purposes import Purpose
from tailorbird.people.parting import Link, link_of, parted, taken_back
from tailorbird.ports.gate import ConsentFacts, ConsentStore
from tailorbird.ports.log import EventLog, LogChunk, Logged

_SILENT: Final = 1_000
"""So many groups of facts that say nothing of consent are noted before they are passed over."""
FACTS: Final = 20_000
"""About so many facts of the log are looked at together."""
NAMES: Final = frozenset({CONSENT, MERGE, UNMERGE, VERDICT})
"""Only facts with these names can change what the gate says."""

Table = Mapping[str, Purpose]
_logger = logging.getLogger("tailorbird.consenting")


class BehindError(TailorbirdError):
    """The gate does not know yet what was said last."""

    retryable = True

    def __init__(self) -> None:
        super().__init__("what people said of purposes is still being read from the log")


class Consents:
    """The gate of a project; threads may share it."""

    def __init__(
        self,
        log: EventLog,
        store: ConsentStore,
        table: Callable[[], Table],
        now_us: Callable[[], int],
    ) -> None:
        """``table``: the purposes as they are published now."""
        self._log = log
        self._store = store
        self.table = table
        self._now_us = now_us
        self._lock = RLock()
        self._silent: deque[tuple[int, int]] = deque()
        if store.position > log.end_position:
            store.clear()  # the log was set back, or is another one

    # Following

    @contextmanager
    def still(self) -> Iterator[None]:
        """Whatever is said meanwhile is acknowledged when the block has been left."""
        with self._lock:
            yield

    def absorb(self, told: Sequence[Logged]) -> None:
        """Take in what was just written to the log, before anybody is told that it was.

        It raises nothing: where it fails the gate stays behind, and is shut until it has caught up.
        Facts that say nothing of consent, which most do not, wait for nobody who asks.
        """
        for logged in told:
            first, end = logged.first_position, logged.first_position + logged.accepted.length
            said = _said_in(logged.accepted, range(first, end))
            if not any(said):
                self._silent.append((first, end))
            if any(said) or len(self._silent) > _SILENT:
                self._take_in(first, end, said)

    def _take_in(self, first: int, end: int, said: ConsentFacts) -> None:
        with self._lock:
            try:
                self._pass_silent()
                if self._store.position == first:
                    self._store.absorb(said, end)
            except TailorbirdError as error:
                self._tell(error)

    def _pass_silent(self) -> None:
        while self._silent:
            first, end = self._silent.popleft()
            if self._store.position == first:
                self._store.absorb(ConsentFacts(), end)

    @property
    def position(self) -> int:
        """How far of the log is known."""
        return self._store.position

    @property
    def is_far_behind(self) -> bool:
        """Whether more of the log is to be read than is read together."""
        return self._log.end_position - self._store.position > FACTS

    def take_picked(self, told: Callable[[int], Iterable[LogChunk]]) -> None:
        """Take in what was picked out of a part of the log, which nobody has to open then.

        ``told`` gives, from a position on, all facts that are named as one of `NAMES`; each part
        stands for everything before its ``next_position``. A part of which some is known counts
        once.
        """
        begin = self._store.position
        for chunk in told(begin):
            said = _said_in(chunk.columns, chunk.positions)
            with self._lock:
                self._pass_silent()
                if begin <= self._store.position < chunk.next_position:
                    self._store.absorb(said, chunk.next_position)
            begin = chunk.next_position

    def follow(self) -> None:
        """Catch up with the log, however long that takes; nobody waits for more than a part."""
        try:
            while self._follow_some():
                pass
        except TailorbirdError as error:
            self._tell(error)

    def _follow_some(self) -> bool:
        """Take in some facts; whether there are more."""
        with self._lock:
            self._pass_silent()
            position = self._store.position
            if position < self._log.end_position:
                chunk = self._log.read(position, FACTS)
                self._store.absorb(_said_in(chunk.columns, chunk.positions), chunk.next_position)
            return self._store.position < self._log.end_position

    def is_current(self) -> bool:
        """Whether the gate knows all that was accepted; catches up a little where it does not."""
        try:
            return not self._follow_some()
        except TailorbirdError as error:
            self._tell(error)
            return False

    @staticmethod
    def _tell(error: TailorbirdError) -> None:
        _logger.warning("the gate is behind the log", extra={"said": {"error": str(error)}})

    def close(self) -> None:
        """Let the store go, when nobody asks any more."""
        with self._lock:
            self._store.close()

    # Asking

    def mark_of(self, subject: str) -> Any:
        """What stands for an identifier where the gate is asked."""
        return self._store.mark_of(subject)

    def about(self, mark: Any) -> dict[str, Verdict]:
        """What may be done with data about somebody, by purpose; raises `BehindError`."""
        table, now_us = self.table(), self._now_us()
        with self._lock:
            if self._follow_some():
                raise BehindError
            said = self._store.said(mark, limits.LINKS_PER_PERSON)
        if said is None:
            return {name: _of_crowd(purpose) for name, purpose in table.items()}
        return verdicts(table, said.statements, said.links, now_us)

    def against(self, mark: Any, purposes: Collection[str]) -> Verdict | None:
        """Why data about somebody may not be used for all of these purposes; None when it may.

        A purpose that is in the table no more is one that nobody can have consented to.
        """
        if not purposes:
            return None
        found = self.about(mark)
        nothing = Verdict(False, "nothing said")
        told = [found.get(purpose, nothing) for purpose in sorted(purposes)]
        return next((verdict for verdict in told if not verdict.may), None)


def _of_crowd(purpose: Purpose) -> Verdict:
    return may(purpose, (), _never, 0) if purpose.needs == "nothing" else Verdict(False, "crowd")


def _never(_one: Any, _other: Any, _position: int) -> bool:
    return False


def verdicts(
    table: Table,
    statements: Sequence[Statement],
    links: Sequence[tuple[Link, int]],
    now_us: int,
) -> dict[str, Verdict]:
    """For each purpose whether data about a person may be used for it.

    ``links``: those between her identifiers that nobody took back, each with its position.
    """
    together = _together(links)
    by_purpose: dict[str, list[Statement]] = {}
    for one in statements:
        by_purpose.setdefault(one.purpose, []).append(one)
    return {
        name: may(purpose, by_purpose.get(name, ()), together, now_us)
        for name, purpose in table.items()
    }


def verdicts_of(
    facts: Sequence[Fact], links: Sequence[Fact], table: Table, now_us: int
) -> dict[str, Verdict]:
    """The same of a person's facts, and of everything that says who is who."""
    told, joined = told_by(facts), told_by(links)
    latest: dict[Any, tuple[int, bool]] = {}
    for one in told.verdicts:
        seen = one.time_us, one.is_bot
        latest[one.message] = max(latest.get(one.message, seen), seen)
    bots = {message for message, (_, is_bot) in latest.items() if is_bot}
    said = [one for one in told.statements if not one.granted or one.id not in bots]
    gone, subjects = set(joined.taken_back), {fact.subject for fact in facts}
    kept = [
        (link, position)
        for link, position in joined.links
        if link.id not in gone and not subjects.isdisjoint((link.one, link.other))
    ]
    return verdicts(table, said, kept, now_us)


def _together(links: Sequence[tuple[Link, int]]) -> Together:
    @cache
    def people_at(position: int) -> Mapping[Any, frozenset[Any]]:
        earlier = [link for link, at in links if at < position]
        ends = {end for link in earlier for end in (link.one, link.other)}
        return {end: part for part in parted(ends, earlier) for end in part}

    def together(one: Any, other: Any, position: int) -> bool:
        return other in people_at(position).get(one, ())

    return together


def _said_in(columns: FactColumns, positions: Sequence[int]) -> ConsentFacts:
    """What some facts of the log say about consent; most say nothing."""
    if NAMES.isdisjoint(columns.name):
        return ConsentFacts()
    places = [place for place, name in enumerate(columns.name) if name in NAMES]
    picked: Any = ([column[place] for place in places] for column in columns)
    return told_by(facts_of(FactColumns(*picked), [positions[place] for place in places]))


def told_by(facts: Sequence[Fact]) -> ConsentFacts:
    """The same of facts."""
    statements = [statement_of(fact) for fact in facts]
    told = [verdict_of(fact) for fact in facts]
    links = [(link_of(fact), fact.position) for fact in facts]
    return ConsentFacts(
        [one for one in statements if one is not None],
        [one for one in told if one is not None],
        [(link, position) for link, position in links if link is not None],
        [id_ for fact in facts for id_ in taken_back(fact)],
    )
