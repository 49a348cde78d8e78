"""No test reaches the network: shown red here for each way, and quiet for this machine."""

import os
import socket
import subprocess
import sys
import threading

import httpx
import pytest

from tests.loopback import NetworkUsed, is_here
from tests.settings import ROOT

OUTSIDE = "192.0.2.1"  # reserved for documentation: nobody is there


def test_a_connection_outside_is_refused_before_it_leaves():
    with socket.socket() as one, pytest.raises(NetworkUsed, match=OUTSIDE):
        one.connect((OUTSIDE, 443))


def test_so_is_a_packet_and_a_name():
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(NetworkUsed):
        one.sendto(b"x", (OUTSIDE, 53))
    with pytest.raises(NetworkUsed, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_a_library_that_bears_failures_does_not_bear_this_one():
    with pytest.raises(NetworkUsed):
        httpx.get(f"http://{OUTSIDE}/", timeout=1)


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
        thread.join()
    left, right = socket.socketpair()
    left.close()
    right.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "", None, b"127.0.0.1", "0.0.0.0"])
def test_what_is_here(host):
    assert is_here(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "169.254.1.1", "example.org", "127.0.0.1.example.org", 7])
def test_what_is_not(host):
    assert not is_here(host)


def test_commands_that_tests_start_are_held_as_well():
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "children")])
    code = f"import socket; socket.create_connection(({OUTSIDE!r}, 443), timeout=1)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "NetworkUsed" in done.stderr
