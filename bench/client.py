"""The sender: a process of its own that is as cheap as it can be, because it shares the server's processors.

Reads one JSON object from the file that it is given, sends for so many seconds over kept connections (threads with
bare sockets, requests made ready beforehand), and prints one JSON object: how many, how fast, how many bytes.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
import zlib
from pathlib import Path
from typing import Any

HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
PATIENCE = 30.0


class Line:
    """One kept connection."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body. A connection that the server closed meanwhile is made anew, once."""
        fresh = self.socket is None
        try:
            return self._ask(request)
        except OSError:
            self.close()
            if fresh:
                raise
            return self._ask(request)

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=PATIENCE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        data = b""
        while (end := data.find(HEAD_END)) < 0:
            data += self._more()
        head, body = data[: end + 2], data[end + 4 :]
        status = int(head[9:12])
        found = _LENGTH.search(head)
        if found is not None:
            parts, left = [body], int(found[1]) - len(body)
            while left > 0:
                parts.append(self._more())
                left -= len(parts[-1])
            return status, b"".join(parts)
        if _CHUNKED.search(head):
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
            return status, body
        return status, body

    def _more(self) -> bytes:
        assert self.socket is not None
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("closed")
        return part

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def plain(body: bytes) -> bytes:
    """A body as it was before it was packed."""
    return zlib.decompress(body, zlib.MAX_WBITS | 16) if body[:2] == b"\x1f\x8b" else body


class Work:
    """What is sent: again and again in a circle, or each request once."""

    def __init__(self, requests: list[str], once: bool) -> None:
        self.requests = [one.encode() for one in requests]
        self.once, self.place, self.lock = once, 0, threading.Lock()

    def next(self) -> bytes | None:
        with self.lock:
            place, self.place = self.place, self.place + 1
        if place >= len(self.requests) and self.once:
            return None
        return self.requests[place % len(self.requests)]


def send(given: dict[str, Any]) -> dict[str, Any]:
    work = Work(given["requests"], given.get("once", False))
    keep = [re.compile(one.encode()) for one in given.get("keep", ())]
    begins = threading.Barrier(given["clients"] + 1)
    spent: list[list[float]] = [[] for _ in range(given["clients"])]
    statuses: dict[int, int] = {}
    kept: list[list[str]] = []
    size = [0] * given["clients"]
    last = [0.0] * given["clients"]
    sample: list[str] = []
    lock = threading.Lock()

    def run(number: int) -> None:
        line, mine, seen = Line(given["host"], given["port"]), spent[number], {}
        begins.wait()
        until = time.perf_counter() + given["seconds"]
        while (began := time.perf_counter()) < until and (request := work.next()) is not None:
            try:
                status, body = line.ask(request)
            except (OSError, ValueError):
                status, body = 0, b""
            last[number] = time.perf_counter()
            mine.append(last[number] - began)
            size[number] += len(body)
            seen[status] = seen.get(status, 0) + 1
            if status != given["status"] and len(sample) < 3:
                sample.append(body[:300].decode("utf-8", "replace"))
            elif keep:
                found = [one.search(plain(body)) for one in keep]
                if all(found):
                    kept.append([one[1].decode() for one in found if one])
        line.close()
        with lock:
            for status, times in seen.items():
                statuses[status] = statuses.get(status, 0) + times

    threads = [threading.Thread(target=run, args=(number,)) for number in range(given["clients"])]
    for thread in threads:
        thread.start()
    begins.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    every = sorted(one for mine in spent for one in mine)
    good = statuses.get(given["status"], 0)
    seconds = max(max(last) - began, 1e-6)
    return {
        "seconds": round(seconds, 3),
        "count": good,
        "bad": len(every) - good,
        "per_second": round(good / seconds, 2),
        **{f"p{share}_ms": round(1000 * at(every, share), 2) for share in (50, 95, 99)},
        "body_bytes": round(sum(size) / max(len(every), 1)),
        "used": work.place if work.once else 0,
        "statuses": {str(status): times for status, times in sorted(statuses.items())},
        "kept": kept,
        "samples": sample,
    }


def at(values: list[float], share: int) -> float:
    """The value below which so many in a hundred lie."""
    return values[min(len(values) * share // 100, len(values) - 1)] if values else 0.0


if __name__ == "__main__":
    print(json.dumps(send(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
