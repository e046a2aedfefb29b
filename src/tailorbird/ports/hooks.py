"""Inbound webhooks: what other systems post here by themselves, and how it is known that they did.

A provider is one file: it says what it has to be told, checks that a request is from it, and turns
it into messages of one shape, Segment's. What happens then is the same for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from tailorbird.events.refusals import Refusal
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.values import Value

HOOKS: Final = "tailorbird.hooks"
"""The group of entry points where providers are found."""
PERSON: Final = "person"
STOPS: Final = "stops"


class ForgedError(TailorbirdError):
    """A request that is not shown to be from whom it should be; says why, for logs alone."""


Fetch = Callable[[str], Awaitable[bytes]]
"""The content of an https address that a provider has checked; raises `OSError`."""


@dataclass(frozen=True)
class Arriving:
    """A request as a provider reads it."""

    body: bytes
    headers: Mapping[bytes, bytes]
    """By name in small letters."""
    client: str
    """The address of who asks."""
    settings: Mapping[str, str]
    """What the operator gave, secrets among it."""
    now_us: int
    fetch: Fetch
    memory: dict[str, bytes]
    """What is remembered for the hook while the server runs; bounded by who writes to it."""

    def header(self, name: bytes) -> str:
        """A header as text, empty where there is none."""
        return self.headers.get(name, b"").decode("latin-1")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a hook has to be told, or may be."""

    name: str
    says: str
    is_secret: bool = False
    default: str | None = None
    """None: it has to be given."""
    is_made: bool = False
    """Whether one is made up where none is given."""


PERSON_FIELD: Final = Field(
    PERSON,
    "the field of your own data that says who; without it the e-mail address is the identifier",
    default="user_id",
)
STOPS_FIELD: Final = Field(
    STOPS,
    "a purpose that is denied when somebody unsubscribes or complains; none unless said",
    default="",
)

Messages = Sequence[tuple[Value, Refusal | None]]
"""Each message, and why it cannot be stored."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who sends, offered as an entry point of ``tailorbird.hooks``."""

    name: str
    says: str
    fields: tuple[Field, ...]
    check: Callable[[Arriving], Awaitable[None]]
    """Raises `ForgedError` for what is not from the provider; may ask for a certificate."""
    read: Callable[[Arriving], Messages]
    """The messages of a request that is; raises `UnreadableError` when it holds none."""
    settle: Callable[[Mapping[str, str]], None] = field(default=lambda _: None)
    """Raises `InputError` for settings that cannot be used."""
    confirm: Callable[[Arriving], Awaitable[bool]] | None = None
    """Answers a request that asks whether it is wanted; False for every other one."""


class Hook(NamedTuple):
    """One address that a provider posts to."""

    name: str
    provider: str
    settings: Mapping[str, str]
    """Without secrets."""
    created_us: int


class SealedHook(NamedTuple):
    """As it is stored."""

    hook: Hook
    sealed: bytes
    """The secrets, under a key of the hook's own."""


class KeptHooks(Protocol):
    """Where hooks are kept."""

    def hooks(self) -> Mapping[str, SealedHook]:
        """All by name."""

    def add_hook(self, hook: SealedHook) -> None:
        """Keep a new one."""

    def change_hook(self, hook: SealedHook) -> None:
        """Keep it in the place of that with its name."""

    def remove_hook(self, name: str) -> None:
        """Forget one."""
