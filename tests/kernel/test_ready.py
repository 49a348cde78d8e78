"""Kept statements: the gaps are filled each time, values are quoted as the driver quotes them, rows are never kept."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Value
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.kernel import ready as module
from huying.kernel.ready import ID, MOMENT, Ready, Together, columns_of, made
from huying.people.models import Organisation

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
WORD = "a word to come"
# As a migration does it, for this connection alone: its own table stands before the one of all.
OTHERWISE = (
    "DROP TABLE IF EXISTS pg_temp.audit_history; CREATE TEMP TABLE audit_history (LIKE audit_history); "
    "ALTER TABLE pg_temp.audit_history ALTER COLUMN verb TYPE varchar(61)"
)


def line(minute=0, **values):
    given = {"kind": "case", "verb": "file", "actor_kind": "system", "area_code": "99", "object_id": uuid4(), **values}
    return History.objects.create(at=START + timedelta(minutes=minute), **given)


def test_a_gap_is_filled_anew_each_time_and_finds_what_came_meanwhile():
    ready = Ready(History.objects.filter(at__lt=MOMENT).order_by("at").values_list("object_id"), now=MOMENT)
    first = line(1)
    assert ready.fetch(now=START) == []
    assert ready.fetch(now=START + timedelta(minutes=2)) == [(first.object_id,)]
    second = line(2)
    assert ready.fetch(now=START + timedelta(minutes=3)) == [(first.object_id,), (second.object_id,)]


def test_many_values_fill_one_gap_and_none_finds_nothing_without_asking(django_assert_num_queries):
    lines = [line(minute) for minute in range(3)]
    ready = Ready(History.objects.filter(object_id__in=[ID]).order_by("at").values_list("object_id"), ids=ID)
    assert ready.fetch(ids=(lines[2].object_id, lines[0].object_id)) == [(lines[0].object_id,), (lines[2].object_id,)]
    with django_assert_num_queries(0):
        assert ready.fetch(ids=()) == []


@pytest.mark.parametrize("word", ["100%", "%s", "%%s", "o'clock", "\\", "''; DROP TABLE audit_history; --", "引号’"])
def test_whatever_stands_in_a_value_stays_a_value(word):
    line(verb=word[:16])
    kept = Ready(History.objects.filter(verb=word[:16]).values_list("verb"))
    filled = Ready(History.objects.filter(verb=WORD).values_list("verb"), word=WORD)
    assert kept.fetch() == filled.fetch(word=word[:16]) == [(word[:16],)]
    assert filled.fetch(word="another") == []


@given(
    st.one_of(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=20),
        st.text("0123456789abz'\\", max_size=8),
        st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Asia/Shanghai")])),
        st.datetimes(),
        st.integers(-9, 9),
    )
)
def test_values_are_written_as_the_driver_writes_them(value):
    assert module._literal(value) == connection.ops.compose_sql("%s", [value])


def test_a_value_that_only_reads_like_the_gap_is_no_gap():
    line(verb="file")
    asked = History.objects.annotate(told=Value("".join(list(WORD)))).filter(verb=WORD).values_list("told", "verb")
    assert Ready(asked, word=WORD).fetch(word="file") == [("a word to come", "file")]


def test_what_can_find_nothing_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Ready(History.objects.none().values_list("pk")).fetch() == []


def test_rows_become_the_objects_that_the_model_reads():
    kept = line(5)
    columns = ("id", "at", "object_id", "verb")
    found = made(History, columns, Ready(History.objects.values_list(*columns)).fetch()[0])
    assert (found.pk, found.at, found.object_id, found.verb) == (kept.pk, kept.at, kept.object_id, "file")
    assert isinstance(found.object_id, UUID)


def test_a_column_that_is_read_otherwise_than_it_stands_is_refused():
    with pytest.raises(TypeError, match="facts"):
        columns_of(History)
    assert "verb" in columns_of(History, but="facts")


@pytest.mark.parametrize("anew", [True, False])
def test_what_differs_in_ids_and_codes_alone_is_kept_once_and_finds_its_own(anew):
    lines = [line(minute, area_code=f"99010100{minute}") for minute in range(2)]

    def asked(one):
        rows = History.objects.filter(object_id=one.object_id, area_code=one.area_code).values_list("object_id")
        return Ready(rows, anew=anew)

    first, second = map(asked, lines)
    assert first._shape is second._shape
    assert [first.fetch(), second.fetch()] == [[(one.object_id,)] for one in lines]


def prepared():
    """The statements that this connection holds, as the database tells them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE name LIKE 'huying_%' ORDER BY prepare_time")
        return [text for (text,) in cursor.fetchall()]


class TestHeld:
    """The database plans a statement once for a connection, whatever values it is asked with."""

    def test_one_statement_serves_all_values_and_lists_of_any_length(self):
        lines = [line(minute, verb="held") for minute in range(3)]
        ready = Ready(
            History.objects.filter(object_id__in=[ID], verb="held").order_by("at").values_list("object_id"), ids=ID
        )
        before = prepared()
        assert [ready.fetch(ids=tuple(one.object_id for one in lines[:count])) for count in (1, 3, 2)] == [
            [(one.object_id,) for one in lines[:count]] for count in (1, 3, 2)
        ]
        (text,) = set(prepared()) - set(before)  # another may have given way to it
        assert "= ANY($1)" in text

    def test_ids_and_areas_of_one_viewer_count_as_values(self):
        mine, theirs = line(1, area_code="990101001"), line(2, area_code="990101002")

        def of(one):
            found = History.objects.filter(object_id=one.object_id, area_code__gte=one.area_code, verb="file")
            return Ready(found.values_list("object_id"))

        before = prepared()
        assert of(mine).fetch() == [(mine.object_id,)]
        assert of(theirs).fetch() == [(theirs.object_id,)]
        assert len(set(prepared()) - set(before)) == 1

    def test_what_is_planned_anew_is_held_by_nobody(self):
        line(verb="anew")
        before = prepared()
        assert Ready(History.objects.filter(verb="anew").values_list("verb"), anew=True).fetch() == [("anew",)]
        assert prepared() == before

    def test_nothing_is_held_where_connections_change_between_transactions(self, settings):
        settings.KEEP_STATEMENTS = False
        line(verb="pooled")
        before = prepared()
        assert Ready(History.objects.filter(verb="pooled").values_list("verb")).fetch() == [("pooled",)]
        assert prepared() == before

    def test_the_one_not_asked_for_longest_gives_way(self, monkeypatch):
        names = {}
        with monkeypatch.context() as changed:
            changed.setattr(module, "MOST_HELD", 2)
            changed.setattr(module, "_HELD", WeakKeyDictionary({connection.connection: names}))
            for verb in ("gives way 1", "gives way 2", "gives way 1", "gives way 3"):
                Ready(History.objects.filter(verb=verb).values_list("verb")).fetch()
            told = " ".join(prepared())
            assert [f"gives way {number}" in told for number in (1, 2, 3)] == [True, False, True]
        with connection.cursor() as cursor:
            for name in names.values():
                cursor.execute(f"DEALLOCATE {name}")

    def test_one_whose_turn_to_go_was_lost_with_a_transaction_goes_later(self, monkeypatch):
        names = {}
        with monkeypatch.context() as changed:
            changed.setattr(module, "MOST_HELD", 1)
            changed.setattr(module, "_HELD", WeakKeyDictionary({connection.connection: names}))
            first, second = (
                Ready(History.objects.filter(verb=verb).values_list("verb")) for verb in ("lost 1", "lost 2")
            )
            first.fetch()
            with suppress(ZeroDivisionError), transaction.atomic():
                with suppress(DatabaseError), connection.cursor() as cursor:
                    cursor.execute("SELECT 1 / 0")
                with pytest.raises(DatabaseError):
                    second.fetch()
                raise ZeroDivisionError
            assert [first.fetch(), second.fetch(), first.fetch()] == [[], [], []]
            assert len(names) == 1
        with connection.cursor() as cursor:
            for name in names.values():
                cursor.execute(f"DEALLOCATE {name}")

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("change", ["DEALLOCATE ALL", OTHERWISE], ids=["dropped", "otherwise"])
    def test_what_the_database_dropped_or_gives_otherwise_now_is_prepared_anew(self, change):
        ready = Ready(History.objects.filter(verb="dropped").values_list("verb"))
        together = Together(History.objects.filter(object_id=ID), case=ID)

        def do(statement):
            with connection.cursor() as cursor:
                cursor.execute(statement)

        try:
            for ask in (ready.fetch, lambda: together.fetch(case=uuid4())):
                ask()
                do(change)
                with pytest.raises(DatabaseError), transaction.atomic():
                    ask()
                ask()  # the next transaction
                do(change.replace("61", "62"))
                ask()  # outside a transaction nobody is told
        finally:
            do("DROP TABLE IF EXISTS pg_temp.audit_history")

    def test_a_connection_that_is_gone_is_told_of_as_any_statement_tells(self, monkeypatch):
        class Gone:
            def cursor(self):
                raise psycopg.OperationalError("the connection is lost")

        class Away:
            wrap_database_errors = connection.wrap_database_errors
            connection = Gone()

            def ensure_connection(self):
                pass

        monkeypatch.setattr(module, "connection", Away())
        with pytest.raises(OperationalError):
            module.held("SELECT 'gone'")

    def test_one_plan_is_made_for_all_values(self):
        with connection.cursor() as cursor:
            cursor.execute("SHOW plan_cache_mode")
            assert cursor.fetchone() == ("force_generic_plan",)

    def test_it_outlasts_a_transaction_that_was_taken_back(self):
        ready = Ready(History.objects.filter(verb="taken back").values_list("verb"))
        with transaction.atomic():
            ready.fetch()
            transaction.set_rollback(True)
        assert ready.fetch() == []


class TestTogether:
    """Whole objects of several querysets in one round trip."""

    def test_each_gives_what_its_queryset_gives(self, django_assert_num_queries):
        mine = uuid4()
        lines = [line(minute, object_id=mine, facts={"step": minute, "words": "'%s; --"}) for minute in range(3)]
        line(9)
        together = Together(
            History.objects.filter(object_id=ID).order_by("-at"),
            History.objects.none(),
            Organisation.objects.filter(pk=ID).select_related("parent"),
            History.objects.filter(object_id=ID, verb="file").order_by("at"),
            case=ID,
        )
        with django_assert_num_queries(1):
            newest, none, units, oldest = together.fetch(case=mine)
        assert newest == lines[::-1]
        assert none == units == []
        assert [one.facts for one in oldest] == [one.facts for one in lines]
        assert together.fetch(case=uuid4()) == [[], [], [], []]

    def test_related_objects_come_along(self, django_assert_num_queries):
        unit = Organisation.objects.create(
            kind="section", name="示例科", short_name="示例科", area_code="990101001", tier="street"
        )
        child = Organisation.objects.create(
            kind="section", name="示例组", short_name="示例组", area_code="990101001", tier="street", parent=unit
        )
        together = Together(Organisation.objects.filter(pk=ID).select_related("parent"), unit=ID)
        with django_assert_num_queries(2):
            ((found,),) = together.fetch(unit=child.pk)
            ((top,),) = together.fetch(unit=unit.pk)
            assert (found.name, found.parent.name, top.parent) == ("示例组", "示例科", None)
