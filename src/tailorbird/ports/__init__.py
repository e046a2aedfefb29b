"""Everything that the use cases ask of the world: here and, by room, in the files beside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tailorbird.delivery.endpoints import Endpoint, SealedSecret
from tailorbird.delivery.health import Health
from tailorbird.delivery.outbox import Message
from tailorbird.delivery.retry import Outcome
from tailorbird.events.cells import Kind
from tailorbird.events.columns import FactColumns
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.packed import Array, PackedColumns
from tailorbird.events.table import Reject, Rows
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.kernel.facts import Fact
from tailorbird.language.definitions import Key
from tailorbird.people.parting import Link
from tailorbird.segments.membership import Turned, Turns

if TYPE_CHECKING:
    from tailorbird.language.batch.columns import Array


class Logged(NamedTuple):
    """What became of one batch of facts that asked to be in the log."""

    first_position: int
    """The position of the first accepted fact; the others follow without a gap."""
    accepted: FactColumns
    """Those that are new, as they are kept: each with its id and the instant it became known."""
    duplicates: Sequence[int]
    """The places, in the batch, of facts whose message id is known."""


class LogChunk(NamedTuple):
    """Some facts of the log, in order of position."""

    columns: FactColumns
    positions: Sequence[int]
    """One for each fact. Facts of erased subjects are gone, their positions stay unused."""
    next_position: int
    """Where to read on."""


class PackedChunk(NamedTuple):
    """The same in arrays."""

    columns: PackedColumns
    positions: Array
    next_position: int


class NotWritableError(TailorbirdError):
    """Nothing can be accepted now: nothing of this batch is told as stored, the others are safe."""

    retryable = True

    def __init__(self, message: str, *, is_lasting: bool = False) -> None:
        self.is_lasting = is_lasting
        """Whether only a new start helps, because what a disk said cannot be trusted any more."""
        super().__init__(message)


class StaleWriterError(TailorbirdError):
    """Another process has become the log's writer since this one opened it."""

    def __init__(self) -> None:
        super().__init__("another process has become the writer of the log; this one has to end")


class DamagedLogError(TailorbirdError):
    """A part of the log is not what was written."""

    def __init__(self, first_position: int, count: int) -> None:
        self.first_position = first_position
        self.count = count
        super().__init__(
            f"the log is damaged: positions {first_position} to {first_position + count - 1} "
            "cannot be read; restore it from a backup"
        )


class EventLog(Protocol):
    """The durable order of accepted facts; everything else is made from it."""

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""

    def writing(self, now_us: int) -> AbstractContextManager[Callable[[FactColumns], Logged]]:
        """Append batches, all or none; they are on the disk when the block is left."""

    def append(self, batches: Sequence[FactColumns], now_us: int) -> list[Logged]:
        """Append some batches with one sync; they are on the disk when this returns."""

    def read(self, position: int, most: int) -> LogChunk:
        """The facts from a position on, about so many."""


class Appended(NamedTuple):
    """What became of one batch."""

    accepted: int
    duplicates: int
    first_position: int
    """The position of the first accepted fact; the others follow it without a gap."""


class History(Protocol):
    """The facts of a workspace, by column, for questions about everybody."""

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets; facts below it are stored."""

    def append_columns(self, batch: Iterable[FactColumns]) -> Appended:
        """Store one batch in one transaction, each message id once."""

    def history_of(self, subjects: Iterable[str]) -> list[Fact]:
        """All facts of some subjects, ordered by time and message id."""

    def compact(self, max_rows: int = ...) -> None:
        """Sort the recent facts in among the others, at most so many rows at a time."""


class Warehouse(Protocol):
    """A history that answers queries in SQL; ``facts`` and ``subjects`` are its relations."""

    def beside(self) -> Warehouse:
        """The same history for another thread."""

    def as_of_now(self) -> AbstractContextManager[None]:
        """All that is read within is as it was at first, whatever others do to the history."""

    def reading_ahead(self) -> Warehouse:
        """The same history for another thread, as of the same instant; one for each question."""

    def query(self, sql: str, parameters: object = None) -> dict[str, Array]:
        """The columns of an answer, masked where null."""

    def define_table(self, name: str, columns: Mapping[str, Array]) -> None:
        """Make or replace a temporary table that queries can join."""

    @property
    def is_compact(self) -> bool:
        """Whether rows come in the order of (who, time_us, id) from queries that ask for none."""

    def hot_columns(self) -> dict[tuple[str, ...], int]:
        """The properties with typed columns, and the numbers in the names of those."""

    def links(self) -> list[Fact]:
        """Everything that says which subjects are one person."""

    def workspace_facts(self) -> list[Fact]:
        """All facts about everybody."""

    def history_of(self, subjects: Iterable[str]) -> list[Fact]:
        """All facts of some subjects, ordered by time and message id."""

    def facts_where(self, condition: str, *, contexts: bool = True) -> list[Fact]:
        """Facts that meet a condition in SQL, ordered by subject number, time and message id.

        Without ``contexts`` these are empty, which is quicker.
        """

    def subject_numbers(self, subjects: Iterable[str]) -> dict[str, int]:
        """The numbers of those subjects that have one."""

    def subject_names(self, numbers: Iterable[int]) -> list[str]:
        """The subjects with the given numbers, in the same order."""


class Scratch(Warehouse, Protocol):
    """An empty history that is thrown away, for trying out small cases."""

    def append(self, facts: Sequence[Fact]) -> Appended:
        """Store facts as one batch, each message id once."""

    def close(self) -> None:
        """Throw it away."""


class RowFile(Protocol):
    """A file of rows, opened, whatever its format."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns; empty where each row names its own."""

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """What the file itself says that its columns hold."""

    @property
    def mapping(self) -> RowMapping:
        """The mapping asked for, or that of its variants which the file fits."""

    @property
    def blank_is_value(self) -> bool:
        """Whether the file tells an empty text from a null."""

    def chunks(self, refuse: Callable[[Reject], None]) -> Iterator[Rows]:
        """All rows that can be taken apart, in the order of the file; the others are refused."""

    def close(self) -> None:
        """Let go of what was opened or unpacked."""

    def progress(self) -> tuple[int, int]:
        """How much of the file has been read, and how much there is, in one unit."""


class Version(NamedTuple):
    """Definitions as they were published: they never change."""

    number: int
    """1 for the first."""
    published_us: int
    position: int
    """The position that the next fact got: the version takes effect there."""
    files: Mapping[str, str]
    """The texts of the definition files by name, comments included."""
    fingerprints: Mapping[Key, str]
    settings: Mapping[str, str]
    note: str

    @property
    def digest(self) -> str:
        """A hash of the files, by which a working copy knows what it was made from."""
        parts = [part for name in sorted(self.files) for part in (name, self.files[name])]
        written = "".join(f"{len(part)}:{part}" for part in parts)
        return sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class MovedOnError(InputError):
    """Somebody else has published since the files were pulled."""

    def __init__(self, after: int | None, newest: int | None) -> None:
        self.after = after
        self.newest = newest
        made_from = "no version of it" if after is None else f"version {after}"
        super().__init__(
            f"the registry stands at version {newest} and these files were made from {made_from}: "
            "`tailorbird pull` brings the newest; then make your changes to that"
        )


class Registry(Protocol):
    """Every version that was ever published."""

    def newest(self) -> Version | None:
        """The version with the highest number; None before the first publication."""

    def find(self, number: int) -> Version | None:
        """The version with a number."""

    def add(self, after: int | None, version: Version) -> Version:
        """Store a version behind the one it was made from; raises `MovedOnError`."""


class StoredPerson(NamedTuple):
    """A person as the store of live states keeps her."""

    person: int
    """Her number: people are renamed when they are joined, numbers stay."""
    name: str
    wake_at: int
    standing: int
    """The number of what the record says of her, see `StateStore.standing_number`."""
    state: bytes


class Pending(NamedTuple):
    """Somebody whose history has to be read again before her facts can go on."""

    person: int
    as_of: int
    """Her stored state reflects the facts below this position."""
    cause: str
    """What the record gives as the reason of what turns."""
    standing: int
    """What the record says of her."""


class LiveMeta(NamedTuple):
    """How far a store of live states is."""

    position: int = 0
    """The facts below it are taken in."""
    clock_us: int = 0
    """The latest instant at which anybody was asked anything."""
    fingerprint: str = ""
    """Which definitions the states are of; empty in a new store."""


class StateStore(Protocol):
    """Live states, who is who, the record, and the position that they reflect: one commit each."""

    def transaction(self, *, is_lasting: bool = False) -> AbstractContextManager[None]:
        """All that is written within is kept at its end, or nothing of it after an error.

        ``is_lasting``: like `make_lasting` at its end.
        """

    def make_lasting(self) -> None:
        """See that what was committed outlasts a power cut, before anybody is told of it."""

    def meta(self) -> LiveMeta:
        """How far it is."""

    def put_meta(self, meta: LiveMeta) -> None:
        """Note how far it is."""

    def clear(self) -> None:
        """Forget everything but the record, and who stood how: that is for `compared`."""

    def beside(self, path: Path) -> AbstractContextManager[None]:
        """Open the store in another file too, for `copy_beside`; outside of transactions."""

    def copy_beside(self) -> None:
        """Take over what the other store has of people and the position, but no record."""

    def compared(self) -> Iterator[tuple[str, int | None, int | None]]:
        """Each name with the number of its standing when all was cleared, and of that now."""

    def person_of(self, subject: str) -> int | None:
        """The number of the person whom a subject belongs to."""

    def persons_of(self, subjects: Sequence[str]) -> dict[str, int]:
        """The same for many; a subject of nobody is not in it."""

    def find(self, person: int) -> StoredPerson | None:
        """A person by number."""

    def find_many(self, persons: Sequence[int]) -> list[StoredPerson]:
        """The people with some numbers, in any order."""

    def last_person(self) -> int:
        """The highest number that a person has."""

    def put_people(self, people: Iterable[StoredPerson]) -> None:
        """Store people, new or changed."""

    def put_subjects(self, subjects: Iterable[tuple[str, int]]) -> None:
        """Say to whom some subjects belong."""

    def subjects_of(self, person: int) -> list[str]:
        """Every subject of a person, in order."""

    def move(self, person: int, into: int) -> None:
        """Give everything that identifies a person to another one, and forget her."""

    def remove(self, person: int) -> None:
        """Forget a person and her subjects."""

    def rename(self, person: int, name: str) -> None:
        """Give a person another name."""

    def add_link(self, person: int, link: Link) -> None:
        """Note a link between two subjects of a person."""

    def links_of(self, person: int) -> list[Link]:
        """The links between a person's subjects."""

    def give_links(self, links: Iterable[Link], person: int) -> None:
        """Say to whom some links belong."""

    def take_back(self, link: str) -> int | None:
        """Take a link back, also before it is made; gives the person whose it was."""

    def is_taken_back(self, link: str) -> bool:
        """Whether a link was taken back."""

    def due(self, until_us: int, most: int) -> list[tuple[int, int]]:
        """Who is to be woken up to an instant: when, and the number, the earliest first."""

    def next_wake_us(self) -> int | None:
        """The earliest instant at which somebody is to be woken."""

    def wake_everybody(self, at_us: int) -> None:
        """Wake everybody at an instant, or earlier where that is noted."""

    def standing_number(self, key: bytes) -> int:
        """The number of a standing, which is written down once for all who share it."""

    def find_standing(self, standing: int) -> bytes | None:
        """What was written down under a number."""

    def standings(self) -> list[tuple[int, bytes]]:
        """All standings by number."""

    def people_standing(self, standing: int, after: str, most: int) -> list[str]:
        """Names of people with a standing, in order, that come after one."""

    def put_pending(self, pending: Pending) -> None:
        """Mark somebody; she is woken no more until the mark is gone."""

    def everybody_pending(self, as_of: int, cause: str) -> None:
        """Mark everybody who is not marked yet."""

    def drop_pending(self, person: int) -> None:
        """Take a mark away."""

    def find_pending(self, person: int) -> Pending | None:
        """Somebody's mark."""

    def pending_among(self, persons: Sequence[int]) -> set[int]:
        """Who of some people has a mark."""

    def pending(
        self, most: int, among: Sequence[int] | None = None, but: Sequence[int] = ()
    ) -> list[Pending]:
        """Some of the marks, the oldest first; of certain people, or of all but some."""

    def add_record(self, steps: Sequence[Turns]) -> None:
        """Add the entries of some steps to the record."""

    def record(self, after: int, most: int) -> list[Turned]:
        """Entries with a number above one, of about so many steps."""

    def record_id(self) -> str:
        """What tells this record from another one, whose numbers mean other entries."""

    def last_number(self) -> int:
        """The number of the newest entry of the record, 0 without any."""

    def first_number(self) -> int:
        """The number of the oldest entry that is kept, 0 without any."""

    def forget_record(self, before_us: int, most: int) -> int:
        """Let go of so many of the oldest steps, if they are from before an instant; of how many.

        The newest one stays, so that no number is given again.
        """

    def add_messages(self, messages: Iterable[Message]) -> None:
        """Put messages into the outbox, behind all others."""

    def add_workspace_fact(self, fact: Fact) -> None:
        """Keep a fact about everybody."""

    def workspace_facts(self) -> list[Fact]:
        """The facts about everybody, in order of position."""


class Histories(Protocol):
    """Where the facts of single people are read again."""

    def facts_of(self, subjects: Sequence[str], position: int) -> list[Fact]:
        """The facts of some subjects below a position of the log, in any order."""


class Standing(NamedTuple):
    """How one endpoint's part of the outbox is."""

    waiting: int
    dead: int
    """Messages that were given up and can be sent again by hand."""
    health: Health


HeldBack = Callable[[Message], bool]
"""Whether a message may not be sent, because of its purposes."""


class OutboxDesk(Protocol):
    """What people ask of the outbox; each call is a transaction of its own."""

    def standing(self, endpoint: str) -> Standing:
        """How much waits for an endpoint, and how it is."""

    def dead(self, endpoint: str, most: int) -> list[Message]:
        """So many messages that were given up, the newest first."""

    def revive(self, endpoint: str, ids: Collection[str] | None) -> int:
        """Send messages again that were given up, all or some; they come last. Gives how many."""

    def forgive(self, endpoint: str) -> None:
        """Forget that an endpoint failed: it is sent messages as if it never had."""

    def drop(self, endpoint: str) -> None:
        """Forget everything of an endpoint; when this is done nothing more is sent to it."""


class Outbox(OutboxDesk, Protocol):
    """Messages from the commit that made them until they have arrived, for whoever sends them."""

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written within is kept at its end, or nothing of it after an error."""

    def recover(self) -> list[Message]:
        """Take back what a process that is gone had claimed; gives it, as of unknown outcome."""

    def claim(
        self, endpoint: str, now_us: int, most: int, is_held_back: HeldBack | None = None
    ) -> list[Message]:
        """Claim so many messages that are due, the longest due first.

        Those with purposes that are held back are gone. Without ``is_held_back`` nobody can tell,
        and they wait.
        """

    def next_due_us(self, endpoint: str, *, is_open: bool = True) -> int | None:
        """When the next message is due that is not claimed; one with purposes if that is open."""

    def discard(self, message: Message) -> None:
        """Forget a claimed message, and that anything was told of whom it is about."""

    def was_told(self, message: Message) -> bool:
        """Whether the endpoint may know that the person is where the message says that she left."""

    def keep(self, message: Message, now_us: int) -> None:
        """Note what became of a claimed message; one that was sent is gone with that."""

    def give_up(self, endpoint: str, why: str, now_us: int) -> None:
        """Give up all that waits for an endpoint and is not claimed."""

    def endpoints(self) -> list[str]:
        """The ids of the endpoints that anything is kept of."""

    def forget_dead(self, before_us: int) -> None:
        """Forget what was given up before an instant."""

    def health(self, endpoint: str) -> Health:
        """How an endpoint is."""

    def put_health(self, endpoint: str, health: Health) -> None:
        """Note how an endpoint is."""


class Channel(Protocol):
    """A way to get a message to somebody else's machine."""

    async def send(self, endpoint: Endpoint, secrets: Sequence[bytes], message: Message) -> Outcome:
        """Try once; whatever goes wrong is in the outcome."""


class Receivers(Protocol):
    """Whom messages go to, as it is decided now."""

    def endpoints(self) -> Mapping[str, Endpoint]:
        """All endpoints by id, also those that are disabled."""

    def disable(self, endpoint: str, why: str, now_us: int) -> None:
        """Let nothing more be sent to an endpoint, until it is enabled."""


class Endpoints(Receivers, Protocol):
    """Where endpoints of webhooks are kept, with the secrets that sign for them."""

    def secrets_of(self, endpoint: str) -> list[SealedSecret]:
        """The secrets of an endpoint, the newest first."""

    def add_endpoint(self, endpoint: Endpoint, secret: SealedSecret) -> None:
        """Keep a new endpoint."""

    def replace_secret(self, endpoint: str, secret: SealedSecret, expires_us: int) -> None:
        """Give an endpoint another secret; the others sign until an instant."""

    def enable(self, endpoint: str) -> None:
        """Let messages be made and sent again."""

    def remove_endpoint(self, endpoint: str) -> None:
        """Forget an endpoint and its secrets."""


class Keyring(Protocol):
    """Random keys by name, in a file of their own that is never part of a backup."""

    def hashes_of(self, texts: Iterable[str]) -> list[bytes]:
        """What stands for some identifiers outside of seals; their keys have these names."""

    def found(self, subjects: Collection[bytes]) -> dict[bytes, bytes]:
        """The keys of those names that have one."""

    def made(self, subjects: Collection[bytes]) -> dict[bytes, bytes]:
        """The keys of all these names, made where there was none."""

    def destroy(self, subjects: Collection[bytes]) -> None:
        """Forget keys for ever: what was sealed with them can be read no more."""
