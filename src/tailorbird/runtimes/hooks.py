"""Providers of inbound webhooks that are installed, and the hooks of a project opened for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from tailorbird.flow.hooks import opened
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.ports.hooks import HOOKS, Provider
from tailorbird.runtimes.project import Project
from tailorbird.server.hooks import Opened


@cache
def providers() -> Mapping[str, Provider]:
    """All providers by name; raises `InputError` for a package that offers something else."""
    found: dict[str, Provider] = {}
    for entry in sorted(entry_points(group=HOOKS), key=lambda entry: entry.name):
        try:
            provider = entry.load()
        except Exception as error:
            says = f"the provider {entry.name} cannot be loaded: {entry.value}: {error}"
            raise InputError(says) from error
        if not isinstance(provider, Provider):
            raise InputError(f"the provider {entry.name} is no Provider: {entry.value}")
        found[provider.name] = provider
    return found


def provider_named(name: str) -> Provider:
    """The provider with a name; an unknown one is refused with the nearest."""
    if name not in providers():
        raise UnknownNameError("provider", name, providers())
    return providers()[name]


def opened_of(project: Project) -> Opened:
    """What opens a hook of a project for a request."""
    return lambda provider, name: opened(
        project.hooks, project.keyring, provider, name, project.now_us()
    )
