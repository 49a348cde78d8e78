"""The one search box: what it finds, and what it never shows to the wrong eyes."""

import pytest
from django.urls import reverse

from huying.desk import search as finder
from huying.desk.help import TOPICS
from huying.places.models import Estate
from tests.world import BANYAN, GRID, NEXT_DOOR, NOW, STREET

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    finder.NAMES.forget()


def titles(viewer, words):
    return {
        group.label: ["".join(piece.text for piece in one.title) for one in group.found]
        for group in finder.search(words, viewer, now=NOW)
    }


class TestWhatIsFound:
    def test_a_case_by_its_words_its_number_and_nothing_by_one_character(self, world):
        case = world.call(words="榕树路沙井盖响，夜里很吵。").case
        assert titles(world.dispatcher, "沙井盖")["案件"] == [case.title]
        assert titles(world.dispatcher, case.number)["案件"] == [case.title]
        assert "案件" not in titles(world.dispatcher, "沙")

    def test_an_area_by_name_code_and_initials(self, world):
        for words in ("榕树社区", BANYAN, "rssq"):
            assert "榕树社区" in titles(world.dispatcher, words)["区域"]

    def test_a_register_row_by_words_and_by_initials(self, world):
        Estate.objects.create(name="木棉花园", area_code=GRID)
        for words in ("木棉花", "mmhy"):
            assert any("木棉花园" in found for found in titles(world.dispatcher, words).values()), words

    def test_a_matter_by_the_words_people_use_and_a_page_by_its_name(self, world):
        assert "路灯不亮" in titles(world.dispatcher, "街灯")["事项清单"]
        assert titles(world.dispatcher, "受理派单")["去哪一页"] == ["受理派单"]

    def test_help_by_a_question_and_by_what_its_answer_says(self, world):
        assert "怎么受理派单" in titles(world.dispatcher, "派单")["帮助"]
        assert "怎么找一件事、一个地方" in titles(world.dispatcher, "首字母")["帮助"]

    def test_what_was_asked_for_is_marked(self):
        assert finder.cut("榕树路的榕树", "榕树路") == [finder.Piece("榕树路", True), finder.Piece("的榕树")]

    @pytest.mark.parametrize(
        "words", ["", " ", "\x00\x00", "字" * 61, "\ud800x", "%_", "' OR 1=1 --", "\\", "13900000001"]
    )
    def test_odd_words_find_nothing_and_do_no_harm(self, world, words):
        world.call(words="电话是 13900000001，路灯不亮。")
        assert not titles(world.dispatcher, words).get("案件")


class TestWalls:
    def test_the_next_street_sees_nothing_of_ours(self, world):
        world.call(words="榕树路沙井盖响。")
        Estate.objects.create(name="木棉花园", area_code=GRID)
        for words in ("沙井盖响", "榕树社区", "rssq", BANYAN, "木棉花园", "mmhy"):
            found = titles(world.next_dispatcher, words)
            assert not {"案件", "区域"} & set(found), words
            assert not any("木棉花园" in one for lines in found.values() for one in lines), words
        assert STREET != NEXT_DOOR

    def test_a_confidential_case_is_not_there_for_those_without_the_duty(self, world):
        case = world.call(words="榕树路沙井盖响。").case
        type(case).objects.filter(pk=case.pk).update(restricted=True)
        assert "案件" not in titles(world.clerk, "沙井盖响")

    def test_a_visitor_is_asked_to_sign_in(self, client, world):
        assert client.get(reverse("desk:search") + "?q=榕树").status_code == 302


class TestPages:
    def test_a_number_leads_straight_to_its_case(self, world, sign_in):
        case = world.call().case
        answer = sign_in("dispatcher").get(reverse("desk:search"), {"q": case.number.lower()})
        assert answer.status_code == 302
        assert str(case.pk) in answer["Location"]

    def test_the_box_gets_its_lines_alone_and_the_page_all(self, world, sign_in, django_assert_max_num_queries):
        world.call(words="榕树路沙井盖响。")
        client = sign_in("dispatcher")
        with django_assert_max_num_queries(60):
            lines = client.get(reverse("desk:search"), {"q": "榕树"}, headers={"HX-Target": "search-found"})
        assert "<html" not in lines.content.decode()
        assert "<html" in client.get(reverse("desk:search"), {"q": "榕树"}).content.decode()

    def test_every_help_topic_opens_and_leads_somewhere(self, world, sign_in):
        client = sign_in("head")
        assert client.get(reverse("desk:help")).status_code == 200
        for one in TOPICS:
            answer = client.get(reverse("desk:help_topic", args=[one.slug]))
            assert str(one.title) in answer.content.decode()
        assert client.get(reverse("desk:help_topic", args=["no-such"])).status_code == 404
