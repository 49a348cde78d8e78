"""The own report by its code: what its reporter sees and does, and what a stranger gets."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.codes import code_of
from huying.cases.models import Addition, Case, Feedback, Report
from huying.files.actions import prepare_image
from huying.kernel.ids import uuid7
from huying.people.models import Contact
from tests.files.pictures import photo as jpeg
from tests.portal.walk import PLACE, WORDS, Resident, text_of
from tests.world import NOW, OTHER_GRID, middle

pytestmark = pytest.mark.django_db

ANSWER = "桶已经清空，周围冲洗干净，每天加收一次。"


def work(world, case_id, *, now=NOW, answer=ANSWER, photos=True):
    """The unit handles, the desk reviews: on to the call-back."""
    before = prepare_image(jpeg())
    after = prepare_image(jpeg(80, 60))
    a.contact_reporter(case_id, result="reached", words="内部：已通话", actor=world.handler, now=now)
    a.submit_result(
        case_id,
        outcome="solved",
        answer=answer,
        internal="内部备注不外传",
        before=[before],
        after=[after],
        actor=world.handler,
        now=now,
    )
    case = Case.objects.get(pk=case_id)
    if not case.signed:
        a.sign_result(case_id, actor=world.unit_head, now=now)
    return a.review_result(case_id, actor=world.reviewer, now=now)


@pytest.fixture
def answered(world, in_hand):
    work(world, in_hand.case_id)
    in_hand.case.refresh_from_db()
    assert in_hand.case.state == "calling_back"
    return in_hand


@pytest.fixture
def closed(resident, answered):
    resident.deed(answered.pk, "rate", solved="yes", satisfaction="satisfied")
    answered.case.refresh_from_db()
    assert answered.case.state == "closed"
    return answered


def status(resident, report):
    page = resident.get(f"/status/{report.pk}/")
    assert page.status_code == 200
    return text_of(page)


class TestWhatTheReporterSees:
    def test_before_a_unit_has_it(self, resident, sent):
        page = status(resident, sent)
        assert "待受理" in page
        assert "最晚什么时候受理" in page
        assert WORDS in page
        assert PLACE in page
        assert 'aria-current="step"' in page

    def test_who_has_it_by_when_and_why_then(self, resident, in_hand):
        page = status(resident, in_hand)
        assert "街道环卫站" in page
        assert "最晚什么时候办好" in page
        assert "为什么是这个时间" in page
        assert re.search(r"从今天 \d\d:\d\d 起算，所以是", page)
        assert "工作时" in page

    def test_late_is_said_without_being_asked(self, resident, in_hand, clock):
        clock.shift(timedelta(days=9))
        page = status(resident, in_hand)
        assert "超时" in page
        assert "对不起，没能按时办好" in page

    def test_the_answer_and_its_photos_show_only_once_they_are_reviewed(self, world, resident, in_hand):
        a.submit_result(
            in_hand.case_id,
            outcome="solved",
            answer=ANSWER,
            before=[prepare_image(jpeg())],
            after=[prepare_image(jpeg(80, 60))],
            actor=world.handler,
            now=NOW,
        )
        page = status(resident, in_hand)
        assert ANSWER not in page
        assert '<img src="/status/' not in page
        if not Case.objects.get().signed:
            a.sign_result(in_hand.case_id, actor=world.unit_head, now=NOW)
        a.review_result(in_hand.case_id, actor=world.reviewer, now=NOW)
        page = status(resident, in_hand)
        assert ANSWER in page
        address = page.split('<img src="')[1].split('"')[0]
        assert resident.get(address).status_code == 200

    def test_notes_of_the_staff_and_their_names_never_show(self, resident, answered):
        page = status(resident, answered)
        for hidden in ("内部备注不外传", "内部：已通话", "卫甲例", "蒋乙例", "陈样本", "李示例"):
            assert hidden not in page

    def test_words_of_another_reporter_of_the_same_matter_never_show(self, world, resident, sent):
        other = world.call(words="金丝雀乙：我也说垃圾桶满了", type_code="0103", place_words="金丝雀丙楼")
        a.merge_case(sent.case_id, into_id=other.case.pk, confirmed=True, actor=world.clerk, now=NOW)
        page = status(resident, sent)
        assert WORDS in page
        assert "金丝雀乙" not in page
        assert "金丝雀丙" not in page

    def test_the_page_is_kept_by_no_cache_and_holds_the_code_in_no_address(self, resident, sent):
        answer = resident.get(f"/status/{sent.pk}/")
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "same-origin"
        code = code_of(sent.pk)
        body = text_of(answer)
        assert code not in body.replace(" ", "").split("<title>")[1].split("</title>")[0]
        assert f"/{code}" not in body
        assert f"={code}" not in body

    def test_it_is_read_in_few_statements(self, resident, answered, django_assert_max_num_queries):
        status(resident, answered)  # warms what is kept in the process
        with django_assert_max_num_queries(15):
            status(resident, answered)


class TestStrangers:
    @pytest.fixture
    def stranger(self, world, clock):
        """Somebody with a report and a code of their own."""
        other = Resident(Client())
        lng, lat = middle(OTHER_GRID)
        other.send(words="小区门口路灯不亮", kind="0205", where={"lng": lng, "lat": lat})
        return other

    ADDRESSES = ("", "add/", "nudge/", "fine/", "withdraw/", "rate/", "late/", "reopen/", "object/", "contact/")

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_another_code_opens_nothing_and_does_nothing(self, stranger, answered, address):
        before = History.objects.count()
        assert stranger.get(f"/status/{answered.pk}/{address}").status_code == 404
        if address:
            given = {"key": str(uuid7()), "words": "x", "reason": "x", "solved": "yes"}
            assert stranger.client.post(f"/status/{answered.pk}/{address}", given).status_code == 404
        assert History.objects.count() == before

    def test_a_known_id_alone_opens_nothing(self, answered):
        nobody = Client()
        for address in (
            f"/status/{answered.pk}/",
            f"/report/done/{answered.pk}/",
            f"/report/done/{answered.pk}/code.png",
        ):
            assert nobody.get(address).status_code == 404
        assert nobody.post(f"/report/again/{answered.pk}/").status_code == 404
        assert nobody.post(f"/status/{answered.pk}/private/").status_code == 404

    def test_a_made_up_cookie_opens_nothing(self, answered):
        nobody = Client()
        nobody.cookies["huying_mine"] = f'["{answered.pk}"]:forged:signature'
        assert nobody.get(f"/status/{answered.pk}/").status_code == 404

    def test_photos_go_to_the_holder_alone(self, resident, stranger, answered):
        address = status(resident, answered).split('<img src="')[1].split('"')[0]
        assert stranger.get(address).status_code == 404
        mine = Report.objects.exclude(pk=answered.pk).get()
        crossed = address.replace(str(answered.pk), str(mine.pk))
        assert stranger.get(crossed).status_code == 404


class TestLookUp:
    def test_the_code_opens_the_page_however_it_is_spaced(self, sent):
        code = code_of(sent.pk)
        for typed in (code, f" {code[:4]} {code[4:8]}-{code[8:]} ", "".join(chr(ord(one) + 0xFEE0) for one in code)):
            client = Client()
            answer = client.post("/track/", {"code": typed})
            assert answer.url == f"/status/{sent.pk}/"
            assert client.get(answer.url).status_code == 200

    @pytest.mark.parametrize("typed", ["", "123", "1" * 13, "中文", "123456789012", "\x00", "9" * 5000])
    def test_what_is_no_code_is_said_and_kept(self, world, client, typed):
        assert client.post("/track/", {"code": typed}).status_code == 422

    def test_ten_wrong_codes_from_one_address_are_enough(self, sent, client):
        answers = [client.post("/track/", {"code": f"{code:012d}"}).status_code for code in range(10)]
        assert set(answers) == {422}
        refused = client.post("/track/", {"code": code_of(sent.pk)})
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 900

    def test_after_the_window_one_may_try_again(self, sent, client, clock):
        for code in range(10):
            client.post("/track/", {"code": f"{code:012d}"})
        clock.shift(timedelta(minutes=16))
        assert client.post("/track/", {"code": code_of(sent.pk)}).status_code == 302

    def test_right_codes_are_not_counted(self, sent, client):
        for _time in range(12):
            assert client.post("/track/", {"code": code_of(sent.pk)}).status_code == 302

    def test_this_phone_lists_its_own_and_forgets_them_when_told(self, resident, sent):
        assert "垃圾桶满溢或破损" in text_of(resident.get("/track/"))
        resident.client.post("/track/forget/")
        assert "还没有您的反映" in text_of(resident.get("/track/"))
        assert resident.get(f"/status/{sent.pk}/").status_code == 404


class TestDeeds:
    def test_add_words(self, resident, sent):
        assert resident.deed(sent.pk, "add", words="又多了一堆").status_code == 302
        assert Addition.objects.get().words == "又多了一堆"
        assert "又多了一堆" in status(resident, sent)

    def test_nothing_added_is_asked_for_again(self, resident, sent):
        assert resident.deed(sent.pk, "add", words=" ").status_code == 422

    def test_nudge_once_a_day(self, resident, in_hand, clock):
        assert resident.deed(in_hand.pk, "nudge").status_code == 302
        assert Case.objects.get().nudges == 1
        assert "明天可以再催" in text_of(resident.get(f"/status/{in_hand.pk}/nudge/"))
        clock.shift(timedelta(days=1))
        assert resident.deed(in_hand.pk, "nudge").status_code == 302

    def test_fine_now_ends_it(self, resident, in_hand):
        assert resident.deed(in_hand.pk, "fine").status_code == 302
        assert Case.objects.get().state == "withdrawn"
        assert "已撤" in status(resident, in_hand)

    def test_withdraw_ends_it(self, resident, sent):
        resident.deed(sent.pk, "withdraw")
        assert Case.objects.get().state == "withdrawn"

    def test_withdrawing_leaves_the_others_matter_going_on(self, world, resident, sent):
        other = world.call(words="我也说垃圾桶满了", type_code="0103")
        a.merge_case(sent.case_id, into_id=other.case.pk, confirmed=True, actor=world.clerk, now=NOW)
        resident.deed(sent.pk, "withdraw")
        assert Case.objects.get(pk=other.case.pk).state == "received"
        assert "已撤回" in status(resident, sent)

    def test_solved_closes(self, closed):
        said = Feedback.objects.get()
        assert (said.solved, said.satisfaction, said.late) == (True, "satisfied", False)

    def test_not_solved_starts_the_second_round(self, resident, answered):
        assert resident.deed(answered.pk, "rate", solved="no").status_code == 422
        assert resident.deed(answered.pk, "rate", solved="no", words="还是满的").status_code == 302
        case = Case.objects.get()
        assert (case.state, case.round) == ("in_hand", 2)
        page = status(resident, answered)
        assert "第 2 次办理" in page
        assert "办理答复" in page

    def test_the_same_form_sent_twice_acts_once(self, resident, in_hand):
        address, key = f"/status/{in_hand.pk}/add/", str(uuid7())
        for _time in range(2):
            assert resident.client.post(address, {"key": key, "words": "一次"}).status_code == 302
        assert Addition.objects.count() == 1

    def test_reopen_within_fourteen_days(self, resident, closed, clock):
        clock.shift(timedelta(days=13))
        assert "又出现了" in status(resident, closed)
        assert resident.deed(closed.pk, "reopen", reason="又满了").status_code == 302
        assert Case.objects.get().state == "in_hand"

    def test_later_a_new_report_is_tied_to_the_old_one(self, resident, closed, clock):
        clock.shift(timedelta(days=15))
        assert resident.deed(closed.pk, "reopen", reason="又满了").status_code in (422,)
        assert "再反映一次" in status(resident, closed)
        assert resident.client.post(f"/report/again/{closed.pk}/").url == "/report/"
        resident.what("垃圾桶又满了")
        resident.client.post("/report/kind/", {"kind": "0103"})
        assert PLACE in text_of(resident.get("/report/where/"))
        resident.where()
        resident.get("/report/likely/")
        resident.submit(resident.get("/report/check/"))
        assert Case.objects.exclude(pk=closed.case_id).get().follows_id == closed.case_id

    def test_object_to_an_answer_within_fourteen_days(self, world, resident, sent):
        a.answer_case(sent.case_id, words="这要找物业", actor=world.clerk, now=NOW)
        page = status(resident, sent)
        assert "这要找物业" in page
        assert "提异议" in page
        assert resident.deed(sent.pk, "object", reason="物业说归街道").status_code == 302
        assert Case.objects.get().state == "received"

    def test_late_feedback_within_thirty_days(self, world, resident, sent, clock):
        a.answer_case(sent.case_id, words="说明", actor=world.clerk, now=NOW)
        clock.shift(timedelta(days=29))
        assert resident.deed(sent.pk, "late", solved="yes").status_code == 302
        assert Feedback.objects.get().late
        clock.shift(timedelta(days=2))
        assert "补评价</span>" not in status(resident, sent)

    def test_a_deed_that_is_not_possible_says_why_and_does_nothing(self, resident, sent):
        page = resident.get(f"/status/{sent.pk}/reopen/")
        assert page.status_code == 200
        assert 'name="key"' not in text_of(page)
        before = History.objects.count()
        answer = resident.client.post(f"/status/{sent.pk}/reopen/", {"key": str(uuid7()), "reason": "x"})
        assert answer.status_code == 422
        assert History.objects.count() == before

    @pytest.mark.parametrize("name", ["destroy", "status", "__class__"])
    def test_there_are_no_other_deeds(self, resident, sent, name):
        assert resident.get(f"/status/{sent.pk}/{name}/").status_code == 404

    @pytest.mark.parametrize("name", ["add", "nudge", "fine", "withdraw", "rate", "late", "reopen", "object"])
    @pytest.mark.parametrize("value", ["\x00", "", "长" * 10_001, "no"])
    def test_bad_input_is_never_a_fault_of_ours(self, resident, answered, name, value):
        given = dict.fromkeys(("key", "words", "reason", "solved", "satisfaction", "photos_held"), value)
        assert resident.client.post(f"/status/{answered.pk}/{name}/", given).status_code == 422


class TestContact:
    @pytest.fixture
    def reachable(self, resident):
        report_id = resident.send(phone="13800000000", name="李示例", consent="on")
        return Report.objects.get(pk=report_id)

    def test_the_reporter_sees_who_looked_and_why_by_post_and_not_by_name(self, world, resident, reachable):
        a.open_reporter(reachable.case_id, report_id=reachable.pk, purpose="verify_place", actor=world.clerk, now=NOW)
        page = text_of(resident.get(f"/status/{reachable.pk}/contact/"))
        assert "核实地点" in page
        assert "受理员" in page
        assert "街道调度中心" in page
        assert world.accounts["clerk"].name not in page.replace("李**", "")
        assert "13800000000" not in page

    def test_the_reporter_erases_it_and_the_code_goes_on_working(self, resident, reachable):
        assert resident.client.post(f"/status/{reachable.pk}/contact/").status_code == 302
        assert Contact.objects.get().erased_at is not None
        assert "已经删掉" in status(resident, reachable) or "或已经删掉" in status(resident, reachable)
        assert resident.client.post(f"/status/{reachable.pk}/contact/").status_code == 302
