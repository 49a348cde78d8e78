"""Cells between us and sheets: none is run as a formula, and each comes back as it was."""

import pytest

from huying.kernel import sheets
from huying.kernel.refusals import Invalid
from huying.kernel.sheets import as_meant, harmless

RUN = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("text", [f"{sign}1" for sign in RUN] + ["'=1", "''=1", "'", "'a", "", "甲", "a=1", "'\t"])
def test_no_cell_begins_like_a_formula_and_each_comes_back(text):
    assert not harmless(text).startswith(RUN)
    assert as_meant(harmless(text)) == text


def test_an_apostrophe_that_guards_nothing_is_left_where_it_is():
    assert as_meant("'80 年代的楼") == "'80 年代的楼"


def test_a_heading_of_very_many_columns_is_refused_at_once(tmp_path):
    """Each name was looked for among all others: twenty thousand of them took seconds."""
    file = tmp_path / "wide.csv"
    file.write_text("代码," * 20_000 + "\n" + "1," * 20_000, encoding="utf-8")
    with pytest.raises(Invalid, match="列太多"):
        next(sheets.lines(file))


def test_a_name_that_stands_twice_in_the_heading_is_told(tmp_path):
    file = tmp_path / "twice.csv"
    file.write_text("代码,名称,,,名称\n1,甲,,,乙\n", encoding="utf-8")
    with pytest.raises(Invalid, match="名称"):
        next(sheets.lines(file))
