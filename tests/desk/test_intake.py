"""Calls taken for somebody (CALL-10), the slip with the code, the nudge; small matters settled on the spot."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from huying.cases import actions as a
from huying.cases.codes import hash_of
from huying.cases.models import Case, Report
from huying.cases.queries import lists
from huying.files.models import Attachment
from huying.kernel.actor import resident
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, KeyReused, NotFound
from huying.people.models import Consent, Contact
from tests.world import GRID, KAPOK, NOW, OTHER_GRID, STREET, middle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.DATA = tmp_path


def picture(name="p.jpg", shade=90):
    data = io.BytesIO()
    Image.new("RGB", (320, 240), (shade, 90, 90)).save(data, "JPEG")
    return SimpleUploadedFile(name, data.getvalue(), "image/jpeg")


def call(**more):
    return {
        "key": str(uuid7()), "channel": "hotline", "words": "榕树路口的垃圾桶满了，没有人来收。", "reply_by": "page",
        "grid_code": GRID, **more,
    }  # fmt: skip


class TestTakeACall:
    def test_the_clerk_takes_it_down_and_gets_the_code_for_the_caller(self, world, sign_in):
        client = sign_in("clerk")

        answer = client.post("/desk/new/", call(place_words="榕树路 10 号旁"), follow=True)

        report = Report.objects.select_related("case").get()
        page = answer.content.decode()
        code = next(words for words in page.split('class="code-big">')[1:])[:14].replace(" ", "")
        assert hash_of(code) == report.code_hash
        assert (report.channel, report.case.area_code, report.taken_by) == ("hotline", GRID, world.accounts["clerk"])
        assert "<svg" in page
        assert 'class="qr-code"' in page
        assert code not in answer.request["PATH_INFO"]

    def test_contact_data_is_kept_only_with_consent(self, world, sign_in):
        client = sign_in("clerk")
        left = {"name": "刘样本", "phone": "138 0000 0012", "reply_by": "phone"}

        refused = client.post("/desk/new/", call(**left))
        assert refused.status_code == 422
        assert "刘样本" in refused.content.decode()
        assert not Report.objects.exists()
        assert not Contact.objects.exists()

        client.post("/desk/new/", call(**left, agreed="on"))
        report = Report.objects.get()
        assert report.contact.phone_tail == "0012"
        assert Consent.objects.get().contact == report.contact

    def test_sent_twice_it_is_one_call_and_one_contact(self, world, sign_in):
        client = sign_in("clerk")
        sent = call(name="刘样本", phone="13800000012", agreed="on")
        first = client.post("/desk/new/", sent)
        second = client.post("/desk/new/", sent)
        assert first["Location"] == second["Location"]
        assert (Case.objects.count(), Contact.objects.count()) == (1, 1)

    def test_sent_twice_at_once_it_is_still_one_contact(self, world, sign_in, monkeypatch):
        client = sign_in("clerk")
        sent = call(name="刘样本", phone="13800000012", agreed="on")
        first = client.post("/desk/new/", sent)
        real = lists.report_taken_by
        blind = iter([None])  # the second looks before the first has committed
        monkeypatch.setattr(lists, "report_taken_by", lambda *given: next(blind, real(*given)))

        second = client.post("/desk/new/", sent)

        assert first["Location"] == second["Location"]
        assert (Case.objects.count(), Contact.objects.count()) == (1, 1)

    def test_words_of_danger_show_the_number_first_and_keep_what_was_typed(self, world, sign_in):
        client = sign_in("clerk")
        sent = call(words="楼下着火了，很大的烟")

        first = client.post("/desk/new/", sent).content.decode()
        assert "119" in first
        assert "楼下着火了" in first
        assert not Report.objects.exists()
        assert "119" in client.post("/desk/new/", sent | {"reply_by": "phone"}).content.decode()

        client.post("/desk/new/", sent | {"warned": "119"})
        assert Report.objects.get().case.danger == "119"

    def test_photos_go_with_it_and_outlive_a_fault_in_the_form(self, world, sign_in):
        client = sign_in("clerk")
        refused = client.post("/desk/new/", call(words="", images=[picture()]))
        token = refused.content.decode().split('name="images_held" value="')[1].split('"')[0]
        client.post("/desk/new/", call(images_held=token))
        assert Attachment.objects.get().owner_id == Report.objects.get().pk

    def test_about_the_staff_it_never_reaches_the_community(self, world, sign_in):
        sign_in("clerk").post("/desk/new/", call(about_staff="on", channel="on_behalf"))
        case = Case.objects.get()
        assert (case.confidential, case.desk_code) == (True, STREET)
        assert case.number not in sign_in("secretary").get("/desk/list/?state=all").content.decode()

    def test_a_point_outside_every_area_is_kept_and_asked_about(self, world, sign_in):
        sign_in("clerk").post("/desk/new/", call(lng="100.1", lat="20.2", grid_code=""))
        case = Case.objects.get()
        assert (case.outside, case.unplaced, case.lng) == (True, True, 100.1)

    @pytest.mark.parametrize(
        "bad",
        [
            {"words": ""}, {"words": "字" * 10_001}, {"words": "a\x00b"}, {"channel": "portal"}, {"channel": ""},
            {"lng": "x", "lat": "1"}, {"lng": "999", "lat": "1"}, {"grid_code": KAPOK + "999"}, {"reply_by": "pigeon"},
            {"phone": "打我电话", "agreed": "on"}, {"name": "刘\u202e样本", "agreed": "on"}, {"key": "x"},
            {"reply_by": "phone"},
        ],
    )  # fmt: skip
    def test_bad_input_keeps_the_form_and_takes_in_nothing(self, world, sign_in, bad):
        answer = sign_in("clerk").post("/desk/new/", call() | bad)
        assert answer.status_code == 422
        assert not Report.objects.exists()

    def test_a_file_that_is_no_picture_is_named(self, world, sign_in):
        answer = sign_in("clerk").post("/desk/new/", call(images=[SimpleUploadedFile("x.jpg", b"not a picture")]))
        assert answer.status_code == 422
        assert "x.jpg" in answer.content.decode()

    @pytest.mark.parametrize("who", ["reviewer", "handler", "leader"])
    def test_others_take_no_calls(self, world, sign_in, who):
        client = sign_in(who)
        assert client.get("/desk/new/").status_code == 403
        assert client.post("/desk/new/", call()).status_code == 403


class TestReportOnBehalf:
    def test_a_building_head_reports_for_a_neighbour(self, world, sign_in):
        client = sign_in("building_head")
        page = client.get("/desk/new/").content.decode()
        assert "热线" not in page
        client.post("/desk/new/", call(channel="on_behalf"))
        case = Case.objects.get()
        assert (case.channel, case.desk_code) == ("on_behalf", GRID[:12])

    def test_only_in_the_places_of_the_one_who_reports(self, world, sign_in):
        client = sign_in("building_head")
        assert client.post("/desk/new/", call(channel="on_behalf", grid_code=OTHER_GRID)).status_code == 422
        lng, lat = middle(OTHER_GRID)
        sent = call(channel="on_behalf", grid_code="", lng=lng, lat=lat)
        assert client.post("/desk/new/", sent).status_code == 422
        assert not Report.objects.exists()

    def test_the_slip_is_for_the_taker_alone_and_for_one_day(self, world, sign_in, at):
        client = sign_in("building_head")
        slip = client.post("/desk/new/", call(channel="on_behalf"))["Location"]
        assert client.get(slip).status_code == 200
        assert "no-store" in client.get(slip)["Cache-Control"]
        assert sign_in("secretary").get(slip).status_code == 404
        assert sign_in("next_dispatcher").get(slip).status_code == 404
        client = sign_in("building_head")
        at(NOW + timedelta(hours=25))
        client = sign_in("building_head")
        assert client.get(slip).status_code == 404

    def test_about_the_own_house_the_slip_can_be_given_and_nothing_else_is_seen(self, world, sign_in):
        client = sign_in("grid_worker")
        slip = client.post("/desk/new/", call(channel="on_behalf", about_staff="on"))["Location"]
        assert client.get(slip).status_code == 200
        case = Case.objects.get()
        assert case.number not in client.get("/desk/taken/").content.decode()
        assert client.get(f"/desk/cases/{case.pk}/").status_code == 404

    def test_a_nudge_a_day(self, world, sign_in):
        client = sign_in("building_head")
        client.post("/desk/new/", call(channel="on_behalf"))
        report = Report.objects.get()
        assert "催办" in client.get("/desk/taken/").content.decode()

        first = client.post(f"/desk/taken/{report.pk}/nudge/", follow=True).content.decode()
        second = client.post(f"/desk/taken/{report.pk}/nudge/", follow=True).content.decode()

        assert "催过了，共 1 次" in first
        assert "今天催过了" in second
        assert Case.objects.get().nudges == 1

    def test_nobody_nudges_or_lists_what_another_took(self, world, sign_in):
        sign_in("building_head").post("/desk/new/", call(channel="on_behalf"))
        report = Report.objects.get()
        for who in ("secretary", "grid_worker", "next_dispatcher"):
            client = sign_in(who)
            assert client.post(f"/desk/taken/{report.pk}/nudge/").status_code == 404
            assert report.case.number not in client.get("/desk/taken/").content.decode()


def found(**more):
    return {
        "key": str(uuid7()), "type_code": "0103", "words": "垃圾桶倒了，扶起来扫干净了。", "grid_code": GRID,
        "before": [picture(shade=50)], "after": [picture(shade=200)], **more,
    }  # fmt: skip


class TestSettleOnTheSpot:
    def test_it_is_reported_and_settled_in_one_act(self, world, sign_in, monkeypatch):
        monkeypatch.setattr("huying.cases.actions.intake.sampled_today", lambda case_id, now: False)
        answer = sign_in("grid_worker").post("/desk/self/", found(type_code=small()))
        case = Case.objects.get()
        assert answer.status_code == 302
        assert (case.state, case.flow, case.channel, case.outcome) == ("closed", "self", "patrol", "solved")
        assert sorted(Attachment.objects.values_list("purpose", flat=True)) == ["after", "before"]

    def test_a_sampled_one_waits_for_anothers_eyes(self, world, sign_in, monkeypatch):
        monkeypatch.setattr("huying.cases.actions.intake.sampled_today", lambda case_id, now: True)
        sign_in("grid_worker").post("/desk/self/", found(type_code=small()))
        assert Case.objects.get().state == "checking"
        assert "去核查" not in sign_in("grid_worker").get("/desk/").content.decode()
        assert "去核查" in sign_in("grid_worker2").get("/desk/").content.decode()

    @pytest.mark.parametrize(
        "bad",
        [{"before": []}, {"after": []}, {"type_code": ""}, {"type_code": "9999"}, {"words": ""}, {"grid_code": ""}],
    )
    def test_what_is_missing_is_named_and_nothing_is_kept(self, world, sign_in, bad):
        answer = sign_in("grid_worker").post("/desk/self/", found(type_code=small()) | bad)
        assert answer.status_code == 422
        assert not Case.objects.exists()

    def test_outside_ones_own_grid_it_is_refused(self, world, sign_in):
        lng, lat = middle(OTHER_GRID)
        sent = found(type_code=small(), grid_code="", lng=lng, lat=lat)
        assert sign_in("grid_worker").post("/desk/self/", sent).status_code == 422
        assert not Case.objects.exists()

    @pytest.mark.parametrize("who", ["reviewer", "handler"])
    def test_others_have_no_such_form(self, world, sign_in, who):
        assert sign_in(who).get("/desk/self/").status_code == 403


def small():
    from huying.matters.queries import self_handled_types

    return self_handled_types()[0].code


class TestFindAndHandle:
    def settle(self, world, key, prepared, **more):
        values = {"words": "扫干净了。", "type_code": small(), "area_code": GRID, "grid_code": GRID} | more
        return a.find_and_handle(
            key, before=prepared[:1], after=prepared[1:], actor=world.grid_worker, now=NOW, **values
        )

    @pytest.fixture
    def prepared(self):
        from huying.files.imaging import prepare_image

        return [prepare_image(picture(shade=shade).read()) for shade in (40, 220)]

    def test_the_same_key_settles_once(self, world, prepared):
        key = uuid7()
        first, second = self.settle(world, key, prepared), self.settle(world, key, prepared)
        assert (first.case.pk, first.code) == (second.case.pk, second.code)
        assert second.repeated
        assert Case.objects.count() == 1
        with pytest.raises(KeyReused):
            self.settle(world, key, prepared[::-1])

    def test_what_cannot_be_settled_is_not_reported_either(self, world, prepared):
        with pytest.raises(IllegalMove):
            self.settle(world, uuid7(), prepared[:1])
        assert not Case.objects.exists()

    def test_a_resident_settles_nothing(self, world, prepared):
        with pytest.raises(NotFound):
            a.find_and_handle(
                uuid7(), words="扫干净了。", type_code=small(), area_code=GRID, grid_code=GRID,
                before=prepared[:1], after=prepared[1:], actor=resident(), now=NOW,
            )  # fmt: skip
        assert not Case.objects.exists()
