"""A full disk: writes are refused with 507, reads go on, health says so, and all by itself it is over."""

import json
import os
from types import SimpleNamespace

import pytest
from django.test import Client

from huying.config import room


@pytest.fixture
def disk(monkeypatch):
    """How much is left, as the system would say; looked at anew each time."""
    given = SimpleNamespace(left=room.RESERVE)
    monkeypatch.setattr(room, "LOOK_SECONDS", 0)
    monkeypatch.setattr(room, "_looked", (-1.0, True))
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_bavail=given.left, f_frsize=1))
    return given


@pytest.mark.django_db
def test_writes_are_refused_while_it_lasts_and_reads_are_not(disk):
    browser = Client()
    disk.left = room.RESERVE - 1
    refused = browser.post("/api/v1/reports", {}, content_type="application/json")
    assert (refused.status_code, json.loads(refused.content)["code"]) == (507, "no-space")
    assert refused["Retry-After"]
    page = browser.post("/sign-in/", {"username": "x"})
    assert (page.status_code, page["Content-Type"]) == (507, "text/html; charset=utf-8")
    assert browser.get("/sign-in/").status_code == 200
    assert json.loads(browser.get("/readyz").content)["space"] is False
    disk.left = room.RESERVE
    assert browser.post("/api/v1/reports", {}, content_type="application/json").status_code == 422
    assert json.loads(browser.get("/readyz").content)["space"] is True


def test_it_looks_once_a_second(disk, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 60)
    monkeypatch.setattr(room, "_looked", (-100.0, True))
    assert room.enough()
    disk.left = 0
    assert room.enough()


def test_a_folder_that_is_not_there_is_not_full(monkeypatch, tmp_path):
    assert room.left(tmp_path / "none") == room.RESERVE
    assert room.left(tmp_path) > 0
