"""Which of several named places a call is about: by the words around the names alone (A, B, C stand for names)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.triage.gazetteer_meant import meant


def kept(text):
    spans = [(at, at + 1) for at, one in enumerate(text) if one in "ABC"]
    return "".join(text[spans[number][0]] for number in meant(text, spans))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A和B都停水", "AB"),
        ("我住A,B门口的路灯坏了", "B"),
        ("我家住在A,我爸在B摔了", "B"),
        ("我是A的业主,B的树倒了", "B"),
        ("A的居民问B的饭堂几点开", "B"),
        ("我在A上班,B的路灯坏了", "B"),
        ("我单位在A,家在B,B今天停气", "B"),
        # In doubt all of them: the matter may be at home.
        ("我住A,对面的B半夜放音乐", "AB"),
        ("我住A,B施工吵得我家没法睡", "AB"),
        ("我住A,离B很近,有臭味", "AB"),
        ("我住在A", "A"),
        # What is denied is not meant; idioms and questions deny nothing.
        ("不是A,是B", "B"),
        ("不是A和B,是C", "C"),
        ("问题不在A,在B", "B"),
        ("不是A就是B", "AB"),
        ("是不是A那边在挖路", "A"),
        ("这不是A吗", "A"),
        ("A？不对,B", "B"),
        ("A不是,B才是", "B"),
        ("是B,刚才说成A了", "B"),
        ("A没问题,B坏了", "B"),
        # What it is said to be about goes before what is only named.
        ("听说A要修,B什么时候轮到", "B"),
        ("上次报的是A,这次是B", "B"),
        ("A说要修,我问的是B", "B"),
        ("人家A都装了电梯,B没有动静", "B"),
        ("A路过时看到的,地点:B", "B"),
        # Ways.
        ("从A走到B的门口", "B"),
        ("从A到B这一段没有灯", "AB"),
        ("刚从A搬到B,楼道没有灯", "B"),
        ("去A的路上,在B摔了", "B"),
        ("从A往B走,有个坑", "AB"),
        # Another district has such a street too.
        ("隔壁街道的A", ""),
        ("东山区A", ""),
        ("我们小区A", "A"),
        ("老城区A", "A"),
        # Nothing but hearsay is all that there is.
        ("听说A要拆", "A"),
        ("不是我们A的垃圾,是B的人倒的", "AB"),
    ],
)
def test_what_is_meant(text, names):
    assert kept(text) == names


@given(st.text(alphabet="AB我住是不在从到和听说上次,。的路口门吗", max_size=25))
def test_it_chooses_among_what_is_named_in_order(text):
    spans = [(at, at + 1) for at, one in enumerate(text) if one in "AB"]
    found = meant(text, spans)
    assert found == sorted(set(found))
    assert all(0 <= one < len(spans) for one in found)
