"""What may be kept for good in history and news: ids, codes, numbers, times; no words, no names."""

import string
from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from huying.kernel.plain import plain_facts

codes = st.text(string.ascii_letters + string.digits + "_.:+-/", max_size=40).filter(
    lambda text: not text.lstrip("+").isdigit() or len(text) < 8
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.uuids() | codes,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(codes, inner, max_size=3),
    max_leaves=4,
)


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0)


class TestPlainFacts:
    @given(st.dictionaries(codes, plain, max_size=4))
    def test_codes_ids_numbers_and_lists_of_them_pass_and_pass_again_unchanged(self, facts):
        assume(depth(facts) <= 6)
        once = plain_facts(facts)
        assert plain_facts(once) == once

    @pytest.mark.parametrize(
        "value",
        [
            "李示例",
            "wet paint on the stairs",
            "a" * 81,
            "line\nbreak",
            "tab\t",
            "x@example.org",
            "café",
            "nul\x00",
            "\ud800",
            1.5,
            b"bytes",
            2**60,
            "13800138000",
            "+8613800138000",
            13800138000,
            "11010519491231002X",
            ["fine", "不行"],
            {"inner": "王范例"},
            object(),
        ],
    )
    def test_words_names_phones_and_odd_values_are_refused_with_their_place(self, value):
        with pytest.raises(ValueError, match=r"facts\['words'\]"):
            plain_facts({"words": value})

    def test_a_key_may_not_carry_words_either(self):
        with pytest.raises(ValueError):
            plain_facts({"李示例": 1})

    def test_area_codes_and_tracking_codes_are_no_phones(self):
        facts = {"area": "990101001001001", "building": "9901010010010010001", "code": "213800138004"}
        assert plain_facts(facts) == facts

    def test_sets_come_in_one_order(self):
        assert plain_facts({"units": {"b", "a"}}) == {"units": ["a", "b"]}

    def test_nesting_has_an_end(self):
        deep = "x"
        for _level in range(10):
            deep = [deep]
        with pytest.raises(ValueError, match="deep"):
            plain_facts({"words": deep})

    def test_times_are_kept_as_they_are_written(self):
        facts = {"at": datetime(2026, 1, 1, 8, tzinfo=UTC), "day": date(2026, 1, 1)}
        assert plain_facts(facts) == {"at": "2026-01-01T08:00:00+00:00", "day": "2026-01-01"}
