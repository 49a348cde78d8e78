"""Advice on words to a caller: under the field by a button, for who reviews and signs at once; never a block."""

import pytest
from django.urls import reverse

from huying.audit.models import History
from huying.cases.forms.looking import WORDS, Looked
from huying.triage.replies import Mark
from tests.world import NOW, build_world

EMPTY = "我们高度重视，将尽快处理。"


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def sign_in(world, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    def signed_in(who):
        client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


def look(client, case, **data):
    return client.post(reverse("cases:move", args=[case.pk, "answer"]), {"find": "look", "source": "phone", **data})


class TestLookedPieces:
    def test_the_words_come_back_whole_in_pieces_with_the_advice_that_marks_them(self):
        looked = Looked(["路灯什么时候修？"], EMPTY)
        assert "".join(words for words, _number in looked.pieces) == EMPTY
        numbered = {one.number: one.words for one in looked.found}
        marked = {words: numbered[number] for words, number in looked.pieces if number}
        assert marked == {"高度重视": WORDS[Mark.EMPTY], "将尽快处理": WORDS[Mark.NO_DATE]}

    def test_without_marked_places_there_are_no_pieces(self):
        assert Looked(["路灯修了吗？"], "已于11月3日修好。").pieces == []

    def test_every_mark_has_words(self):
        assert set(WORDS) == set(Mark)


class TestUnderTheField:
    def test_it_is_told_marked_and_nothing_is_sent(self, world, sign_in):
        case = world.call(words="榕树路口的路灯什么时候修？").case
        told = History.objects.count()

        page = look(sign_in("clerk"), case, words=EMPTY)

        assert page.status_code == 200
        text = page.content.decode()
        assert "承诺没有日期" in text
        assert '<span class="mark mark-note">' in text
        assert "榕树路口的路灯什么时候修？" in text
        assert EMPTY in text  # what was typed stays in the field
        case.refresh_from_db()
        assert case.state == "received"
        assert History.objects.count() == told

    def test_a_good_answer_is_let_pass_in_one_line(self, world, sign_in):
        case = world.call(words="路灯修了吗？").case
        good = "已于11月3日换好灯泡，依据《城市道路照明设施管理规定》第十条每周巡查。"
        assert "没有要提醒的" in look(sign_in("clerk"), case, words=good).content.decode()

    def test_the_answer_goes_out_with_all_that_was_advised_against(self, world, sign_in):
        case = world.call().case
        client = sign_in("clerk")
        look(client, case, words=EMPTY)
        client.post(reverse("cases:move", args=[case.pk, "answer"]), {"words": EMPTY, "source": "phone"})
        case.refresh_from_db()
        assert case.state == "answered"

    def test_a_stranger_meets_the_same_answer_as_for_a_case_that_is_not_there(self, world, sign_in):
        case = world.call().case
        client = sign_in("next_dispatcher")
        hidden = look(client, case, words=EMPTY)
        case.pk = "0190f5f6-0000-7000-8000-000000000000"
        missing = look(client, case, words=EMPTY)
        assert hidden.status_code == missing.status_code == 404
        assert "承诺" not in hidden.content.decode()
