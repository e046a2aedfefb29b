"""Inbound webhooks: made, opened for a request, changed, taken away.

Secrets lie in the registry sealed under a key of the hook's own, as those of outgoing webhooks do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec

from tailorbird.governance.api_keys import ApiKey
from tailorbird.governance.seals import HASH_BYTES, NONCE_BYTES, BrokenSealError, open_seal, seal
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, UnknownNameError, nearest
from tailorbird.ports.hooks import Hook, KeptHooks, Provider, SealedHook
from tailorbird.ports.log import Keyring

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,49}")
MADE_BYTES: Final = 24
Chance = Callable[[int], bytes]


class _Secrets(msgspec.Struct):
    """What is sealed of a hook."""

    now: dict[str, str]
    before: dict[str, str] = {}
    """What was there before by which requests are known, if that was something else."""
    until_us: int = 0
    """When these are over."""


def create(
    kept: KeptHooks,
    keyring: Keyring,
    chance: Chance,
    now_us: int,
    name: str,
    provider: Provider,
    given: Mapping[str, str],
) -> tuple[Hook, dict[str, str]]:
    """Make a hook; gives the secrets that were made up for it, which are told this once."""
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a hook: small letters, digits, _ and -, a letter first"
        )
    known = kept.hooks()
    if name in known:
        raise InputError(f"there is a hook {name} already; remove it, or take another name")
    if len(known) >= limits.HOOKS:
        raise InputError(f"a project has at most {limits.HOOKS} hooks")
    key = keyring.made([_key_name(name)])[_key_name(name)]
    settings, made = _settings(provider, given, chance)
    secrets = _Secrets(_part(provider, settings, is_secret=True))
    hook = Hook(name, provider.name, {}, now_us)
    sealed = _sealed(key, chance, hook, provider, settings, secrets)
    kept.add_hook(sealed)
    return sealed.hook, made


def change(
    kept: KeptHooks,
    keyring: Keyring,
    chance: Chance,
    now_us: int,
    name: str,
    provider: Provider,
    given: Mapping[str, str],
    *,
    renew: bool,
    overlap_us: int,
) -> tuple[Hook, dict[str, str]]:
    """Give a hook other settings at its old address; what is not given stays as it was.

    With ``renew`` what was made up for it is made up anew, and told this once. Requests that are
    known by what was there before are taken for ``overlap_us``.
    """
    if not given and not renew:
        raise InputError("say what is to change: --set NAME=VALUE, or --renew")
    found = known_hook(kept, name)
    before = _secrets(kept, keyring, name)
    if before is None:
        raise InputError(
            f"the secrets of {name} are lost, as after a restore without its keys: "
            "remove it and add it again"
        )
    anew = {field.name for field in provider.fields if field.is_made} if renew else set()
    if renew and not anew:
        raise InputError(
            f"nothing is made up for a hook of {provider.name}: say what it gave you by --set"
        )
    was = {**found.settings, **before.now}
    wanted = {key: value for key, value in was.items() if key not in anew} | dict(given)
    settings, made = _settings(provider, wanted, chance)
    secrets = _Secrets(_part(provider, settings, is_secret=True), before.before, before.until_us)
    known_by = _known_by(provider, was)
    if known_by != _known_by(provider, settings) or not overlap_us:
        secrets.before, secrets.until_us = known_by, now_us + overlap_us
    if secrets.until_us <= now_us:
        secrets.before = {}
    key = keyring.found([_key_name(name)])[_key_name(name)]
    sealed = _sealed(key, chance, found, provider, settings, secrets)
    kept.change_hook(sealed)
    return sealed.hook, made


def known_hook(kept: KeptHooks, name: str) -> Hook:
    """The hook of a name; an unknown one is refused with the nearest."""
    known = kept.hooks()
    if name not in known:
        raise UnknownNameError("hook", name, known)
    return known[name].hook


def _sealed(
    key: bytes,
    chance: Chance,
    hook: Hook,
    provider: Provider,
    settings: Mapping[str, str],
    secrets: _Secrets,
) -> SealedHook:
    """The hook with its settings, if they can be used."""
    provider.settle(settings)
    plain = _part(provider, settings, is_secret=False)
    sealed = seal(key, chance(NONCE_BYTES), msgspec.json.encode(secrets), hook.name.encode())
    return SealedHook(hook._replace(settings=plain), sealed)


def _known_by(provider: Provider, settings: Mapping[str, str]) -> dict[str, str]:
    """What requests may be known by: secrets, and what else has to be given, as a public key."""
    names = {field.name for field in provider.fields if field.is_secret or field.default is None}
    return {name: value for name, value in settings.items() if name in names}


def _part(provider: Provider, settings: Mapping[str, str], *, is_secret: bool) -> dict[str, str]:
    secret = {field.name for field in provider.fields if field.is_secret}
    return {name: value for name, value in settings.items() if (name in secret) == is_secret}


def _settings(
    provider: Provider, given: Mapping[str, str], chance: Chance
) -> tuple[dict[str, str], dict[str, str]]:
    names = [field.name for field in provider.fields]
    for name, value in given.items():
        if name not in names:
            raise InputError(f"{provider.name} takes no {name!r}{nearest(name, names)}")
        if len(value) > limits.HOOK_SETTING_CHARACTERS:
            most = limits.HOOK_SETTING_CHARACTERS
            raise InputError(f"{name} has more than {most:,} characters")
    settings, made = dict(given), {}
    for field in provider.fields:
        if settings.get(field.name):
            continue
        if field.is_made:
            settings[field.name] = made[field.name] = chance(MADE_BYTES).hex()
        elif field.default is None:
            raise InputError(
                f"{provider.name} needs {field.name}: {field.says}; give it by "
                f"--set {field.name}=..."
            )
        else:
            settings[field.name] = field.default
    return settings, made


def remove(kept: KeptHooks, keyring: Keyring, name: str) -> Hook:
    """Forget a hook, and for ever its secrets."""
    found = known_hook(kept, name)
    kept.remove_hook(name)
    keyring.destroy([_key_name(name)])
    return found


def opened(
    kept: KeptHooks, keyring: Keyring, provider: str, name: str, now_us: int
) -> list[dict[str, str]]:
    """The settings of a hook with its secrets, and behind them those by which it is known too.

    Empty when there is no such hook, or its secrets are lost.
    """
    found = kept.hooks().get(name)
    secrets = None if found is None else _secrets(kept, keyring, name)
    if found is None or secrets is None or found.hook.provider != provider:
        return []
    settings = {**found.hook.settings, **secrets.now}
    is_known_too = secrets.before and now_us < secrets.until_us
    return [settings, {**settings, **secrets.before}] if is_known_too else [settings]


def _secrets(kept: KeptHooks, keyring: Keyring, name: str) -> _Secrets | None:
    """The secrets of a hook that there is; None when they are lost."""
    key = keyring.found([_key_name(name)]).get(_key_name(name))
    if key is None:
        return None
    try:
        found = msgspec.json.decode(open_seal(key, kept.hooks()[name].sealed, name.encode()))
    except BrokenSealError:
        return None
    if not isinstance(found.get("now"), dict):  # of a hook from before they had a time together
        return _Secrets(found)
    return msgspec.convert(found, _Secrets)


def key_of(name: str) -> ApiKey:
    """As whom a hook's messages are stored; no text is that of this key.

    It may set reserved facts: who made the hook decided what it is trusted with.
    """
    return ApiKey(f"hook:{name}", "admin", name, b"", 0)


def keys_of(kept: KeptHooks) -> dict[str, ApiKey]:
    """The keys of all hooks by their ids, for messages of theirs that were kept aside."""
    return {key.id: key for key in map(key_of, kept.hooks())}


def _key_name(name: str) -> bytes:
    """Under which name a hook's key lies: no person's, who are hashed with a secret."""
    return blake2b(f"inbound hook {name}".encode(), digest_size=HASH_BYTES).digest()
