"""A real server: raw requests that no client library would send, and one source that floods while others work."""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import os
import random
import socket
import threading
import time
from typing import Any

from prove.frame import Run
from prove.web.judge import faults
from prove.web.world import Made

SECONDS = 20
HONEST = 8
CONNECTIONS = 48
PAUSE = 0.25
PAGES = ("/", "/nearby/", "/track/", "/report/", "/privacy/", "/sign-in/")


@contextlib.contextmanager
def _house(made: Made) -> Any:
    from prove.server import House, Served

    if "house" not in made.kept:
        House(made.folder / "house").remove()  # an earlier run's, perhaps of other migrations
        made.kept["house"] = True
    env = {"HUYING_PROXIES": "1", "HUYING_HTTPS": "1", "HUYING_HOSTS": "127.0.0.1,localhost"}
    with Served(made.folder / "house", env=env) as one:
        yield one


def _ask(port: int, source: str, path: str, connection: http.client.HTTPConnection | None = None) -> tuple[int, float]:
    one = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    began = time.perf_counter()
    one.request("GET", path, headers={"X-Forwarded-For": source, "X-Forwarded-Proto": "https", "Host": "localhost"})
    answer = one.getresponse()
    answer.read()
    seconds = time.perf_counter() - began
    if connection is None:
        one.close()
    return answer.status, seconds


def _flooder(port: int, stop: Any, counted: Any) -> None:
    """As fast as it can, from one address, over many connections. Nice: a real flood uses its own processors."""
    os.nice(15)
    lines = [
        threading.Thread(target=_flood_line, args=(port, stop, counted), daemon=True) for _one in range(CONNECTIONS)
    ]
    for one in lines:
        one.start()
    stop.wait()


def _flood_line(port: int, stop: Any, counted: Any) -> None:
    """One connection, each time with other words before the proxy's."""
    connection = None
    number = 0
    while not stop.is_set():
        number += 1
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            status, _seconds = _ask(
                port, f"10.{number % 250}.{number % 91}.7, 203.0.113.9", PAGES[number % 6], connection
            )
        except (OSError, http.client.HTTPException):
            connection = None
            continue
        with counted.get_lock():
            counted[0] += 1
            counted[1] += status == 429


def _honest(port: int, source: str, seconds: float, found: Any) -> None:
    rng = random.Random(source)
    until = time.monotonic() + seconds
    kept: list[float] = []
    wrong = 0
    while time.monotonic() < until:
        try:
            status, took = _ask(port, source, PAGES[rng.randrange(6)])
            kept.append(took)
            wrong += status >= 400
        except (OSError, http.client.HTTPException):
            wrong += 1
        time.sleep(PAUSE)
    found.put((kept, wrong))


def _measure(port: int, seconds: float) -> tuple[list[float], int]:
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    people = [
        context.Process(target=_honest, args=(port, f"198.51.100.{number}", seconds, found), daemon=True)
        for number in range(1, HONEST + 1)
    ]
    for one in people:
        one.start()
    told = [found.get(timeout=seconds + 60) for _one in people]
    for one in people:
        one.join()
    return sorted(took for kept, _wrong in told for took in kept), sum(wrong for _kept, wrong in told)


def _p(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


def _flood(run: Run, house: Any) -> None:
    _measure(house.port, 4)  # warm
    before, wrong = _measure(house.port, SECONDS)
    context = multiprocessing.get_context("fork")
    stop, counted = context.Event(), context.Array("l", 2)
    flood = context.Process(target=_flooder, args=(house.port, stop, counted), daemon=True)
    flood.start()
    try:
        time.sleep(6)  # the burst that every source may take is over
        during, wrong_during = _measure(house.port, SECONDS)
    finally:
        stop.set()
        flood.join(10)
    run.put("flood_requests", int(counted[0]))
    run.put("flood_refused", int(counted[1]))
    for name, values in (("before", before), ("during", during)):
        run.put(f"p50_{name}_ms", round(_p(values, 0.5) * 1000, 1))
        run.put(f"p99_{name}_ms", round(_p(values, 0.99) * 1000, 1))
    run.put("flood_ratio_p99", round(_p(during, 0.99) / _p(before, 0.99), 2))
    if wrong or wrong_during:
        run.find("honest clients were refused", before=wrong, during=wrong_during)
    if not counted[1]:
        run.find("the flood was never refused", requests=int(counted[0]))


RAW = (
    b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET //desk/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /desk/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /desk/;/../list/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
    b"GET /?" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    (
        b"POST /track/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        b"GET /desk/ HTTP/1.1\r\n\r\n"
    ),
    b"POST /track/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /track/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c: d\r\n\r\n",
    b"GET / HTTP/1.1\nHost: localhost\n\n",
    b"GET /static/..%2f..%2fsecret_key HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /static/%2e%2e/secret_key HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\n\r\n",
    b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n",
)


def _raw(run: Run, house: Any) -> None:
    """Each is refused or answered, nothing is told, and the server lives on."""
    secret = (house.data / "secret_key").read_bytes().strip()
    for sent in RAW:
        got = b""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", house.port), timeout=5) as one:
            one.settimeout(2)
            one.sendall(sent)
            while len(got) < 200_000 and (part := one.recv(65536)):
                got += part
        status = int(got[9:12]) if got[9:12].isdigit() else 0
        run.count("raw_requests")
        if status >= 500 and status != 505 and status != 501:
            run.find("a raw request broke a page", sent=repr(sent[:60]), status=status)
        if secret in got or b"root:" in got or b"Cookie: a=b" in got:
            run.find("a raw request was told something", sent=repr(sent[:60]))
        if b"evil.example" in got.partition(b"\r\n\r\n")[0]:
            run.find("a raw request names the host", sent=repr(sent[:60]))
    if house.ask("/healthz")[0] != 200:
        run.find("the server does not live any more")


def _headers(run: Run, house: Any) -> None:
    """The same headers from the real server: pages, static files, streams, probes, refusals."""
    import re

    page = http.client.HTTPConnection("127.0.0.1", house.port, timeout=20)
    forwarded = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "https", "Host": "localhost"}
    page.request("GET", "/", headers=forwarded)
    answer = page.getresponse()
    static = [one.decode() for one in re.findall(rb'(?:href|src)="(/static/[^"]+)"', answer.read())][:6]
    token = house.world["tokens"]["head"][0]
    asked: list[tuple[str, dict[str, str]]] = [
        (one, {}) for one in ("/", "/healthz", "/readyz", "/metrics", "/live/", "/desk/", *static)
    ]
    asked += [
        ("/api/v1/events", {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}),
        ("/api/v1/events", {"Authorization": "Bearer no", "Accept": "text/event-stream"}),
        ("/api/v1/me", {"Authorization": f"Bearer {token}"}),
        ("/api/v1/cases", {}),
    ]
    for path, more in asked:
        one = http.client.HTTPConnection("127.0.0.1", house.port, timeout=20)
        one.request("GET", path, headers={**forwarded, **more})
        told = one.getresponse()
        body = b"" if "event-stream" in told.headers.get("Content-Type", "") else told.read()
        for fault in faults(told.headers, told.status, body, private=path.startswith(("/desk", "/api/v1/me"))):
            run.find(fault, where=f"served {path}", status=told.status)
        run.count("served_answers")
        one.close()


SERVED = ("headers", "raw", "flood")


def served(run: Run, made: Made, rng: random.Random, name: str) -> None:
    with _house(made) as house:
        {"headers": _headers, "raw": _raw, "flood": _flood}[name](run, house)
