"""New keys of a project, made with the chance of the operating system."""

from __future__ import annotations

import os

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.governance.api_keys import ID_BYTES, SECRET_BYTES, ApiKey, Scope, make_key


def new_key(registry: SqliteRegistry, name: str, scope: Scope, now_us: int) -> tuple[ApiKey, str]:
    """Make and keep a key; its text is not kept, so this is the only time to see it."""
    key, text = make_key(name, scope, os.urandom(ID_BYTES + SECRET_BYTES), now_us)
    registry.add_key(key)
    return key, text
