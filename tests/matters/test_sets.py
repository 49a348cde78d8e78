"""Sets of limits for seasons and storms: which line holds, who may switch, and the end by itself."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.clocks.rules import SHANGHAI
from huying.kernel.actor import system
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.matters.actions import sets as actions
from huying.matters.models import LimitSet, LimitSwitch
from huying.matters.queries import sets as queries
from huying.matters.rules import Grade, Step
from huying.matters.rules.seasons import LEVELS, Held, Season, SetLine, found_in, read_set, set_name, set_text
from tests.world import BANYAN, GRID, NEXT_DOOR, NOW, STREET, build_world

BEGAN = datetime(2026, 9, 18, 8, 0, tzinfo=SHANGHAI)


def held(number=1, area=STREET, lines=None, drill=False, hours=0, lasts=None):
    since = BEGAN + timedelta(hours=hours)
    until = since + timedelta(hours=lasts) if lasts else None
    lines = lines or {("", "handle", "urgent"): ("4h", 1)}
    return Held(UUID(int=number), "typhoon", "red", number, area, drill, since, until, lines)


def limit_at(switches, *, grade="urgent", kind="0901", area=GRID, hours=1, drill=False, step="handle"):
    at = BEGAN + timedelta(hours=hours)
    found = found_in(switches, kind, step, grade, area_code=area, at=at, drill=drill)
    return found and found[1]


class TestRules:
    @pytest.mark.parametrize(
        ("text", "lines"),
        [
            ("办理 紧急=4h", [("", "handle", "urgent", "4h")]),
            ("办理=10d\n\n0901 办理 紧急＝2h", [("", "handle", "", "10d"), ("0901", "handle", "urgent", "2h")]),
            ("首次联系 紧急=30m", [("", "first_contact", "urgent", "30m")]),
        ],
    )
    def test_lines_are_read_as_they_are_written(self, text, lines):
        assert read_set(text) == [SetLine(*one) for one in lines]
        assert read_set(set_text(read_set(text))) == read_set(text)

    @pytest.mark.parametrize(
        "text", ["", "办理", "办理=快", "办理=4h\n办理=5h", "走路=4h", "\n".join(["办理=4h"] * 300)]
    )
    def test_what_cannot_be_read_is_refused(self, text):
        with pytest.raises(Invalid):
            read_set(text)

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["", "0901", "0103"]), st.sampled_from(Step.values),
                st.sampled_from(["", *Grade.values]), st.sampled_from(["4h", "30m", "2wd", "15d"]),
            ),
            min_size=1, max_size=20, unique_by=lambda one: one[:3],
        )
    )  # fmt: skip
    def test_what_is_written_is_read_again(self, rows):
        lines = [SetLine(*one) for one in rows]
        assert read_set(set_text(lines)) == lines

    @pytest.mark.parametrize(
        ("options", "limit"),
        [
            ({}, "4h"),
            ({"grade": "ordinary"}, None),
            ({"step": "review"}, None),
            ({"area": NEXT_DOOR}, None),
            ({"hours": -1}, None),
            ({"hours": 0}, "4h"),
            ({"drill": True}, None),
        ],
    )
    def test_it_holds_there_and_then_for_what_it_names(self, options, limit):
        assert limit_at([held()], **options) == limit

    def test_it_ends_with_its_end(self):
        assert limit_at([held(lasts=2)], hours=1) == "4h"
        assert limit_at([held(lasts=2)], hours=2) is None

    def test_the_type_comes_before_all_and_the_grade_before_every_grade(self):
        lines = {
            ("", "handle", ""): ("9h", 1), ("", "handle", "urgent"): ("8h", 2), ("0901", "handle", ""): ("7h", 3),
            ("0901", "handle", "urgent"): ("6h", 4),
        }  # fmt: skip
        for expected in ("6h", "7h", "8h", "9h"):
            assert limit_at([held(lines=lines)]) == expected
            lines = {key: value for key, value in lines.items() if value[0] != expected}

    def test_the_smaller_area_comes_first_then_the_later_switch_and_what_is_not_named_falls_through(self):
        street = held(1, lines={("", "handle", "urgent"): ("4h", 1), ("", "review", "urgent"): ("1h", 2)})
        community = held(2, area=BANYAN, hours=-2, lines={("", "handle", "urgent"): ("3h", 1)})
        later = held(3, hours=1, lines={("", "handle", "urgent"): ("5h", 1)})
        assert limit_at([street, community, later]) == "3h"
        assert limit_at([street, later], hours=2) == "5h"
        assert limit_at([street, community, later], step="review") == "1h"

    @given(st.data())
    def test_nothing_holds_outside_its_area_its_time_or_its_kind(self, data):
        areas, hours = st.sampled_from([STREET, BANYAN, GRID, NEXT_DOOR]), st.integers(-5, 5)
        rows = [
            held(n, area=data.draw(areas), hours=data.draw(hours), drill=data.draw(st.booleans()), lasts=3)
            for n in range(1, 5)
        ]
        area, at = data.draw(areas), BEGAN + timedelta(hours=data.draw(hours))
        drill = data.draw(st.booleans())
        found = found_in(rows, "0901", "handle", "urgent", area_code=area, at=at, drill=drill)
        fits = [
            one for one in rows
            if area.startswith(one.area_code) and one.drill == drill and one.since <= at < one.until
        ]  # fmt: skip
        assert (found[0] in fits) if found else not fits


pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return build_world()


def on(
    world, actor=None, season="typhoon", alert="red", area=STREET, reason="台风红色预警信号生效", now=NOW, **options
):
    return actions.switch_on(
        season=season, alert=alert, area_code=area, reason=reason, actor=actor or world.leader, now=now, **options
    )


def limit(step="handle", grade="urgent", at=NOW, area=GRID, drill=False, kind="0901"):
    row = queries.limit_holding(kind, step, grade, area_code=area, at=at, drill=drill)
    return str(row.limit), row.source


class TestShipped:
    def test_every_occasion_has_a_set(self):
        found = {(one.season, one.alert) for one in queries.sets_for(STREET)}
        assert found == {(season.value, str(alert)) for season in Season for alert in LEVELS[season]}
        assert str(set_name("typhoon", "red")) == "台风红色预警"

    def test_every_line_can_be_read(self):
        for one in queries.sets_for(STREET):
            lines = queries.lines_of(one)
            assert read_set(set_text(lines)) == lines


class TestSwitchOn:
    def test_clocks_that_start_then_have_its_limits_and_say_where_they_stand(self, world):
        before = limit()
        on(world)
        assert limit() == ("2h", "台风红色预警时限 第 1 版 第 6 行")
        assert limit(at=NOW - timedelta(hours=1)) == before
        assert limit(area=NEXT_DOOR + "001001") == before
        assert limit(drill=True) == before

    def test_it_is_in_the_history_with_codes_alone(self, world):
        made = on(world)
        line = History.objects.get(kind="limit_switch", object_id=made.pk)
        assert (line.verb, line.actor_id, line.facts["alert"]) == ("switch_on", world.leader.id, "red")
        assert "信号" not in str(line.facts)

    def test_another_level_takes_its_place(self, world):
        first = on(world, alert="yellow")
        on(world, alert="red", now=NOW + timedelta(hours=1))
        first.refresh_from_db()
        assert first.ended_at == NOW + timedelta(hours=1)
        assert limit(at=NOW + timedelta(minutes=30))[0] == "8h"
        assert limit(at=NOW + timedelta(hours=2))[0] == "2h"
        assert len(queries.switches_on(world.leader)) == 1

    def test_twice_the_same_is_refused(self, world):
        on(world)
        with pytest.raises(IllegalMove):
            on(world)

    def test_a_drill_holds_for_drills_alone(self, world):
        before = limit()
        on(world, drill=True)
        assert limit() == before
        assert limit(drill=True)[0] == "2h"

    def test_who_leads_nothing_there_is_refused(self, world):
        with pytest.raises(NotAllowed):
            on(world, actor=world.dispatcher)

    def test_a_stranger_does_not_learn_that_the_area_is_there(self, world):
        for area in (STREET, "990101009"):
            with pytest.raises(NotFound):
                on(world, actor=world.next_dispatcher, area=area)

    @pytest.mark.parametrize(
        "options",
        [
            {"reason": " "},
            {"season": "heat", "alert": "blue"},
            {"season": "flood"},
            {"since": NOW + timedelta(minutes=1)},
            {"since": NOW - timedelta(days=2)},
            {"until": NOW},
            {"until": NOW + timedelta(days=400)},
        ],
    )
    def test_what_makes_no_sense_is_refused(self, world, options):
        with pytest.raises(Invalid):
            on(world, **options)
        assert not LimitSwitch.objects.exists()


class TestSwitchBack:
    def test_the_catalogue_holds_again(self, world):
        before = limit()
        made = on(world)
        actions.switch_back(switch_id=made.pk, actor=world.leader, now=NOW + timedelta(hours=2))
        assert limit(at=NOW + timedelta(hours=3)) == before
        assert limit(at=NOW + timedelta(hours=1))[0] == "2h"
        verbs = History.objects.filter(kind="limit_switch").order_by("pk").values_list("verb", flat=True)
        assert list(verbs) == ["switch_on", "switch_back"]
        with pytest.raises(IllegalMove):
            actions.switch_back(switch_id=made.pk, actor=world.leader, now=NOW + timedelta(hours=2))

    def test_others_are_refused_and_strangers_learn_nothing(self, world):
        made = on(world)
        with pytest.raises(NotAllowed):
            actions.switch_back(switch_id=made.pk, actor=world.dispatcher, now=NOW)
        for switch_id in (made.pk, UUID(int=9)):
            with pytest.raises(NotFound):
                actions.switch_back(switch_id=switch_id, actor=world.next_dispatcher, now=NOW)
        assert queries.switched(world.next_dispatcher, page=Page()) == []
        assert queries.switched(world.grid_worker, page=Page()) == [made]

    def test_the_sweep_ends_it_once_at_its_stated_end_also_after_a_stop(self, world):
        made = on(world, until=NOW + timedelta(hours=6))
        assert actions.end_switches(actor=system(), now=NOW + timedelta(hours=5)) == 0
        late = NOW + timedelta(days=3)  # nobody swept for three days
        assert limit(at=late)[0] != "2h"
        assert actions.end_switches(actor=system(), now=late) == 1
        assert actions.end_switches(actor=system(), now=late) == 0
        made.refresh_from_db()
        assert (made.ended_at, made.ended_by) == (NOW + timedelta(hours=6), None)
        with pytest.raises(NotAllowed):
            actions.end_switches(actor=world.leader, now=late)


class TestWriteSet:
    def write(self, world, actor=None, **options):
        given = {
            "season": "typhoon", "alert": "red", "area_code": STREET, "limits": "办理 紧急=3h\n0901 办理 紧急=1h",
            "recount": False, "actor": actor or world.keeper, "now": NOW, **options,
        }  # fmt: skip
        return actions.write_set(**given)

    def test_it_is_the_next_version_and_holds_where_it_is_switched_on_next(self, world):
        old = on(world)
        made = self.write(world)
        assert (made.number, limit()[0]) == (2, "2h")
        actions.switch_back(switch_id=old.pk, actor=world.leader, now=NOW)
        on(world)
        assert limit() == ("1h", "台风红色预警时限 第 2 版 第 2 行")
        assert limit(kind="0103")[0] == "3h"
        assert LimitSet.objects.get(season="typhoon", alert="red", area_code="").lines.count() > 2

    def test_who_wrote_it_does_not_switch_it_on(self, world):
        both = world.keeper
        both = type(both)(**{**both.__dict__, "grants": (*both.grants, *world.leader.grants)})
        self.write(world, actor=both)
        with pytest.raises(IllegalMove):
            on(world, actor=both)
        on(world)

    def test_the_same_again_is_no_version(self, world):
        self.write(world)
        with pytest.raises(Invalid):
            self.write(world)

    @pytest.mark.parametrize("text", ["", "9999 办理=2h", "办理=2x"])
    def test_bad_lines_are_refused(self, world, text):
        with pytest.raises(Invalid):
            self.write(world, limits=text)

    def test_others_are_refused(self, world):
        with pytest.raises(NotAllowed):
            self.write(world, actor=world.grid_worker2, area_code=BANYAN)
        with pytest.raises(NotFound):
            self.write(world, actor=world.next_keeper)


class TestPages:
    def sign_in(self, client, world, key):
        client.force_login(world.accounts[key], backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_a_leader_switches_on_and_back(self, client, world):
        leader = self.sign_in(client, world, "leader")
        given = {"occasion": "typhoon:red", "area_code": STREET, "reason": "台风红色预警"}
        answer = leader.post("/desk/matters/limits/on/", given, follow=True).content.decode()
        assert "正在执行" in answer
        assert "换回平时" in answer
        row = LimitSwitch.objects.get()
        answer = leader.post(f"/desk/matters/limits/{row.pk}/back/", follow=True).content.decode()
        assert "没有启用哪一组" in answer

    @pytest.mark.parametrize("given", [{}, {"occasion": "typhoon:red", "area_code": NEXT_DOOR, "reason": "x"}])
    def test_bad_input_comes_back(self, client, world, given):
        assert self.sign_in(client, world, "leader").post("/desk/matters/limits/on/", given).status_code == 422

    def test_others_read_and_switch_nothing(self, client, world):
        row = on(world)
        worker = self.sign_in(client, world, "grid_worker")
        page = worker.get("/desk/matters/limits/").content.decode()
        assert "台风红色预警" in page
        assert "换回平时" not in page
        assert worker.post("/desk/matters/limits/on/", {}).status_code == 403
        stranger = self.sign_in(client, world, "next_dispatcher")
        assert "台风红色预警信号生效" not in stranger.get("/desk/matters/limits/").content.decode()
        assert stranger.post(f"/desk/matters/limits/{row.pk}/back/").status_code in (403, 404)

    def test_the_keeper_writes_the_next_version(self, client, world):
        keeper = self.sign_in(client, world, "keeper")
        assert "办理 紧急=2h" in keeper.get("/desk/matters/limits/?set=typhoon:red").content.decode()
        given = {"occasion": "typhoon:red", "area_code": STREET, "limits": "办理 紧急=3h"}
        assert keeper.post("/desk/matters/limits/write/", given).status_code == 302
        assert keeper.post("/desk/matters/limits/write/", {**given, "limits": "办理"}).status_code == 422
