"""Cells between us and sheets: none is run as a formula, and each comes back as it was."""

import pytest

from huying.kernel.sheets import as_meant, harmless

RUN = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("text", [f"{sign}1" for sign in RUN] + ["'=1", "''=1", "'", "'a", "", "甲", "a=1", "'\t"])
def test_no_cell_begins_like_a_formula_and_each_comes_back(text):
    assert not harmless(text).startswith(RUN)
    assert as_meant(harmless(text)) == text


def test_an_apostrophe_that_guards_nothing_is_left_where_it_is():
    assert as_meant("'80 年代的楼") == "'80 年代的楼"
