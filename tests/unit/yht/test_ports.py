"""Ports: said clearly when taken, found when free."""

from __future__ import annotations

import socket

import pytest

from yht.ports import PortUnavailable, check_front, free_ports


def test_a_taken_port_is_named_with_the_setting_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnavailable) as caught:
            check_front("127.0.0.1", port)
    assert f"YHT_PORT={port}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_free_port_is_accepted() -> None:
    check_front("127.0.0.1", free_ports(1)[0])


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_named(host: str) -> None:
    with pytest.raises(PortUnavailable, match="YHT_HOST"):
        check_front(host, free_ports(1)[0])


def test_inner_ports_differ_and_are_free() -> None:
    ports = free_ports(8)
    assert len(set(ports)) == 8
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()
