"""Ports: the one people use must be free, the inner ones are looked for."""

from __future__ import annotations

import errno
import random
import socket
from contextlib import ExitStack
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST = 20000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


class PortUnavailable(Exception):
    """The front cannot listen. The message is one line that names the setting to change."""


def check_front(host: str, port: int) -> None:
    """Raises PortUnavailable when ``host:port`` cannot be listened on."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise PortUnavailable(f"YHT_HOST={host} 不是本机的地址") from error
    for family, kind, protocol, _name, address in found:
        with socket.socket(family, kind, protocol) as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(address)
                candidate.listen(1)
            except OSError as error:
                raise PortUnavailable(_reason(host, port, error)) from error


def _reason(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"YHT_PORT={port} 已被别的程序占用，请换一个端口，例如 YHT_PORT={port + 1 if port < 65535 else 8080}"
    if error.errno == errno.EACCES:
        return f"YHT_PORT={port} 需要特权，请用 1024 以上的端口"
    return f"YHT_HOST={host} 不能监听（{error.strerror}）"


def free_ports(count: int) -> list[int]:
    """Different free loopback ports.

    Below the range that the system gives to outgoing connections where that is possible: a process that is started
    again must find its port free. They are all held until the last is found.
    """
    highest = _first_ephemeral() - 1
    with ExitStack() as held:
        found = []
        for attempt in range(count * 50):
            port = random.randint(_LOWEST, highest) if attempt < count * 40 and highest > _LOWEST else 0  # noqa: S311
            candidate = held.enter_context(socket.socket())
            try:
                candidate.bind((LOOPBACK, port))
            except OSError:
                continue
            found.append(candidate.getsockname()[1])
            if len(found) == count:
                return found
    raise PortUnavailable("没有空闲的内部端口")


def _first_ephemeral() -> int:
    try:
        return int(_EPHEMERAL.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 32768
