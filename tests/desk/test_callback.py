"""The call-back desk: a line a caller, the words to say, the number for a purpose, and the next one after it."""

from datetime import timedelta

import pytest
from django.db.models import F

from huying.cases import actions as a
from huying.cases.models import CallScript, Case, ContactAttempt
from huying.clocks.models import Clock
from huying.kernel.ids import uuid7
from huying.people.models import ContactOpening
from tests.cases.test_calling import called_back
from tests.world import NOW, STREET

pytestmark = pytest.mark.django_db
DESK = "/desk/call-back/"
LATER = NOW + timedelta(hours=2)


def page_of(case):
    return f"{DESK}{case.pk}/"


def body(report_id, **more):
    return {"key": str(uuid7()), "report_id": str(report_id), "words": "", **more}


@pytest.fixture
def desk(sign_in, at):
    def come(who="caller", moment=LATER):
        at(moment)
        return sign_in(who)

    return come


class TestLines:
    def test_a_line_a_caller_and_none_where_nobody_waits(self, world, desk):
        assert "现在没有要回访的" in desk().get(DESK).content.decode()
        called_back(world, "13900000001", "13900000001", "13900000002")
        page = desk().get(DESK).content.decode()
        assert page.count('class="queue-item"') == 2
        assert "13900000001" not in page

    def test_who_was_missed_waits_for_another_part_of_the_day(self, world, desk):
        case, (report_id,) = called_back(world, "13900000001")
        other, _reports = called_back(world, "13900000002")
        a.record_call_back(case.pk, report_id=report_id, result="missed", actor=world.caller, now=LATER)
        page = desk(moment=LATER + timedelta(minutes=20)).get(DESK).content.decode()
        assert page.index(str(other.pk)) < page.index("换个时段再打") < page.index(str(case.pk))
        assert "今天 12:00 起" in page
        later = desk(moment=NOW + timedelta(hours=4)).get(DESK).content.decode()
        assert "换个时段再打" not in later

    def test_the_next_street_and_the_handler_find_nothing(self, world, desk):
        case, _reports = called_back(world, "13900000001")
        stranger = desk("next_dispatcher")
        assert str(case.pk) not in stranger.get(DESK).content.decode()
        missing = stranger.get(page_of(case).replace(str(case.pk), str(uuid7())))
        for method in ("get", "post"):
            there = getattr(stranger, method)(page_of(case))
            assert (there.status_code, missing.status_code) == (404, 404)
        assert stranger.post(f"{page_of(case)}phone/", {"caller": str(uuid7())}).status_code == 404
        assert desk("handler").get(DESK).status_code == 403


class TestCall:
    def test_it_shows_what_was_said_done_answered_and_the_words_to_say(self, world, desk):
        case, _reports = called_back(world, "13900000001")
        page = desk().get(page_of(case)).content.decode()
        for words in ("榕树路口的垃圾桶满了", "已经说明。", "系统自带话术", "解决了吗", "首次", "街道环卫站"):
            assert words in page
        said = {"greeting": "您好，这里是示范街道。", "solved": "好了吗？", "satisfied": "满意吗？", "thanks": "谢谢。"}
        CallScript.objects.create(area_code=STREET, version="2026-2", since=NOW.date(), **said)
        page = desk().get(page_of(case)).content.decode()
        assert "话术 2026-2 版" in page
        assert "您好，这里是示范街道。" in page

    def test_care_is_told_with_its_reasons(self, world, desk):
        case, _reports = called_back(world, "13900000001")
        assert "还没有联系过诉求人" in desk().get(page_of(case)).content.decode()
        assert "步超时" not in desk().get(page_of(case)).content.decode()
        Clock.objects.filter(object_id=case.pk, step="handle").update(due_at=F("started_at"))
        assert "1 步超时" in desk().get(page_of(case)).content.decode()
        a.nudge_case(case.pk, actor=world.head, now=LATER)
        assert "催办 1 次" in desk().get(page_of(case)).content.decode()
        assert "过程提醒" in desk("head").get(f"/desk/cases/{case.pk}/").content.decode()

    def test_earlier_matters_are_those_of_the_place_not_of_the_caller(self, world, desk):
        case, _reports = called_back(world, "13900000001")
        same, _others = called_back(world, "13900000009")
        elsewhere = world.call(words="沿江路的井盖松了。", type_code="0501").case
        page = desk().get(page_of(case)).content.decode()
        found = page[page.index("同一社区、同类事项") :]
        assert str(same.pk) in found
        assert str(elsewhere.pk) not in found

    def test_the_number_is_opened_for_the_call_alone_and_written_down(self, world, desk):
        case, (report_id,) = called_back(world, "13900000001")
        client = desk()
        answer = client.post(f"{page_of(case)}phone/", {"caller": str(report_id)})
        assert "13900000001" in answer.content.decode()
        assert answer["Cache-Control"].startswith("max-age=0")
        assert ContactOpening.objects.get().purpose == "call_back"
        assert "13900000001" not in client.get(page_of(case)).content.decode()

    def test_saving_leads_to_the_next_caller(self, world, desk):
        one, (first,) = called_back(world, "13900000001")
        other, (second,) = called_back(world, "13900000002")
        client = desk()
        answer = client.post(page_of(one), body(first, result="reached", solved="yes", satisfaction="satisfied"))
        assert answer["Location"] == f"{page_of(other)}?caller={second}"
        assert Case.objects.get(pk=one.pk).state == "closed"
        answer = client.post(page_of(other), body(second, result="reached", solved="no", words="又满了。"))
        assert answer["Location"] == DESK
        assert Case.objects.get(pk=other.pk).round == 2

    def test_the_same_form_sent_twice_calls_once(self, world, desk):
        case, (report_id,) = called_back(world, "13900000001")
        sent = body(report_id, result="missed")
        assert [desk().post(page_of(case), sent).status_code for _time in range(2)] == [302, 302]
        assert ContactAttempt.objects.filter(kind="call_back").count() == 1

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, world, desk):
        case, (report_id,) = called_back(world, "13900000001")
        answer = desk().post(page_of(case), body(report_id, result="reached", words="说第二天又满了。"))
        assert answer.status_code == 422
        assert "请先问解决了没有" in answer.content.decode()
        assert "说第二天又满了。" in answer.content.decode()
        assert not ContactAttempt.objects.exists()

    def test_a_case_that_waits_for_nobody_leads_to_its_page(self, world, desk):
        case = world.call().case
        assert desk().get(page_of(case))["Location"] == f"/desk/cases/{case.pk}/"
        assert desk().post(page_of(case), body(uuid7()))["Location"] == DESK
