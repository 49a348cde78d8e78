"""Pasted group chats: who said it is gone before anything is shown; no paste is kept."""

import re

import pytest
from django.apps import apps
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from huying.cases.models import Case, Report
from huying.desk.chat import MOST_DRAFTS, drafts_of
from huying.kernel.ids import uuid7
from tests.world import GRID

PHONE = """王小美 10:32
榕树第一网格路口的垃圾桶满了，没人来收，电话13800000000

李大海(6栋) 10:33
@王小美 收到
王小美 10:35
臭得很，三天了
李大海(6栋) 10:40
6栋门口路灯坏了，晚上看不见路
"""
COMPUTER = """2026-11-20 10:32:01 王小美
榕树第一网格路口的垃圾桶满了，没人来收
2026-11-20 10:40:11 李大海(6栋)
6栋门口路灯坏了，晚上看不见路
"""
BARE = """王小美：榕树第一网格路口的垃圾桶满了，没人来收
地点：榕树路口
李大海: 6栋门口路灯坏了，晚上看不见路
王小美：谢谢
"""


class TestRules:
    @pytest.mark.parametrize("text", [PHONE, COMPUTER, BARE], ids=["phone", "computer", "bare"])
    def test_each_matter_is_a_draft_without_who_said_it(self, text):
        found = drafts_of(text)
        assert "垃圾桶满了" in found[0].words
        assert "路灯坏了" in found[-1].words
        told = "\n".join(one.words for one in found)
        assert not re.search("王小美|李大海|13800000000", told)

    def test_a_senders_next_words_go_on_with_the_matter_and_chatter_is_left_out(self):
        told = [one.words for one in drafts_of(PHONE)]
        assert not any("收到" in one for one in told)
        assert any("三天了" in one for one in told)

    def test_a_name_in_anothers_words_is_hidden_too(self):
        text = "王小美 10:32\n大家好，路灯坏了好几天\n李大海 10:33\n王小美说得对，6 栋那边的路灯也坏了\n"
        assert drafts_of(text)[1].words.startswith("○○说得对")

    def test_a_label_is_nobody(self):
        assert "地点：榕树路口" in drafts_of(BARE)[0].words

    @given(
        st.lists(
            st.sampled_from(["王小美", "李大海", "花开富贵", "A栋小林", "林姐[太阳]", ".小周", "阳光【东区】"]),
            min_size=1,
            max_size=8,
        ),
        st.sampled_from(["{} 10:32", "2026-11-20 10:32 {}", "[2026/11/20 10:32] {}：", "{}  下午 3:05"]),
    )
    def test_no_sender_is_ever_left(self, senders, form):
        text = "\n".join(f"{form.format(one)}\n{one}报告，垃圾桶满了没人收，找{one}" for one in senders)
        told = "\n".join(one.words for one in drafts_of(text))
        assert not any(one in told for one in senders)

    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-20 10:32:15 {}\n楼道灯坏了三天没人修",
            "{} 2026-11-20 10:32:15\n楼道灯坏了三天没人修",
            "{}\n10:32\n楼道灯坏了三天没人修",
            "6栋 {}：楼道灯坏了三天没人修",
            "{} : 楼道灯坏了三天没人修",
            "赵某甲 10:32\n「{}：楼道灯坏了」\n就是，三天没人修了",
            "{} 11/20 10:32\n楼道灯坏了三天没人修",
            "[2026/11/20 10:32]{}：楼道灯坏了三天没人修",
            "{} 10:32：楼道灯坏了三天没人修",
        ],
    )
    @pytest.mark.parametrize("name", ["王小美", "王小美[太阳]", ".王小美", "王小美（6栋）"])
    def test_however_they_call_themselves(self, text, name):
        (draft,) = drafts_of(text.format(name))
        assert "楼道灯坏了" in draft.words
        assert "王小美" not in draft.words

    def test_a_name_with_a_colon_in_it(self):
        (draft,) = drafts_of("王:小美 2026-11-20 10:32\n王:小美说楼道灯坏了")
        assert draft.words == "○○说楼道灯坏了"

    def test_a_part_of_a_name_that_is_nobodys_stays_in_the_words(self):
        (draft,) = drafts_of("阳光【物业】 2026-11-20 10:32\n物业的灯坏了三天")
        assert draft.words == "物业的灯坏了三天"

    def test_what_is_a_label_after_a_space_is_no_name(self):
        assert drafts_of("楼道灯坏了 位置：3栋门口，三天没人修")[0].words.startswith("楼道灯坏了")

    def test_a_line_between_two_days_is_no_matter(self):
        text = "——— 2026-11-20 ———\n王小美 10:32\n楼道灯坏了三天没人修"
        assert [one.words for one in drafts_of(text)] == ["楼道灯坏了三天没人修"]

    @given(st.text(max_size=400))
    def test_any_text_is_taken(self, text):
        assert len(drafts_of(text)) <= MOST_DRAFTS


@pytest.mark.django_db
class TestPage:
    def everything(self):
        """Every text that the database holds."""
        for model in apps.get_models():
            names = [
                one.name for one in model._meta.concrete_fields if isinstance(one, models.CharField | models.TextField)
            ]
            if names and model.__module__.startswith("huying."):
                yield from (str(row) for row in model._default_manager.values_list(*names))
        from django.contrib.sessions.models import Session

        yield from (str(one.get_decoded()) for one in Session.objects.all())

    def test_it_is_split_checked_and_filed_and_nothing_of_the_paste_stays(self, world, sign_in):
        client = sign_in("clerk")
        page = client.post("/desk/chat/", {"text": PHONE}).content.decode()
        assert "王小美" not in page
        assert "13800000000" not in page
        assert not Case.objects.exists()
        assert not any("王小美" in one or "臭得很" in one for one in self.everything())
        assert re.search(rf'<option value="{GRID}" selected', page)  # the place that was named
        assert re.search(r'<option value="0103" selected', page)

        sent = {
            "count": "2", "key_0": str(uuid7()), "keep_0": "on", "words_0": "垃圾桶满了，打 13900000000",
            "kind_0": "0103", "grid_0": GRID, "key_1": str(uuid7()), "words_1": "没勾的", "kind_1": "", "grid_1": "",
        }  # fmt: skip
        for _again in range(2):
            assert client.post("/desk/chat/", sent).status_code == 302

        report = Report.objects.get()
        assert (report.channel, report.words, report.reply_by) == ("wechat", "垃圾桶满了，打 ○○", "none")
        assert report.case.area_code == GRID
        assert report.contact_id is None
        assert report.taken_by == world.accounts["clerk"]

    def test_nothing_ticked_or_nothing_found_says_so(self, world, sign_in):
        client = sign_in("clerk")
        assert client.post("/desk/chat/", {"text": "哈哈\n收到"}).status_code == 422
        sent = {"count": "1", "key_0": str(uuid7()), "words_0": "垃圾桶", "kind_0": "", "grid_0": ""}
        assert client.post("/desk/chat/", sent).status_code == 422
        assert client.post("/desk/chat/", {**sent, "keep_0": "on", "words_0": ""}).status_code == 422
        assert client.post("/desk/chat/", {**sent, "count": "x"}).status_code == 422
        assert not Case.objects.exists()

    def test_a_place_outside_is_no_choice(self, world, sign_in):
        sent = {
            "count": "1", "key_0": str(uuid7()), "keep_0": "on", "words_0": "垃圾桶满了没人收", "kind_0": "",
            "grid_0": "990101002001001",
        }  # fmt: skip
        assert sign_in("clerk").post("/desk/chat/", sent).status_code == 422
        assert not Case.objects.exists()

    @pytest.mark.parametrize("who", ["handler", "grid_worker", "keeper"])
    def test_it_is_the_desks(self, world, sign_in, who):
        assert sign_in(who).get("/desk/chat/").status_code == 403
