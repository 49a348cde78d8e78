"""Advice on replies: what is told, where it stands, and how often it is right on the marked replies."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.triage.replies import Mark, asked, checked
from tests.triage.measure_replies import half_of, measured, rows

# column -> precision and recall that must not be lost, on each half
FLOORS = {
    "answers_all": (0.7, 0.5),
    "done_or_why": (0.75, 0.8),
    "cites_basis": (0.95, 0.95),
    "promises": (0.8, 0.85),
    "no_date": (0.7, 0.75),
    "empty_phrases": (0.9, 0.75),
    "other_person": (0.9, 0.9),
}


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("column", sorted(FLOORS))
def test_on_marked_replies_advice_is_right_often_enough(half, column):
    told = measured([row for row in rows() if half_of(row) == half])[column]
    assert (told["precision"], told["recall"]) >= FLOORS[column]
    assert told["recall"] >= FLOORS[column][1]


def marks(question: str, reply: str) -> set[Mark]:
    return {one.mark for one in checked(question, reply)}


@pytest.mark.parametrize(
    ("question", "reply", "told"),
    [
        (
            "路灯什么时候修？",
            "11月3日已换好灯泡，依据《城市道路照明设施管理规定》第十条每周巡查。",
            set(),
        ),
        ("路灯什么时候修？谁负责？", "我们高度重视，将进一步加强管理。", {Mark.UNANSWERED, Mark.NOTHING_DONE, Mark.NO_BASIS, Mark.NO_DATE, Mark.EMPTY}),
        ("为什么停水？", "因水管爆裂抢修，11月5日18时恢复供水。", {Mark.NO_BASIS}),
        ("楼上漏水怎么办？", "楼上502室住户张示例，电话13800000000，您可以直接联系她。", {Mark.OTHER_PERSON, Mark.NOTHING_DONE, Mark.NO_BASIS}),
        ("", "", set()),
        ("修吗？", "   ", set()),
    ],
)  # fmt: skip
def test_what_is_told(question, reply, told):
    assert marks(question, reply) == told


def test_places_are_those_of_the_words():
    found = checked("路灯什么时候修？谁负责？", "我们高度重视，将尽快处理。")
    for one in found:
        text = "路灯什么时候修？谁负责？" if one.in_question else "我们高度重视，将尽快处理。"
        assert text[one.start : one.end] == one.words
    assert {one.words for one in found if one.mark == Mark.EMPTY} == {"高度重视", "尽快处理"}
    assert [one.words for one in found if one.mark == Mark.NO_DATE] == ["将尽快处理"]
    assert [one.words for one in found if one.mark == Mark.UNANSWERED] == ["路灯什么时候修？", "谁负责？"]


def test_the_callers_own_data_and_staff_are_no_others():
    assert Mark.OTHER_PERSON not in marks("我是13800000000，何时退款？", "已退到13800000000的账户，11月5日到账。")
    assert Mark.OTHER_PERSON not in marks("谁负责？", "由社区网格员陈志强负责，电话020-00000000。")


def test_a_wish_without_a_question_counts_as_one():
    assert asked("楼下很吵。希望晚上管一管。") == [(5, 13)]
    assert asked("路灯坏了") == [(0, 4)]
    assert asked("") == []


@given(st.text(max_size=200), st.text(max_size=300))
def test_any_words_are_answered_alike_and_inside_the_words(question, reply):
    found = checked(question, reply)
    assert found == checked(question, reply)
    for one in found:
        assert (question if one.in_question else reply)[one.start : one.end] == one.words


def test_a_long_reply_is_read_quickly():
    question, reply = "路灯什么时候修？谁负责？为什么停？" * 40, "我们将尽快处理，11月3日已到现场，因线路老化。" * 200
    began = time.process_time()
    checked(question, reply)
    assert time.process_time() - began < 0.5
