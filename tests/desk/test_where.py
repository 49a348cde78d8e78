"""Places that the words name: offered while a call is taken, in triage and for pasted chats; a person chooses."""

import re
import sys

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.cases.models import Case
from huying.cases.queries.said import NOTHING
from huying.kernel.ids import uuid7
from huying.places.models import Estate, Facility
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, OTHER_GRID

pytestmark = pytest.mark.django_db
GARDEN = "翠湖花园的门口有人乱停车。"
ANSWERS = "/desk/new/answers/"


@pytest.fixture
def garden(world):
    return Estate.objects.create(name="翠湖花园", area_code=OTHER_GRID, grid_codes=[OTHER_GRID])


def call(**given):
    return {"key": str(uuid7()), "channel": "hotline", "words": GARDEN, "reply_by": "page", **given}


class TestWhileTaken:
    def test_the_place_is_offered_with_its_reason_and_nothing_is_chosen(self, garden, sign_in):
        page = sign_in("clerk").post(ANSWERS, {"words": GARDEN}).content.decode()
        assert "可能在哪里" in page
        assert f'name="said_place" value="{OTHER_GRID}"' in page
        assert "榕树社区 · 榕树第二网格" in page
        assert "说到名称“翠湖花园”" in page
        assert 'data-fills="id_grid_code"' in page
        assert "checked" not in page

    def test_the_line_for_the_place_is_read_too(self, garden, sign_in):
        page = sign_in("clerk").post(ANSWERS, {"words": "有人乱停车", "place_words": "翠湖花园"}).content.decode()
        assert f'value="{OTHER_GRID}"' in page

    def test_what_the_list_of_grids_says_is_ticked(self, garden, sign_in):
        page = sign_in("clerk").post(ANSWERS, {"words": GARDEN, "grid_code": OTHER_GRID}).content.decode()
        assert re.search(rf'value="{OTHER_GRID}"[^>]*checked', page)

    def test_where_the_words_leave_it_open_one_question_is_asked(self, world, sign_in):
        for code in (GRID, KAPOK + "001"):
            Facility.objects.create(name=f"{code}号公厕", kind="toilet", area_code=code)
        page = sign_in("clerk").post(ANSWERS, {"words": "公厕没有水"}).content.decode()
        assert "您说的是哪一个地方？" in page
        assert re.findall(r'name="said_place" value="(\d+)"', page) == [BANYAN, KAPOK]

    def test_what_was_tapped_counts_without_scripts_and_the_list_goes_before_it(self, garden, sign_in):
        client = sign_in("clerk")
        assert client.post("/desk/new/", call(said_place=OTHER_GRID)).status_code == 302
        assert client.post("/desk/new/", call(said_place=OTHER_GRID, grid_code=GRID)).status_code == 302
        assert [one.area_code for one in Case.objects.order_by("id")] == [OTHER_GRID, GRID]

    def test_without_scripts_a_button_shows_it_and_nothing_is_taken_in(self, garden, sign_in):
        client = sign_in("clerk")
        answer = client.post("/desk/new/", call(look="1"))
        assert answer.status_code == 200
        again = client.post("/desk/new/", call(reply_by="phone", said_place=OTHER_GRID))  # no number: it comes back
        assert again.status_code == 422
        assert re.search(rf'value="{OTHER_GRID}"[^>]*checked', again.content.decode())
        assert f'name="said_place" value="{OTHER_GRID}"' in answer.content.decode()
        assert not Case.objects.exists()

    @pytest.mark.parametrize("code", [NEXT_DOOR + "001001", "1", "x"])
    def test_a_place_of_no_own_area_is_refused_with_a_sentence(self, garden, sign_in, code):
        answer = sign_in("clerk").post("/desk/new/", call(said_place=code))
        assert answer.status_code == 422
        assert "没有这个网格" in answer.content.decode()

    def test_a_stranger_is_offered_nothing_of_this_street(self, garden, sign_in):
        page = sign_in("next_dispatcher").post(ANSWERS, {"words": GARDEN})
        assert OTHER_GRID not in page.content.decode()

    def test_places_cost_no_statement_once_they_are_known(self, garden, sign_in, monkeypatch):
        client = sign_in("clerk")

        def asked():
            client.post(ANSWERS, {"words": GARDEN})
            with CaptureQueriesContext(connection) as found:
                client.post(ANSWERS, {"words": GARDEN})
            return len(found)

        with_places = asked()
        page = sys.modules["huying.desk.views.answers"]  # the package has a view of this name
        monkeypatch.setattr(page, "first_place_of", lambda *given, **more: NOTHING)
        assert asked() == with_places


class TestEstate:
    """The caller's estate beside the place: one of the street's to choose from, and asked about once."""

    @pytest.mark.parametrize("who", ["clerk", "grid_worker"])
    def test_those_of_the_street_are_listed_and_those_next_door_are_not(self, garden, sign_in, who):
        Estate.objects.create(name="沙洲花园", area_code=NEXT_DOOR + "001001")
        page = sign_in(who).get("/desk/new/").content.decode()
        assert "哪个小区" in page
        assert '<option value="翠湖花园">' in page
        assert "沙洲花园" not in page
        assert '<option value="翠湖花园">' not in sign_in("next_dispatcher").get("/desk/new/").content.decode()

    def test_its_place_is_offered_while_it_is_typed(self, garden, sign_in):
        page = sign_in("clerk").post(ANSWERS, {"words": "电梯坏了", "estate": "翠湖花园"}).content.decode()
        assert f'name="said_place" value="{OTHER_GRID}"' in page

    @pytest.mark.parametrize("chosen", [{}, {"grid_code": GRID}], ids=["nothing", "another"])
    def test_a_place_that_is_not_the_chosen_one_is_asked_about_once(self, garden, sign_in, chosen):
        client, sent = sign_in("clerk"), call(words="电梯坏了", estate="翠湖花园", place_words="三栋", **chosen)
        answer = client.post("/desk/new/", sent)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "这个小区可能不在您选的地方" in page
        assert '<input type="hidden" name="asked" value="翠湖花园">' in page
        assert f'name="said_place" value="{OTHER_GRID}"' in page
        assert not Case.objects.exists()
        assert client.post("/desk/new/", {**sent, "asked": "翠湖花园"}).status_code == 302
        case = Case.objects.get()
        assert (case.area_code, case.unplaced) == ((GRID, False) if chosen else (case.area_code, True))
        assert case.place_words == "翠湖花园 三栋"

    def test_another_estate_is_asked_about_again(self, garden, sign_in):
        Estate.objects.create(name="松涛雅苑", area_code=OTHER_GRID, grid_codes=[OTHER_GRID])
        sent = call(words="电梯坏了", estate="松涛雅苑", asked="翠湖花园")
        assert sign_in("clerk").post("/desk/new/", sent).status_code == 200

    @pytest.mark.parametrize(
        "where",
        [
            {"estate": "翠湖花园", "grid_code": OTHER_GRID}, {"estate": "翠湖花园", "said_place": OTHER_GRID},
            {"estate": "翠湖花园", "grid_code": BANYAN}, {"estate": "望月山庄"},
            {"estate": "翠湖花园", "lng": 113.305, "lat": 23.105},
        ],
        ids=["chosen", "tapped", "wider", "unknown", "point"],
    )  # fmt: skip
    def test_what_needs_no_question_is_taken_in_at_once(self, garden, sign_in, where):
        assert sign_in("clerk").post("/desk/new/", call(words="电梯坏了", **where)).status_code == 302
        assert Case.objects.get().place_words == where["estate"]

    def test_danger_comes_first_and_both_questions_are_asked_once(self, garden, sign_in):
        client, sent = sign_in("clerk"), call(words="有人被困电梯", estate="翠湖花园")
        first = client.post("/desk/new/", sent).content.decode()
        number = re.search(r'name="warned" value="(\d+)"', first)[1]
        assert "这个小区可能" not in first
        second = client.post("/desk/new/", {**sent, "warned": number}).content.decode()
        assert "这个小区可能" in second
        assert re.search(rf'name="warned" value="{number}"', second)
        done = client.post("/desk/new/", {**sent, "warned": number, "asked": "翠湖花园"})
        assert done.status_code == 302

    def test_estate_and_words_together_fit_one_line(self, garden, sign_in):
        answer = sign_in("clerk").post("/desk/new/", call(estate="翠湖花园", place_words="东" * 199))
        assert answer.status_code == 422
        assert "合起来太长" in answer.content.decode()


class TestTriage:
    def test_the_piece_that_names_the_place_is_marked(self, garden, world, sign_in):
        case = world.call(words=GARDEN).case
        page = sign_in("dispatcher").get(f"/desk/triage/{case.pk}/").content.decode()
        assert '<span class="mark mark-place">翠湖花园<sup>1</sup></span>' in page
        assert "就是这里" not in page  # it has a grid already

    @pytest.mark.parametrize("where", [{}, {"grid_code": BANYAN}])
    def test_one_press_places_a_call_without_a_grid_and_leads_back(self, garden, world, sign_in, where):
        case = world.call(words=GARDEN, lng=None, lat=None, **where).case
        client = sign_in("dispatcher")
        page = client.get(f"/desk/triage/{case.pk}/").content.decode()
        assert f'action="/desk/triage/{case.pk}/place/"' in page
        assert "① 说到名称“翠湖花园”" in page.replace("<bdi>", "").replace("</bdi>", "")

        sent = {"key": str(uuid7()), "grid_code": OTHER_GRID}
        answers = [client.post(f"/desk/triage/{case.pk}/place/", sent) for _twice in range(2)]

        case.refresh_from_db()
        assert (case.area_code, case.unplaced) == (OTHER_GRID, False)
        assert {one["Location"] for one in answers} == {f"/desk/triage/{case.pk}/"}

    def test_what_is_known_already_is_not_offered(self, world, sign_in):
        case = world.call(words="榕树社区没有灯", lng=None, lat=None, grid_code=BANYAN).case
        assert "就是这里" not in sign_in("dispatcher").get(f"/desk/triage/{case.pk}/").content.decode()

    def test_a_stranger_cannot_place_it(self, garden, world, sign_in):
        case = world.call(words=GARDEN, lng=None, lat=None).case
        stranger = sign_in("next_dispatcher")
        missing = stranger.post(f"/desk/triage/{uuid7()}/place/", {"grid_code": OTHER_GRID})
        answer = stranger.post(f"/desk/triage/{case.pk}/place/", {"grid_code": OTHER_GRID})
        assert (answer.status_code, missing.status_code) == (404, 404)
        case.refresh_from_db()
        assert case.unplaced

    @pytest.mark.parametrize("code", ["", "x", NEXT_DOOR + "001001"])
    def test_a_place_that_is_none_is_refused_with_a_sentence(self, garden, world, sign_in, code):
        case = world.call(words=GARDEN, lng=None, lat=None).case
        client = sign_in("dispatcher")
        client.post(f"/desk/triage/{case.pk}/place/", {"grid_code": code})
        page = client.get(f"/desk/triage/{case.pk}/").content.decode()
        assert "选好所在网格" in page or "没有这个网格" in page
        case.refresh_from_db()
        assert case.unplaced


class TestChats:
    def test_a_draft_begins_with_the_place_its_words_name(self, garden, sign_in):
        page = sign_in("clerk").post("/desk/chat/", {"text": "张三 10:32\n翠湖花园门口有人乱停车好几天了"})
        assert re.search(rf'<option value="{OTHER_GRID}" selected', page.content.decode())
