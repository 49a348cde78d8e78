"""`huying check --deploy`: each unsafe setting is named, with what to do; a safe installation has nothing to say."""

import dataclasses
import json
from datetime import timedelta

import pytest
from django.conf import settings as real
from django.db import connection
from django.utils import timezone

from huying.cli import deploying
from huying.config.metrics import BACKUP_RECORD


@pytest.fixture
def safe(db, tmp_path, settings, monkeypatch):
    """An installation with nothing to complain of, but for who owns the tables."""
    data, keys = tmp_path / "data", tmp_path / "keys"
    data.mkdir()
    keys.mkdir()
    settings.DATA = data
    monkeypatch.setattr(deploying, "LEAST_SHARE_FREE", 0.0)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    _backed_up(data, 1)
    return dataclasses.replace(
        real.ENV,
        data=data,
        master_key_file=keys / "master.key",
        hosts=("huying.example",),
        https=True,
        proxies=1,
        demo=False,
        codes="off",
        log_level="INFO",
    )


def _backed_up(data, hours):
    at = (timezone.now() - timedelta(hours=hours)).isoformat()
    (data / BACKUP_RECORD).write_text(json.dumps({"at": at, "path": str(data / "x.age"), "size": 1}))


def _bad(env):
    # The test server runs without fsync, for speed.
    return {name for name, ok, _says in deploying.findings(env) if ok is False} - {"deploy_fsync"}


def test_a_safe_installation_passes(safe):
    assert _bad(safe) == set()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"https": False}, "deploy_https"),
        ({"hosts": ("*",)}, "deploy_hosts"),
        ({"hosts": ("127.0.0.1", "localhost")}, "deploy_hosts"),
        ({"proxies": 0}, "deploy_proxies"),
        ({"demo": True}, "deploy_demo"),
        ({"codes": "console"}, "deploy_codes"),
        ({"log_level": "DEBUG"}, "deploy_log_level"),
        ({"database_url": "postgresql://same@/huying", "owner_url": ""}, "deploy_roles"),
    ],
)
def test_each_unsafe_setting_is_found(safe, change, found):
    assert found in _bad(dataclasses.replace(safe, **change))


def test_a_master_key_beside_the_data_is_found(safe):
    assert _bad(dataclasses.replace(safe, master_key_file=safe.data / "master.key")) == {"deploy_master_key"}


def test_no_backup_and_an_old_one_are_found(safe):
    _backed_up(safe.data, 30)
    assert _bad(safe) == {"deploy_backup"}
    (safe.data / BACKUP_RECORD).unlink()
    assert _bad(safe) == {"deploy_backup"}


def test_a_worker_that_is_gone_is_found(safe):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    assert _bad(safe) == {"deploy_worker"}


def test_a_full_disk_is_found(safe, monkeypatch):
    monkeypatch.setattr(deploying, "LEAST_SHARE_FREE", 1.1)
    assert _bad(safe) == {"deploy_disk", "deploy_backup_disk"}


def test_a_clock_behind_the_records_is_found(safe, monkeypatch):
    from huying.audit.actions import append
    from huying.kernel.actor import system
    from huying.kernel.ids import uuid7

    ahead = timezone.now() + timedelta(hours=3)
    append(kind="case", object_id=uuid7(), verb="receive", actor=system(), at=ahead, area_code="99")
    assert _bad(safe) == {"deploy_clock"}


def test_every_complaint_says_what_to_do(safe):
    worst = dataclasses.replace(
        safe, https=False, hosts=("*",), proxies=0, demo=True, codes="console", log_level="DEBUG",
        master_key_file=safe.data / "k",
    )  # fmt: skip
    for name, ok, says in deploying.findings(worst):
        if ok is False:
            assert "请" in str(says), name
