"""Which addresses of the network messages may go to.

Whoever can make an endpoint could else have the server ask machines that only it can reach: its
own host, its neighbours, the place where a cloud tells credentials. So an address is looked at
after its name was resolved, and an IPv4 address counts as what it is in whichever form it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

Network = IPv4Network | IPv6Network

_CLOSED: Final = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared between a provider and its customers
        "168.63.129.16/32",  # a cloud's host, from its guests
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "64:ff9b:1::/48",  # who runs it says where the IPv4 address stands in it
        "2001::/23",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
"""Closed beside those that the standard library knows as private, reserved or of many."""
_NAT64: Final = IPv6Network("64:ff9b::/96")


def is_allowed(text: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether a message may go to an address: a public one, or one of an allowed network.

    >>> is_allowed("93.184.216.34"), is_allowed("127.0.0.1"), is_allowed("169.254.169.254")
    (True, False, False)
    >>> is_allowed("::ffff:10.0.0.1"), is_allowed("10.0.0.1", networks("10.0.0.0/8"))
    (False, True)
    """
    try:
        address = _plain(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    return is_within(text, allowed) or _is_public(address)


def is_within(text: str, allowed: Sequence[Network]) -> bool:
    """Whether an address lies in one of some networks."""
    try:
        address = _plain(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    return any(address in network for network in allowed)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that is meant by one of the forms that lead to one."""
    if not isinstance(address, IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _CLOSED)
    )


def networks(text: str) -> tuple[Network, ...] | None:
    """The networks of a list with commas; None when it is none.

    >>> networks("127.0.0.1, 10.0.0.0/8")
    (IPv4Network('127.0.0.1/32'), IPv4Network('10.0.0.0/8'))
    >>> networks("")
    ()
    >>> networks("10.0.0.0/8, here") is None
    True
    """
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        return None
