"""Addresses for machines: does it live, can it work, what are its numbers; and nobody's data in any of them."""

import os
import subprocess
import sys

import pytest
from django.db import OperationalError, connection
from django.test import Client

from huying.config import metrics, probes
from tests.settings import ROOT
from tests.world import build_world

TOKEN = "a token that is longer than thirty-two characters"


@pytest.fixture
def asking(db, settings):
    settings.METRICS_TOKEN = ""
    # As a monitor asks: by address, with a name of the host that no page would answer to.
    return Client(headers={"host": "10.0.0.7"})


@pytest.fixture
def worker(db):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")


class TestHealth:
    def test_it_lives_whatever_name_it_is_asked_by(self, asking):
        answer = asking.get("/healthz")
        assert (answer.status_code, answer.content) == (200, b"ok\n")
        assert answer["Cache-Control"] == "no-store"
        assert not answer.cookies

    def test_it_lives_also_without_a_database(self, asking, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(connection, "cursor", _away)
            assert asking.get("/healthz").status_code == 200

    @pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
    def test_it_only_answers(self, asking, address):
        assert asking.post(address).status_code == 405


class TestReadiness:
    def test_with_database_tables_and_worker_it_is_ready(self, asking, worker):
        answer = asking.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {"ready": True, "database": True, "migrations": True, "worker": True, "space": True}

    def test_without_a_worker_it_is_not(self, asking):
        answer = asking.get("/readyz")
        assert (answer.status_code, answer.json()["worker"]) == (503, False)

    def test_a_worker_that_was_not_heard_for_long_does_not_count(self, asking, worker):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
        assert asking.get("/readyz").status_code == 503

    def test_without_a_database_it_says_no_more_than_that(self, asking, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(connection, "cursor", _away)
            answer = asking.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {
            "ready": False, "database": False, "migrations": False, "worker": False, "space": True,
        }  # fmt: skip

    def test_missing_steps_of_the_tables_are_found(self, asking, worker, monkeypatch):
        monkeypatch.setattr(probes, "_up_to_date", False)
        monkeypatch.setattr("huying.cli.steps.pending", lambda: ["cases.9999_next"])
        assert asking.get("/readyz").json()["migrations"] is False


class TestWhoMayReadTheNumbers:
    @pytest.mark.parametrize(
        ("address", "more", "may"),
        [
            ("127.0.0.1", {}, True),
            ("::1", {}, True),
            ("203.0.113.9", {}, False),
            ("", {}, False),
            ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, False),
            ("127.0.0.1", {"HTTP_FORWARDED": "for=203.0.113.9"}, False),
            ("127.0.0.1", {"HTTP_X_FORWARDED_PROTO": "https"}, False),
        ],
    )
    def test_without_a_token_this_machine_alone_and_nobody_through_its_proxy(self, asking, address, more, may):
        assert (asking.get("/metrics", REMOTE_ADDR=address, **more).status_code == 200) is may

    @pytest.mark.parametrize(
        ("shown", "may"), [(f"Bearer {TOKEN}", True), ("Bearer wrong", False), ("", False), (TOKEN, False)]
    )
    def test_with_a_token_whoever_shows_it(self, asking, settings, shown, may):
        settings.METRICS_TOKEN = TOKEN
        answer = asking.get("/metrics", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION=shown)
        assert (answer.status_code == 200) is may
        assert (asking.get("/metrics").status_code) == 404


class TestNumbers:
    def _text(self, asking):
        return asking.get("/metrics").content.decode()

    def test_requests_are_counted_by_route_method_and_class_of_answer(self, asking, client):
        client.get("/sign-in/")
        client.get("/no/such/page/9f1c/")
        text = self._text(asking)
        assert 'huying_requests_total{method="GET",route="sign_in",status="2xx"}' in text or "route=" in text
        assert 'route="none",status="4xx"' in text
        assert "/no/such" not in text
        assert "9f1c" not in text
        assert "huying_request_seconds_bucket" in text
        assert "huying_request_statements_sum" in text

    def test_an_odd_method_is_one_label(self, asking, client):
        client.generic("BREW", "/sign-in/")
        assert 'method="other"' in self._text(asking)

    def test_statements_of_a_request_are_counted(self, client, world):
        before = _sum("huying_request_statements", "sum")
        client.post("/sign-in/", {"username": "demo-clerk", "password": "green-kite-lantern-7"})
        assert _sum("huying_request_statements", "sum") > before

    def test_the_house_tells_of_jobs_outbox_clocks_and_worker(self, asking, world, worker):
        world.call()
        text = self._text(asking)
        assert "huying_database_up 1.0" in text
        assert "huying_jobs{queue=" in text
        assert 'huying_outbox{state="waiting"}' in text
        assert "huying_clocks_overdue" in text
        assert "huying_worker_heartbeat_age_seconds" in text
        assert 'huying_info{version="' in text

    def test_the_sweep_is_late_by_its_oldest_unfinished_round(self, asking):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, periodic_id) "
                "VALUES (%s, extract(epoch FROM now())::bigint - 90, '')",
                [metrics.SWEEP],
            )
        lag = next(line for line in self._text(asking).splitlines() if line.startswith("huying_sweep_lag_seconds "))
        assert 89 <= float(lag.split()[1]) < 100

    def test_without_a_database_the_numbers_say_so(self, asking, monkeypatch):
        monkeypatch.setattr(metrics, "_jobs", _away)
        assert "huying_database_up 0.0" in self._text(asking)

    def test_no_label_holds_a_person_an_area_or_an_id(self, asking, world, client):
        receipt = world.call(words="榕树路十八号的李示例要修灯")
        client.get(f"/desk/cases/{receipt.case.pk}/")
        client.get("/track/", {"code": receipt.code})
        text = self._text(asking)
        for planted in (str(receipt.case.pk), receipt.code, receipt.case.number, "李示例", receipt.case.area_code):
            assert planted not in text


@pytest.fixture
def world(db):
    return build_world()


def _away(*_args, **_options):
    raise OperationalError("the server is gone; user=huying password=very-secret")


def _sum(name, part):
    return sum(
        sample.value for one in metrics.REGISTRY.collect() for sample in one.samples if sample.name == f"{name}_{part}"
    )


SEVERAL = """
import os, sys
from pathlib import Path
import django; django.setup()
from huying.config import metrics
def child():
    metrics.REQUESTS.labels("portal:home", "GET", "2xx").inc()
    metrics.STREAMS.inc()
    os._exit(0)
for _ in range(2):
    pid = os.fork()
    if not pid:
        child()
    os.waitpid(pid, 0)
metrics.REQUESTS.labels("portal:home", "GET", "2xx").inc()
metrics.STREAMS.inc()
class Nothing:
    def collect(self):
        return []
metrics.House = Nothing
print(metrics.exposition().decode())
"""


def test_what_several_processes_count_is_added_up_and_what_dead_ones_had_open_is_not(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUYING_")}
    more = {
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "huying.config.settings",
        "HUYING_DATA": str(tmp_path / "data"),
        metrics.FOLDER: str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL], env={**kept, **more}, capture_output=True, text=True, timeout=60, check=False
    )
    assert 'huying_requests_total{method="GET",route="portal:home",status="2xx"} 3.0' in done.stdout, done.stderr
    assert "huying_streams_open 1.0" in done.stdout
