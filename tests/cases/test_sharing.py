"""Who of a unit does it: by what each has in hand now, given by the head, by rule, or taken."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases import by_people
from huying.cases.actions.sharing import put_back_left, switch_sharing
from huying.cases.models import Sharing, WorkOrder
from huying.cases.queries import lists, sharing
from huying.cases.queries.lists import COLLEAGUES, OWN, UNITS
from huying.cases.queries.replay import mismatches
from huying.cases.rules.sharing import NEVER, Load, suggested
from huying.cases.rules.tasks import Task
from huying.clocks.models import Clock
from huying.kernel.actor import system
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.people.actions import end_appointment, set_away
from huying.people.actions.away import forget_past
from huying.people.models import Appointment, Away, Recusal
from prove.race.stage import _colleague
from tests.world import NOW, build_world

MINUTE = timedelta(minutes=1)
SOON = NOW + 20 * MINUTE


class TestSuggestion:
    @pytest.mark.parametrize(
        ("loads", "best"),
        [
            ([(2, 0), (1, 0), (3, 0)], 1),  # the least in hand
            ([(1, 5), (1, 3), (1, 4)], 1),  # equal: who was given one longest ago
            ([(1, 5), (1, None)], 1),  # who never got one before all others
        ],
    )
    def test_least_in_hand_then_longest_ago(self, loads, best):
        rows = [
            Load(id=_id(place), name=str(place), open=count, given_at=None if at is None else NOW + at * MINUTE)
            for place, (count, at) in enumerate(loads)
        ]
        assert suggested(rows) is rows[best]

    def test_a_head_only_where_there_is_nobody_else(self):
        head, worker = Load(_id(0), "a", signs=True), Load(_id(1), "b", open=9)
        assert suggested([head, worker]) is worker
        assert suggested([head, Load(_id(1), "b", away_until=date(2026, 10, 21))]) is head

    @given(
        st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 4), st.booleans(), st.booleans()), max_size=6)
    )
    def test_never_somebody_away_and_never_more_than_another_there_has(self, drawn):
        rows = [
            Load(
                _id(place), "x", open=count, signs=signs, away_until=date(2026, 10, 21) if away else None,
                given_at=None if at is None else NOW + at * MINUTE,
            )
            for place, (count, at, signs, away) in enumerate(drawn)
        ]  # fmt: skip
        best, there = suggested(rows), [one for one in rows if one.there]
        if best is None:
            assert not there
            return
        assert best.there
        for one in there:
            if one.signs == best.signs:
                assert (best.open, best.given_at or NEVER) <= (one.open, one.given_at or NEVER)
            assert one.signs or not best.signs


def _id(place):
    from uuid import UUID

    return UUID(int=place + 1)


@pytest.fixture
def world(db):
    world = build_world()
    _colleague(world, "handler2")
    return world


def sent(world, *, lead="sanitation", now=NOW, **given):
    return a.register_file_dispatch(
        world.call(now=now).case.pk, lead_id=world.units[lead].pk, type_code="0103", grade="ordinary",
        actor=world.dispatcher, now=now + MINUTE, **given,
    )  # fmt: skip


def order_of(case):
    return WorkOrder.objects.get(case=case, ended_at=None)


def give(world, case, to="handler2", who="unit_head", now=SOON):
    return a.give_order(case.pk, handler_id=world.accounts[to].pk, actor=world.people[who], now=now)


def todos(viewer):
    return [(one.task, one.case_id, one.whose) for one in lists.work_of(viewer)]


class TestGiving:
    def test_the_head_gives_it_and_clocks_run_on(self, world):
        case = sent(world)
        before = list(Clock.objects.filter(stopped_at=None).order_by("pk").values())
        give(world, case)
        order = order_of(case)
        assert (order.given_to_id, order.given_at, order.handler_id) == (world.accounts["handler2"].pk, SOON, None)
        assert list(Clock.objects.filter(stopped_at=None).order_by("pk").values()) == before
        line = History.objects.filter(kind="case", object_id=case.pk).latest("pk")
        assert (line.verb, line.actor_id) == ("give", world.unit_head.id)
        assert line.facts == {"order": str(order.pk), "handler": str(world.accounts["handler2"].pk)}

    def test_given_again_it_is_the_next_ones(self, world):
        case = sent(world)
        give(world, case)
        give(world, case, to="handler", now=SOON + MINUTE)
        assert order_of(case).given_to_id == world.handler.id
        with pytest.raises(IllegalMove):
            give(world, case, to="handler", now=SOON + 2 * MINUTE)

    def test_a_handler_gives_to_nobody_and_a_stranger_learns_nothing(self, world):
        case = sent(world)
        with pytest.raises(NotAllowed):
            give(world, case, who="handler")
        with pytest.raises(NotFound):
            give(world, case, who="next_handler")
        with pytest.raises(NotFound):
            give(world, case, who="enforcer")

    def test_to_handlers_of_the_unit_who_are_there_and_need_not_keep_away(self, world):
        case = sent(world)
        for nobody in ("enforcer", "clerk"):
            with pytest.raises(IllegalMove):
                give(world, case, to=nobody)
        set_away(account_id=world.handler2.id, until=date(2026, 10, 20), actor=world.handler2, now=NOW)
        with pytest.raises(IllegalMove):
            give(world, case)
        give(world, case, now=SOON + timedelta(days=1))

    def test_not_to_one_who_keeps_away_from_the_case(self, world):
        case = sent(world)
        Recusal.objects.create(object_id=case.pk, account_id=world.handler2.id, reason_code="relative", set_at=NOW)
        type(case).objects.filter(pk=case.pk).update(recused=True, restricted=True)
        with pytest.raises(IllegalMove):
            give(world, case)

    def test_a_done_order_is_given_to_nobody(self, world):
        case = sent(world)
        a.sign_in_order(case.pk, actor=world.handler, now=SOON)
        a.submit_result(case.pk, outcome="explained", answer="已说明。", actor=world.handler, now=SOON)
        with pytest.raises(IllegalMove):
            give(world, case)

    def test_the_form_says_what_each_has_in_hand_and_suggests(self, world, client):
        case = sent(world)
        give(world, sent(world), to="handler")
        client.force_login(world.accounts["unit_head"], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"/desk/cases/{case.pk}/?move=give").content.decode()
        assert "同事示例：在办 0 件（建议）" in page
        assert "卫甲例：在办 1 件" in page
        give(world, case)
        give(world, case, to="handler", now=SOON + MINUTE)
        history = client.get(f"/desk/cases/{case.pk}/?history").content.decode()
        assert "同事示例" in history  # who had it before is named in the history


class TestTaking:
    def test_signing_in_takes_it_in_hand(self, world):
        case = sent(world)
        a.sign_in_order(case.pk, actor=world.handler, now=SOON)
        assert order_of(case).given_to_id == order_of(case).handler_id == world.handler.id

    def test_signed_in_for_a_colleague_it_stays_the_colleagues(self, world):
        case = sent(world)
        give(world, case)
        a.sign_in_order(case.pk, actor=world.handler, now=SOON + MINUTE)
        assert (order_of(case).given_to_id, order_of(case).handler_id) == (world.handler2.id, world.handler.id)

    def test_put_back_it_is_anybodys_to_take_once(self, world):
        case = sent(world)
        a.sign_in_order(case.pk, actor=world.handler, now=SOON)
        with pytest.raises(IllegalMove):
            a.put_back_order(case.pk, actor=world.handler2, now=SOON + MINUTE)
        a.put_back_order(case.pk, actor=world.handler, now=SOON + MINUTE)
        assert order_of(case).given_to_id is None
        a.take_on_order(case.pk, actor=world.handler2, now=SOON + 2 * MINUTE)
        with pytest.raises(IllegalMove):
            a.take_on_order(case.pk, actor=world.handler, now=SOON + 3 * MINUTE)
        assert order_of(case).given_to_id == world.handler2.id

    def test_what_a_handler_who_left_had_in_hand_lies_with_the_unit_again(self, world):
        case = sent(world)
        give(world, case)
        assert put_back_left(actor=system("t"), now=SOON + MINUTE) == 0
        post = Appointment.objects.get(account=world.accounts["handler2"])
        end_appointment(appointment_id=post.pk, actor=system(), now=SOON + MINUTE)
        assert put_back_left(actor=system("t"), now=SOON + 2 * MINUTE) == 1
        assert put_back_left(actor=system("t"), now=SOON + 3 * MINUTE) == 0
        assert order_of(case).given_to_id is None
        assert History.objects.filter(object_id=case.pk).latest("pk").actor_kind == "system"

    def test_whoever_takes_a_post_over_has_it_in_hand(self, world):
        case = sent(world)
        give(world, case)
        area, old, new = world.units["sanitation"].area_code, world.handler2.id, world.handler.id
        assert by_people.count_given(old, area) == 1
        assert by_people.count_given(old, "990101002") == 0
        assert by_people.move_given(old, new, area, system("t"), SOON) == 1
        assert by_people.count_given(old, area) == 0
        assert order_of(case).given_to_id == new
        assert not mismatches([case.pk])


class TestMyWork:
    def test_own_first_then_the_units_and_a_colleagues_for_the_head_alone(self, world):
        free, theirs = sent(world), sent(world)
        give(world, theirs)
        assert todos(world.handler) == [(Task.SIGN_IN, free.pk, UNITS)]
        assert sorted(todos(world.handler2)) == sorted([(Task.SIGN_IN, free.pk, UNITS), (Task.SIGN_IN, theirs.pk, OWN)])
        assert sorted(todos(world.unit_head)) == sorted(
            [(Task.SIGN_IN, free.pk, UNITS), (Task.SIGN_IN, theirs.pk, COLLEAGUES)]
        )
        assert todos(world.enforcer) == todos(world.next_handler) == []

    def test_the_page_shows_the_own_before_what_is_due_sooner(self, world, client, monkeypatch):
        monkeypatch.setattr("django.utils.timezone.now", lambda: SOON)
        sooner = sent(world)
        own = sent(world, now=NOW + 10 * MINUTE)
        for case in (sooner, own):
            a.sign_in_order(case.pk, actor=world.handler2, now=NOW + 15 * MINUTE)
        a.put_back_order(sooner.pk, actor=world.handler2, now=NOW + 16 * MINUTE)
        client.force_login(world.accounts["handler2"], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get("/desk/").content.decode()
        assert page.index(str(own.pk)) < page.index(str(sooner.pk))
        assert "主办 · 我" in page
        assert "主办 · 还没交人" in page


class TestByRule:
    def test_off_until_the_head_switches_it_on(self, world):
        unit = world.units["sanitation"].pk
        assert order_of(sent(world)).given_to_id is None
        with pytest.raises(NotAllowed):
            switch_sharing(unit, on=True, actor=world.handler, now=NOW)
        for stranger in ("enforcer", "next_handler", "dispatcher"):
            with pytest.raises(NotFound):
                switch_sharing(unit, on=True, actor=world.people[stranger], now=NOW)
        switch_sharing(unit, on=True, actor=world.unit_head, now=NOW)
        first, second = sent(world), sent(world)
        hands = {order_of(one).given_to_id for one in (first, second)}
        assert hands == {world.handler.id, world.handler2.id}
        line = History.objects.filter(kind="case", object_id=first.pk).latest("pk")
        assert (line.verb, line.actor_kind, line.actor_label) == ("give", "rule", "fair-load")
        switch_sharing(unit, on=False, actor=world.unit_head, now=SOON)
        assert order_of(sent(world, now=SOON)).given_to_id is None
        verbs = History.objects.filter(object_id=unit, verb__startswith="sharing").values_list("verb", flat=True)
        assert sorted(verbs) == ["sharing_off", "sharing_on"]

    def test_what_was_given_by_rule_can_still_be_taken_back_by_the_desk(self, world):
        switch_sharing(world.units["sanitation"].pk, on=True, actor=world.unit_head, now=NOW)
        case = sent(world)
        a.take_back_dispatch(case.pk, actor=world.dispatcher, now=NOW + 2 * MINUTE)
        case.refresh_from_db()
        assert case.state == "filed"

    def test_nobody_there_gets_nothing(self, world):
        switch_sharing(world.units["sanitation"].pk, on=True, actor=world.unit_head, now=NOW)
        for who in ("handler", "handler2", "unit_head"):
            set_away(account_id=world.people[who].id, until=date(2026, 10, 22), actor=world.people[who], now=NOW)
        assert order_of(sent(world)).given_to_id is None


class TestLoad:
    def test_it_counts_what_is_open_due_today_and_late(self, world):
        case = sent(world)
        a.sign_in_order(case.pk, actor=world.handler, now=SOON)
        found = {one.id: one for one in sharing.loads_of(world.units["sanitation"].pk, now=SOON)}
        assert (found[world.handler.id].open, found[world.handler.id].late) == (1, 0)
        due = order_of(case).due_at
        late = {one.id: one for one in sharing.loads_of(world.units["sanitation"].pk, now=due)}[world.handler.id]
        assert (late.open, late.today, late.late) == (1, 0, 1)
        before = {one.id: one for one in sharing.loads_of(world.units["sanitation"].pk, now=due - MINUTE)}
        assert before[world.handler.id].today == 1
        assert found[world.unit_head.id].signs
        assert not found[world.handler.id].signs

    def test_it_is_seen_inside_the_unit_alone(self, world, client):
        give(world, sent(world))

        def page(who):
            client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            return client.get("/desk/cases/sharing/").content.decode()

        assert "同事示例" in page("handler")
        assert "改为自动交" not in page("handler")
        assert "改为自动交" in page("unit_head")
        for stranger in ("enforcer", "dispatcher", "leader", "next_handler"):
            assert "同事示例" not in page(stranger), stranger

    def test_nothing_of_it_is_kept(self):
        """A count for dividing work is no record of a person: no table holds one."""
        assert {one.name for one in Sharing._meta.concrete_fields} == {"unit", "on", "set_by", "set_at"}
        assert {one.name for one in Away._meta.concrete_fields} == {"account", "until"}


class TestAway:
    def test_by_oneself_or_by_the_head_and_forgotten_afterwards(self, world):
        day = date(2026, 10, 22)
        set_away(account_id=world.handler2.id, until=day, actor=world.handler2, now=NOW)
        assert not History.objects.filter(object_id=world.handler2.id, verb="away_set").exists()
        set_away(account_id=world.handler.id, until=day, actor=world.unit_head, now=NOW)
        line = History.objects.get(object_id=world.handler.id, verb="away_set")
        assert line.facts == {}
        assert forget_past(now=NOW + timedelta(days=2)) == 0
        assert forget_past(now=NOW + timedelta(days=3)) == 2
        set_away(account_id=world.handler.id, until=day, actor=world.unit_head, now=NOW)
        set_away(account_id=world.handler.id, until=None, actor=world.handler, now=NOW)
        assert not Away.objects.exists()

    def test_colleagues_and_strangers_do_not(self, world):
        with pytest.raises(NotAllowed):
            set_away(account_id=world.handler.id, until=date(2026, 10, 22), actor=world.handler2, now=NOW)
        for stranger in ("enforcer", "next_handler", "dispatcher"):
            with pytest.raises(NotFound):
                set_away(account_id=world.handler.id, until=date(2026, 10, 22), actor=world.people[stranger], now=NOW)

    @pytest.mark.parametrize("day", [date(2026, 10, 19), date(2026, 12, 20)])
    def test_within_sixty_days(self, world, day):
        with pytest.raises(Invalid):
            set_away(account_id=world.handler.id, until=day, actor=world.handler, now=NOW)

    def test_on_the_page(self, world, client, monkeypatch):
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
        client.force_login(world.accounts["handler"], backend="django.contrib.auth.backends.ModelBackend")
        address = f"/desk/cases/sharing/away/{world.handler.id}/"
        assert client.post(address, {"until": "2026-10-01"}).status_code == 422
        assert client.post(address, {"until": "2026-10-21"}).status_code == 302
        assert "不在岗，到 2026-10-21" in client.get("/desk/cases/sharing/").content.decode()
