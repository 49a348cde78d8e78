"""What the clock does for the house itself."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from procrastinate.exceptions import UniqueViolation

from huying.config import jobs
from huying.config.jobs import clear_sessions
from tests.waiting import in_a_thread

pytestmark = pytest.mark.django_db


def stored(expires):
    store = SessionStore()
    store["portal.draft"] = {"words": "没有提交的话"}
    store.create()
    Session.objects.filter(pk=store.session_key).update(expire_date=timezone.now() + expires)
    return store.session_key


def test_sessions_that_ran_out_go_and_the_others_stay():
    gone, kept = stored(-timedelta(minutes=1)), stored(timedelta(minutes=1))

    clear_sessions(timestamp=0)
    clear_sessions(timestamp=0)

    assert list(Session.objects.filter(pk__in=[gone, kept]).values_list("pk", flat=True)) == [kept]


class Manager:
    """Jobs of a dead worker; of one kind another waits already."""

    def __init__(self):
        self.retried, self.finished = [], []

    async def get_stalled_jobs(self, seconds_since_heartbeat):
        return ["fan_out", "deliver"]

    async def retry_job(self, job):
        if job == "fan_out":
            raise UniqueViolation("x", constraint_name="procrastinate_jobs_queueing_lock_idx_v1", queueing_lock=job)
        self.retried.append(job)

    async def finish_job(self, job, status, delete_job):
        self.finished.append((job, delete_job))


def test_a_killed_job_runs_again_or_leaves_its_lock_to_the_one_that_waits():
    manager = Manager()
    context = SimpleNamespace(app=SimpleNamespace(job_manager=manager))

    assert in_a_thread(jobs.retry_stalled.func(context, timestamp=0)) == 2

    assert (manager.retried, manager.finished) == (["deliver"], [("fan_out", True)])


def test_what_frees_locks_needs_none():
    assert jobs.retry_stalled.lock is None
