"""Rules of the registers of places: opening hours, filing numbers, next checks; words that floors above repeat."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.people.rules import Duty
from huying.places import premises, registers
from huying.places.premises import is_filing_number, is_open, next_check, spans_of, written_spans
from huying.places.rules import FacilityKind


def test_duties_named_here_are_those_of_people():
    assert premises.KEEP_PLACES == Duty.KEEP_PLACES
    assert (registers.DISPATCH, registers.VERIFY) == (Duty.DISPATCH, Duty.VERIFY)
    assert set(premises.DEVICE_FACILITIES) <= set(FacilityKind.values)


class TestHours:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("08:30-12:00 14:30-17:30", "08:30-12:00 14:30-17:30"), ("8：30–12：00，14:30至17:30", "08:30-12:00 14:30-17:30"),
            ("14:00-17:00 09:00-12:00", "09:00-12:00 14:00-17:00"), ("", ""), ("  ", ""), ("00:00-23:59", "00:00-23:59"),
        ],
    )  # fmt: skip
    def test_many_ways_of_writing_come_to_one(self, typed, kept):
        assert written_spans(typed) == kept
        assert written_spans(kept) == kept

    @pytest.mark.parametrize(
        "typed",
        ["全天", "8-12", "12:00-08:00", "08:00-12:00 11:00-13:00", "25:00-26:00", "08:00-08:00", "周一 08:00-12:00"],
    )
    def test_what_is_no_time_is_refused(self, typed):
        with pytest.raises(ValueError):
            spans_of(typed)

    @given(st.text(max_size=40))
    def test_anything_is_either_hours_or_refused(self, typed):
        try:
            kept = written_spans(typed)
        except ValueError:
            return
        assert written_spans(kept) == kept

    def test_open_is_from_the_first_minute_and_not_at_the_last(self):
        week = ["08:30-12:00", "", "", "", "", "", ""]
        monday = datetime(2026, 10, 19)
        assert is_open(week, monday.replace(hour=8, minute=30))
        assert not is_open(week, monday.replace(hour=12))
        assert not is_open(week, monday + timedelta(days=1, hours=9))


class TestFilingNumbers:
    @pytest.mark.parametrize("text", ["CZ-2026-0007", "A123", "990101001-17"])
    def test_reference_numbers_are_taken(self, text):
        assert is_filing_number(text)

    @pytest.mark.parametrize(
        "text",
        [
            "李示例",
            "13900000000",
            "CZ13900000000",
            "440101199001011237",
            "44010119900101123X",
            "",
            "a b",
            "A1",
            "x" * 40,
        ],
    )
    def test_names_phones_and_identity_numbers_are_not(self, text):
        assert not is_filing_number(text)


def test_the_next_check_is_half_a_year_on_or_when_it_must_be_mended():
    day = date(2026, 10, 20)
    assert next_check(day, True, None) == day + timedelta(days=182)
    assert next_check(day, False, day + timedelta(days=10)) == day + timedelta(days=10)


def test_no_register_of_places_has_a_column_for_persons():
    """Limits 1 and 3: places, things and counts; a person stands nowhere but as a filing number."""
    forbidden = ("person_name", "tenant", "plate", "face", "identity", "opinion", "entry", "resident")
    for one in registers.ALL:
        names = {column.name for column in one.columns} | {field.name for field in one.model._meta.get_fields()}
        assert not [name for name in names for word in forbidden if word in name.replace("tenants", "")], one.key
