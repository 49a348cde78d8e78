"""Runs of characters as whole numbers: read back, folded, never across a stop."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.triage.features import LONGEST, OPENING, codes_of, counted, opening_of, read_message, runs_of, text_of


def runs(text):
    return Counter(text_of(int(key)) for key in runs_of(codes_of(text)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("。！ ", []),
        ("路灯", ["路", "灯", "路灯"]),
        ("路，灯", ["路", "灯"]),
        ("路灯不亮", ["路", "灯", "不", "亮", "路灯", "灯不", "不亮", "路灯不", "灯不亮", "路灯不亮"]),
        ("Ａb", ["a", "b", "ab"]),
        ("13", ["0", "0", "00"]),
        ("😀灯", ["灯"]),
    ],
)
def test_the_runs_of_a_text(text, found):
    assert runs(text) == Counter(found)


@given(st.text())
def test_any_text_has_runs_and_each_stands_in_it(text):
    folded = "".join(map(chr, codes_of(text)))
    for run, times in runs(text).items():
        assert 1 <= len(run) <= LONGEST
        assert sum(folded.startswith(run, at) for at in range(len(folded))) == times


@given(st.text("路灯不亮垃圾 。"))
def test_counting_keeps_each_run_once_in_order(text):
    keys, times = counted(codes_of(text))
    assert (np.diff(keys.astype(object)) > 0).all()
    assert times.sum() == len(runs_of(codes_of(text)))


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("路灯坏了\n晚上很黑", "路灯坏了"),
        ("\n晚上很黑\n路灯坏了", "晚上很黑"),
        ("灯" * OPENING + "黑", "灯" * OPENING),
        ("", ""),
    ],
)
def test_the_opening_of_a_message_is_its_title_or_first_line(text, opening):
    assert opening_of(text) == opening


@given(st.text("路灯不亮垃圾 。\n", max_size=3 * OPENING))
def test_a_message_is_seen_whole_and_by_its_opening(text):
    for found, part in zip(read_message(text), (text, opening_of(text)), strict=True):
        assert Counter(dict(zip(*found, strict=True))) == Counter(runs_of(codes_of(part)).tolist())
