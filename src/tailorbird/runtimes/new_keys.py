"""New keys of a project, made with the chance of the operating system."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.events.sampling_people import ALL
from tailorbird.governance.api_keys import (
    ID_BYTES,
    SECRET_BYTES,
    ApiKey,
    Scope,
    fault_of_alias,
    make_key,
)
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError


def new_key(
    registry: SqliteRegistry,
    name: str,
    scope: Scope,
    now_us: int,
    sample: int = ALL,
    per_minute: int = 0,
    aliases: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make and keep a key; its text is not kept, so this is the only time to see it.

    Of so many ten thousandths of all people it takes events, and so many messages a minute. What
    kits call their key may stand in the place of the text, as far as no other key is known by it.
    """
    _check_aliases(registry, scope, aliases)
    key, text = make_key(name, scope, os.urandom(ID_BYTES + SECRET_BYTES), now_us)
    key = key._replace(sample=sample, per_minute=per_minute, aliases=tuple(aliases))
    registry.add_key(key)
    return key, text


def _check_aliases(registry: SqliteRegistry, scope: Scope, aliases: Sequence[str]) -> None:
    if aliases and scope != "write":
        raise InputError("only a write key has aliases: pages show them to everybody")
    if len(aliases) > limits.KEY_ALIASES:
        raise InputError(f"a key has at most {limits.KEY_ALIASES} aliases, not {len(aliases)}")
    taken = {
        alias: key for key in registry.api_keys() if key.revoked_us is None for alias in key.aliases
    }
    for alias in aliases:
        if fault := fault_of_alias(alias):
            raise InputError(f"{alias!r} can be no alias: it {fault}")
        if alias in taken:
            other = taken[alias]
            raise InputError(f"{alias} is an alias of the key {other.id} of {other.name} already")
