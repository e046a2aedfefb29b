from __future__ import annotations

import socket

import pytest

from tailorbird.delivery.addresses import is_allowed, is_within, networks

CLOSED = """
0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.1.2.3 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1
255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 64:ff9b::7f00:1
64:ff9b:1::a00:1 64:ff9b:1:a00:0:100:808:808 168.63.129.16
2002:7f00:1:: 2001::1 2001:db8::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0
fec0::1 ff02::1 100::1
"""
OPEN = "8.8.8.8 93.184.216.34 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::"


@pytest.mark.parametrize("address", CLOSED.split())
def test_no_message_goes_inside_by_any_spelling(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize("address", OPEN.split())
def test_messages_go_to_public_addresses(address: str) -> None:
    assert is_allowed(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_a_name_that_is_an_odd_number_is_looked_at_after_it_was_resolved(host: str) -> None:
    (found, *_) = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)
    assert not is_allowed(str(found[4][0]))
    assert not is_allowed(host)


def test_the_operators_own_networks_are_open_and_no_others() -> None:
    own = networks("10.1.0.0/16, ::1")
    assert own is not None
    assert is_allowed("10.1.2.3", own) and is_allowed("::ffff:10.1.2.3", own)
    assert is_allowed("::1", own) and not is_allowed("10.2.0.1", own)
    assert is_within("10.1.2.3", own) and not is_within("8.8.8.8", own)
    assert networks("10.1.0.5/16") is None and networks("everything") is None
