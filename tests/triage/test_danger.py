"""Danger now: what is found, what is not, whom to call, and that nothing is delayed by looking."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.triage.danger import danger
from huying.triage.lexicon import MARKS, NEAR, NUMBERS, WEIGHTS, words
from tests.triage.measure_danger import half_of, measured, rows


def test_of_the_open_phrases_nearly_all_dangers_are_found_and_few_others():
    told = measured(rows())
    assert told["recall"] >= 0.99
    assert told["precision"] >= 0.85
    assert told["first_number"] >= 0.8
    assert told["first_fits"] >= 0.88


@pytest.mark.parametrize("half", [0, 1])
def test_both_halves_are_found_alike(half):
    told = measured([row for row in rows() if half_of(row) == half])
    assert told["recall"] >= 0.98
    assert told["precision"] >= 0.85


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("地下室起火了，还有人在里面", "119"),
        ("地下室起火了", "119"),
        ("天然氣洩漏，好臭", "119"),
        ("有人拿刀追人", "110"),
        ("我不想活了", "12356"),
        ("老人昏迷，叫不醒", "120"),
        ("两车相撞，司机出不来", "122"),
        ("有人要跳楼", "119"),
        ("孩子走丢了", "110"),
        ("佢攞刀斬人", "110"),
        ("Ｈｅｌｐ救命啊", "110"),
    ],
)
def test_the_first_number_fits(text, first):
    found = danger(text)
    assert found is not None
    assert found.numbers[0] == first
    assert all(word in text for word in found.words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "路灯坏了三盏，麻烦修一下",
        "没有着火，是演习",
        "去年失火的仓库什么时候重建",
        "如果着火了消防车进不来，请挪开石墩",
        "气死我了，等了三个小时",
        "燃气费怎么多了一倍",
        "消防演练几点开始",
        "电视剧里跳楼那段在哪拍的",
        "孩子昨天走丢，已经找到了",
        "120平米的房子公积金怎么算",
    ],
)
def test_what_is_denied_past_asked_played_or_only_a_figure_is_none(text):
    assert danger(text) is None


@pytest.mark.parametrize(
    ("quiet", "loud"),
    [
        ("昨天漏的煤气，已经修好了", "昨天漏的煤气说修好了，可是现在又漏气了"),
        ("去年这里塌方，什么时候重修", "去年这里塌方，今晚又塌了，压着人"),
        ("他上个月打过我", "他上个月打过我，现在又动手了"),
    ],
)
def test_what_turns_now_counts_again(quiet, loud):
    assert danger(quiet) is None
    assert danger(loud) is not None


def test_one_slip_of_typing_is_read_over():
    for slip in ("着伙了", "媒气泄露", "电提困人", "我想自莎", "有人晕到，呼息困难"):
        assert danger(slip) is not None, slip


@given(st.text(max_size=300))
def test_any_text_is_answered_and_the_words_stand_in_it(text):
    found = danger(text)
    assert found is None or (found.numbers and found.words and all(word in text for word in found.words))
    assert danger(text) == found


@given(
    st.sampled_from([row["text"] for row in rows() if row["danger"] == "1"]), st.sampled_from(["您好。", "你好，", ""])
)
def test_a_greeting_changes_nothing(text, greeting):
    assert danger(greeting + text) is not None


def test_an_end_far_behind_is_read_too():
    filler = "今天天气不错，我们社区的花都开了，大家很高兴。" * 200
    assert danger(filler) is None
    found = danger(filler + "着火了，有人困在里面，快来救命")
    assert found is not None


def test_the_table_holds_together():
    tags = {tag for listed in words().values() for tag in listed}
    assert tags == {tag for pair in NEAR for tag in pair} | set(WEIGHTS) | MARKS | {"plain"}
    assert {kind for kind, _weight in WEIGHTS.values()} | {rule[0] for rule in NEAR.values()} <= set(NUMBERS)
    assert {number for listed in NUMBERS.values() for number in listed} == {"110", "119", "120", "122", "12356"}


def test_a_call_is_read_in_well_under_a_millisecond():
    texts = [row["text"] for row in rows()]
    danger(texts[0])
    best = min(_took(texts) for _again in range(3))
    assert best / len(texts) < 0.001


def _took(texts: list[str]) -> float:
    began = time.process_time()
    for text in texts:
        danger(text)
    return time.process_time() - began
