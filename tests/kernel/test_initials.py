import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel.initials import initials, is_initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("榕树社区", "rssq"),
        ("街道调度中心", "jdddzx"),
        ("重阳楼", "zyl"),
        ("5号泵站（东）", "5hbzd"),
        ("ＡＢ座", "abz"),
        ("", ""),
    ],
)
def test_a_name_has_the_first_letters_of_its_characters(name, letters):
    assert initials(name) == letters


@given(st.text(max_size=60))
def test_any_text_becomes_small_letters_and_digits(text):
    found = initials(text)
    assert found == "" or (found.isascii() and found.isalnum() and found == found.lower())


@pytest.mark.parametrize(
    ("words", "fits"), [("rs", True), ("RSSQ", True), ("r", False), ("榕树", False), ("r1", False)]
)
def test_plain_letters_alone_are_taken_as_initials(words, fits):
    assert is_initials(words) is fits
