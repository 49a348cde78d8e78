"""The small street with programs of its people: `program("dispatcher")` speaks with that person's rights."""

from __future__ import annotations

import itertools
import json

import pytest
from django.test import Client as Browser

from huying.clients.actions import make_client
from huying.kernel.actor import Actor
from tests.world import NOW, build_world

_numbers = itertools.count()


class Program:
    """A program with a token: sends and reads JSON; each write with a new key, unless one is given."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.browser = Browser()
        self.last = None

    def _headers(self, key: str | None, method: str) -> dict[str, str]:
        headers = {"HTTP_ACCEPT": "application/json"}
        if self.token:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        if method != "GET":
            headers["HTTP_IDEMPOTENCY_KEY"] = key if key is not None else f"test-key-{next(_numbers)}"
        return headers

    def ask(self, method: str, path: str, body=None, *, key: str | None = None, status: int | None = 200, **options):
        path = path if path.startswith("/api/") else f"/api/v1{path}"
        headers = self._headers(key, method)
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        self.last = self.browser.generic(method, path, **options, **headers)
        if status is not None:
            assert self.last.status_code == status, (self.last.status_code, self.last.content[:600])
        return json.loads(self.last.content) if self.last.content[:1] in b"{[" else self.last.content

    def get(self, path: str, **options):
        return self.ask("GET", path, **options)

    def post(self, path: str, body=None, **options):
        return self.ask("POST", path, {} if body is None else body, **options)

    def delete(self, path: str, **options):
        return self.ask("DELETE", path, **options)

    def upload(self, name: str, data: bytes, *, status: int = 201, key: str | None = None):
        from django.core.files.uploadedfile import SimpleUploadedFile

        headers = self._headers(key, "POST")
        file = SimpleUploadedFile(name, data)
        self.last = self.browser.post("/api/v1/files", {"file": file}, **headers)
        assert self.last.status_code == status, self.last.content[:600]
        return self.last.json()


@pytest.fixture
def world(db, settings, tmp_path, monkeypatch):
    settings.DATA = tmp_path
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return build_world()


def duties_of(actor: Actor) -> list[str]:
    return sorted({duty for grant in actor.grants for duty in grant.duties})


@pytest.fixture
def program(world):
    """A program with all the duties of one of the street's people."""

    def made(key: str, **options) -> Program:
        actor = world.people[key]
        values = {"kind": "personal", "name": "试用程序", "duties": duties_of(actor), "days": 30, **options}
        return Program(make_client(**values, actor=actor, now=NOW).token)

    return made


@pytest.fixture
def stranger(program):
    return program("next_dispatcher")


@pytest.fixture
def nobody():
    return Program()
