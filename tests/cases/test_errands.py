"""Tasks handed to somebody outside by a one-time link: who sees what, one device, the end of it, the case's history."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import errands as acts
from huying.cases.codes import errand_code, hash_of
from huying.cases.models import Case, Errand, WorkOrder
from huying.cases.queries import errands as reads
from huying.cases.queries.replay import mismatches
from huying.cases.rules.errands import TERMS, THEIRS, ErrandState, ErrandVerb
from huying.files.models import Attachment
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.notices.actions import send_due
from huying.notices.models import Delivery, Notice
from huying.notices.sealing import unseal_facts
from huying.people.models import Appointment
from tests.world import NOW, build_world

MINUTE = timedelta(minutes=1)
CALLER = "刘样本"


@pytest.fixture
def world(db, settings, tmp_path):
    settings.DATA = tmp_path
    return build_world()


@pytest.fixture
def case(world):
    found = world.call().case
    a.register_file_dispatch(
        found.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
    )
    a.sign_in_order(found.pk, actor=world.handler, now=NOW)
    return found


def send(world, case, **more):
    given = {"firm": "绿叶保洁", "words": "清运路口的垃圾桶", "place": "榕树路口", "term": "3d", "actor": world.handler,
             "now": NOW, **more}  # fmt: skip
    return acts.send_errand(case.pk, **given)


def opened(errand, device="phone-1", now=NOW):
    return acts.open_errand(errand_code(errand.pk, errand.renewals), device, now=now)


def do(errand, verb, device="phone-1", **more):
    return acts.act_on_errand(errand.pk, verb, device=device, **{"now": NOW + MINUTE, **more})


def accepted(errand):
    opened(errand)
    return do(errand, ErrandVerb.ACCEPT, planned_on=timezone.localdate(NOW))


class TestSending:
    def test_the_handler_hands_out_words_place_and_photos_and_the_code_is_a_hash(self, world, case):
        errand = send(world, case)
        assert errand.code_hash == hash_of(errand_code(errand.pk, 0))
        assert errand_code(errand.pk, 0) not in str(Errand.objects.filter(pk=errand.pk).values())
        line = History.objects.get(object_id=case.pk, verb="errand_send")
        assert (line.from_state, line.to_state) == ("in_hand", "in_hand")
        assert not {"绿叶保洁", "清运路口的垃圾桶"} & {str(one) for one in line.facts.values()}

    def test_the_same_key_sends_one_and_another_body_is_refused(self, world, case):
        key = uuid7()
        assert send(world, case, key=key) == send(world, case, key=key)
        with pytest.raises(KeyReused):
            send(world, case, key=key, words="另一件")
        assert Errand.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [("firm", ""), ("words", " "), ("words", "找 13800000000"), ("place", ""), ("place", "1 号 13800000000"),
         ("term", "90d")],
    )  # fmt: skip
    def test_what_is_missing_or_points_to_the_caller_is_refused(self, world, case, field, value):
        with pytest.raises(Invalid) as why:
            send(world, case, **{field: value})
        assert field in why.value.errors

    def test_the_code_goes_by_text_message_and_the_number_is_not_kept(self, world, case):
        with pytest.raises(Invalid):
            send(world, case, phone="12345")
        errand = send(world, case, phone="138 0000 0099", page="https://huying.example/task/")
        row = Delivery.objects.select_related("notice").get(notice__kind="errand_link")
        assert row.notice.account_id is None
        assert row.masked == "*0099"
        assert "13800000099" not in str([row.__dict__, row.notice.__dict__, errand.__dict__])
        assert unseal_facts(bytes(row.notice.secret), row_id=row.notice_id)["code"].replace(" ", "") == errand_code(
            errand.pk, 0
        )
        assert send_due(now=NOW) >= 1
        row.refresh_from_db()
        assert (row.state, row.address) == ("sent", None)

    def test_only_the_unit_that_works_on_it(self, world, case):
        for who in ("dispatcher", "clerk"):
            with pytest.raises(NotAllowed):
                send(world, case, actor=world.people[who])
        for who in ("next_dispatcher", "next_handler", "enforcer"):
            with pytest.raises(NotFound):
                send(world, case, actor=world.people[who])

    def test_a_photo_of_a_report_that_left_the_case_is_shown_no_more(self, world, case):
        report = case.reports.get()
        picture = Attachment.objects.create(
            owner_kind="report", owner_id=report.pk, kind="jpg", purpose="report", added_at=NOW, size=1, width=1,
            height=1, sha256="0" * 64, area_code=case.area_code,
        )  # fmt: skip
        errand = send(world, case, photo_ids=[picture.pk])
        opened(errand)
        seen = lambda: reads.of_device(errand.pk, "phone-1", now=NOW).chosen_photos  # noqa: E731
        assert seen() == [picture]
        case.reports.update(case=world.call().case)
        assert seen() == []

    def test_a_strange_photo_is_not_found(self, world, case):
        with pytest.raises(NotFound):
            send(world, case, photo_ids=[uuid7()])

    def test_a_confidential_case_stays_in_the_house(self, world, case):
        Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        with pytest.raises(IllegalMove):
            send(world, case)


class TestTheLink:
    def test_the_first_device_keeps_it(self, world, case):
        errand = send(world, case)
        assert opened(errand, "phone-1") is not None
        assert opened(errand, "phone-1") is not None
        assert opened(errand, "phone-2") is None
        for device in ("phone-2", ""):
            with pytest.raises(NotFound):
                reads.of_device(errand.pk, device, now=NOW)
        assert reads.of_device(errand.pk, "phone-1", now=NOW).errand == errand

    @pytest.mark.parametrize("how", ["expired", "revoked", "case ended", "confidential", "returned"])
    def test_a_link_that_is_over_opens_nothing(self, world, case, how):
        errand = send(world, case)
        opened(errand)
        now = NOW + MINUTE
        if how == "expired":
            now = NOW + TERMS["3d"]
        if how == "revoked":
            acts.move_errand(errand.pk, ErrandVerb.REVOKE, actor=world.handler, now=NOW)
        if how == "case ended":
            a.transfer_case(case.pk, receiver="区城管局", confirmed=True, actor=world.dispatcher, now=NOW)
        if how == "confidential":
            Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        if how == "returned":
            WorkOrder.objects.filter(case=case).update(state="returned")
        with pytest.raises(NotFound):
            reads.of_device(errand.pk, "phone-1", now=now)
        with pytest.raises(NotFound):
            do(errand, ErrandVerb.SAY, words="好", now=now)
        assert acts.open_errand(errand_code(errand.pk, 0), "phone-1", now=now) is None

    @pytest.mark.parametrize("how", ["expired", "confidential"])
    @pytest.mark.parametrize("ended", ["confirmed", "declined"])
    def test_what_was_done_or_declined_is_not_shown_for_ever(self, world, case, ended, how):
        errand = send(world, case)
        opened(errand)
        if ended == "declined":
            do(errand, ErrandVerb.DECLINE, words="人手不够")
        else:
            do(errand, ErrandVerb.ACCEPT, planned_on=timezone.localdate(NOW))
            do(errand, ErrandVerb.FINISH, words="好了")
            acts.move_errand(errand.pk, ErrandVerb.CONFIRM, actor=world.handler, now=NOW)
        assert reads.of_device(errand.pk, "phone-1", now=NOW + MINUTE).errand == errand
        now = NOW + (TERMS["3d"] if how == "expired" else MINUTE)
        if how == "confidential":
            Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        with pytest.raises(NotFound):
            reads.of_device(errand.pk, "phone-1", now=now)
        assert opened(errand, now=now) is None

    def test_a_code_that_nobody_opened_before_the_end_opens_nothing(self, world, case):
        errand = accepted(send(world, case))
        do(errand, ErrandVerb.FINISH, words="好了")
        acts.move_errand(errand.pk, ErrandVerb.RENEW, term="7d", actor=world.handler, now=NOW)
        acts.move_errand(errand.pk, ErrandVerb.CONFIRM, actor=world.handler, now=NOW)
        errand.refresh_from_db()
        assert opened(errand, "phone-2") is None

    def test_a_renewed_link_is_another_and_the_old_phone_is_out(self, world, case):
        errand = accepted(send(world, case))
        acts.move_errand(errand.pk, ErrandVerb.RENEW, term="1d", actor=world.handler, now=NOW)
        errand.refresh_from_db()
        assert acts.open_errand(errand_code(errand.pk, 0), "phone-1", now=NOW) is None
        with pytest.raises(NotFound):
            reads.of_device(errand.pk, "phone-1", now=NOW)
        assert opened(errand, "phone-2") is not None


class TestTheTask:
    def test_it_is_taken_on_done_and_confirmed_and_all_of_it_stands_in_the_cases_history(self, world, case):
        errand = accepted(send(world, case))
        do(errand, ErrandVerb.SAY, words="要不要连地面一起洗？")
        acts.move_errand(errand.pk, ErrandVerb.REPLY, words="一起洗。", actor=world.handler, now=NOW)
        do(errand, ErrandVerb.FINISH, words="做完了")
        acts.move_errand(errand.pk, ErrandVerb.SEND_BACK, words="角上还有", actor=world.handler, now=NOW)
        do(errand, ErrandVerb.FINISH, words="这回好了")
        done = acts.move_errand(errand.pk, ErrandVerb.CONFIRM, actor=world.handler, now=NOW)

        assert done.state == ErrandState.CONFIRMED
        lines = History.objects.filter(object_id=case.pk, verb__startswith="errand_").order_by("pk")
        theirs = [one.verb for one in lines if one.actor_label == "outsider-1"]
        assert theirs == ["errand_accept", "errand_say", "errand_finish", "errand_finish"]
        assert not any(word in str([one.facts for one in lines]) for word in ("绿叶", "一起洗", "做完了"))
        assert Notice.objects.filter(kind="errand_news", account_id=world.handler.id).count() == 4
        assert mismatches([case.pk]) == []

    def test_it_is_declined_with_a_reason(self, world, case):
        errand = send(world, case)
        opened(errand)
        with pytest.raises(IllegalMove):
            do(errand, ErrandVerb.DECLINE)
        assert do(errand, ErrandVerb.DECLINE, words="人手不够").state == ErrandState.DECLINED

    @pytest.mark.parametrize("days", [-1, 91, None])
    def test_a_day_is_said_and_it_is_soon(self, world, case, days):
        errand = send(world, case)
        opened(errand)
        day = None if days is None else timezone.localdate(NOW) + timedelta(days=days)
        with pytest.raises(Invalid):
            do(errand, ErrandVerb.ACCEPT, planned_on=day)

    def test_other_units_follow_it_and_move_nothing(self, world, case):
        errand = accepted(send(world, case))
        assert reads.errand(errand.pk, world.dispatcher).errand == errand
        with pytest.raises(NotAllowed):
            acts.move_errand(errand.pk, ErrandVerb.REVOKE, actor=world.dispatcher, now=NOW)
        with pytest.raises(NotFound):
            acts.move_errand(errand.pk, ErrandVerb.REVOKE, actor=world.next_handler, now=NOW)
        with pytest.raises(NotFound):
            reads.errand(errand.pk, world.next_dispatcher)

    def test_what_comes_twice_under_one_key_is_done_once(self, world, case):
        errand, one, two = accepted(send(world, case)), uuid7(), uuid7()
        for _twice in range(2):
            do(errand, ErrandVerb.SAY, words="要不要洗地？", key=one)
            acts.move_errand(errand.pk, ErrandVerb.REPLY, words="洗。", key=two, actor=world.handler, now=NOW)
        assert errand.lines.filter(verb__in=("errand_say", "errand_reply")).count() == 2
        with pytest.raises(KeyReused):
            do(errand, ErrandVerb.SAY, words="另一句", key=one)
        with pytest.raises(KeyReused):
            acts.move_errand(errand.pk, ErrandVerb.REPLY, words="另一句", key=two, actor=world.handler, now=NOW)

    def test_a_link_is_renewed_once_under_one_key(self, world, case):
        errand, key = send(world, case), uuid7()
        for _twice in range(2):
            acts.move_errand(errand.pk, ErrandVerb.RENEW, term="1d", key=key, actor=world.handler, now=NOW)
        errand.refresh_from_db()
        assert errand.renewals == 1

    def test_who_talked_much_can_still_say_that_it_is_done(self, world, case, monkeypatch):
        monkeypatch.setattr(acts, "MOST_LINES", 2)
        errand = accepted(send(world, case))
        for words in ("一", "二"):
            do(errand, ErrandVerb.SAY, words=words)
        with pytest.raises(IllegalMove):
            do(errand, ErrandVerb.SAY, words="三")
        assert do(errand, ErrandVerb.FINISH, words="做完了").state == ErrandState.DONE

    def test_who_sent_it_and_sees_the_case_no_longer_hears_nothing_of_it(self, world, case):
        errand = accepted(send(world, case))
        Notice.objects.all().delete()
        Appointment.objects.filter(account_id=world.handler.id).update(until=NOW)
        do(errand, ErrandVerb.SAY, words="几点能进？", now=NOW + 2 * MINUTE)
        told = set(Notice.objects.filter(kind="errand_news").values_list("account_id", flat=True))
        assert world.handler.id not in told
        assert told, "a colleague of the unit hears of it"

    def test_in_a_drill_whoever_is_outside_reads_that_it_is_one(self, world, case):
        Case.objects.filter(pk=case.pk).update(drill=True)
        errand = send(world, case, phone="138 0000 0099", page="https://huying.example/task/")
        assert errand.words.startswith("【演练】")
        assert Notice.objects.get(kind="errand_link").facts["drill"] == "yes"

    def test_the_notice_names_the_matter_and_not_what_the_caller_said(self, world, case):
        Case.objects.filter(pk=case.pk).update(title=f"{CALLER}说桶满了")
        accepted(send(world, case))
        notice = Notice.objects.get(kind="errand_news")
        assert CALLER not in f"{notice.title} {notice.body} {notice.facts}"

    def test_a_day_is_no_phone_number(self, world, case):
        assert send(world, case, words="2026-11-25 前清完，再打扫 2026/11/26 一次").words

    def test_the_handler_makes_no_move_of_the_outsiders(self, world, case):
        from huying.cases.forms.errands import ERRAND_MOVES

        assert {form.verb for form in ERRAND_MOVES.values()} == set(ErrandVerb) - THEIRS - {ErrandVerb.SEND}


def photo():
    data = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 120, 90)).save(data, "JPEG")
    return SimpleUploadedFile("after.jpg", data.getvalue(), "image/jpeg")


class TestPages:
    @pytest.fixture(autouse=True)
    def at(self, monkeypatch):
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + MINUTE)

    def staff(self, world, who):
        client = Client()
        client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_from_the_handlers_page_to_the_outsiders_phone_and_back(self, world):
        found = world.call(words=f"{CALLER}说路口的垃圾桶满了。").case
        a.register_file_dispatch(
            found.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
        )
        a.sign_in_order(found.pk, actor=world.handler, now=NOW)
        handler = self.staff(world, "handler")
        assert "交给外单位" in handler.get(f"/desk/cases/{found.pk}/?move=none").content.decode()
        sent = {"key": str(uuid7()), "firm": "绿叶保洁", "words": "清运", "place": "路口", "term": "1d"}
        page = handler.post(f"/desk/cases/{found.pk}/errand/", sent, follow=True).content.decode()
        errand = Errand.objects.get()
        code = errand_code(errand.pk, 0)
        assert f"{code[:4]} {code[4:8]} {code[8:]}" in page
        assert "<svg" in page

        outsider = Client()
        assert outsider.get(f"/task/{errand.pk}/").status_code == 404
        assert outsider.post("/task/", {"code": "123412341234"}).status_code == 422
        page = outsider.post("/task/", {"code": code}, follow=True).content.decode()
        assert "清运" in page
        assert CALLER not in page
        assert found.number not in page
        outsider.post(f"/task/{errand.pk}/accept/", {"planned_on": timezone.localdate(NOW).isoformat()})
        answer = outsider.post(f"/task/{errand.pk}/finish/", {"words": "清好了", "images": photo()}, follow=True)
        assert answer.status_code == 200

        picture = Attachment.objects.get(owner_kind="errand")
        assert outsider.get(f"/task/{errand.pk}/photos/{picture.pk}/").status_code == 200
        assert Client().get(f"/task/{errand.pk}/photos/{picture.pk}/").status_code == 404
        page = handler.get(f"/desk/cases/errands/{errand.pk}/").content.decode()
        assert "清好了" in page
        assert code[:4] + " " + code[4:8] not in page  # opened: the code is shown no more
        assert handler.get(f"/desk/cases/{found.pk}/files/{picture.pk}/preview/").status_code == 200
        handler.post(f"/desk/cases/errands/{errand.pk}/moves/confirm/")
        errand.refresh_from_db()
        assert errand.state == ErrandState.CONFIRMED
        page = handler.get(f"/desk/cases/{found.pk}/?move=none").content.decode()
        assert "外单位 绿叶保洁" in page

        stranger = self.staff(world, "next_dispatcher")
        assert stranger.get(f"/desk/cases/errands/{errand.pk}/").status_code == 404
        assert stranger.post(f"/desk/cases/errands/{errand.pk}/moves/revoke/").status_code == 404
        assert stranger.get(f"/desk/cases/{found.pk}/errand/").status_code == 404

    def test_wrong_codes_are_counted(self, world):
        outsider = Client()
        answers = [outsider.post("/task/", {"code": f"12341234{number:04}"}).status_code for number in range(12)]
        assert answers[0] == 422
        assert answers[-1] == 429
