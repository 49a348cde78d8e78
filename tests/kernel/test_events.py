"""News is written with the act, delivered by a job, and carries codes only."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from huying.kernel.events import EVENTS, Event
from huying.kernel.jobs import deliver

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def event():
    yield Event("tests.happened")
    del EVENTS["tests.happened"]


def queued():
    return list(ProcrastinateJob.objects.filter(task_name="kernel.deliver").order_by("id"))


def run(job):
    deliver.func(**job.args)


class TestEmit:
    def test_it_comes_to_every_listener_with_its_facts(self, event):
        heard = []
        event.listen(heard.append)
        event.listen(heard.append)
        event.emit(at=NOW, case_id=UUID(int=5), units=[UUID(int=1)], state="filed", round=2)

        run(queued()[0])

        one, other = heard
        assert one == other
        assert (one.name, one.at) == ("tests.happened", NOW)
        assert one.facts == {"case_id": str(UUID(int=5)), "units": [str(UUID(int=1))], "state": "filed", "round": 2}

    def test_it_is_undone_with_the_act(self, event):
        with transaction.atomic():
            event.emit(at=NOW)
            transaction.set_rollback(True)
        assert queued() == []

    def test_it_is_one_statement(self, event, django_assert_num_queries):
        with django_assert_num_queries(1):
            event.emit(at=NOW, case_id=UUID(int=5))

    @pytest.mark.parametrize("words", ["路灯不亮", "李示例", "13800138000", 1.5, object()])
    def test_words_names_and_phones_are_refused(self, event, words):
        with pytest.raises(ValueError, match="facts"):
            event.emit(at=NOW, words=words)
        assert queued() == []

    def test_the_same_news_keeps_its_id_when_the_job_runs_again(self, event):
        heard = []
        event.listen(lambda news: heard.append(news.id))
        event.emit(at=NOW)
        run(queued()[0])
        run(queued()[0])
        assert len(heard) == 2
        assert len(set(heard)) == 1

    def test_a_listener_that_fails_fails_the_job_so_that_it_runs_again(self, event):
        @event.listen
        def fails(news):
            raise RuntimeError("later")

        event.emit(at=NOW)
        with pytest.raises(RuntimeError):
            run(queued()[0])


def test_two_events_of_one_name_are_a_fault_at_the_start(event):
    with pytest.raises(ValueError, match="twice"):
        Event("tests.happened")
