"""Kept statements: the gaps are filled each time, values are quoted as the driver quotes them, rows are never kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import Value

from huying.audit.models import History
from huying.kernel.ready import ID, MOMENT, Ready, Together, columns_of, made
from huying.people.models import Organisation

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
WORD = "a word to come"


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
