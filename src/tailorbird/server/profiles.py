"""Profiles over HTTP: one person or many as the live states have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal, get_args

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, convert, structs

from tailorbird.flow.telling import consent_json
from tailorbird.flow.viewing import PersonView
from tailorbird.governance.gate import Reason
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.kernel.instants import format_instant
from tailorbird.language.operators import Type
from tailorbird.language.plain_values import plain
from tailorbird.server.answers import Answer, RefusedError, tag_of
from tailorbird.server.asked import Asked
from tailorbird.server.looking import Looking
from tailorbird.server.parameters import MOST_GIVEN, choices, count, text
from tailorbird.server.reaching import PATIENCE_S, reached
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers

Field = Literal[
    "ids", "exists", "traits", "scores", "segments", "persona", "at", "as_of", "pending"
]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)
SENT: Final = "sent"
CONSENT: Final = "consent"
_PASSING: Final = frozenset({"at", "as_of", "pending"})
"""What is told about the telling, and not about the person."""


class Consent(Struct):
    """Whether data about somebody may be used for a purpose."""

    may: bool
    reason: Reason
    said: str | None
    """When she said what decides."""
    until: str | None
    """When the consent ends that decides."""


class Profile(Struct):
    """One person. Fields that were not asked for are left out."""

    person: str
    """Her name: the smallest of her identifiers."""
    ids: list[str] | UnsetType = UNSET
    exists: bool | UnsetType = UNSET
    """Whether any fact of hers counts now."""
    traits: dict[str, Any] | UnsetType = UNSET
    scores: dict[str, Any] | UnsetType = UNSET
    segments: list[str] | UnsetType = UNSET
    persona: str | UnsetType | None = UNSET
    at: str | UnsetType = UNSET
    as_of: int | UnsetType = UNSET
    """Facts below this position of the log are taken in."""
    pending: bool | UnsetType = UNSET
    """Whether her history is being read again, so that ``as_of`` is an older place."""
    consent: dict[str, Consent] | UnsetType = UNSET
    """What may be done with data about her, by purpose."""
    sent: dict[str, Any] | Raw | UnsetType = UNSET
    """The traits that were sent, whether or not a definition reads them."""


class Wanted(Struct, forbid_unknown_fields=True):
    """Whom to read, and what of them."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=limits.ID_CHARACTERS)]],
        Meta(min_length=1, max_length=limits.ASKED_PEOPLE),
    ]
    fields: Annotated[tuple[Field, ...], Meta(max_length=MOST_GIVEN)] = FIELDS
    min_position: Annotated[int, Meta(ge=0, le=10**18)] = 0


class Found(Struct):
    """Who has an identifier."""

    id: str
    profile: Profile | None
    """None: nobody is known by it."""


class FoundProfiles(Struct):
    """One entry for each identifier, in their order."""

    profiles: list[Found]


ID: Final = text(
    "id", "Any identifier of the person, percent-encoded.", place="path", example="ann"
)
_FIELDS: Final = choices(
    "fields",
    f"Only these; all but `{SENT}` and `{CONSENT}` when it is not given. The history is asked for "
    f"`{SENT}`: all traits that were sent.",
    (*FIELDS, SENT, CONSENT),
)
MIN_POSITION: Final = count(
    "min_position",
    "The `position` of an answer to events: what is read reflects them. Waits for that, at most "
    f"{PATIENCE_S:.0f} seconds.",
)


class Profiles:
    """The routes that read people."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    @answers(
        Route(
            "GET",
            "/v1/profiles/{id}",
            "read_profile",
            "Read a person by any of her identifiers.",
            "read",
            parameters=(ID, _FIELDS, MIN_POSITION),
            gives=Profile,
            faults=(404, 503),
        )
    )
    async def read(self, asked: Asked) -> Answer:
        """One person, with the chosen fields."""
        id_, fields = asked.path["id"], asked.query["fields"] or FIELDS
        live = [name for name in fields if name not in (SENT, CONSENT)]
        (found,) = await self._profiles([id_], live, asked.query["min_position"])
        if found is None:
            raise nobody()
        if SENT in fields:
            found.sent = await self._sent(id_)
        if CONSENT in fields:
            found.consent = await self._consent(id_)
        lasting = structs.replace(found, **dict.fromkeys(_PASSING, UNSET))
        return Answer(200, found, tag=tag_of(lasting))

    async def _consent(self, id_: str) -> dict[str, Consent]:
        gate = self._serving.gate
        if gate is None:
            raise RefusedError(503, "nobody asks what people said here")
        try:
            told = await self._serving.look(lambda: gate.about(gate.mark_of(id_)))
        except TailorbirdError as error:
            raise RefusedError(503, str(error), retry_after_s=1) from None
        return convert(consent_json(told), dict[str, Consent])

    async def _sent(self, id_: str) -> Raw:
        try:
            return Raw(await self._serving.ask_history("sent", id_, self._serving.now_us()))
        except InputError:  # she is only linked, and has no fact of her own
            return Raw(b"{}")

    @answers(
        Route(
            "POST",
            "/v1/profiles",
            "read_profiles",
            f"Read up to {limits.ASKED_PEOPLE} people.",
            "read",
            takes=Wanted,
            gives=FoundProfiles,
            faults=(413, 503),
            example='{"ids": ["ann", "bob"], "fields": ["segments", "persona"]}',
        )
    )
    async def read_many(self, asked: Asked) -> Answer:
        """Many people, each as one read alone would be."""
        wanted = await asked.read(Wanted)
        found = await self._profiles(wanted.ids, wanted.fields, wanted.min_position)
        return Answer(200, FoundProfiles(list(map(Found, wanted.ids, found))))

    async def _profiles(
        self, ids: Sequence[str], fields: Sequence[Field], position: int
    ) -> list[Profile | None]:
        """The people with some identifiers, all of them as of a position at least."""

        async def look() -> tuple[list[Profile | None], int]:
            people = self._serving.people()
            looking = Looking(people, ids, partial(told, fields=fields), self._serving.now_us)
            while looking.left:
                await self._serving.look(looking.some)
            for id_ in looking.long:
                await self._serving.look_long(partial(looking.one, id_, waits=True))
            return [looking.found[id_] for id_ in ids], looking.as_of

        return await reached(self._serving, position, look)


def nobody() -> RefusedError:
    """Nobody has an identifier."""
    says = "nobody is known by this id; ids are compared exactly, also upper and lower case"
    return RefusedError(404, says)


def told(view: PersonView, fields: Sequence[Field] = FIELDS) -> Profile:
    """A person as JSON, with the chosen fields."""
    found = Profile(view.name)
    for name in fields:
        setattr(found, name, _TELL[name](view))
    return found


def _traits(view: PersonView) -> dict[str, Any]:
    gives = {one.name: one.gives for one in view.definitions.of_kind("trait")}
    return {name: plain(value, gives.get(name, Type.ANY)) for name, value in view.traits.items()}


def _scores(view: PersonView) -> dict[str, Any]:
    gives = {one.name: one.gives for one in view.definitions.of_kind("score")}
    return {name: plain(value, gives[name]) for name, value in view.scores.items()}


_TELL: Final[Mapping[Field, Callable[[PersonView], Any]]] = {
    "ids": lambda view: list(view.identifiers),
    "exists": lambda view: view.exists,
    "traits": _traits,
    "scores": _scores,
    "segments": lambda view: list(view.segments),
    "persona": lambda view: view.persona,
    "at": lambda view: format_instant(view.at_us),
    "as_of": lambda view: view.as_of,
    "pending": lambda view: view.is_pending,
}
