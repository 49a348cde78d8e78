"""Who sees a case by a post, an order or a call taken down; `prove/access` asks the same of every role and place."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.cases import queries
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries import lists, maps, outside, scope
from huying.cases.queries.maps import Box
from huying.cases.rules import OPEN, Channel, State
from huying.kernel.actor import ActorKind, Granted, resident, system
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.people import actions as people
from huying.people.queries import actor_for
from huying.people.rules import Duty, Post
from tests.world import GRID, KAPOK, NEXT_DOOR, NOW, OTHER_GRID, STREET, build_world


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def ordered(world):
    """A case with an order of the sanitation station, in the state that is asked for."""

    def made(state, **flags):
        receipt = world.call()
        Case.objects.filter(pk=receipt.case.pk).update(**flags)
        order = WorkOrder.objects.create(
            id=uuid7(), case_id=receipt.case.pk, unit=world.units["sanitation"], role="lead", state=state,
            offered_at=NOW,
        )  # fmt: skip
        return receipt.case.pk, order.pk

    return made


def with_post_alone(world):
    since = NOW - timedelta(days=1)
    account = people.create_account(
        username="post-alone",
        name="秦示例",
        area_code=STREET,
        password="green-kite-lantern-7",
        actor=system(),
        now=since,
    )
    people.appoint(
        account_id=account.pk, organisation_id=world.units["sanitation"].pk, post=Post.LIAISON, since=since,
        actor=system(), now=since,
    )  # fmt: skip
    return actor_for(account, NOW)


class TestLocked:
    def test_what_is_locked_is_what_is_seen(self, world, ordered):
        cases = [
            world.call().case.pk, world.call(about_staff=True).case.pk, ordered("accepted")[0],
            ordered("offered", confidential=True, restricted=True)[0], ordered("cancelled")[0],
        ]  # fmt: skip
        both = {
            (name, case_id): (queries.locked(case_id, actor) is not None, queries.one(case_id, actor) is not None)
            for name, actor in world.people.items()
            for case_id in [*cases, uuid7()]
        }
        assert [one for one, (locked, seen) in both.items() if locked != seen] == []
        assert {True, False} == {locked for locked, _seen in both.values()}
        assert queries.locked(cases[0], system()).pk == cases[0]

    def test_a_stranger_waits_for_nobody_and_costs_the_same_where_there_is_nothing(self, world):
        case, told = world.call().case, []
        for case_id in (case.pk, uuid7(), case.pk, uuid7()):
            with CaptureQueriesContext(connection) as seen:
                assert queries.locked(case_id, world.next_dispatcher) is None
            told.append([query["sql"].replace(case_id.hex, "?").replace(str(case_id), "?") for query in seen])
        assert told[2] == told[3]
        assert all("area_code" in sql for sql in told[2] if "FOR UPDATE" in sql)


class TestByOrder:
    def test_a_post_without_a_duty_shows_nothing(self, world, ordered):
        case, order = ordered("accepted")
        nobody = with_post_alone(world)
        assert nobody.units
        assert scope.one(case, nobody) is None
        assert outside.order_seen(order, nobody) is None
        assert outside.orders_found(nobody, page=Page()) == []
        assert scope.one(case, world.handler) is not None

    def test_who_handles_sees_a_finished_order_s_case(self, world, ordered):
        case, _order = ordered("completed")
        assert scope.one(case, world.handler) is not None

    @pytest.mark.parametrize(("state", "sees"), [("accepted", True), ("completed", False)])
    def test_a_confidential_case_only_by_a_live_order(self, world, ordered, state, sees):
        case, order = ordered(state, confidential=True, restricted=True)
        assert (scope.one(case, world.handler) is not None) is sees
        found = outside.orders_found(world.handler, state="all", page=Page())
        assert (order in {one.pk for one in found}) is sees


class TestTaken:
    def test_what_was_taken_down_and_became_confidential_is_gone_for_who_took_it(self, world):
        taker = world.building_head
        receipt = world.call()
        Report.objects.filter(case_id=receipt.case.pk).update(taken_by_id=taker.id)
        assert scope.one(receipt.case.pk, taker) is not None
        assert len(lists.taken_by(taker, page=Page())) == 1

        Case.objects.filter(pk=receipt.case.pk).update(confidential=True, restricted=True)

        assert scope.one(receipt.case.pk, taker) is None
        assert lists.taken_by(taker, page=Page()) == []

    def test_a_report_lies_where_its_case_lies_wherever_that_moves(self, world):
        def lies():
            return Report.objects.get(pk=taken.report.pk).area_code

        taken = world.call(actor=world.dispatcher, channel=Channel.HOTLINE)
        other = world.call()
        assert lies() == taken.case.area_code != ""
        Case.objects.filter(pk=taken.case.pk).update(area_code=OTHER_GRID)
        assert lies() == OTHER_GRID
        Case.objects.filter(pk=other.case.pk).update(area_code=KAPOK)
        Report.objects.filter(pk=taken.report.pk).update(case_id=other.case.pk)  # as merging does
        assert lies() == KAPOK
        by_residents = Report.objects.get(pk=other.report.pk)
        assert by_residents.area_code == ""
        by_residents.taken_by_id = world.dispatcher.id
        by_residents.save(update_fields=["taken_by"])
        by_residents.refresh_from_db()
        assert by_residents.area_code == KAPOK
        by_residents.area_code = GRID
        by_residents.save()  # what a process holds of it is never written back
        by_residents.refresh_from_db()
        assert by_residents.area_code == KAPOK

    def test_a_report_that_was_taken_down_knows_whether_its_case_is_open(self, world):
        taken, by_resident = world.call(actor=world.dispatcher, channel=Channel.HOTLINE), world.call()
        for state in State:
            Case.objects.filter(pk=taken.case.pk).update(
                state=state,
                ended_at=None if state in OPEN else NOW,
                merged_into=by_resident.case.pk if state == State.MERGED else None,
            )
            assert Report.objects.get(pk=taken.report.pk).case_open is (state in OPEN), state
        assert Report.objects.get(pk=by_resident.report.pk).case_open is False

    def test_what_was_taken_down_elsewhere_is_found_and_the_own_area_is_not_asked_twice(self, world):
        receipt = world.call(actor=world.dispatcher, channel=Channel.HOTLINE)
        own = scope.branch_taken(world.dispatcher)
        assert list(own) == []  # the branch by area gives it
        Case.objects.filter(pk=receipt.case.pk).update(area_code=f"{NEXT_DOOR}001001")
        assert [one.pk for one in scope.branch_taken(world.dispatcher)] == [receipt.case.pk]
        assert [one.pk for one in lists.cases_found(world.dispatcher, lists.Wanted(), now=NOW, page=Page())] == [
            receipt.case.pk
        ]
        assert list(scope.branch_taken(world.people["next_keeper"]) or ()) == []


class TestReturned:
    def test_an_order_that_was_returned_knows_whether_its_case_is_open(self, world, ordered):
        case, returned = ordered("returned")
        held = WorkOrder.objects.get(pk=returned)
        WorkOrder.objects.create(
            id=uuid7(), case_id=case, unit=world.units["water"], role="assist", state="accepted", offered_at=NOW
        )
        into = world.call().case.pk
        for state in State:
            Case.objects.filter(pk=case).update(
                state=state,
                ended_at=None if state in OPEN else NOW,
                merged_into=into if state == State.MERGED else None,
            )
            assert WorkOrder.objects.get(pk=returned).case_open is (state in OPEN), state
        assert WorkOrder.objects.get(unit=world.units["water"]).case_open is False  # nobody asks of others
        Case.objects.filter(pk=case).update(state=State.IN_HAND, ended_at=None, merged_into=None)
        held.case_open = False
        held.save()  # what a process holds of it is never written back
        assert WorkOrder.objects.get(pk=returned).case_open is True
        WorkOrder.objects.filter(unit=world.units["water"]).update(state="returned")
        assert WorkOrder.objects.get(unit=world.units["water"]).case_open is True


class TestWhoIsNoPerson:
    """The house itself sees all, a voice its own case, nobody nothing: in lists, counts, search and on the map alike."""

    def test_lists_counts_search_and_map(self, world):
        first, second = world.call(), world.call(words="榕树路口的路灯不亮，晚上看不见路。")
        every = {first.case.pk, second.case.pk}
        nobody = replace(world.dispatcher, kind=ActorKind.CHANNEL)
        for viewer, want in (
            (system("sweep"), every), (resident(first.report.pk), {first.case.pk}), (resident(), set()), (nobody, set()),
        ):  # fmt: skip
            for wanted in (lists.Wanted(), lists.Wanted(state="all"), lists.Wanted(words="榕树")):
                found = lists.cases_found(viewer, wanted, now=NOW, page=Page())
                assert {one.pk for one in found} == want, (viewer.kind, wanted)
                assert lists.counts_found(viewer, {"": wanted}, now=NOW)[""].count == len(want)
            dots, _more = maps.open_in_box(viewer, lists.Wanted(), Box(-180, -90, 180, 90), now=NOW)
            assert {one.id for one in dots} == want


@pytest.mark.parametrize(
    ("codes", "inside", "outside"),
    [
        ((), [], ["", "990101", "99"]),
        (("",), ["", "99", "990101001"], []),
        (("990101",), ["990101", "990101001"], ["", "99", "990100999", "990102"]),
        (("990101001", "990101", "990103"), ["990101009", "990103001"], ["990102", "990104", ""]),
        (("990101001", "990101002"), ["990101001", "990101002003"], ["990101", "990101000", "990101003"]),
    ],
)
def test_the_gaps_between_areas_hold_what_the_areas_do_not(db, codes, inside, outside):
    def holds(gap, code):
        return all(code >= value if name.endswith("gte") else code < value for name, value in gap.children)

    gaps = scope.between(codes)
    assert [code for code in inside if any(holds(gap, code) for gap in gaps)] == []
    assert [code for code in outside if not any(holds(gap, code) for gap in gaps)] == []


def test_who_watches_over_recusals_sees_recused_cases_by_that_and_no_others(world):
    plain, recused, confidential = (world.call().case.pk for _ in range(3))
    Case.objects.filter(pk=recused).update(recused=True, restricted=True)
    Case.objects.filter(pk=confidential).update(confidential=True, restricted=True)
    granted = (Granted(frozenset({Duty.SUPERVISE}), STREET),)
    watcher = replace(world.leader, grants=granted, units=())
    assert {one.pk for rows in scope.restricted_branches(watcher) for one in rows} == {recused}
    assert {one.pk for one in lists.cases_found(watcher, lists.Wanted(), now=NOW, page=Page())} == {recused}
    assert scope.one(plain, watcher) is None
