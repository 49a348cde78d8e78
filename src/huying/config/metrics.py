"""Numbers for Prometheus: what web processes count themselves, and what the database says when it is asked.

Labels are names from the code (routes, queues, states), never an id, an area or a person's value. With several web
processes each writes into one folder (PROMETHEUS_MULTIPROC_DIR, set by `huying serve`), and any of them adds up.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from huying import __version__

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BACKUP_RECORD = "backup.json"
SWEEP = "clocks.sweep"
"""The job that looks for clocks that are due; how far behind it is, is how late anybody hears of a limit."""
PATIENCE_MS = 2000

REGISTRY = CollectorRegistry()
REQUESTS = Counter("huying_requests", "Requests answered", ["route", "method", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "huying_request_seconds",
    "Time until an answer was ready",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
STATEMENTS = Histogram(
    "huying_request_statements",
    "Database statements of a request",
    ["route"],
    buckets=(0, 2, 5, 10, 20, 30, 50, 100, 200),
    registry=REGISTRY,
)
LIMITED = Counter("huying_requests_limited", "Requests refused because their source sends too many", registry=REGISTRY)
STREAMS = Gauge("huying_streams_open", "Live streams open", registry=REGISTRY, multiprocess_mode="livesum")
logger = logging.getLogger("huying.requests")


class Measured:
    """A middleware around all others: counts each request, its time and its statements."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        count = 0

        def counted(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            nonlocal count
            count += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(counted):
            response = self.get_response(request)
        seconds = time.perf_counter() - began
        route, status = route_of(request), f"{response.status_code // 100}xx"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, status).inc()
        SECONDS.labels(route).observe(seconds)
        STATEMENTS.labels(route).observe(count)
        if logger.isEnabledFor(logging.INFO):
            facts = {"route": route, "method": method, "status": response.status_code}
            logger.info("request", extra={**facts, "ms": round(seconds * 1000, 1), "statements": count})
        return response


def route_of(request: HttpRequest) -> str:
    """The name of the address's pattern, never the address."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"


def exposition() -> bytes:
    """All numbers in Prometheus' text form."""
    folder = os.environ.get(FOLDER)
    if folder:
        registry = CollectorRegistry()
        _bury(Path(folder))
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        own = generate_latest(registry)
    else:
        own = generate_latest(REGISTRY)
    house = CollectorRegistry()
    house.register(House())
    return own + generate_latest(house)


def _bury(folder: Path) -> None:
    """What a process that is gone had open is not open any more; what it counted still counts."""
    for file in folder.glob("gauge_live*_*.db"):
        try:
            os.kill(int(file.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
        except (ValueError, PermissionError):
            continue


class House(Collector):
    """What the database and the data folder say."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("huying_database_up", "Whether the database answers")
        found: list[Metric] = []
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
                found = [*_jobs(), *_outbox(), *_clocks(), *_worker()]
            up.add_metric([], 1)
        except DatabaseError:
            up.add_metric([], 0)
        yield up
        yield from found
        info = GaugeMetricFamily("huying_info", "The version that runs", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        age = backup_age()
        if age is not None:
            yield GaugeMetricFamily("huying_backup_age_seconds", "Time since the last backup", value=age)


def _jobs() -> Iterator[Metric]:
    jobs = GaugeMetricFamily("huying_jobs", "Jobs in the queue", labels=["queue", "state"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2 ORDER BY 1, 2")
        for queue, state, count in cursor.fetchall():
            jobs.add_metric([queue, state], count)
    yield jobs


def _outbox() -> Iterator[Metric]:
    from huying.notices.models import Delivery

    outbox = GaugeMetricFamily("huying_outbox", "Notices not sent yet, or given up", labels=["state"])
    for state in ("waiting", "sending", "dead"):
        outbox.add_metric([state], Delivery.objects.filter(state=state).count())
    yield outbox


def _clocks() -> Iterator[Metric]:
    from huying.clocks.models import Clock

    late = Clock.objects.filter(stopped_at=None, paused_at=None, imported=False, due_at__lt=timezone.now()).count()
    yield GaugeMetricFamily("huying_clocks_overdue", "Running limits that are past", value=late)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT extract(epoch FROM now())
                - coalesce(min(d.defer_timestamp) FILTER (WHERE j.status IN ('todo', 'doing')), max(d.defer_timestamp))
            FROM procrastinate_periodic_defers d LEFT JOIN procrastinate_jobs j ON j.id = d.job_id
            WHERE d.task_name = %s
            """,
            [SWEEP],
        )
        lag = cursor.fetchone()[0]
    if lag is not None:
        yield GaugeMetricFamily(
            "huying_sweep_lag_seconds", "Time since limits were last looked through", value=max(float(lag), 0.0)
        )


def _worker() -> Iterator[Metric]:
    age = worker_age()
    if age is not None:
        yield GaugeMetricFamily("huying_worker_heartbeat_age_seconds", "Time since a worker was last heard", value=age)


def worker_age() -> float | None:
    """Seconds since any worker was last heard of; None where there never was one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
        age = cursor.fetchone()[0]
    return None if age is None else max(float(age), 0.0)


def backup_age() -> float | None:
    """Seconds since the last backup that was made from this data folder."""
    try:
        kept = orjson.loads((Path(settings.DATA) / BACKUP_RECORD).read_bytes())
        made = timezone.datetime.fromisoformat(kept["at"])  # type: ignore[attr-defined]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return max((timezone.now() - made).total_seconds(), 0.0)
