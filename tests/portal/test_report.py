"""A report in three steps: nothing typed is lost, sent once, anonymous or with a consent."""

import io
import re
from urllib.parse import urlencode
from uuid import UUID

import pytest
from PIL import Image

from huying.cases import actions as a
from huying.cases.codes import code_of
from huying.cases.models import Case, Report
from huying.files.models import Attachment
from huying.people.models import Consent, Contact
from huying.places.models import Building, Estate
from tests.portal.walk import PLACE, WORDS, text_of
from tests.world import BANYAN, GRID, NEXT_DOOR, NOW, OTHER_GRID, STREET, middle

pytestmark = pytest.mark.django_db


def photo():
    drawn = io.BytesIO()
    Image.new("RGB", (64, 48), (20, 90, 200)).save(drawn, "JPEG")
    drawn.seek(0)
    drawn.name = "p.jpg"
    return drawn


class TestTheThreeSteps:
    def test_words_type_and_place_arrive_as_they_were_given(self, sent):
        case = sent.case
        assert (sent.words, sent.place_words, case.type_code) == (WORDS, PLACE, "0103")
        assert (case.area_code, case.unplaced, case.channel, case.state) == (GRID, False, "portal", "received")

    def test_nobody_has_to_say_who_they_are(self, resident):
        report = Report.objects.get(pk=resident.send())
        assert report.contact_id is None
        assert not Contact.objects.exists()

    def test_the_receipt_shows_the_code_large_and_a_picture_to_keep(self, resident, sent):
        page = text_of(resident.get(f"/report/done/{sent.pk}/"))
        code = code_of(sent.pk)
        assert " ".join((code[:4], code[4:8], code[8:])) in page
        assert "<svg" in page
        picture = resident.get(f"/report/done/{sent.pk}/code.png")
        assert Image.open(io.BytesIO(picture.content)).width >= 300
        assert "no-store" in picture["Cache-Control"]

    def test_without_scripts_the_type_is_asked_on_a_page_of_its_own(self, resident):
        answer = resident.what()
        assert answer.url == "/report/kind/"
        assert "垃圾桶满溢或破损" in text_of(resident.get("/report/kind/"))

    def test_a_type_that_was_shown_for_these_words_is_not_asked_again(self, resident):
        shown = text_of(resident.client.post("/report/guess/", {"words": WORDS}))
        mark = shown.split('name="guessed_from" value="')[1].split('"')[0]
        assert resident.what(kind="0103", guessed_from=mark).url == "/report/where/"
        assert resident.what(WORDS + "。", kind="0103", guessed_from=mark).url == "/report/kind/"

    def test_going_back_shows_what_was_written(self, resident):
        resident.to_check()
        assert WORDS in text_of(resident.get("/report/"))
        assert PLACE in text_of(resident.get("/report/where/"))

    def test_no_words_at_all_is_said_beside_the_field(self, resident):
        page = resident.what("  ")
        assert page.status_code == 422
        assert 'aria-invalid="true"' in text_of(page)
        assert "请写几句话" in text_of(page)

    def test_a_later_step_without_the_first_leads_back_to_it(self, resident):
        for step in ("where", "check", "kind", "danger"):
            assert resident.get(f"/report/{step}/").url == "/report/"
        assert resident.get("/report/likely/").url == "/report/where/"

    def test_with_several_sub_districts_one_is_asked_first(self, resident):
        del resident.client.cookies["huying_area"]
        assert resident.get("/report/").url == "/area/?report"
        assert "邻江街道" in text_of(resident.get("/area/?report"))
        assert resident.client.post("/area/", {"code": BANYAN, "then": "report"}).url == "/report/"
        resident.send()
        assert Case.objects.get().area_code == GRID


class TestPhotos:
    def test_photos_of_the_first_step_come_with_the_report(self, resident):
        answer = resident.client.post("/report/", {"words": WORDS, "photos": [photo()]})
        assert answer.status_code == 302
        page = resident.client
        shown = text_of(page.get("/report/"))
        token = shown.split('name="photos_held" value="')[1].split('"')[0]
        page.post("/report/", {"words": WORDS, "photos_held": [token]})
        page.post("/report/kind/", {"kind": "0103"})
        resident.where()
        resident.get("/report/likely/")
        done = resident.submit(resident.get("/report/check/"))
        report_id = UUID(done.url.split("/")[3])
        assert Attachment.objects.filter(owner_kind="report", owner_id=report_id).count() == 1

    def test_a_photo_survives_words_that_must_be_mended(self, resident):
        page = resident.client.post("/report/", {"words": "", "photos": [photo()]})
        assert page.status_code == 422
        assert 'name="photos_held"' in text_of(page)

    def test_something_that_is_no_photo_is_named_and_the_words_stay(self, resident):
        bad = io.BytesIO(b"not a picture")
        bad.name = "p.jpg"
        page = resident.client.post("/report/", {"words": WORDS, "photos": [bad]})
        assert page.status_code == 422
        assert WORDS in text_of(page)


class TestDanger:
    WORDS = "路灯杆漏电，手碰到会麻，旁边有小孩"

    def test_the_number_comes_first_and_going_on_is_possible(self, resident):
        assert resident.what(self.WORDS).url == "/report/danger/"
        page = text_of(resident.get("/report/danger/"))
        assert page.index('href="tel:119"') < page.index("继续填写")
        assert self.WORDS in page
        assert resident.client.post("/report/danger/").url in ("/report/kind/", "/report/where/")

    def test_what_is_sent_all_the_same_is_urgent(self, resident):
        report = Report.objects.get(pk=resident.send(self.WORDS, kind="unsure"))
        assert (report.case.danger, report.case.grade) == ("119", "urgent")


class TestWhere:
    def test_a_grid_by_its_name_is_enough(self, resident):
        resident.send(where={"grid": GRID})
        assert Case.objects.get().area_code == GRID

    def test_words_alone_are_enough_and_the_place_stays_open(self, resident):
        resident.send(where={"place_words": PLACE})
        case = Case.objects.get()
        assert (case.unplaced, case.area_code) == (True, STREET)

    def test_not_sure_is_an_answer(self, resident):
        resident.send(where={"unsure": "on"})
        assert Case.objects.get().unplaced

    def test_nothing_is_no_answer(self, resident):
        resident.what()
        assert resident.client.post("/report/where/", {}).status_code == 422

    def test_a_point_outside_every_area_is_asked_about_kept_and_flagged(self, resident):
        resident.what()
        resident.client.post("/report/kind/", {"kind": "0103"})
        far = {"lng": 10, "lat": 50, "place_words": PLACE}
        asked = resident.client.post("/report/where/", far)
        assert asked.status_code == 200
        assert "是这里吗" in text_of(asked)
        assert resident.client.post("/report/where/", {**far, "outside_meant": "yes"}).status_code == 302
        resident.get("/report/likely/")
        resident.submit(resident.get("/report/check/"))
        case = Case.objects.get()
        assert (case.outside, case.unplaced, case.lng, case.lat) == (True, True, 10, 50)

    def test_a_point_in_the_next_sub_district_goes_to_that_one(self, resident):
        lng, lat = middle(NEXT_DOOR + "001001")
        resident.send(where={"lng": lng, "lat": lat})
        assert Case.objects.get().area_code.startswith(NEXT_DOOR)

    @pytest.mark.parametrize("lng", ["nan", "inf", "-1e400", "east", "200", "9" * 400, "113.3\x00"])
    def test_a_point_that_is_none_is_asked_for_again(self, resident, lng):
        resident.what()
        page = resident.client.post("/report/where/", {"lng": lng, "lat": "23.1", "place_words": PLACE})
        assert page.status_code == 422
        assert PLACE in text_of(page)


def offered(resident):
    return re.findall(r'name="same" value="([0-9a-f]+)"', text_of(resident.get("/report/likely/")))


class TestWhereTheWordsSayItIs:
    @pytest.fixture(autouse=True)
    def garden(self, world):
        return Estate.objects.create(name="翠湖花园", area_code=OTHER_GRID, grid_codes=[OTHER_GRID])

    def test_it_is_offered_and_not_taken_by_itself(self, resident):
        resident.what("翠湖花园门口的垃圾桶满了")
        resident.client.post("/report/kind/", {"kind": "0103"})
        page = text_of(resident.get("/report/where/"))
        assert "您写到" in page
        assert f'name="said_place" value="{OTHER_GRID}"' in page
        assert "checked" not in page.split("said_place")[1].split("</fieldset>")[0]
        assert resident.client.post("/report/where/", {}).status_code == 422

    def test_one_tap_is_enough(self, resident):
        resident.send("翠湖花园门口的垃圾桶满了", where={"said_place": OTHER_GRID})
        case = Case.objects.get()
        assert (case.area_code, case.unplaced) == (OTHER_GRID, False)

    def test_what_the_person_chose_otherwise_goes_before_it(self, resident):
        resident.send("翠湖花园门口的垃圾桶满了", where={"said_place": OTHER_GRID, "grid": GRID})
        assert Case.objects.get().area_code == GRID

    def test_not_sure_stays_not_sure(self, resident):
        resident.send("翠湖花园的垃圾桶满了", where={"said_place": OTHER_GRID, "unsure": "on"})
        assert Case.objects.get().unplaced

    def test_estates_are_listed_to_choose_from_and_those_next_door_are_not(self, resident):
        Estate.objects.create(name="沙洲花园", area_code=NEXT_DOOR + "001001")
        resident.what()
        page = text_of(resident.get("/report/where/"))
        assert '<option value="翠湖花园">' in page
        assert "沙洲花园" not in page

    def test_a_stated_estate_leads_to_its_place_and_is_asked_about_once(self, resident):
        resident.what("楼下的垃圾桶满了")
        resident.client.post("/report/kind/", {"kind": "0103"})
        assert 'name="said_place"' not in text_of(resident.get("/report/where/"))
        told = {"estate": "翠湖花园", "place_words": "东门左边"}
        page = text_of(resident.client.post("/report/where/", told))
        assert "您写的小区可能在下面这里" in page
        assert f'name="said_place" value="{OTHER_GRID}"' in page
        assert resident.client.post("/report/where/", {**told, "said_place": OTHER_GRID}).status_code == 302
        resident.get("/report/likely/")
        assert "翠湖花园 东门左边" in text_of(resident.get("/report/check/"))
        resident.submit(resident.get("/report/check/"))
        case = Case.objects.get()
        assert (case.area_code, case.unplaced, case.place_words) == (OTHER_GRID, False, "翠湖花园 东门左边")

    def test_without_a_tap_the_estate_goes_on_as_words_and_the_place_stays_open(self, resident):
        resident.what("楼下的垃圾桶满了")
        resident.client.post("/report/kind/", {"kind": "0103"})
        assert resident.client.post("/report/where/", {"estate": "翠湖花园"}).status_code == 200
        assert resident.client.post("/report/where/", {"estate": "翠湖花园"}).status_code == 302
        resident.get("/report/likely/")
        resident.submit(resident.get("/report/check/"))
        case = Case.objects.get()
        assert (case.unplaced, case.place_words) == (True, "翠湖花园")

    def test_an_estate_that_nobody_knows_is_taken_as_it_is_written(self, resident):
        resident.send("楼下的垃圾桶满了", where={"estate": "望月山庄"})
        assert Case.objects.get().place_words == "望月山庄"

    def test_words_that_only_point_say_where_in_the_estate(self, world, resident):
        Estate.objects.update(grid_codes=[GRID, OTHER_GRID])
        Building.objects.create(name="翠湖花园 3 栋", area_code=GRID)
        resident.what("三栋的电梯坏了")
        resident.client.post("/report/kind/", {"kind": "0103"})
        page = text_of(resident.client.post("/report/where/", {"estate": "翠湖花园"}))
        assert f'name="said_place" value="{GRID}"' in page

    def test_estate_and_words_together_fit_one_line(self, resident):
        resident.what()
        told = {"estate": "翠湖花园", "place_words": "东" * 199}
        assert resident.client.post("/report/where/", told).status_code == 422

    def test_a_place_of_another_street_is_none(self, resident):
        resident.what("翠湖花园门口的垃圾桶满了")
        assert resident.client.post("/report/where/", {"said_place": "990101002001001"}).status_code == 422


class TestLikely:
    def test_the_same_kind_beside_it_is_offered_without_a_word_of_the_other(self, world, resident):
        world.call(words="金丝雀一号：垃圾桶满了没人收", type_code="0103", place_words="金丝雀二号楼前")
        resident.what()
        resident.client.post("/report/kind/", {"kind": "0103"})
        assert resident.where().url == "/report/likely/"
        page = text_of(resident.get("/report/likely/"))
        assert "垃圾桶满溢或破损" in page
        assert "榕树第一网格" in page
        assert "金丝雀一号" not in page
        assert "金丝雀二号" not in page

    def test_who_follows_still_has_a_report_and_code_of_their_own_tied_to_it(self, world, resident):
        other = world.call(words="垃圾桶满了没人收", type_code="0103").case
        resident.what()
        resident.client.post("/report/kind/", {"kind": "0103"})
        resident.where()
        assert resident.client.post("/report/likely/", {"same": offered(resident)[0]}).url == "/report/check/"
        resident.submit(resident.get("/report/check/"))
        mine = Case.objects.exclude(pk=other.pk).get()
        assert mine.follows_id == other.pk

    def test_what_was_chosen_is_tied_even_where_another_comes_before_it_meanwhile(self, world, resident):
        lng, lat = middle(GRID)
        chosen = world.call(type_code="0103", lng=lng + 0.0005, lat=lat).case
        resident.what()
        resident.client.post("/report/kind/", {"kind": "0103"})
        resident.where()
        mark = offered(resident)[0]
        world.call(type_code="0103", lng=lng, lat=lat)

        resident.client.post("/report/likely/", {"same": mark})
        resident.submit(resident.get("/report/check/"))

        assert Case.objects.get(follows__isnull=False).follows_id == chosen.pk

    def test_one_that_ended_meanwhile_is_not_taken_for_another(self, world, resident):
        ended = world.call(type_code="0103").case
        resident.what()
        resident.client.post("/report/kind/", {"kind": "0103"})
        resident.where()
        mark = offered(resident)[0]
        a.answer_case(ended.pk, words="说明过了", actor=world.clerk, now=NOW)

        assert resident.client.post("/report/likely/", {"same": mark}).url == "/report/likely/"
        assert resident.get("/report/likely/").url == "/report/check/"

    @pytest.mark.parametrize("same", ["2", "x", "-1", "0", "长"])
    def test_a_made_up_mark_ties_to_nothing(self, world, resident, same):
        world.call(type_code="0103")
        resident.what()
        resident.client.post("/report/kind/", {"kind": "0103"})
        resident.where()
        resident.client.post("/report/likely/", {"same": same})
        resident.submit(resident.get("/report/check/"))
        assert not Case.objects.filter(follows__isnull=False).exists()

    @pytest.mark.parametrize("how", [{"about_staff": True}, {"type_code": "2002"}, {"type_code": "1101"}])
    def test_confidential_matters_and_disputes_are_never_offered(self, world, resident, how):
        world.call(**{"type_code": "0103", **how})
        resident.what()
        resident.client.post("/report/kind/", {"kind": "0103"})
        resident.where()
        assert resident.get("/report/likely/").url == "/report/check/"

    def test_what_is_far_or_ended_is_not_offered(self, world, resident):
        far = middle("990101001002001")
        world.call(type_code="0103", lng=far[0], lat=far[1])
        ended = world.call(type_code="0103").case
        a.answer_case(ended.pk, words="说明过了", actor=world.clerk, now=NOW)
        resident.what()
        resident.client.post("/report/kind/", {"kind": "0103"})
        resident.where()
        assert resident.get("/report/likely/").url == "/report/check/"


class TestSending:
    def test_pressing_twice_makes_one(self, resident):
        page = resident.to_check()
        first = resident.submit(page)
        second = resident.submit(page)
        assert first.url == second.url
        assert Report.objects.count() == 1

    def test_what_changed_in_another_tab_is_shown_again_before_it_is_sent(self, resident):
        page = resident.to_check()
        resident.what("换了一件事，路灯不亮")
        answer = resident.submit(page)
        assert answer.status_code in (302, 422)
        assert not Report.objects.exists()
        assert "再看一遍" in text_of(answer)

    def test_a_phone_needs_a_consent_and_an_anonymous_report_needs_none(self, resident):
        page = resident.to_check()
        asked = resident.submit(page, phone="13800000000", name="李示例")
        assert asked.status_code == 422
        body = text_of(asked)
        assert "要您同意" in body
        assert "13800000000" in body
        assert not Contact.objects.exists()
        assert "checked" not in body.split('name="consent"')[1][:80]
        done = resident.submit(asked, phone="13800000000", name="李示例", consent="on", reply_by="phone")
        assert done.status_code == 302
        report = Report.objects.get()
        assert Consent.objects.get().contact_id == report.contact_id
        assert report.reply_by == "phone"

    def test_a_phone_one_digit_short_says_so(self, resident):
        page = resident.submit(resident.to_check(), phone="1380000000", consent="on")
        assert page.status_code == 422
        assert "少了 1 位，请写满 11 位数字" in text_of(page)

    def test_one_may_send_without_the_phone_after_all(self, resident):
        page = resident.submit(resident.to_check(), phone="1380000000")
        done = resident.submit(page, phone="1380000000", reply_by="phone", without="yes")
        assert done.status_code == 302
        assert not Contact.objects.exists()
        assert Report.objects.get().reply_by == "page"

    def test_about_the_staff_never_reaches_the_community(self, resident):
        report = Report.objects.select_related("case").get(pk=resident.send(about_staff="on"))
        assert report.about_staff
        assert report.case.confidential
        assert report.case.desk_code == STREET

    def test_a_phone_is_not_kept_in_the_session(self, resident):
        resident.submit(resident.to_check(), phone="13800000000", name="李示例")
        assert "13800000000" not in str(dict(resident.client.session))


BAD_WORDS = [
    "\x00",
    "有\x00的",
    "控\x07制",
    "\u202e反过来",
    "长" * 10_001,
    "\ud800",
    "a" * 200_000,
    "'; DROP TABLE--",
    "<script>",
]


class TestBadInput:
    @pytest.mark.parametrize("words", BAD_WORDS, ids=range(len(BAD_WORDS)))
    @pytest.mark.parametrize(
        "address", ["/report/", "/report/guess/", "/report/where/", "/report/check/", "/track/", "/area/"]
    )
    def test_never_a_fault_of_ours_and_never_half_a_case(self, resident, words, address):
        resident.to_check()
        names = (
            "words",
            "place_words",
            "phone",
            "name",
            "code",
            "kind",
            "key",
            "seen",
            "grid",
            "guessed_from",
            "calmed",
        )
        body = urlencode(dict.fromkeys(names, words), errors="surrogatepass")
        answer = resident.client.post(address, body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code < 500
        assert not Case.objects.exists()

    def test_ten_thousand_words_are_kept_whole(self, resident):
        words = "字" * 10_000
        assert Report.objects.get(pk=resident.send(words, kind="unsure")).words == words
