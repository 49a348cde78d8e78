"""How alike two calls are: names, matter, place, type and days; never the order of asking."""

from datetime import date, timedelta
from random import Random

import pytest

from huying.triage.same import Call, Corpus, Reason

DAY = date(2026, 3, 2)
MATTERS = {
    "0501": ["烧烤店油烟大，晚上噪音吵得睡不着", "夜里烧烤摊划拳吵闹，油烟熏人", "烧烤店半夜噪音，油烟飘进家里"],
    "0601": ["路灯不亮，晚上走路看不见", "几盏路灯坏了好久没人修", "晚上漆黑，路灯全灭了"],
    "0701": ["楼道里电梯坏了停了三天", "电梯老是停，老人下不了楼", "电梯困人，物业不来修"],
}
PLACES = {"990101001001": "榕景苑", "990101001002": "棉城新村", "990101001003": "清莉花园", "990101001004": "书香公寓"}


def town() -> list[Call]:
    """Each matter at each place, three times, weeks apart."""
    found = []
    for code, (type_code, lines), number in (
        (code, matter, number) for code in PLACES for matter in MATTERS.items() for number in range(3)
    ):
        words = f"{PLACES[code]}小区门口{lines[number]}"
        day = DAY + timedelta(days=7 * number)
        found.append(Call(f"{code[-1]}-{type_code}-{number}", words[:12], words, day, code, type_code))
    return found


def score(calls: list[Call], one: str, other: str) -> float:
    corpus = Corpus(calls)
    at = {call.id: place for place, call in enumerate(corpus.calls)}
    return corpus.likeness(at[one], at[other]).score


def test_the_same_matter_at_the_same_place_is_more_alike_than_at_another_or_than_another_matter_there():
    calls = town()
    same, elsewhere, other = (score(calls, "1-0501-0", other) for other in ("1-0501-1", "2-0501-1", "1-0701-1"))
    assert same > 0.5 > max(elsewhere, other)


def test_reasons_say_what_speaks_for_it():
    corpus = Corpus(town())
    at = {call.id: place for place, call in enumerate(corpus.calls)}
    found = corpus.likeness(at["1-0501-0"], at["1-0501-1"])
    assert {Reason.PLACE, Reason.TYPE, Reason.DAYS} <= set(found.reasons)
    assert found.days == 7
    far = corpus.likeness(at["1-0501-0"], at["2-0601-2"])
    assert {Reason.PLACE, Reason.TYPE, Reason.DAYS}.isdisjoint(far.reasons)


@pytest.mark.parametrize("seed", range(3))
def test_neither_the_order_of_calls_nor_of_the_two_makes_a_difference(seed):
    calls = town()
    mixed = Random(seed).sample(calls, len(calls))
    whole, again = Corpus(calls), Corpus(mixed)
    assert whole.candidates() == again.candidates()
    for one, other in whole.candidates()[:60]:
        assert whole.likeness(one, other) == again.likeness(one, other) == whole.likeness(other, one)


def test_two_cities_named_by_code_are_two_places():
    words = "的士司机不打表，乱喊价，拒载"
    calls = [Call("a", f"A市{words}", words, DAY), Call("b", f"A市{words}", words, DAY), Call("c", f"D市{words}", words, DAY)]
    assert score(calls, "a", "b") > score(calls, "a", "c")


@pytest.mark.parametrize("texts", [[], [""], ["路"], ["", ""], ["!!!", "???"], ["路灯坏了"] * 3])
def test_nothing_to_read_is_no_error(texts):
    corpus = Corpus(Call(str(at), text, text, DAY) for at, text in enumerate(texts))
    for one, other in corpus.candidates():
        assert 0 <= corpus.likeness(one, other).score <= 1
