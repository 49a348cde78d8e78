"""Starting, stopping, pausing and resuming clocks; publishing a year; explaining a due time."""

import time
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from huying.audit.models import History
from huying.clocks import actions, queries
from huying.clocks.models import CalendarYear, Clock, Stretch, WorkDay
from huying.clocks.rules import SHANGHAI, DayKind, Light, Limit, Pause, StretchKind, YearState
from huying.kernel.actor import Actor, ActorKind, Granted, system
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed

pytestmark = pytest.mark.django_db

AREA = "990101001"
KEEPER = Actor(
    ActorKind.PERSON, id=uuid4(), label="system_admin", grants=(Granted(frozenset({"admin_clocks"}), "990101"),)
)
READER = Actor(ActorKind.PERSON, id=uuid4(), grants=(Granted(frozenset({"read"}), AREA),))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


NOW = at("2026-10-20 14:05")


def started(limit="4wh", now=NOW, object_id=None, step="review", **options):
    return actions.start(
        object_kind="case", object_id=object_id or uuid4(), step=step, limit=Limit.parse(limit), area_code=AREA,
        now=now, **options,
    )  # fmt: skip


def stretches(clock):
    return [(one.kind, one.began_at, one.ended_at) for one in queries.stretches_of(clock)]


class TestStart:
    def test_it_keeps_due_time_yellow_moment_and_the_first_stretch(self):
        clock = started(source="清单 2026-3 版 第 48 行")
        clock.refresh_from_db()
        assert clock.due_at == at("2026-10-21 09:05")
        assert clock.yellow_at == at("2026-10-20 17:17")
        assert (clock.limit, clock.provisional, clock.imported) == ("4wh", False, False)
        assert stretches(clock) == [(StretchKind.RUNNING, NOW, None)]

    def test_one_step_has_one_running_clock(self):
        clock = started()
        with pytest.raises(Conflict):
            started(object_id=clock.object_id)

    def test_after_it_stopped_the_step_may_start_again(self):
        clock = started()
        actions.stop(object_kind="case", object_id=clock.object_id, now=NOW + timedelta(hours=1))
        again = started(object_id=clock.object_id, now=NOW + timedelta(hours=2))
        assert queries.running("case", clock.object_id, "review") == again

    def test_start_costs_one_statement_and_stop_two(self):
        queries.calendar()
        with CaptureQueriesContext(connection) as told:
            clock = started()
        assert len(told) == 1
        with CaptureQueriesContext(connection) as told:
            actions.stop(object_kind="case", object_id=clock.object_id, now=NOW)
        assert len(told) == 2

    def test_many_clocks_start_with_the_same_statement_and_nothing_is_written_of_their_running(self):
        queries.calendar()
        starts = [actions.Start(uuid4(), step, Limit.parse("2wh"), AREA) for step in ("sign_in", "handle", "contact")]
        with CaptureQueriesContext(connection) as told:
            actions.start_many(object_kind="order", starts=starts, now=NOW)
        assert (len(told), Clock.objects.count(), Stretch.objects.count()) == (1, 3, 0)


class TestStop:
    def test_it_ends_the_clocks_of_one_object_and_says_how_many(self):
        one, other = uuid4(), uuid4()
        started(object_id=one), started(object_id=one, step="check"), started(object_id=other)
        assert actions.stop(object_kind="case", object_id=one, now=NOW + timedelta(minutes=5)) == 2
        assert [clock.stopped_at for clock in queries.of_objects("case", [one])[one]] == [
            NOW + timedelta(minutes=5)
        ] * 2
        assert queries.of_objects("case", [other])[other][0].running
        assert not Stretch.objects.filter(clock__object_id=one, ended_at=None).exists()

    def test_one_step_can_be_stopped_alone(self):
        one = uuid4()
        started(object_id=one), started(object_id=one, step="check")
        assert actions.stop(object_kind="case", object_id=one, now=NOW, step="check") == 1
        assert actions.stop(object_kind="case", object_id=one, now=NOW, step="check") == 0
        assert queries.running("case", one, "review") is not None

    def test_a_stopped_clock_keeps_its_light(self):
        clock = started()
        actions.stop(object_kind="case", object_id=clock.object_id, now=NOW + timedelta(hours=1))
        clock.refresh_from_db()
        assert clock.light(NOW + timedelta(days=9)) == Light.GREEN


class TestPause:
    def test_what_was_paused_is_added_to_the_due_time(self):
        clock = started()
        actions.pause(object_kind="case", object_id=clock.object_id, reason="hold", now=at("2026-10-20 15:05"))
        clock.refresh_from_db()
        assert clock.paused_at == at("2026-10-20 15:05")
        assert clock.due_at == at("2026-10-21 09:05")
        assert clock.light(NOW + timedelta(days=9)) == Light.GREEN

        actions.resume(object_kind="case", object_id=clock.object_id, now=at("2026-10-21 10:30"))

        clock = Clock.objects.get(pk=clock.pk)
        # an hour was used; three are left from 10:30
        assert (clock.paused_at, clock.due_at) == (None, at("2026-10-21 13:30"))
        assert stretches(clock) == [
            (StretchKind.RUNNING, NOW, at("2026-10-20 15:05")),
            (StretchKind.PAUSED, at("2026-10-20 15:05"), at("2026-10-21 10:30")),
            (StretchKind.RUNNING, at("2026-10-21 10:30"), None),
        ]

    def test_pausing_twice_or_resuming_what_runs_does_nothing(self):
        clock = started()
        case = {"object_kind": "case", "object_id": clock.object_id}
        assert actions.resume(**case, now=NOW) == 0
        assert actions.pause(**case, reason="hold", now=NOW + timedelta(minutes=1)) == 1
        assert actions.pause(**case, reason="hold", now=NOW + timedelta(minutes=2)) == 0
        assert actions.stop(**case, now=NOW + timedelta(minutes=3)) == 1
        assert actions.resume(**case, now=NOW + timedelta(minutes=4)) == 0

    def test_a_paused_clock_turns_no_light(self):
        clock = started()
        late = NOW + timedelta(days=3)
        assert list(queries.turning(Light.RED, now=late)) == [clock]
        actions.pause(object_kind="case", object_id=clock.object_id, reason="hold", now=NOW + timedelta(minutes=1))
        assert list(queries.turning(Light.RED, now=late)) == []


def news_of():
    """What the sweeps told: light and clocks, in order."""
    rows = ProcrastinateJob.objects.filter(task_name="kernel.deliver", args__name="clocks.turned").order_by("id")
    return [(one.args["facts"]["light"], [UUID(key) for key in one.args["facts"]["clocks"]]) for one in rows]


class TestSweep:
    def test_each_light_is_told_once(self):
        clock = started()
        assert actions.sweep(now=NOW) == 0
        for _twice in range(2):
            actions.sweep(now=clock.yellow_at)
        for _twice in range(2):
            actions.sweep(now=clock.due_at)
        assert news_of() == [("yellow", [clock.pk]), ("red", [clock.pk])]

    def test_after_a_stop_it_catches_up_and_tells_the_last_light_alone(self):
        clocks = [started(now=NOW + timedelta(minutes=n)) for n in range(5)]
        late = NOW + timedelta(days=30)
        assert actions.sweep(now=late) == 5
        assert actions.sweep(now=late) == 0
        assert news_of() == [("red", [one.pk for one in clocks])]

    def test_imported_stopped_and_paused_clocks_are_told_of_by_nobody(self):
        started(imported=True)
        over, held = started(), started()
        actions.stop(object_kind="case", object_id=over.object_id, now=NOW)
        actions.pause(object_kind="case", object_id=held.object_id, reason="hold", now=NOW)
        assert actions.sweep(now=NOW + timedelta(days=3)) == 0

    def test_another_due_time_is_told_of_anew(self):
        clock = started()
        case = {"object_kind": "case", "object_id": clock.object_id}
        actions.sweep(now=clock.yellow_at)
        actions.pause(**case, reason="hold", now=clock.yellow_at)
        actions.resume(**case, now=clock.yellow_at + timedelta(days=1))
        clock.refresh_from_db()
        assert (clock.warned, actions.sweep(now=clock.due_at)) == (0, 1)

    def test_more_than_a_batch_is_told_in_several(self, monkeypatch):
        monkeypatch.setattr(actions, "SWEPT", 2)
        for _n in range(5):
            started()
        assert actions.sweep(now=NOW + timedelta(days=3)) == 5
        assert [len(ids) for _light, ids in news_of()] == [2, 2, 1]

    @pytest.mark.parametrize(
        ("light", "index"), [(Light.RED, "clocks_clock_turns_red"), (Light.YELLOW, "clocks_clock_turns_yellow")]
    )
    def test_it_looks_by_an_index_that_holds_nothing_else(self, light, index):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")  # of an empty table any way would do
        assert index in queries.turning(light, now=NOW)[:200].explain()


@pytest.mark.slow
def test_of_100_000_running_clocks_1_000_that_become_due_are_told_within_five_seconds():
    known, limit = queries.calendar(), Limit.parse("24h")
    clocks, rows = [], []
    for number in range(100_000):
        began = NOW - timedelta(hours=23) if number % 100 == 0 else NOW + timedelta(seconds=number)
        clock, own = actions.build(
            object_kind="case", object_id=UUID(int=number), step="handle", limit=limit, area_code=AREA,
            started_at=began, stopped_at=None, calendar=known,
        )  # fmt: skip
        clocks.append(clock)
        rows += own
    Clock.objects.bulk_create(clocks, batch_size=5000)
    Stretch.objects.bulk_create(rows, batch_size=5000)
    assert actions.sweep(now=NOW + timedelta(minutes=30)) == 1000  # all of these are yellow

    due = NOW + timedelta(hours=1)
    with CaptureQueriesContext(connection) as told:
        before = time.monotonic()
        assert actions.sweep(now=due) == 1000
        seconds = time.monotonic() - before

    assert actions.sweep(now=due) == 0
    assert seconds < 5, f"{seconds:.2f} s"
    assert len(told) < 60
    print(f"sweep of 1,000 among 100,000: {seconds:.3f} s, {len(told)} statements")


class TestBuild:
    @pytest.mark.parametrize("limit", ["4wh", "24h", "15wd"])
    @pytest.mark.parametrize("held", [0, 1, 2])
    @pytest.mark.parametrize("stops", [True, False])
    def test_it_gives_exactly_what_the_actions_write(self, limit, held, stops):
        key, end = UUID(int=7), NOW + timedelta(days=2) if stops else None
        clock = started(limit, object_id=key)
        pauses = []
        for number in range(held):
            began, ended = NOW + timedelta(hours=1 + 5 * number), NOW + timedelta(hours=3 + 5 * number)
            actions.pause(object_kind="case", object_id=key, reason="hold", now=began)
            actions.resume(object_kind="case", object_id=key, now=ended)
            pauses.append((Pause(began, ended), "hold"))
        if end:
            actions.stop(object_kind="case", object_id=key, now=end)

        built, own = actions.build(
            object_kind="case", object_id=key, step="review", limit=Limit.parse(limit), area_code=AREA, started_at=NOW,
            stopped_at=end, calendar=queries.calendar(), pauses=pauses,
        )  # fmt: skip

        clock = Clock.objects.get(pk=clock.pk)
        assert fields(built) == fields(clock)
        assert [fields(one) for one in own] == [fields(one) for one in clock.stretches.order_by("began_at")]

    def test_a_pause_that_goes_on_is_built_as_it_is_written(self):
        key, began = UUID(int=8), NOW + timedelta(hours=1)
        clock = started(object_id=key)
        actions.pause(object_kind="case", object_id=key, reason="hold", now=began)
        built, own = actions.build(
            object_kind="case", object_id=key, step="review", limit=Limit.parse("4wh"), area_code=AREA, started_at=NOW,
            stopped_at=None, calendar=queries.calendar(), pauses=[(Pause(began, None), "hold")],
        )  # fmt: skip
        clock = Clock.objects.get(pk=clock.pk)
        assert fields(built) == fields(clock)
        assert [fields(one) for one in own] == [fields(one) for one in clock.stretches.order_by("began_at")]


class TestStretches:
    """Of a clock only its pauses are rows; when it ran lies between them."""

    @pytest.mark.parametrize("held", [0, 1, 3])
    @pytest.mark.parametrize("end", ["running", "stopped", "paused", "stopped while paused"])
    def test_they_follow_each_other_from_the_start_to_the_end(self, held, end):
        clock = started()
        case = {"object_kind": "case", "object_id": clock.object_id}
        for number in range(held):
            actions.pause(**case, reason="hold", now=NOW + timedelta(hours=2 * number))
            actions.resume(**case, now=NOW + timedelta(hours=2 * number + 1))
        if end.endswith("paused"):
            actions.pause(**case, reason="last", now=NOW + timedelta(hours=20))
        if end.startswith("stopped"):
            actions.stop(**case, now=NOW + timedelta(hours=30))
        clock = Clock.objects.get(pk=clock.pk)

        found = queries.stretches_of(clock)

        assert (found[0].began_at, found[-1].ended_at) == (clock.started_at, clock.stopped_at)
        assert all(one.ended_at == after.began_at for one, after in pairwise(found))
        assert [one.reason for one in found if one.kind == StretchKind.PAUSED] == [
            *["hold"] * held, *["last"] * end.endswith("paused"),
        ]  # fmt: skip
        assert (found[-1].kind == StretchKind.PAUSED) == end.endswith("paused")
        assert all(one.kind != after.kind for one, after in pairwise(found))

    def test_rows_of_when_it_ran_that_were_taken_over_count_for_nothing(self):
        clock = started()
        Stretch.objects.create(clock=clock, began_at=NOW)
        actions.pause(object_kind="case", object_id=clock.object_id, reason="hold", now=NOW + timedelta(hours=1))
        assert stretches(Clock.objects.get(pk=clock.pk)) == [
            (StretchKind.RUNNING, NOW, NOW + timedelta(hours=1)),
            (StretchKind.PAUSED, NOW + timedelta(hours=1), None),
        ]


def fields(row):
    return {f.name: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in ("id", "clock")}


class TestPublishYear:
    def test_a_new_database_has_the_published_years_and_the_next_one_open(self):
        assert CalendarYear.objects.get(year=2026).state == YearState.PUBLISHED
        assert CalendarYear.objects.get(year=2027).state == YearState.UNPUBLISHED
        assert not queries.calendar().is_published(2027)
        assert actions.fill(now=NOW) == 0

    def test_provisional_clocks_get_their_due_time_and_a_line_of_history(self):
        clock, settled = started(now=at("2026-12-31 16:00")), started("1wh", now=at("2026-12-31 16:00"))
        assert (clock.provisional, clock.due_at) == (True, at("2027-01-01 11:00"))
        assert not settled.provisional
        days = [(date(2027, 1, 1), DayKind.HOLIDAY, "元旦"), (date(2027, 1, 2), DayKind.WORKED, "元旦")]

        moved = actions.publish_year(year=2027, now=NOW, actor=KEEPER, days=days)

        clock.refresh_from_db()
        assert (moved, clock.provisional, clock.due_at) == (1, False, at("2027-01-02 11:00"))
        line = History.objects.get(object_id=clock.object_id)
        assert (line.verb, line.actor_id, line.facts["due_to"][:16]) == (
            "calendar_published", KEEPER.id, "2027-01-02T03:00",
        )  # fmt: skip
        assert History.objects.filter(kind="calendar", object_id=actions.year_id(2027)).count() == 1
        assert CalendarYear.objects.get(year=2028).state == YearState.UNPUBLISHED

    def test_paused_and_stopped_clocks_are_told_apart(self):
        held, over = started(now=at("2026-12-31 16:00")), started(now=at("2026-12-31 16:00"))
        actions.pause(object_kind="case", object_id=held.object_id, reason="hold", now=at("2026-12-31 17:00"))
        actions.stop(object_kind="case", object_id=over.object_id, now=at("2026-12-31 17:00"))
        days = [(date(2027, 1, 1), DayKind.HOLIDAY, "元旦")]
        assert actions.publish_year(year=2027, now=NOW, actor=system(), days=days) == 1
        actions.resume(object_kind="case", object_id=held.object_id, now=at("2027-01-04 09:00"))
        held.refresh_from_db(), over.refresh_from_db()
        assert held.due_at == at("2027-01-04 12:00")
        assert over.provisional  # what is over keeps what it was told

    def test_who_does_not_keep_the_calendar_is_refused(self):
        with pytest.raises(NotAllowed):
            actions.publish_year(year=2027, now=NOW, actor=READER)

    def test_a_year_that_nobody_published_is_never_made_up(self):
        with pytest.raises(Invalid):
            actions.publish_year(year=2027, now=NOW, actor=KEEPER)
        assert not WorkDay.objects.filter(day__year=2027).exists()

    def test_a_year_is_published_once(self):
        with pytest.raises(IllegalMove):
            actions.publish_year(year=2026, now=NOW, actor=KEEPER)

    @pytest.mark.parametrize(
        "day", [(date(2028, 1, 1), DayKind.HOLIDAY, "元旦"), (date(2027, 1, 4), DayKind.WORKED, "元旦")]
    )
    def test_days_that_cannot_be_are_refused(self, day):
        with pytest.raises(Invalid):
            actions.publish_year(year=2027, now=NOW, actor=KEEPER, days=[day])


class TestHours:
    def test_new_hours_hold_for_clocks_that_start_under_them(self):
        actions.set_hours(valid_from=date(2026, 11, 2), spans=[(540, 720), (840, 1080)], actor=KEEPER, now=NOW)
        assert started("4wh", now=at("2026-11-02 09:00")).due_at == at("2026-11-02 15:00")
        assert started("4wh", now=at("2026-10-30 09:00")).due_at == at("2026-10-30 13:00")

    @pytest.mark.parametrize("spans", [[], [(600, 540)], [(540, 700), (690, 800)], [(0, 1500)]])
    def test_hours_that_make_no_day_are_refused(self, spans):
        with pytest.raises(Invalid):
            actions.set_hours(valid_from=date(2026, 11, 2), spans=spans, actor=KEEPER, now=NOW)

    def test_the_past_is_not_rewritten(self):
        with pytest.raises(Invalid):
            actions.set_hours(valid_from=date(2026, 10, 20), spans=[(540, 1080)], actor=KEEPER, now=NOW)

    def test_a_reader_is_refused(self):
        with pytest.raises(NotAllowed):
            actions.set_hours(valid_from=date(2026, 11, 2), spans=[(540, 1080)], actor=READER, now=NOW)


class TestExplain:
    def told(self, clock, now=NOW):
        return {str(line.term): line.words for line in queries.explain(clock, now)}

    def test_working_time_tells_its_stretches(self):
        assert self.told(started(source="清单 2026-3 版 第 48 行")) == {
            "起点": "今天 14:05 起算",
            "规则": "4 工作时，只算工作时间 08:30–17:30，夜里、周末和节假日不算",
            "依据": "清单 2026-3 版 第 48 行",
            "停表": "没有停过",
            "走表": "今天 14:05–17:30，明天 08:30–09:05",
            "到期": "明天 09:05",
        }

    def test_plain_time_says_that_nights_count(self):
        told = self.told(started("24h"))
        assert told["规则"] == "24 小时，按自然时间，夜里和节假日不停"
        assert "走表" not in told

    def test_a_pause_is_told_with_its_reason(self):
        clock = started()
        case = {"object_kind": "case", "object_id": clock.object_id}
        actions.pause(**case, reason="等居民补充", now=at("2026-10-20 15:05"))
        clock = Clock.objects.get(pk=clock.pk)
        told = self.told(clock)
        assert told["停表"] == "今天 15:05 起停着（等居民补充）"
        assert told["到期"] == "停着，恢复后重新算；停表前是 明天 09:05"
        actions.resume(**case, now=at("2026-10-21 10:30"))
        told = self.told(Clock.objects.get(pk=clock.pk))
        assert told["停表"] == "今天 15:05 到 明天 10:30（等居民补充）"
        assert told["走表"] == "今天 14:05–15:05，明天 10:30–13:30"

    def test_what_ended_while_it_stood_still_counts_to_the_pause_alone(self):
        clock = started()
        case = {"object_kind": "case", "object_id": clock.object_id}
        actions.pause(**case, reason="held", now=at("2026-10-20 15:05"))
        actions.stop(**case, now=at("2026-10-21 08:45"))
        told = self.told(Clock.objects.get(pk=clock.pk))
        assert told["停表"] == "今天 15:05 起停到结束（held）"
        assert told["走表"] == "今天 14:05–15:05"
        assert told["到期"] == "明天 09:05（停着的时候就结束了，没有重新算）"

    def test_holidays_and_swapped_days_on_the_way_are_named(self):
        told = self.told(started("5wd", now=at("2026-09-30 09:00")))
        assert told["节假日"] == "10月1日–10月7日 国庆节放假，不算；10月10日 调休上班，照算"
        assert told["走表"] == "从 9月30日 09:00–17:30 走起，分在 6 天里，最后一段是 10月13日 08:30–09:00"

    def test_a_provisional_due_time_names_the_year(self):
        told = self.told(started(now=at("2026-12-31 16:00")))
        assert told["暂定"].startswith("2027 年的放假安排还没有公布")

    def test_an_imported_clock_says_that_nobody_is_chased(self):
        assert "导入" in self.told(started(imported=True))

    def test_many_clocks_are_explained_with_one_more_statement(self):
        clocks = [started() for _n in range(4)]
        queries.calendar()
        with CaptureQueriesContext(connection) as told:
            for clock in queries.with_stretches(clocks):
                queries.explain(clock, NOW)
        assert len(told) == 1


def test_the_months_of_a_year_know_their_days():
    october = queries.months(2026)[9]
    first = next(cell for cell in october.weeks[0] if cell is not None)
    assert (first.day, first.worked, first.name) == (date(2026, 10, 1), False, "国庆节")
    assert october.worked == sum(1 for n in range(1, 32) if queries.calendar().is_worked(date(2026, 10, n)))
