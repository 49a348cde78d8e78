"""Tests speak with this machine alone: any other connection, and any look-up of a name outside, is refused at once."""

from __future__ import annotations

import socket
import sys
from ipaddress import ip_address
from typing import Any

HERE = {"", "localhost", "localhost.localdomain"}
EVENTS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class NetworkUsed(BaseException):
    """Not an Exception, so that no code of ours that bears failures of the network can bear this one."""


def is_here(host: object) -> bool:
    """Whether a host as sockets take it is this machine."""
    if not isinstance(host, str | bytes | bytearray):
        return host is None
    name = host if isinstance(host, str) else bytes(host).decode("ascii", "replace")
    if name in HERE:
        return True
    try:
        address = ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def guard(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: called by Python itself before each connection, whoever makes it."""
    if event in EVENTS:
        one, address = arguments[0], arguments[1]
        if address is None or one.family not in (socket.AF_INET, socket.AF_INET6):
            return  # sockets in files, pairs, news of the system
        if not is_here(address[0]):
            raise NetworkUsed(f"a test may not connect to {address[0]}: tests use this machine alone")
    elif event == "socket.getaddrinfo" and not is_here(arguments[0]):
        raise NetworkUsed(f"a test may not look up {arguments[0]!r}: tests use this machine alone")


def install() -> None:
    """For the rest of this process; an audit hook cannot be taken out again."""
    if not getattr(sys, "_huying_loopback", False):
        sys._huying_loopback = True  # type: ignore[attr-defined]
        sys.addaudithook(guard)
