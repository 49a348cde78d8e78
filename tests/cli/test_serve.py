"""`huying serve` as a process: it serves, survives the kill of a web process, and stops in time."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time

import pytest

from huying.config.postgres import home_of
from tests.cli.conftest import SESSIONS

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="children are found through /proc")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _children(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8") as stat:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                with open(f"/proc/{name}/cmdline", "rb") as line:
                    words = line.read().decode().split("\0")
            except (OSError, ValueError, IndexError):
                continue
            if parent == pid:
                found.append((int(name), words))
    return found


class Serving:
    def __init__(self, house, **environment):
        self.port = _free_port()
        self.process = house.start("serve", "--port", str(self.port), **environment)
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.stdout.read()
            try:
                if self.status("/live/") == 401:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def status(self, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            return connection.getresponse().status
        finally:
            connection.close()

    def stream(self, session):
        line = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        line.sendall(f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}\r\n\r\n".encode())
        return line

    def web(self):
        leaders = [pid for pid, words in _children(self.process.pid) if "huying.cli.web" in words]
        return [pid for leader in leaders for pid, words in _children(leader) if "resource_tracker" not in str(words)]

    def stop(self, number=signal.SIGTERM):
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(20)
        self.process.stdout.close()
        return time.monotonic() - began


def _served(house):
    one = Serving(house)
    yield one
    if one.process.poll() is None:
        one.stop()
    one.process.stdout.close()


@pytest.fixture
def serving(house):
    """A server of the test's own, to be killed and stopped."""
    yield from _served(house)


@pytest.fixture(scope="class")
def served(house):
    """A server that several tests only ask."""
    yield from _served(house)


# An administrator reads no calls, so hears of none.
READERS = """
import django; django.setup()
from django.utils import timezone
from huying.kernel.actor import system
from huying.people.actions import grant_role
from huying.people.models import Account
for account in Account.objects.all():
    grant_role(
        account_id=account.pk, role_code="supervisor", area_code="990101001", actor=system("test"), now=timezone.now()
    )
"""


def _read_until(line, words, seconds=10):
    line.settimeout(seconds)
    deadline = time.monotonic() + seconds  # a heartbeat alone keeps nobody waiting for ever
    read = b""
    while words not in read and time.monotonic() < deadline:
        more = line.recv(4096)
        if not more:
            break
        read += more
    return read


@pytest.mark.slow
class TestServe:
    def test_it_streams_to_those_whom_a_notice_concerns_and_stops_in_time_with_fifty_streams(self, house, serving):
        house.python(READERS)
        sessions = house.python(SESSIONS).split()
        with contextlib.ExitStack() as lines:
            streams = [lines.enter_context(serving.stream(sessions[number % len(sessions)])) for number in range(50)]
            for line in streams:
                assert b": hello" in _read_until(line, b": hello")
            house.python(
                "import django; django.setup()\n"
                "from huying.channels.live import notify\n"
                "notify('990101002', 'stranger')\n"
                "notify('990101001002', 'cases')\n"
            )
            for line in streams:
                heard = _read_until(line, b"cases")
                assert b'data: {"name":"cases","area_code":"990101001002"}' in heard
                assert b"stranger" not in heard

            assert serving.stop() < 5

    def test_one_killed_web_process_is_replaced_and_nobody_is_turned_away_for_long(self, serving):
        deadline = time.monotonic() + 15
        while len(before := serving.web()) < 2:  # the first one answers while the second is being forked
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)

        deadline = time.monotonic() + 15
        while len(serving.web()) < 2 or before[0] in serving.web():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
        assert [serving.status("/live/") for _ in range(10)] == [401] * 10

    def test_a_killed_database_is_started_again_and_requests_wait_for_it(self, house, serving):
        with open(home_of(house.data) / "cluster" / "postmaster.pid", encoding="ascii") as file:
            postmaster = int(file.readline())
        os.kill(postmaster, signal.SIGKILL)
        began = time.monotonic()
        answers = [serving.status("/nearby/") for _ in range(5)]
        while serving.status("/area/") != 200:
            assert time.monotonic() < began + 10
        assert not {500, 502} & set(answers)
        assert serving.stop() < 5

    def test_a_killed_parent_leaves_nobody_behind_and_the_next_start_works(self, house, serving):
        children = [pid for pid, _ in _children(serving.process.pid)]
        serving.process.kill()
        serving.process.wait(5)
        deadline = time.monotonic() + 10
        while any(_lives(pid) for pid in children):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert house.facts("check")["ok"] is True

    def test_ctrl_c_stops_it_as_well(self, serving):
        assert serving.stop(signal.SIGINT) < 5


class TestWhileItServes:
    def test_a_taken_port_is_refused_by_name(self, house, served):
        done = house.run("serve", "--port", str(served.port))
        assert done.returncode == 2
        assert str(served.port) in done.stderr

    def test_two_commands_share_the_database_and_the_first_to_go_does_not_stop_it(self, house, served):
        assert house.facts("check")["ok"] is True
        assert served.status("/sign-in/") != 503

    def test_machines_are_told_that_it_lives_works_and_how_much(self, served):
        assert served.status("/healthz", headers={"Host": "10.0.0.7"}) == 200
        deadline = time.monotonic() + 30
        while served.status("/readyz") != 200:  # a worker takes a moment to say that it lives
            assert time.monotonic() < deadline
            time.sleep(0.2)
        served.status("/sign-in/")
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        assert 'route="access:sign_in",status="2xx"' in text
        assert "huying_database_up 1.0" in text
        assert served.status("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) == 404

    @pytest.mark.parametrize("path", ["/live/?x=%E4%B8", "/no/such/page/", "/%00", "/live", "/sign-in/?next=%FF"])
    def test_odd_requests_are_never_a_fault_of_ours(self, served, path):
        assert served.status(path) < 500

    def test_bytes_outside_ascii_in_the_query_are_no_fault_either(self, served):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
            line.sendall(b"GET /sign-in/?next=\xe4\xb8\xad HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert b" 500 " not in line.recv(4096).split(b"\r\n")[0]


def test_without_the_live_stream_pages_are_served_all_the_same(house):
    one = Serving.__new__(Serving)
    one.port = _free_port()
    one.process = house.start("serve", "--port", str(one.port), HUYING_LIVE="0")
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                answer = one.status("/live/", headers={"Accept": "application/json"})
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert answer == 401
    finally:
        assert one.stop() < 5


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_server_that_nobody_uses_any_more_is_stopped(house):
    house.run("check")
    assert subprocess.run(["pgrep", "-f", str(house.data)], capture_output=True, check=False).stdout == b""
