"""What a street settles about exclusions and whistles: versions, who approves them, where and from when they hold."""

import re
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.cases.actions.ruling import decide_rule
from huying.cases.models import ExclusionKind, WhistleBand, WhistleKind
from huying.cases.queries import exclusions, whistles
from huying.cases.rules.street_rules import FLOW, RuleFacts, RuleState, RuleVerb, around, holding
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.notices.models import Notice
from huying.registers import actions as registers
from huying.registers import queries as rows
from huying.registers.cells import sheet_text
from huying.registers.declared import get
from tests.world import BANYAN, DISTRICT, NEXT_DOOR, NOW, STREET, build_world

TODAY, DAY = localdate(NOW), timedelta(days=1)
KIND = {
    "area_code": STREET, "code": "untrue", "name": "没有看到", "needs": "两人到场，三张照片。", "told": "到场没有看到。",
    "valid_from": TODAY + DAY,
}  # fmt: skip
WHISTLE = {
    "area_code": STREET, "code": "emergency", "name": "应急", "answer_limit": "10m", "arrive_limit": "20m",
    "callers": ["1"], "phoned_first": True, "valid_from": TODAY + DAY,
}  # fmt: skip
BAND = {"area_code": STREET, "digits": "9", "least": 6, "most": 50, "valid_from": TODAY + DAY}


@pytest.fixture
def world(db):
    return build_world()


def write(world, register="exclusion_kind", who="keeper", row=None, **given):
    first = {"exclusion_kind": KIND, "whistle_kind": WHISTLE, "whistle_band": BAND}[register]
    values = given if row is not None else {**first, **given}
    return registers.put(
        register=get(register), row_id=row.pk if row else None, values=values, actor=world.people[who], now=NOW
    )


def decide(world, row, who="leader", granted=True, **given):
    words = "" if granted else "证据写得太少。"
    return decide_rule(
        register={ExclusionKind: "exclusion_kind", WhistleKind: "whistle_kind", WhistleBand: "whistle_band"}[type(row)],
        rule_id=row.pk, granted=granted, actor=world.people[who], **{"words": words, "now": NOW, **given},
    )  # fmt: skip


def of_code(day, area=STREET, code="untrue"):
    return next((one for one in exclusions.kinds(day, area) if one.code == code), None)


class TestRules:
    GOOD = RuleFacts(RuleState.WAITING, second_person=True, to_come=True, words="太少。")

    @pytest.mark.parametrize(
        ("verb", "changes", "guard"),
        [
            ("approve", {"second_person": False}, "by_second_person"),
            ("approve", {"to_come": False}, "begins_to_come"),
            ("refuse", {"second_person": False}, "by_second_person"),
            ("refuse", {"words": ""}, "says_why"),
        ],
    )
    def test_what_stands_in_the_way_of_a_decision(self, verb, changes, guard):
        assert FLOW.refusal(RuleVerb(verb), self.GOOD) is None
        refused = FLOW.refusal(RuleVerb(verb), replace(self.GOOD, **changes))
        assert refused.facts["guard"] == guard

    @pytest.mark.parametrize("state", [RuleState.APPROVED, RuleState.REFUSED])
    def test_what_is_decided_stays(self, state):
        for verb in RuleVerb:
            assert FLOW.refusal(verb, replace(self.GOOD, state=state)) is not None

    @given(
        st.lists(
            st.builds(
                lambda area, rule, version, day, ended: SimpleNamespace(
                    area_code=area, rule=rule, version=version, valid_from=date(2026, 1, day), ended=ended
                ),
                st.sampled_from(around(STREET)), st.sampled_from("ab"), st.integers(1, 5), st.integers(1, 5),
                st.booleans(),
            )
        )
    )  # fmt: skip
    def test_of_each_rule_the_latest_version_of_the_nearest_area_holds_or_none(self, versions):
        held = {one.rule: one for one in holding(versions)}
        for rule in {one.rule for one in versions}:
            mine = [one for one in versions if one.rule == rule]
            best = max((len(one.area_code), one.valid_from, one.version) for one in mine)
            if rule in held:
                one = held[rule]
                assert (len(one.area_code), one.valid_from, one.version) == best
                assert not one.ended


class TestApproval:
    def test_a_version_holds_from_its_day_once_another_person_approves_it(self, world):
        row = write(world)
        assert of_code(TODAY + DAY).version == 1  # it waits: the shipped one goes on
        assert of_code(TODAY + DAY).area_code == ""

        decide(world, row)

        assert of_code(TODAY).name != "没有看到"
        assert of_code(TODAY + DAY).name == "没有看到"
        assert of_code(TODAY + DAY, BANYAN).name == "没有看到"
        line = History.objects.filter(object_id=row.pk).order_by("pk").last()
        assert (line.verb, line.from_state, line.to_state, line.actor_id) == (
            "approve", "waiting", "approved", world.leader.id,
        )  # fmt: skip
        assert line.facts == {"rule": "untrue", "version": 1, "valid_from": (TODAY + DAY).isoformat()}

    def test_it_holds_nowhere_else(self, world):
        decide(world, write(world))
        for area in (NEXT_DOOR, DISTRICT):
            assert of_code(TODAY + DAY, area).name != "没有看到"

    def test_a_community_may_have_one_of_its_own(self, world):
        decide(world, write(world))
        decide(world, write(world, area_code=BANYAN, name="社区的"))
        assert of_code(TODAY + DAY, BANYAN).name == "社区的"
        assert of_code(TODAY + DAY).name == "没有看到"

    def test_a_version_that_ends_a_kind_takes_it_out_of_the_form(self, world):
        decide(world, write(world, ended=True))
        assert of_code(TODAY) is not None
        assert of_code(TODAY + DAY) is None

    def test_a_refusal_says_why_and_leaves_room_for_another(self, world):
        row = decide(world, write(world), granted=False)
        assert (row.state, row.sent_back_words) == ("refused", "证据写得太少。")
        assert "证据" not in str(History.objects.filter(object_id=row.pk).order_by("pk").last().facts)
        again = write(world)
        assert again.version == 2
        with pytest.raises(IllegalMove):
            decide(world, row)

    def test_nobody_approves_what_they_wrote_or_touched(self, world):
        row = write(world)
        leader = world.leader
        world.people["leader"] = writer_and_leader(world)
        with pytest.raises(NotAllowed):
            decide(world, row, "keeper")
        write(world, row=row, who="leader", name="改过的")
        with pytest.raises(IllegalMove, match="换一位同事"):
            decide(world, row)
        world.people["other"] = replace(leader, id=uuid7())
        assert decide(world, row, "other").state == "approved"

    def test_what_is_approved_is_not_changed(self, world):
        row = decide(world, write(world))
        with pytest.raises(IllegalMove, match="另加一版"):
            write(world, row=row, name="改成这样")

    def test_a_day_that_is_over_is_not_approved(self, world):
        row = write(world)
        with pytest.raises(IllegalMove, match="不能往前算"):
            decide(world, row, now=NOW + 3 * DAY)

    def test_a_repeated_key_decides_once_and_another_body_is_refused(self, world):
        row, key = write(world), uuid7()
        for _ in range(2):
            assert decide(world, row, key=key).state == "approved"
        with pytest.raises(KeyReused):
            decide(world, row, key=key, granted=False)
        assert History.objects.filter(object_id=row.pk, verb="approve").count() == 1

    def test_the_table_itself_refuses_what_its_writer_approved(self, world):
        row = write(world)
        with pytest.raises(IntegrityError), transaction.atomic():
            ExclusionKind.objects.filter(pk=row.pk).update(state="approved", decided_by=world.keeper.id)

    def test_leaders_hear_once_of_what_waits_for_them(self, world):
        row = write(world)
        write(world, row=row, told="看过，没有。")
        heard = Notice.objects.filter(kind="rule_asked")
        assert [one.account_id for one in heard] == [world.leader.id]
        assert "没有看到（第 1 版）" in heard.get().body

    @pytest.mark.parametrize("key", ["exclusion_kind", "whistle_kind", "whistle_band"])
    def test_the_notice_leads_to_the_version_that_waits(self, world, client, key):
        row = write(world, key)
        heard = Notice.objects.get(kind="rule_asked")
        client.force_login(world.accounts["leader"], backend="django.contrib.auth.backends.ModelBackend")
        page = client.post(f"/desk/notices/{heard.pk}/open/", follow=True)
        assert page.redirect_chain[-1][0] == f"/desk/registers/{key}/{row.pk}/"
        assert page.status_code == 200
        assert f"/desk/cases/rules/{key}/{row.pk}/" in page.content.decode()


def writer_and_leader(world):
    """A leader who also keeps matters: the two duties in one hand are still two persons' work."""
    return replace(world.leader, grants=(*world.leader.grants, *world.keeper.grants))


class TestScope:
    @pytest.mark.parametrize("who", ["next_keeper", "next_dispatcher"])
    def test_the_next_street_does_not_learn_of_it(self, world, who):
        row = write(world)
        with pytest.raises(NotFound):
            decide(world, row, who)
        with pytest.raises(NotFound):
            rows.one(get("exclusion_kind"), world.people[who], row.pk)
        seen = rows.page(get("exclusion_kind"), world.people[who], rows.Wanted(), Page(limit=50), now=NOW)
        assert {one.area_code for one in seen} == {""}

    def test_who_does_not_lead_does_not_approve(self, world):
        with pytest.raises(NotAllowed):
            decide(world, write(world), "head")

    def test_who_does_not_keep_matters_writes_nothing(self, world):
        with pytest.raises(NotAllowed):
            write(world, who="dispatcher")

    def test_what_comes_with_the_system_is_not_touched(self, world):
        shipped = ExclusionKind.objects.get(code="untrue", area_code="")
        with pytest.raises(NotAllowed):
            write(world, row=shipped, name="改成这样")
        with pytest.raises(Invalid):
            write(world, area_code="")

    def test_another_register_has_nothing_to_decide(self, world):
        with pytest.raises(NotFound):
            decide_rule(register="call_script", rule_id=uuid7(), granted=True, actor=world.leader, now=NOW)


class TestValues:
    @pytest.mark.parametrize(
        ("register", "given", "field"),
        [
            ("exclusion_kind", {"code": "不属实"}, "code"),
            ("exclusion_kind", {"valid_from": TODAY - DAY}, "valid_from"),
            ("exclusion_kind", {"told": ""}, "told"),
            ("whistle_kind", {"answer_limit": "一天"}, "answer_limit"),
            ("whistle_kind", {"callers": ["4"]}, "callers"),
            ("whistle_kind", {"callers": []}, "callers"),
            ("whistle_band", {"least": 60}, "most"),
            ("whistle_band", {"digits": "6"}, "digits"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_field(self, world, register, given, field):
        with pytest.raises(Invalid) as why:
            write(world, register, **given)
        assert field in why.value.errors

    def test_two_versions_never_begin_on_one_day(self, world):
        write(world)
        with pytest.raises(Invalid):
            write(world)

    def test_a_whistle_kind_brings_its_clocks_and_who_may_call(self, world):
        decide(world, write(world, "whistle_kind"))
        held = whistles.kinds(NOW + DAY, STREET)[-1]
        assert (held.code, held.arrive_limit, held.callers) == ("emergency", "20m", [1])
        assert whistles.kinds(NOW + DAY, NEXT_DOOR)[-1].arrive_limit == "30m"

    def test_a_band_is_that_of_the_area_of_its_size(self, world):
        decide(world, write(world, "whistle_band"))
        assert whistles.band_for(STREET, TODAY + DAY).least == 6
        assert whistles.band_for(STREET, TODAY).least == 4
        assert whistles.band_for(BANYAN, TODAY + DAY).least == 1
        assert whistles.band_for(NEXT_DOOR, TODAY + DAY).least == 4


class TestPages:
    @pytest.fixture
    def door(self, client, world):
        def sign_in(who):
            client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            return client

        return sign_in

    @pytest.mark.parametrize("register", ["exclusion_kind", "whistle_kind", "whistle_band"])
    def test_a_new_version_is_written_from_the_old_one_and_approved_by_the_leader(self, world, door, register):
        shipped = get(register).model.objects.order_by("pk").first()
        page = door("keeper").get(reverse("registers:row", args=[register, shipped.pk])).content.decode()
        assert "另定一版" in page
        assert "随系统提供" in page
        row = write(world, register, valid_from=date(2099, 1, 1))  # pages take the time of the house
        address = reverse("cases:decide_rule", args=[register, row.pk])
        client = door("leader")
        assert address in client.get(reverse("registers:row", args=[register, row.pk])).content.decode()
        assert client.get(address).status_code == 200
        assert client.post(address, {}).status_code == 422
        assert client.post(address, {"granted": "no"}).status_code == 422
        assert client.post(address, {"granted": "yes"}).status_code == 302
        row.refresh_from_db()
        assert row.state == "approved"
        assert "批准" in client.get(reverse("registers:row", args=[register, row.pk])).content.decode()

    def test_the_form_of_a_new_version_begins_with_what_holds(self, world, door):
        shipped = WhistleKind.objects.get(code="emergency")
        [action] = get("whistle_kind").row_actions(shipped, world.keeper)
        page = door("keeper").get(action.url).content.decode()
        assert 'value="15m"' in page
        ticked = re.findall(r'<input[^>]*name="(\w+)"[^>]* checked', page)
        assert ticked.count("callers") == 3
        assert "phoned_first" in ticked
        assert "ended" not in ticked
        assert "area_code=" + STREET in action.url

    def test_clocks_are_read_as_words_and_leave_as_they_are_written(self, world):
        register, row = get("whistle_kind"), WhistleKind.objects.get(code="livelihood")
        column = register.column("arrive_limit")
        assert register.words_of(row, column) == "3 个工作日"
        assert sheet_text(register, column, register.value_of(row, column), row) == "3wd"

    def test_a_stranger_and_what_is_missing_are_answered_alike(self, world, door):
        row = write(world)
        client = door("next_keeper")
        answers = {
            (found.status_code, found.content.replace(str(key).encode(), b""))
            for key in (row.pk, uuid7())
            for found in [client.get(reverse("cases:decide_rule", args=["exclusion_kind", key]))]
        }
        assert {status for status, _body in answers} == {404}

    def test_a_register_without_decisions_has_no_such_page(self, world, door):
        assert door("leader").get(reverse("cases:decide_rule", args=["call_script", uuid7()])).status_code == 404
