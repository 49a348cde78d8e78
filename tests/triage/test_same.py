"""How alike two calls are: names, matter, place, type and days; never the order of asking."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.triage.same import Call, Corpus, Reason, odds, twins

DAY = date(2026, 3, 2)
MATTERS = {
    "0501": ("烧烤店", "油烟大熏得头晕", "半夜划拳吵闹", "排烟管对着窗户"),
    "0601": ("路灯", "晚上不亮一片漆黑", "灯杆歪了没人修", "老人看不见摔跤"),
    "0701": ("电梯", "经常停在半空", "困人两次", "维保单位不来检修"),
    "0801": ("垃圾站", "臭气冲天", "蚊虫满天", "清运车几天才来"),
    "0901": ("停车场", "收费乱涨价", "不开发票", "道闸砸了车顶"),
    "1001": ("工地", "打桩震得墙裂", "渣土车掉泥", "凌晨施工不停"),
}
PLACES = {
    f"990101001{number:03d}": name
    for number, name in enumerate(
        ["榕景", "棉城", "清莉", "书香", "荆园", "红棉", "荷塘", "竹溪", "松岗", "梅苑", "桂雨", "柳浪"], 1
    )
}


def town() -> list[Call]:
    """Each matter at each place, three times in other words, weeks apart."""
    found = []
    for code, name in PLACES.items():
        for type_code, (thing, *complaints) in MATTERS.items():
            for number in range(3):
                said = f"，{thing}".join(Random(f"{code}{type_code}{number}").sample(complaints, 2))
                title = f"{name}花园{thing}{complaints[number]}"
                words = f"我们{name}花园小区的{thing}{said}，请尽快处理"
                day = DAY + timedelta(days=7 * number)
                found.append(Call(f"{code[-2:]}-{type_code}-{number}", title, words, day, code, type_code))
    return found


def test_one_matter_at_one_place_is_more_alike_than_two_places_or_two_matters():
    corpus = Corpus(town())
    at = {call.id: place for place, call in enumerate(corpus.calls)}

    def value(one: str, other: str) -> float:
        return odds(corpus.measures(at[one], at[other]))

    assert value("01-0501-0", "01-0501-1") > max(value("01-0501-0", "02-0501-1"), value("01-0501-0", "01-0701-1"))


@pytest.mark.parametrize("seed", range(3))
def test_neither_the_order_of_calls_nor_of_the_two_makes_a_difference(seed):
    calls = town()
    whole, again = Corpus(calls), Corpus(Random(seed).sample(calls, len(calls)))
    pairs = whole.candidates()
    assert pairs == again.candidates()
    for one, other in pairs[:80]:
        assert odds(whole.measures(one, other)) == odds(again.measures(one, other))
        assert odds(whole.measures(one, other)) == pytest.approx(odds(whole.measures(other, one)))


def test_two_cities_named_by_code_are_two_places():
    words = "的士司机不打表，乱喊价，拒载"
    corpus = Corpus(Call(one, f"{one}市{words}", words, DAY) for one in "AD")
    assert corpus.measures(0, 1)["far"] == 1


@pytest.mark.parametrize("texts", [[], [""], ["路"], ["", ""], ["!!!", "???"], ["路灯坏了"] * 3])
def test_nothing_to_read_is_no_error(texts):
    calls = [Call(str(at), text, text, DAY) for at, text in enumerate(texts)]
    corpus = Corpus(calls)
    for one, other in corpus.candidates():
        assert odds(corpus.measures(one, other)) < 100
    for call in calls:
        assert all(0 <= one.score <= 1 for one in twins(call, calls))


# Twins: what a clerk is offered.

LAMP = Call("a", "路灯不亮", "榕树路口的路灯坏了三盏，晚上黑漆漆", DAY, "990101001001002", "0601")
AGAIN = replace(LAMP, id="b", body="榕树路口几盏路灯坏了，晚上看不见路", day=DAY - timedelta(days=3))
NOISE = Call("c", "噪音", "烧烤店半夜吵闹，睡不着", DAY, "990101001001002", "0501")


def test_the_same_lamp_said_by_another_is_offered_with_reasons_and_shared_words():
    (found,) = twins(LAMP, [AGAIN, NOISE])
    assert found.id == "b"
    assert found.reasons == (Reason.PLACE, Reason.TYPE, Reason.WORDS, Reason.DAYS)
    assert found.days == 3
    assert any("路灯" in one for one in found.shared)


@pytest.mark.parametrize(
    "change",
    [{"area": "990101001009001"}, {"type": "0501"}, {"day": DAY - timedelta(days=120)}],
    ids=["place", "type", "time"],
)
def test_another_place_type_or_time_is_no_twin(change):
    assert twins(LAMP, [replace(AGAIN, **change)]) == []


def test_a_call_without_a_type_yet_is_found_by_its_words():
    assert [one.id for one in twins(replace(LAMP, type=""), [AGAIN, NOISE])] == ["b"]


def test_a_call_is_not_its_own_twin():
    assert twins(LAMP, [LAMP]) == []


@given(
    st.lists(st.sampled_from(town()), max_size=12, unique_by=lambda call: call.id), st.randoms(use_true_random=False)
)
def test_twins_are_the_same_in_any_order_and_show_no_word_of_others(calls, random):
    found = twins(LAMP, calls)
    mixed = list(calls)
    random.shuffle(mixed)
    assert twins(LAMP, mixed) == found
    for one in found:
        assert all(word in LAMP.title + LAMP.body for word in one.shared)
