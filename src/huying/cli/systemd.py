"""What a service manager is told (sd_notify): ready, still alive, stopping. Without one nothing happens."""

from __future__ import annotations

import http.client
import os
import socket
import threading

SOCKET, WATCHDOG = "NOTIFY_SOCKET", "WATCHDOG_USEC"
SECONDS_TO_ANSWER = 5.0
FIRST_LOOKS = 0.3


def tell(*lines: str) -> bool:
    """Send lines to the service manager; False where there is none."""
    address = os.environ.get(SOCKET, "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.sendto("\n".join(lines).encode(), address)
    except OSError:
        return False
    return True


def answers(bind: str, port: int) -> bool:
    """Whether the web server answers on its own address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)
    line = http.client.HTTPConnection(host, port, timeout=SECONDS_TO_ANSWER)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def watch(bind: str, port: int, stopping: threading.Event) -> threading.Thread | None:
    """Say "ready" when the web server answers, then at each third of the watchdog's time that it still does."""
    if not os.environ.get(SOCKET):
        return None
    try:
        beat = int(os.environ.get(WATCHDOG, "0")) / 1_000_000 / 3
    except ValueError:
        beat = 0.0

    def run() -> None:
        while not stopping.wait(FIRST_LOOKS):
            if answers(bind, port):
                tell("READY=1", "STATUS=serving")
                break
        while beat and not stopping.wait(beat):
            if answers(bind, port):
                tell("WATCHDOG=1")

    thread = threading.Thread(target=run, name="tell-service-manager", daemon=True)
    thread.start()
    return thread
