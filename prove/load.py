"""Clients that send for real and write down what they were told: shared by provers with a served huying.

Each client is a thread with a keep-alive connection and a log of its own. A line is written before a request is sent
and one after, whatever came; nothing in a log is ever changed, and what is proved is proved from the logs.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import json
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from PIL import Image

from prove.server import HOST

API = "/api/v1"
PAUSE = 0.15
"""Seconds before the next try. People would wait for Retry-After; a prover is impatient, which is harder."""
PER_CONNECTION = 40
"""Requests after which a client takes a new connection, so that a process that came back gets its share."""
CELLS = 8
BOUNDARY = "----prove-boundary-7f3a"


@dataclass
class Wanted:
    """One request, the same for every try."""

    kind: str
    method: str
    path: str
    key: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    """What the log shall say that was sent."""


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class GaveUp(Exception):
    """No acknowledgement within the patience of a client."""


class Refused(Exception):
    """A refusal for good: any 4xx."""


class Log:
    """An append-only file of JSON lines; each is one write."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, what: str, **facts: Any) -> None:
        line = json.dumps({"t": time.monotonic(), "w": what, **facts}, ensure_ascii=False) + "\n"
        os.write(self.file, line.encode())

    def close(self) -> None:
        os.close(self.file)


def read_logs(folder: Path, pattern: str = "*.log") -> list[dict[str, Any]]:
    """All lines, by time. A last line that was cut off by a kill of the prover is left out."""
    lines = []
    for path in folder.glob(pattern):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(ValueError):
                lines.append({**json.loads(line), "client": path.stem})
    return sorted(lines, key=lambda line: float(line["t"]))


class Client:
    """One sender. `acked` is told each acknowledgement."""

    def __init__(
        self, name: str, port: int, log: Log, *, acked: Callable[[], None] = lambda: None, patience: float = 60,
        stop: threading.Event | None = None, pause: float = PAUSE,
    ) -> None:  # fmt: skip
        self.name, self.port, self.log, self.acked, self.patience, self.pause = name, port, log, acked, patience, pause
        self.stop = stop or threading.Event()
        self.line: http.client.HTTPConnection | None = None
        self.sent = 0
        self.wanted = 0

    def once(self, wanted: Wanted) -> Answer:
        """One try on the kept connection; raises what the connection raises."""
        if self.line is None or self.sent >= PER_CONNECTION:
            self.hang_up()
            self.line, self.sent = http.client.HTTPConnection(HOST, self.port, timeout=20), 0
        self.sent += 1
        try:
            self.line.request(wanted.method, wanted.path, wanted.body or None, wanted.headers)
            found = self.line.getresponse()
            answer = Answer(found.status, found.headers, found.read())
        except (OSError, http.client.HTTPException):
            self.hang_up()
            raise
        if found.will_close:
            self.hang_up()
        return answer

    def hang_up(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            line.close()

    def send(self, wanted: Wanted, told: Callable[[Answer], dict[str, Any]] = lambda _answer: {}) -> Answer:
        """Try until it is acknowledged. Raises Refused for a 4xx, GaveUp after the patience."""
        deadline = time.monotonic() + self.patience
        tries = 0
        self.wanted += 1
        while not self.stop.is_set():
            tries += 1
            sent = {"sent": wanted.facts} if tries == 1 else {}
            self.log.write("try", k=wanted.key, kind=wanted.kind, n=tries, **sent)
            began = time.monotonic()
            try:
                answer = self.once(wanted)
            except (OSError, http.client.HTTPException) as why:
                self.log.write("break", k=wanted.key, kind=wanted.kind, n=tries, why=type(why).__name__, began=began)
            else:
                if answer.status < 400:
                    self.log.write(
                        "ack", k=wanted.key, kind=wanted.kind, s=answer.status, began=began, n=tries,
                        h=hashlib.sha256(answer.body).hexdigest(), a=told(answer),
                        **({"replayed": True} if answer.headers.get("Idempotency-Replayed") else {}),
                    )  # fmt: skip
                    self.acked()
                    return answer
                again = answer.headers.get("Retry-After")
                self.log.write("no", k=wanted.key, kind=wanted.kind, n=tries, s=answer.status, began=began, again=again)
                if answer.status < 500:
                    raise Refused(f"{wanted.kind}: {answer.status} {answer.body[:300].decode('utf-8', 'replace')}")
            if time.monotonic() > deadline:
                break
            time.sleep(self.pause)
        self.log.write("gave_up", k=wanted.key, kind=wanted.kind)
        raise GaveUp(wanted.kind)


def uuid7_of(rng: random.Random) -> UUID:
    """A key as a client makes it: the time, and bits of the step's own randomness."""
    stamp = time.time_ns() // 1_000_000
    return UUID(int=(stamp << 80) | (7 << 76) | (rng.getrandbits(12) << 64) | (2 << 62) | rng.getrandbits(62))


# Photos that say whose they are


def picture(bits: int) -> bytes:
    """A small JPEG whose light and dark fields are these 64 bits."""
    small = Image.frombytes("L", (CELLS, CELLS), bytes(230 if bits >> at & 1 else 25 for at in range(CELLS * CELLS)))
    out = io.BytesIO()
    small.resize((CELLS * 16, CELLS * 16), Image.Resampling.NEAREST).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def bits_of(data: bytes) -> int:
    """The 64 bits again, whatever was made of the photo meanwhile."""
    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("L").resize((CELLS, CELLS), Image.Resampling.BOX)
    return sum(1 << at for at, light in enumerate(small.tobytes()) if light > 127)


# What is sent


def api(kind: str, method: str, path: str, *, token: str, key: str = "", body: Any = None, facts: Any = None) -> Wanted:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    if key:
        headers["Idempotency-Key"] = key
    data = b""
    if body is not None:
        data = json.dumps(body, ensure_ascii=False).encode()
        headers["Content-Type"] = "application/json"
    return Wanted(kind, method, API + path, key, data, headers, facts or {})


def upload(data: bytes, *, token: str, key: str, facts: Any = None) -> Wanted:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
    body = head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + data + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {
        "Accept": "application/json", "Authorization": f"Bearer {token}", "Idempotency-Key": key,
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }  # fmt: skip
    return Wanted("photo", "POST", f"{API}/files", key, body, headers, facts or {})


class Browser:
    """A resident's browser: cookies, the form's token, the steps of a report through the real pages."""

    def __init__(self, client: Client, street: str) -> None:
        self.client = client
        self.cookies = {"huying_area": street}

    def go(self, kind: str, method: str, path: str, given: dict[str, str] | None = None, **more: Any) -> Answer:
        headers = {
            "Accept": "text/html",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        body = b""
        if given is not None:
            body = urlencode({**given, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        key, facts = more.get("key", ""), more.get("facts", {})
        answer = self.client.send(
            Wanted(kind, method, path, key, body, headers, facts), more.get("told", lambda _a: {})
        )
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name.strip()] = rest.partition(";")[0]
        return answer

    def report(self, words: str, point: tuple[float, float], facts: dict[str, Any]) -> UUID | None:
        """The whole way; the id of the report, None where the pages led elsewhere."""
        self.go("page", "GET", "/report/")
        then = self.go("page", "POST", "/report/", {"words": words})
        if then.headers.get("Location", "") == "/report/kind/":
            self.go("page", "POST", "/report/kind/", {"kind": "unsure"})
        self.go("page", "POST", "/report/where/", {"lng": str(point[0]), "lat": str(point[1]), "place_words": "路口"})
        self.go("page", "POST", "/report/likely/", {"same": ""})
        page = self.go("page", "GET", "/report/check/").body.decode()
        found = dict(re.findall(r'name="(key|seen)" value="([^"]*)"', page))
        if set(found) != {"key", "seen"}:
            return None
        form = {"key": found["key"], "seen": found["seen"], "reply_by": "page"}

        def told(answer: Answer) -> dict[str, Any]:
            parts = answer.headers.get("Location", "").split("/")
            return {"report_id": parts[3] if len(parts) > 3 else "", "location": answer.headers.get("Location", "")}

        self.go("form", "POST", "/report/check/", form, key=found["key"], facts=facts, told=told)
        return UUID(found["key"])


@contextlib.contextmanager
def every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Meanwhile something again and again, in a thread; its own errors end it silently."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(seconds):
            act()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
