from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from huying.audit.models import History
from huying.kernel.actor import resident, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.people import actions, queries
from huying.people.models import Recusal
from huying.people.rules import Duty, Post, RecusalReason, UnitKind
from huying.places.rules import Tier
from tests.people.factories import (
    COMMUNITY,
    DISTRICT,
    GRID,
    NEXT_DOOR,
    NOW,
    STREET,
    admin_of,
    make_account,
    make_appointment,
    make_unit,
    person,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class TestCreateOrganisation:
    def test_its_tier_is_that_of_its_area(self):
        assert make_unit(COMMUNITY).tier == Tier.COMMUNITY
        assert make_unit(DISTRICT, kind=UnitKind.DISTRICT_DEPARTMENT).tier == Tier.DISTRICT

    def test_a_stranger_from_next_door_is_refused(self):
        with pytest.raises(NotFound):
            make_unit(STREET, actor=admin_of(NEXT_DOOR))
        with pytest.raises(NotAllowed):
            make_unit(STREET, actor=person(Duty.READ))

    @pytest.mark.parametrize(
        "fields", [{"kind": "castle"}, {"name": " "}, {"name": "甲\u202e乙"}, {"phone": "无"}, {"name": "长" * 61}]
    )
    def test_bad_values_are_named(self, fields):
        with pytest.raises(Invalid) as why:
            make_unit(**fields)
        assert list(why.value.errors) == list(fields)

    def test_one_name_once_in_an_area(self):
        make_unit(name="示例城管科")
        with pytest.raises(Conflict):
            make_unit(name="示例城管科")
        make_unit(NEXT_DOOR, name="示例城管科")


class TestAppoint:
    def test_a_post_in_a_part_of_the_units_area(self):
        account, unit = make_account(COMMUNITY), make_unit(COMMUNITY)

        appointment = make_appointment(account, unit, Post.GRID_WORKER, area_code=GRID, actor=admin_of(STREET))

        assert queries.posts_of(account.pk, NOW) == [appointment]
        assert History.objects.get(object_id=appointment.pk).facts["post"] == "grid_worker"

    def test_not_outside_the_units_area(self):
        with pytest.raises(Invalid):
            make_appointment(make_account(), make_unit(COMMUNITY), area_code=STREET)

    def test_not_by_a_stranger_and_not_twice(self):
        account, unit = make_account(), make_unit()
        with pytest.raises(NotFound):
            make_appointment(account, unit, actor=admin_of(NEXT_DOOR))
        make_appointment(account, unit)
        with pytest.raises(Conflict):
            make_appointment(account, unit)

    def test_an_ended_post_gives_no_unit_any_more(self):
        account, unit = make_account(), make_unit()
        appointment = make_appointment(account, unit)

        actions.end_appointment(appointment_id=appointment.pk, actor=admin_of(STREET), now=NOW + DAY)

        assert queries.actor_for(account, NOW).units == (unit.pk,)
        assert queries.actor_for(account, NOW + DAY).units == ()


class TestResponsibleUnits:
    def test_the_finest_area_first_then_the_finest_matter_in_one_statement(self, django_assert_num_queries):
        street, community, cleaning, next_door = make_unit(), make_unit(COMMUNITY), make_unit(), make_unit(NEXT_DOOR)
        for unit, area, matter, order in (
            (street, STREET, "", 0),
            (community, COMMUNITY, "", 0),
            (cleaning, STREET, "0101", 5),
            (next_door, NEXT_DOOR, "0101", 0),
        ):
            actions.assign_responsibility(
                unit_id=unit.pk, area_code=area, matter_code=matter, order=order, actor=system(), now=NOW
            )

        with django_assert_num_queries(1):
            found = queries.responsible_units("0101", GRID)

        assert found == [community, cleaning, street]
        assert queries.responsible_units("0202", STREET) == [street]
        assert queries.responsible_units("0101", "990101003") == []

    def test_said_again_it_sets_the_order(self):
        one, two = make_unit(), make_unit()
        for unit, order in ((one, 1), (two, 2), (one, 3)):
            actions.assign_responsibility(
                unit_id=unit.pk, area_code=STREET, matter_code="01", order=order, actor=admin_of(STREET), now=NOW
            )
        assert queries.responsible_units("0101", STREET) == [two, one]

    def test_taken_back_it_is_gone_and_on_the_record(self):
        unit = make_unit()
        row = actions.assign_responsibility(unit_id=unit.pk, area_code=STREET, actor=system(), now=NOW)
        with pytest.raises(NotFound):
            actions.end_responsibility(responsibility_id=row.pk, actor=admin_of(NEXT_DOOR), now=NOW)

        actions.end_responsibility(responsibility_id=row.pk, actor=admin_of(STREET), now=NOW)

        assert queries.responsible_units("0101", STREET) == []
        assert History.objects.filter(object_id=row.pk, verb="ended").exists()

    def test_a_stranger_assigns_nothing_here(self):
        with pytest.raises(NotFound):
            actions.assign_responsibility(unit_id=make_unit().pk, area_code=STREET, actor=admin_of(NEXT_DOOR), now=NOW)

    @pytest.mark.parametrize("fields", [{"matter_code": "01x"}, {"matter_code": "1" * 25}, {"order": -1}])
    def test_bad_values_are_named(self, fields):
        with pytest.raises(Invalid):
            actions.assign_responsibility(
                **{"unit_id": make_unit().pk, "area_code": STREET, "actor": system(), "now": NOW, **fields}
            )


class TestRecuse:
    def test_a_resident_can_say_that_it_is_about_the_staff(self):
        object_id, unit, account = uuid7(), make_unit(COMMUNITY), make_account()
        about = RecusalReason.ABOUT_UNIT

        actions.recuse(object_id=object_id, unit_id=unit.pk, reason_code=about, actor=resident(), now=NOW)
        actions.recuse(object_id=object_id, account_id=account.pk, reason_code=about, actor=resident(), now=NOW)

        found = queries.recused([object_id, uuid7()])
        assert set(found) == {object_id}
        assert found[object_id].covers(None, [unit.pk])
        assert found[object_id].covers(account.pk, [])
        assert not found[object_id].covers(uuid7(), [uuid7()])

    def test_said_twice_it_stands_once_and_the_record_has_one_line(self):
        object_id, unit = uuid7(), make_unit()
        rows = [
            actions.recuse(
                object_id=object_id, unit_id=unit.pk, reason_code=reason, area_code=STREET, actor=system(), now=NOW
            )
            for reason in (RecusalReason.ABOUT_UNIT, RecusalReason.RELATED)
        ]
        assert rows[0] == rows[1]
        assert History.objects.filter(kind="recusal").count() == 1

    def test_lists_can_subtract_what_touches_a_viewer(self):
        unit, account, object_id = make_unit(), make_account(), uuid7()
        actions.recuse(object_id=object_id, unit_id=unit.pk, reason_code=RecusalReason.RELATED, actor=system(), now=NOW)
        other = actions.recuse(
            object_id=uuid7(), account_id=account.pk, reason_code=RecusalReason.RELATED, actor=system(), now=NOW
        )

        member = person(Duty.READ, units=[unit.pk])
        assert [row.object_id for row in queries.recusals_touching(member)] == [object_id]
        assert list(queries.recusals_touching(person(Duty.READ, id=account.pk))) == [other]
        assert not queries.recusals_touching(person(Duty.READ)).exists()
        assert not queries.recusals_touching(system()).exists()

    def test_exactly_one_of_unit_and_person(self):
        unit, account = make_unit(), make_account()
        for both in ({}, {"unit_id": unit.pk, "account_id": account.pk}):
            with pytest.raises(Invalid):
                actions.recuse(object_id=uuid7(), reason_code=RecusalReason.RELATED, actor=system(), now=NOW, **both)
        with pytest.raises(IntegrityError), transaction.atomic():
            Recusal.objects.create(object_id=uuid7(), reason_code="related", set_at=NOW)

    def test_unknown_ones_are_not_found(self):
        for who in ({"unit_id": uuid7()}, {"account_id": uuid7()}):
            with pytest.raises(NotFound):
                actions.recuse(object_id=uuid7(), reason_code=RecusalReason.RELATED, actor=system(), now=NOW, **who)
        with pytest.raises(Invalid):
            actions.recuse(object_id=uuid7(), unit_id=make_unit().pk, reason_code="mood", actor=system(), now=NOW)


class TestDirectory:
    def test_a_viewer_sees_the_posts_of_the_own_areas_and_units_only(self):
        here, there = make_unit(), make_unit(NEXT_DOOR)
        ours = make_appointment(make_account(), here)
        theirs = make_appointment(make_account(NEXT_DOOR), there)

        assert queries.directory(person(Duty.READ, area=STREET), now=NOW) == [ours]
        assert queries.directory(person(Duty.READ, area=NEXT_DOOR), now=NOW) == [theirs]
        assert queries.directory(person(Duty.HANDLE, unit=there.pk, units=[there.pk]), now=NOW) == [theirs]
        assert queries.directory(person(Duty.READ, area=COMMUNITY), now=NOW) == []
        assert queries.directory(person(Duty.AUDIT, area=STREET), now=NOW) == []
        assert queries.directory(resident(), now=NOW) == []
        assert queries.directory(system(), now=NOW) == [ours, theirs]


def test_units_in_an_area_are_those_at_work_there():
    street, community = make_unit(), make_unit(COMMUNITY)
    make_unit(NEXT_DOOR)
    gone = make_unit()
    gone.active = False
    gone.save()

    assert queries.units_in(STREET) == [street, community]
    assert queries.units([street.pk, gone.pk, uuid7()]) == {street.pk: street, gone.pk: gone}
    assert queries.unit(uuid7()) is None
