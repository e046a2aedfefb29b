"""Requests that show themselves by a password or a token, and by where they come from."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from ipaddress import ip_address, ip_network
from typing import Final

from tailorbird.kernel.errors import InputError
from tailorbird.ports.hooks import Arriving, ForgedError

_MOST_DIGITS: Final = 12


def same(given: str, wanted: str) -> bool:
    """Whether two texts are equal; takes as long whichever letter differs."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def seconds_in(text: str) -> int | None:
    """A count of seconds since 1970; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def check_login(arriving: Arriving) -> None:
    """``Authorization``: Basic with the user and password of the settings, or Bearer a token."""
    kind, _, rest = arriving.header(b"authorization").partition(" ")
    settings = arriving.settings
    if kind.lower() == "bearer" and settings.get("token"):
        if same(rest.strip(), settings["token"]):
            return
        raise ForgedError("another token")
    if kind.lower() == "basic" and settings.get("password"):
        try:
            user, _, password = b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise ForgedError("no Basic authorization") from None
        if same(user, settings.get("username", "")) & same(password, settings["password"]):
            return
        raise ForgedError("another user or password")
    raise ForgedError("no authorization")


def check_client(arriving: Arriving) -> None:
    """The request comes from one of the networks of the setting ``networks``, where it has some."""
    said = arriving.settings.get("networks", "")
    if not said:
        return
    try:
        client = ip_address(arriving.client)
    except ValueError:
        raise ForgedError("it comes from no address") from None
    if not any(client in ip_network(one) for one in _listed(said)):
        raise ForgedError("it comes from another network")


def settle_networks(said: str) -> None:
    """Raise `InputError` for a setting ``networks`` that is none."""
    for one in _listed(said):
        try:
            ip_network(one)
        except ValueError as error:
            raise InputError(
                f"networks are addresses such as 203.0.113.7 or 203.0.113.0/24, with commas "
                f"between them: {error}"
            ) from None


def _listed(said: str) -> list[str]:
    return [part for part in (part.strip() for part in said.split(",")) if part]
