"""What everybody may see: only what the allow-list names; never a caller's words, photos, name or exact place."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from huying.cases import actions as a
from huying.cases.models import Case, Report
from huying.cases.queries.public import fit_for_all
from huying.files.actions import prepare_image
from huying.files.models import Attachment
from huying.kernel.actor import resident as somebody
from huying.kernel.ids import uuid7
from huying.people.actions import keep_contact
from huying.portal.actions import keep_private
from tests.files.pictures import photo as jpeg
from tests.portal.walk import text_of
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, STREET

pytestmark = pytest.mark.django_db

CANARY = "金丝雀"
ANSWER = "桶已经清空，周围冲洗干净。"
LATER = NOW + timedelta(hours=25)
PAGES = (
    "/",
    "/nearby/",
    "/wall/",
    "/answers/",
    "/held/",
    "/exclusions/",
    "/numbers/",
    "/privacy/",
    "/access/",
    "/track/",
    "/area/",
    "/report/",
)


def ended(world, *, now=NOW, answer=ANSWER, type_code="0103", **options):
    """A call full of what must not get out, handled and closed."""
    contact = keep_contact(
        name="金丝雀", phone="13800000000", address="", consent_text_version=1, actor=somebody(), now=now
    )
    receipt = world.call(
        words=f"{CANARY}在榕树路口说垃圾桶满了，没有人来收，臭了三天。",
        place_words=f"{CANARY}家楼下",
        type_code=type_code,
        contact_id=contact.pk,
        images=[prepare_image(jpeg(60, 60))],
        now=now,
        **options,
    )
    case_id = receipt.case.pk
    desk = world.leader if receipt.case.restricted else world.dispatcher
    a.register_file_dispatch(case_id, lead_id=world.units["sanitation"].pk, type_code=type_code, actor=desk, now=now)
    a.sign_in_order(case_id, actor=world.handler, now=now)
    a.submit_result(
        case_id,
        outcome="solved",
        answer=answer,
        internal=f"{CANARY}内部",
        before=[prepare_image(jpeg(62, 60))],
        after=[prepare_image(jpeg(64, 60))],
        actor=world.handler,
        now=now,
    )
    a.sign_result(case_id, actor=world.unit_head, now=now)
    a.review_result(case_id, actor=world.reviewer, now=now)
    if Case.objects.get(pk=case_id).state == "checking":
        a.check_place(case_id, passed=True, words="看过了", actor=world.grid_worker2, now=now)
    a.record_call_back(
        case_id, report_id=receipt.report.pk, result="reached", solved=True, words=f"{CANARY}说好了",
        actor=world.caller, now=now,
    )  # fmt: skip
    return Case.objects.get(pk=case_id)


@pytest.fixture
def visitor(world):
    client = Client()
    client.cookies["huying_area"] = STREET
    return client


def seen(visitor, clock, address="/nearby/"):
    return text_of(visitor.get(address))


class TestEndsNearby:
    def test_an_end_of_yesterday_shows_type_coarse_place_unit_and_the_handlers_pictures(self, world, visitor, clock):
        case = ended(world)
        clock.move_to(LATER)
        page = seen(visitor, clock)
        assert "榕树社区：垃圾桶满溢或破损" in page
        assert "街道环卫站" in page
        assert ANSWER in page
        shown = {one.split('"')[0] for one in page.split('src="/nearby/photos/')[1:]}
        allowed = Attachment.objects.filter(purpose__in=("before", "after"))
        assert shown == {f"{one.pk}/" for one in allowed}
        assert case.number not in page

    def test_no_public_page_holds_a_word_of_a_caller_or_a_name(self, world, visitor, clock):
        ended(world)
        world.call(words=f"{CANARY}还没办", type_code="0103")
        clock.move_to(LATER)
        for address in PAGES:
            page = seen(visitor, clock, address)
            for hidden in (CANARY, "13800000000", *(one.name for one in world.accounts.values())):
                assert hidden not in page, (address, hidden)

    def test_before_a_day_has_passed_nothing_shows(self, world, visitor, clock):
        ended(world)
        clock.move_to(NOW + timedelta(hours=23))
        assert "垃圾桶满溢" not in seen(visitor, clock)

    @pytest.mark.parametrize("how", [{"restricted": True, "confidential": True}, {"imported": True}, {"drill": True}])
    def test_confidential_imported_and_drilled_ones_never_show(self, world, visitor, clock, how):
        Case.objects.filter(pk=ended(world).pk).update(**how)
        clock.move_to(LATER)
        assert "垃圾桶满溢" not in seen(visitor, clock)

    def test_what_is_open_never_shows(self, world, visitor, clock):
        world.call(type_code="0103")
        clock.move_to(LATER)
        assert "垃圾桶满溢" not in seen(visitor, clock)

    @pytest.mark.parametrize("type_code", ["0905", "1101", "0401", "2001"])
    def test_nothing_inside_homes_and_no_disputes(self, world, visitor, clock, type_code):
        ended(world, type_code=type_code)
        clock.move_to(LATER)
        assert "还没有可以公开的" in seen(visitor, clock)

    def test_who_does_not_want_it_shown_is_heard_and_may_change_their_mind(self, world, resident, visitor, clock):
        case = ended(world)
        report = Report.objects.get(case=case)
        keep_private(report.pk, wanted=True, actor=somebody(report.pk), now=NOW)
        clock.move_to(LATER)
        assert "垃圾桶满溢" not in seen(visitor, clock)
        photo = Attachment.objects.filter(purpose="after").get()
        assert visitor.get(f"/nearby/photos/{photo.pk}/").status_code == 404
        keep_private(report.pk, wanted=False, actor=somebody(report.pk), now=NOW)
        assert "垃圾桶满溢" in seen(visitor, clock)

    def test_the_grid_is_named_only_where_five_are_alike(self, world, visitor, clock):
        for _number in range(5):
            ended(world)
        clock.move_to(LATER)
        assert "榕树第一网格：" in seen(visitor, clock)

    def test_another_area_does_not_show_it(self, world, visitor, clock):
        ended(world)
        clock.move_to(LATER)
        for code in (KAPOK, NEXT_DOOR):
            visitor.cookies["huying_area"] = code
            assert "垃圾桶满溢" not in seen(visitor, clock)
        visitor.cookies["huying_area"] = BANYAN
        assert "垃圾桶满溢" in seen(visitor, clock)

    def test_statements_do_not_grow_with_the_cards(self, world, visitor, clock, django_assert_max_num_queries):
        for _number in range(4):
            ended(world)
        clock.move_to(LATER)
        with django_assert_max_num_queries(16):
            seen(visitor, clock)
        with django_assert_max_num_queries(30):
            seen(visitor, clock, "/")


class TestPhotos:
    def test_only_the_handlers_pictures_of_listed_matters_are_served(self, world, visitor, clock):
        ended(world)
        clock.move_to(LATER)
        for one in Attachment.objects.all():
            expected = 200 if one.purpose in ("before", "after") else 404
            assert visitor.get(f"/nearby/photos/{one.pk}/").status_code == expected
        assert visitor.get(f"/nearby/photos/{uuid7()}/").status_code == 404

    def test_not_before_the_day_is_over(self, world, visitor, clock):
        ended(world)
        for one in Attachment.objects.all():
            assert visitor.get(f"/nearby/photos/{one.pk}/").status_code == 404


class TestWordsForAll:
    @pytest.mark.parametrize(
        "words",
        [
            "张女士您好，已清运。",
            "已联系 13800000000。",
            "3 栋 201 房门口已清理。",
            "按业主要求清理了。",
            "清" * 300,
            "没有人来收，臭了三天，已清运。",
            "刘奶奶说的灯已修好。",
            "已请张某清走杂物。",
            "已请粤A12345的车主挪车。",
        ],
    )
    def test_what_may_name_a_person_or_home_or_quotes_the_caller_is_left_out(self, words):
        assert fit_for_all(words, ["垃圾桶满了，没有人来收，臭了三天。"]) == ""

    def test_plain_words_of_the_work_stay(self):
        assert fit_for_all("换了灯头和线路，当晚已亮。", ["路灯不亮"]) == "换了灯头和线路，当晚已亮。"


class TestHome:
    def test_it_leads_to_the_two_ways_and_the_numbers(self, visitor, clock):
        page = seen(visitor, clock, "/")
        for there in ('href="/report/"', 'href="/track/"', 'href="tel:110"', 'href="tel:119"', 'href="tel:120"'):
            assert there in page
        assert "我要参与" not in page

    def test_ones_own_open_matter_shows_on_this_phone_only(self, resident, sent, visitor, clock):
        assert f"/status/{sent.pk}/" in text_of(resident.get("/"))
        assert f"/status/{sent.pk}/" not in seen(visitor, clock, "/")

    def test_the_month_is_counted_without_confidential_matters(self, world, visitor, clock):
        ended(world)
        ended(world)
        world.call(about_staff=True)
        clock.move_to(NOW + timedelta(days=20))
        page = seen(visitor, clock, "/")
        assert "10 月，示范街道收到 2 件，按时办好 2 件" in page
        assert "/numbers/" in page

    def test_large_type_stays(self, visitor, clock):
        visitor.cookies["huying_type"] = "large"
        page = seen(visitor, clock, "/")
        assert "elder" in page
        assert "普通版" in page

    def test_a_house_without_any_area_still_opens(self, db, client):
        assert client.get("/").status_code == 200
        assert client.get("/report/").status_code == 200
        assert client.post("/report/", {"words": "x"}).status_code == 404

    @pytest.mark.parametrize("area", ["990101001999", "abc", "\x00", "99", "9" * 40])
    def test_a_made_up_area_is_not_kept(self, world, client, area):
        assert client.post("/area/", {"code": area}).status_code == 404
        client.cookies["huying_area"] = "990101001999"
        assert client.get("/").status_code == 200

    def test_a_made_up_page_mark_is_refused(self, visitor, world):
        assert visitor.get("/nearby/?after=xxxx").status_code == 422

    @pytest.mark.parametrize("address", PAGES)
    @pytest.mark.parametrize("language", ["en", "zh-hant"])
    def test_every_page_opens_in_every_language(self, visitor, address, language):
        visitor.cookies["django_language"] = language
        assert visitor.get(address).status_code == 200


def test_the_grid_of_the_report_never_shows_its_exact_point(world, visitor, clock):
    ended(world)
    clock.move_to(LATER)
    page = seen(visitor, clock)
    assert GRID not in page
    assert "113.3" not in page


class TestSecurityContact:
    ADDRESS = "/.well-known/security.txt"

    def test_it_says_whom_to_tell_and_until_when_that_holds(self, client, settings):
        settings.SECURITY_CONTACT = "mailto:security@huying.example"
        answer = client.get(self.ADDRESS)
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
        assert lines["Contact"] == "mailto:security@huying.example"
        assert timezone.now() < datetime.fromisoformat(lines["Expires"]) < timezone.now() + timedelta(days=365)

    def test_where_nobody_said_it_there_is_no_such_page(self, client, settings):
        settings.SECURITY_CONTACT = ""
        assert client.get(self.ADDRESS).status_code == 404
