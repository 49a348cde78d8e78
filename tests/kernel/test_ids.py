"""Keys and numbers: ordered, checkable, one typing mistake is found."""

import string
from datetime import UTC, date, datetime

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel.ids import (
    case_number,
    check_character,
    is_case_number,
    is_tracking_code,
    luhn_digit,
    tracking_code,
    tracking_code_from,
    uuid7,
)

ALPHABET = string.digits + string.ascii_uppercase
bodies = st.text(ALPHABET, min_size=1, max_size=20)


class TestUuid7:
    @given(st.integers(0, 2**48 - 2), st.integers(0, 2**80 - 1), st.integers(0, 2**80 - 1))
    def test_a_later_one_sorts_after_an_earlier_one(self, at, noise, other):
        assert uuid7(at, noise) < uuid7(at + 1, other)

    @given(st.integers(0, 2**48 - 1))
    def test_it_is_version_seven_and_tells_its_time(self, at):
        made = uuid7(at)
        assert (made.version, made.variant, made.int >> 80) == (7, "specified in RFC 4122", at)

    def test_no_two_are_alike(self):
        assert len({uuid7(5) for _number in range(1000)}) == 1000

    def test_those_of_one_moment_keep_their_order_also_where_the_clock_stands_still(self):
        for _round in range(2):
            made = [uuid7() for _number in range(9000)]
            assert made == sorted(made)
            with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False):
                still = [uuid7() for _number in range(9000)]
                assert still == sorted(set(still))
                assert still[0] < made[0]

    @given(st.integers(0, 2**80 - 1))
    def test_a_seed_makes_it_again(self, noise):
        assert uuid7(7, noise) == uuid7(7, noise)


class TestCheckCharacter:
    def test_it_is_the_one_of_the_standard(self):
        # The example of ISO/IEC 7064 for MOD 37,36.
        assert check_character("A12425GABC1234002") == "M"

    @given(bodies, st.data())
    def test_one_wrong_character_is_found(self, body, data):
        place = data.draw(st.integers(0, len(body) - 1))
        wrong = data.draw(st.sampled_from(sorted(set(ALPHABET) - {body[place]})))
        assert check_character(body) != check_character(body[:place] + wrong + body[place + 1 :])


class TestCaseNumber:
    @given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 99_999))
    def test_a_made_number_is_one(self, day, running):
        assert is_case_number(case_number(day, "990101001", running))

    def test_it_reads_as_date_street_and_running_number(self):
        assert case_number(date(2026, 10, 20), "990101003001", 42)[:-1] == "20261020-003-0042"

    @given(st.data())
    def test_one_wrong_digit_is_found(self, data):
        number = case_number(date(2026, 10, 20), "990101003", 42)
        place = data.draw(st.sampled_from([place for place, one in enumerate(number) if one != "-"]))
        wrong = data.draw(st.sampled_from(sorted(set(string.digits) - {number[place]})))
        assert not is_case_number(number[:place] + wrong + number[place + 1 :])

    @given(st.text(max_size=30))
    def test_anything_else_is_not_one_and_harms_nothing(self, text):
        assert is_case_number(text) in (True, False)

    @pytest.mark.parametrize("text", ["", "K", "２０２６1020-003-0042K", "20261020-003-0042", "x" * 10_000])
    def test_look_alikes_are_not(self, text):
        assert not is_case_number(text)


class TestTrackingCode:
    def test_a_made_code_is_one(self):
        assert all(is_tracking_code(tracking_code()) for _number in range(200))

    @given(st.integers(0, 9 * 10**10 - 1), st.integers(0, 9 * 10**10 - 1))
    def test_two_numbers_never_share_a_code(self, one, other):
        assert (tracking_code_from(one) == tracking_code_from(other)) == (one == other)
        assert is_tracking_code(tracking_code_from(one))

    @given(st.integers(0, 2**64))
    def test_any_number_gives_a_code(self, number):
        assert is_tracking_code(tracking_code_from(number))

    @given(st.integers(0, 9 * 10**10 - 1), st.integers(0, 11), st.integers(1, 9))
    def test_one_wrong_digit_is_found(self, number, place, off):
        code = tracking_code_from(number)
        wrong = str((int(code[place]) + off) % 10)
        assert not is_tracking_code(code[:place] + wrong + code[place + 1 :])

    @pytest.mark.parametrize("text", ["", "１" * 12, "²" * 12, "12345678901", "1234567890123", "00000000000a"])
    def test_look_alikes_are_not(self, text):
        assert not is_tracking_code(text)

    def test_its_check_digit_is_luhns(self):
        assert luhn_digit("7992739871") == "3"
