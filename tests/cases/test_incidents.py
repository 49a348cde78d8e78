"""Incidents as acts: declared, joined in one act, said to everybody, ended; and who may and what is left alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import incidents as acts
from huying.cases.listeners import incidents as told
from huying.cases.models import Case, Incident, IncidentWord, Report
from huying.cases.queries import incidents as reads
from huying.cases.queries.replay import mismatches
from huying.cases.rules import State
from huying.cases.rules.incidents import Away, Call, Extent, Reason, away, reasons, shown_for, touches
from huying.kernel.actor import resident
from huying.kernel.events import News
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.notices.models import Delivery, Notice
from huying.people import actions as people
from huying.people.queries import current_consent_text
from huying.triage.masking import names_somebody
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, STREET, build_world, middle

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EXTENT = Extent((BANYAN,), "0103", NOW)
CALL = Call(area_code=GRID, unplaced=False, type_code="0103", received_at=NOW + HOUR)


class TestRules:
    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({}, None),
            ({"type_code": ""}, None),
            ({"type_code": "0101"}, Away.TYPE),
            ({"area_code": NEXT_DOOR}, Away.PLACE),
            ({"area_code": STREET}, Away.PLACE),
            ({"area_code": STREET, "unplaced": True}, None),
            ({"received_at": NOW - 11 * HOUR}, None),
            ({"received_at": NOW - 13 * HOUR}, Away.TIME),
            ({"restricted": True}, Away.RESTRICTED),
            ({"danger": True}, Away.DANGER),
            ({"drill": True}, Away.DRILL),
        ],
    )
    def test_what_goes_in_and_what_does_not(self, change, why):
        assert away(EXTENT, Call(**{**CALL.__dict__, **change})) == why

    def test_an_incident_of_any_matter_takes_every_type(self):
        assert away(Extent((BANYAN,), "", NOW), CALL) is None

    def test_the_reasons_are_matter_place_and_time_alone(self):
        assert reasons(EXTENT, CALL) == [Reason.TYPE, Reason.PLACE, Reason.TIME]
        water = Extent((BANYAN,), "", NOW, "榕树路一带停水", "榕树路")
        assert reasons(water, Call(**{**CALL.__dict__, "title": "一早就停水了"}))[0] == Reason.WORDS
        assert Reason.WORDS not in reasons(water, Call(**{**CALL.__dict__, "title": "榕树路口垃圾满了"}))
        unplaced = Call(STREET, True, "", NOW - HOUR)
        assert reasons(EXTENT, unplaced) == [Reason.NO_PLACE]

    @given(st.lists(st.text("0123456789", min_size=9, max_size=15), min_size=1), st.text("0123456789", max_size=19))
    def test_a_place_inside_is_touched_and_one_that_holds_it_only_as_a_whole(self, codes, tail):
        inside = codes[0] + tail
        assert touches(codes, inside)
        assert touches(codes, codes[0][:9], whole=True)
        assert touches(codes, inside) <= touches(codes, inside, whole=True)

    @pytest.mark.parametrize(
        ("area", "types", "shown"),
        [(GRID, (), True), (STREET, ("0103",), True), (GRID, ("0101", "0103"), True), (GRID, ("0101",), False),
         (NEXT_DOOR, (), False)],
    )  # fmt: skip
    def test_who_is_told_before_reporting(self, area, types, shown):
        assert shown_for(EXTENT, area_code=area, type_codes=types) is shown

    @pytest.mark.parametrize(
        ("words", "bad"),
        [("请打 13800138000", True), ("请打 138 0013 8000", True), ("138-0013-8000", True), ("2026-10-20 13:15 恢复", False), ("身份证 44010519900101123X", True), ("请打 020-12345678", False), ("8 月 1 日", False)],
    )  # fmt: skip
    def test_words_for_everybody_hold_no_number_of_a_person(self, words, bad):
        assert names_somebody(words) is bad


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def case(world):
    return call(world, phone="13800138001").case


def call(world, *, phone="", now=NOW, **given):
    """A call, and what the caller left."""
    if phone:
        text = current_consent_text("zh-hans")
        given["contact_id"] = people.keep_contact(
            name="李示例", phone=phone, address="", consent_text_version=text.version, language=text.language,
            area_code=STREET, actor=resident(), now=now,
        ).pk  # fmt: skip
    return world.call(now=now, **given)


def declare(world, case, *, actor=None, now=NOW, **given):
    values = {
        "title": "榕树路一带停水", "place_words": "榕树社区", "area_codes": [BANYAN],
        "words": "水管挖断，供水公司正在抢修。", "began_at": now - HOUR, "any_type": True, **given,
    }  # fmt: skip
    return acts.declare_incident(case.pk, actor=actor or world.clerk, now=now, **values)


def tell(incident, at=NOW):
    """What the job does with the news."""
    facts = {"incident_id": str(incident.pk), "case_id": str(incident.case_id), "verb": "say_of_incident"}
    told.told(News(uuid7(), "cases.incident_said", at, facts))


class TestDeclareIncident:
    def test_a_clerk_declares_it_and_its_reporter_is_told(self, world, case):
        incident = declare(world, case)

        assert Case.objects.get(pk=case.pk).incident
        assert IncidentWord.objects.get().words == "水管挖断，供水公司正在抢修。"
        tell(incident)
        tell(incident)  # the job ran again
        notice = Notice.objects.get(kind="incident_told")
        assert notice.facts["title"] == "榕树路一带停水"
        assert "1380013" not in str(History.objects.filter(object_id=case.pk).values_list("facts", flat=True))

    def test_the_stranger_and_who_has_no_duty(self, world, case):
        with pytest.raises(NotFound):
            declare(world, case, actor=world.next_dispatcher)
        with pytest.raises(NotAllowed):
            declare(world, case, actor=world.grid_worker)

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"title": ""}, "title"), ({"place_words": " "}, "place_words"), ({"words": ""}, "words"),
            ({"words": "电话 13800138000"}, "words"), ({"area_codes": []}, "area_codes"),
            ({"area_codes": [NEXT_DOOR + "001"]}, "area_codes"), ({"area_codes": ["x"]}, "area_codes"),
            ({"began_at": NOW + MINUTE}, "began_at"), ({"expected_at": NOW}, "expected_at"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_named(self, world, case, given, field):
        with pytest.raises(Invalid) as why:
            declare(world, case, **given)
        assert set(why.value.errors) == {field}

    def test_once_for_a_key_and_once_for_a_case(self, world, case):
        key = uuid7()
        first = declare(world, case, key=key)
        assert declare(world, case, key=key) == first
        with pytest.raises(KeyReused):
            declare(world, case, key=key, title="另一件")
        with pytest.raises(IllegalMove):
            declare(world, case)
        assert Incident.objects.count() == 1

    def test_never_of_what_is_confidential_or_over(self, world):
        secret = world.call(about_staff=True, lng=None, lat=None).case
        with pytest.raises((IllegalMove, NotFound)):
            declare(world, secret, actor=world.head)
        over = world.call().case
        a.answer_case(over.pk, words="已经答复。", actor=world.clerk, now=NOW)
        with pytest.raises(IllegalMove):
            declare(world, over)


class TestJoinCalls:
    def test_calls_go_in_and_their_reporters_are_told_what_is_known(self, world, case):
        incident = declare(world, case)
        others = [call(world, phone=f"1380013800{number}").case for number in (2, 3)]

        joined = acts.join_calls(incident.pk, case_ids=[one.pk for one in others], actor=world.clerk, now=NOW)

        assert (len(joined.cases), joined.voices, joined.left) == (2, 2, [])
        assert set(Case.objects.filter(merged_into=case).values_list("state", flat=True)) == {State.MERGED}
        assert Report.objects.filter(case=case).count() == 3
        tell(incident)
        assert Notice.objects.filter(kind="incident_told").count() == 3
        assert reads.voices_of(case.pk).written_to == 3

    def test_what_does_not_belong_is_left_and_named(self, world, case):
        incident = declare(world, case, any_type=False)
        danger = world.call(words="榕树路口电线掉下来冒火花，着火了！").case
        fine = world.call().case
        joined = acts.join_calls(incident.pk, case_ids=[danger.pk, fine.pk], actor=world.clerk, now=NOW)
        assert [one.pk for one in joined.cases] == [fine.pk]
        assert [(one.pk, why) for one, why in joined.left] == [(danger.pk, Away.DANGER.label)]
        with pytest.raises(Invalid):
            acts.join_calls(incident.pk, case_ids=[danger.pk], actor=world.clerk, now=NOW)

    def test_nothing_goes_into_itself_nor_into_what_has_become_confidential(self, world, case):
        incident = declare(world, case)
        with pytest.raises(Invalid) as why:
            acts.join_calls(incident.pk, case_ids=[case.pk], actor=world.clerk, now=NOW)
        assert set(why.value.errors) == {"calls"}
        Case.objects.filter(pk=case.pk).update(restricted=True, confidential=True)
        with pytest.raises(IllegalMove):
            acts.join_calls(incident.pk, case_ids=[world.call().case.pk], actor=world.head, now=NOW)

    def test_what_is_real_is_no_part_of_a_drill(self, world, case):
        incident, real = declare(world, case), world.call().case
        Case.objects.filter(pk=case.pk).update(drill=True)
        with pytest.raises(Invalid):
            acts.join_calls(incident.pk, case_ids=[real.pk], actor=world.clerk, now=NOW)
        assert not acts.join_new_call(real.pk, incident.pk, now=NOW)
        assert Case.objects.get(pk=real.pk).state == State.RECEIVED

    def test_a_look_before_changes_nothing(self, world, case):
        incident, other = declare(world, case), world.call().case
        looked = acts.look_at_joining(incident.pk, case_ids=[other.pk], actor=world.clerk, now=NOW)
        assert len(looked.cases) == 1
        assert Case.objects.get(pk=other.pk).state == State.RECEIVED

    def test_the_stranger_learns_nothing_and_one_strange_call_stops_all(self, world, case):
        incident = declare(world, case)
        mine = world.call().case
        lng, lat = middle(NEXT_DOOR + "001001")
        strange = world.call(area_code=NEXT_DOOR, lng=lng, lat=lat).case
        with pytest.raises(NotFound):
            acts.join_calls(incident.pk, case_ids=[mine.pk], actor=world.next_dispatcher, now=NOW)
        with pytest.raises(NotFound):
            acts.join_calls(incident.pk, case_ids=[mine.pk, strange.pk], actor=world.clerk, now=NOW)
        assert not Case.objects.filter(merged_into=case).exists()

    def test_the_same_key_joins_once(self, world, case):
        incident, other, key = declare(world, case), world.call().case, uuid7()
        for _ in range(2):
            joined = acts.join_calls(incident.pk, case_ids=[other.pk], key=key, actor=world.clerk, now=NOW)
            assert [one.pk for one in joined.cases] == [other.pk]
        assert History.objects.filter(verb="join_incident").count() == 1

    def test_a_call_of_a_unit_that_works_on_it_can_be_taken_out_again(self, world, case):
        incident, other = declare(world, case), world.call().case
        acts.join_calls(incident.pk, case_ids=[other.pk], actor=world.clerk, now=NOW)
        a.unmerge_case(other.pk, actor=world.clerk, now=NOW)
        assert Case.objects.get(pk=other.pk).state == State.RECEIVED
        assert Report.objects.filter(case=other).count() == 1

    def test_two_hundred_callers_are_one_act_of_few_statements(self, world, case, capsys):
        incident = declare(world, case)
        ids = [call(world, phone=f"138001{number:05}").case.pk for number in range(200)]
        with CaptureQueriesContext(
            connection,
        ) as counted:
            joined = acts.join_calls(incident.pk, case_ids=ids, actor=world.clerk, now=NOW + HOUR)
        assert (len(joined.cases), joined.voices) == (200, 200)
        with CaptureQueriesContext(connection) as telling:
            tell(incident, NOW + HOUR)
        assert Delivery.objects.filter(notice__kind="incident_told").count() == 201
        print(f"200 calls joined: {len(counted)} statements; 201 told: {len(telling)}")
        assert len(counted) < 40
        assert len(telling) < 20


class TestSayAndEnd:
    def test_everybody_hears_each_word_once_and_the_banner_goes_with_the_end(self, world, case):
        incident = declare(world, case)
        tell(incident)
        acts.say_of_incident(
            incident.pk,
            words="已挖开路面，正在换管。",
            expected_at=NOW + 3 * HOUR,
            actor=world.dispatcher,
            now=NOW + HOUR,
        )
        tell(incident, NOW + HOUR)
        shown = reads.known_for(GRID)[0]
        assert (shown.said, shown.expected_at) == ("已挖开路面，正在换管。", NOW + 3 * HOUR)
        acts.end_incident(incident.pk, words="已经恢复供水。", actor=world.clerk, now=NOW + 2 * HOUR)
        tell(incident, NOW + 2 * HOUR)
        assert Notice.objects.filter(kind="incident_told").count() == 3
        assert reads.known_for(GRID) == []
        with pytest.raises(IllegalMove):
            acts.say_of_incident(incident.pk, words="再说一句。", actor=world.clerk, now=NOW)

    def test_who_may_not(self, world, case):
        incident = declare(world, case)
        for act in (acts.say_of_incident, acts.end_incident):
            with pytest.raises(NotFound):
                act(incident.pk, words="好了。", actor=world.next_dispatcher, now=NOW)
            with pytest.raises(NotAllowed):
                act(incident.pk, words="好了。", actor=world.grid_worker, now=NOW)

    def test_it_ends_with_its_case(self, world, case):
        declare(world, case)
        a.answer_case(case.pk, words="已经恢复。", actor=world.clerk, now=NOW + HOUR)
        told.ended(News(uuid7(), "cases.moved", NOW + HOUR, {"case_id": str(case.pk), "state": "answered"}))
        assert Incident.objects.get().ended_at == NOW + HOUR
        assert reads.known_for(GRID) == []


class TestKnownBeforeReporting:
    def test_it_is_told_in_its_place_and_type_and_nowhere_else(self, world, case):
        incident = declare(world, case)
        assert [one.id for one in reads.known_for(GRID)] == [incident.pk]
        assert reads.known_for(KAPOK) == []
        assert reads.known_for(NEXT_DOOR) == []

    def test_what_has_become_confidential_is_not_shown(self, world, case):
        declare(world, case)
        Case.objects.filter(pk=case.pk).update(restricted=True, confidential=True)
        assert reads.known_for(GRID) == []

    def test_a_new_call_joins_by_itself_and_what_does_not_fit_stays_its_own(self, world, case):
        incident = declare(world, case)
        mine = world.call().case
        assert acts.join_new_call(mine.pk, incident.pk, now=NOW)
        danger = world.call(words="榕树路口电线掉下来冒火花，着火了！").case
        assert not acts.join_new_call(danger.pk, incident.pk, now=NOW)
        acts.end_incident(incident.pk, words="好了。", actor=world.clerk, now=NOW)
        late = world.call().case
        assert not acts.join_new_call(late.pk, incident.pk, now=NOW)
        assert Case.objects.get(pk=late.pk).state == State.RECEIVED


class TestWhoSees:
    def test_the_list_and_one_are_for_those_who_see_the_case(self, world, case):
        incident = declare(world, case)
        assert [one.pk for one in reads.listed(world.grid_worker, now=NOW)] == [incident.pk]
        assert reads.incident(incident.pk, world.clerk) == incident
        assert reads.listed(world.next_dispatcher, now=NOW) == []
        assert reads.incident(incident.pk, world.next_dispatcher) is None

    def test_likely_calls_are_those_of_the_place_that_the_viewer_sees(self, world, case):
        incident = declare(world, case)
        incident.case = case
        near = world.call().case
        lng, lat = middle(KAPOK + "001")
        world.call(lng=lng, lat=lat)
        unplaced = world.call(lng=None, lat=None).case
        found = {one.pk: why for one, why in reads.calls_like(incident, world.clerk)}
        assert set(found) == {near.pk, unplaced.pk}
        assert found[unplaced.pk] == [Reason.WORDS, Reason.NO_PLACE, Reason.TIME]
        assert reads.calls_like(incident, world.next_dispatcher) == []


class TestHistory:
    def test_what_is_stored_is_what_the_history_says(self, world, case):
        incident, other = declare(world, case), world.call().case
        acts.join_calls(incident.pk, case_ids=[other.pk], actor=world.clerk, now=NOW)
        acts.say_of_incident(incident.pk, words="在换管。", actor=world.clerk, now=NOW)
        acts.end_incident(incident.pk, words="好了。", actor=world.clerk, now=NOW)
        assert mismatches([case.pk, other.pk]) == []
