"""Rows of several tables in one statement; reads whose SQL is made once. Played with accounts and history."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connections
from django.db.models import Q

from huying.audit.models import History
from huying.cases.models import Case, Report, WorkOrder
from huying.clocks.models import Clock, Stretch
from huying.kernel.ids import uuid7
from huying.kernel.late import late
from huying.kernel.ready import Fixed
from huying.kernel.together import insert_together, update_together
from tests.world import NOW, build_world


@pytest.fixture
def world(db):
    return build_world()


def clock(**values):
    told = {"object_kind": "case", "object_id": uuid7(), "step": "handle", "area_code": "990101001", "limit": "24h"}
    times = {"started_at": NOW, "due_at": NOW + timedelta(hours=24), "yellow_at": NOW + timedelta(hours=19)}
    return Clock(**told, **times, **values)


def line(number):
    return History(at=NOW, kind="case", object_id=uuid7(), verb=f"line_{number}", actor_kind="system")


class TestInsertTogether:
    def test_rows_of_three_tables_go_in_one_statement_in_their_order(self, db, django_assert_num_queries):
        clocks, lines = [clock(), clock()], [line(number) for number in range(3)]
        stretches = [Stretch(clock=one, kind="running", began_at=NOW) for one in clocks]
        with django_assert_num_queries(1):
            insert_together([(Clock, clocks), (Stretch, stretches), (Report, []), (History, lines)])
        assert set(Clock.objects.values_list("pk", flat=True)) == {one.pk for one in clocks}
        assert Stretch.objects.filter(clock__in=clocks).count() == 2
        kept = History.objects.filter(verb__startswith="line_").order_by("id").values_list("verb", flat=True)
        assert list(kept) == ["line_0", "line_1", "line_2"]
        assert not any(one._state.adding for one in [*clocks, *stretches, *lines])

    def test_nothing_asks_nothing(self, db, django_assert_num_queries):
        with django_assert_num_queries(0):
            insert_together([(Clock, [])])

    def test_of_rows_that_do_not_fit_none_is_written(self, db):
        first = clock()
        again = clock(id=first.pk)
        from django.db import transaction

        with pytest.raises(IntegrityError), transaction.atomic():
            insert_together([(History, [line(0)]), (Clock, [first, again])])
        assert not Clock.objects.exists()
        assert not History.objects.filter(verb="line_0").exists()


class TestUpdateTogether:
    def test_rows_of_two_tables_change_by_one_statement(self, db, django_assert_num_queries):
        one = clock()
        insert_together([(Clock, [one]), (Stretch, [Stretch(clock=one, kind="running", began_at=NOW)])])
        stretch = Stretch.objects.get(clock=one)
        one.stopped_at = stretch.ended_at = NOW
        one.source = "left out"
        with django_assert_num_queries(1):
            update_together([(one, ("stopped_at",)), (stretch, ("ended_at",))])
        one.refresh_from_db()
        stretch.refresh_from_db()
        assert (one.stopped_at, stretch.ended_at, one.source) == (NOW, NOW, "")

    def test_a_row_that_is_gone_is_told(self, db):
        with pytest.raises(DatabaseError):
            update_together([(clock(), ("stopped_at",))])


class TestFixed:
    ORDERS = Fixed(lambda case_id: WorkOrder.objects.filter(case_id=case_id).select_related("unit").order_by("id"))
    WITHIN = Fixed(
        lambda ids, low, state: (
            Case.objects.defer("search").filter(Q(area_code__gte=low) & Q(state=state), pk__in=ids).order_by("pk")
        )
    )

    def test_it_gives_what_the_queryset_gives_for_each_value_and_length(self, world):
        cases = [world.call().case for _ in range(4)]
        for many in (cases[:1], cases[1:], cases):
            ids = [one.pk for one in many]
            found = self.WITHIN(ids, "99", "received")
            assert [one.number for one in found] == [one.number for one in sorted(many, key=lambda one: one.pk)]
            assert found[0].get_deferred_fields() == {"search"}
            assert (self.WITHIN(ids, "99", "closed"), self.WITHIN(ids, "999", "received")) == ([], [])
        assert self.WITHIN.first([uuid7()], "99", "received") is None

    def test_an_empty_list_asks_nothing(self, db, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert self.WITHIN([], "99", "received") == []

    def test_related_rows_come_with_it(self, world, django_assert_num_queries):
        case = world.call().case
        unit = world.units["sanitation"]
        WorkOrder.objects.create(id=uuid7(), case=case, unit=unit, role="lead", state="offered", offered_at=NOW)
        with django_assert_num_queries(1):
            (order,) = self.ORDERS(case.pk)
            assert order.unit.name == unit.name

    def test_a_value_that_does_not_reach_the_sql_as_it_is_is_refused(self, db):
        wrong = Fixed(lambda words: Case.objects.filter(title__contains=words))
        with pytest.raises(ValueError, match="does not reach"):
            wrong("路灯")

    @pytest.mark.django_db(transaction=True)
    def test_each_thread_asks_over_its_own_connection(self, db):
        one = clock()
        insert_together([(Clock, [one])])
        read = Fixed(lambda pk: Clock.objects.filter(pk=pk))
        assert read.first(one.pk) == one

        def asked(_number):
            try:
                return read.first(one.pk)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(asked, range(12))) == [one] * 12


class TestLate:
    def test_a_library_is_loaded_with_the_first_thing_asked_of_it(self):
        import sys

        sys.modules.pop("this_is_nothing", None)
        nothing, path = late("this_is_nothing"), late("posixpath")
        assert path.join("a", "b") == "a/b"
        with pytest.raises(ModuleNotFoundError):
            nothing.anything  # noqa: B018
