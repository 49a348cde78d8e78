"""The second look for danger: its weights are of the marked phrases, and on sets left out it finds what words do not."""

from importlib.util import find_spec

import pytest

from huying.triage import leaning
from huying.triage.danger import danger
from tools.danger_leaning import OUT, hash_of, measured, sets


def test_the_weights_were_learned_from_the_phrases_as_they_are():
    assert hash_of(sets()) in OUT.read_text(encoding="utf-8").splitlines()[0], "run `python -m tools.danger_leaning`"


def test_what_no_word_tells_of_is_found_by_where_it_leans():
    words = "手在绞肉机里"
    assert danger(words, closer=False) is None
    found = leaning.leaning(words)
    assert found.likely > leaning.BAR
    told = danger(words)
    assert (told.kind, told.numbers[0], told.said) == ("help", found.number, words)
    assert {"110", "119", "120"} <= set(told.numbers)


def test_what_words_tell_of_as_over_is_not_asked_again():
    assert leaning.leaning("去年有人躺在雪地里，冻僵了").likely > leaning.BAR
    assert danger("去年有人躺在雪地里，冻僵了") is None


@pytest.mark.parametrize(
    "words", ["", "，。！", "想问一下社区食堂周末开不开", "楼道灯不亮了，麻烦派人换个灯泡", "谢谢你们，井盖修得很快"]
)
def test_everyday_calls_do_not_lean(words):
    found = leaning.leaning(words)
    assert found is None or found.likely < leaning.BAR
    assert danger(words) is None


def test_a_long_story_is_not_asked():
    assert leaning.leaning("孩子一个人在楼顶边上站着" * 30) is None


def test_the_same_words_in_another_spelling_lean_alike():
    assert leaning.leaning("媽媽倒在廁所裡叫不醒") == leaning.leaning("妈妈倒在厕所里叫不醒")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("sklearn") is None, reason="requirements/triage.txt is not installed")
def test_of_a_set_that_was_left_out_more_is_found_than_by_words_alone():
    told = measured()
    for name, recall, precision in (("fresh", 0.97, 0.83), ("second", 0.945, 0.84), ("lists", 0.83, 0.89)):
        assert told[name]["recall_both"] >= max(recall, told[name]["recall_alone"])
        assert told[name]["precision_both"] >= precision
