"""What the service manager hears: ready once the pages answer, then that they still do, then that they stop."""

import http.server
import os
import socket
import threading

import pytest

from huying.cli import systemd


@pytest.fixture
def manager(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(5)
        monkeypatch.setenv(systemd.SOCKET, str(tmp_path / "notify"))
        yield line


@pytest.fixture
def pages():
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_without_a_manager_nothing_happens(monkeypatch):
    monkeypatch.delenv(systemd.SOCKET, raising=False)
    assert systemd.tell("READY=1") is False
    assert systemd.watch("127.0.0.1", 1, threading.Event()) is None


def test_it_is_ready_when_the_pages_answer_and_then_lives(manager, pages, monkeypatch):
    monkeypatch.setenv(systemd.WATCHDOG, "150000")
    monkeypatch.setattr(systemd, "FIRST_LOOKS", 0.01)
    stopping = threading.Event()
    thread = systemd.watch("127.0.0.1", pages, stopping)
    assert manager.recv(200).startswith(b"READY=1")
    assert manager.recv(200) == b"WATCHDOG=1"
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()


def test_pages_that_do_not_answer_are_never_said_to_be_ready(manager, monkeypatch):
    monkeypatch.setattr(systemd, "FIRST_LOOKS", 0.01)
    manager.settimeout(0.2)
    stopping = threading.Event()
    thread = systemd.watch("127.0.0.1", 1, stopping)
    with pytest.raises(TimeoutError):
        manager.recv(200)
    stopping.set()
    thread.join(5)


def test_a_socket_without_a_file_is_spoken_to_as_well(monkeypatch):
    name = f"huying-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind("\0" + name)
        line.settimeout(5)
        monkeypatch.setenv(systemd.SOCKET, "@" + name)
        assert systemd.tell("STOPPING=1")
        assert line.recv(50) == b"STOPPING=1"
