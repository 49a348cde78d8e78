from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel.actor import Actor, ActorKind, Granted
from huying.kernel.refusals import Invalid
from huying.people import consent, roles
from huying.people.phones import clean_phone
from huying.people.rules import (
    APART,
    Claim,
    Duty,
    Post,
    UnitKind,
    clash,
    in_term,
    name_mask,
    phone_tail,
    prefixes,
    ranked,
)
from huying.places.rules import LENGTHS

START = datetime(2026, 10, 1, tzinfo=UTC)
UNITS = [UUID(int=number) for number in range(1, 5)]

codes = st.sampled_from(sorted(LENGTHS.values())).flatmap(
    lambda length: st.text(alphabet="0123456789", min_size=length, max_size=length)
)


class TestGrants:
    @given(granted=codes, asked=codes)
    def test_a_grant_covers_exactly_the_codes_that_start_with_it(self, granted, asked):
        actor = Actor(kind=ActorKind.PERSON, grants=(Granted(frozenset({Duty.REVIEW.value}), granted),))

        assert actor.may(Duty.REVIEW, asked) == (asked[: len(granted)] == granted)

    @given(granted=codes, deeper=st.text(alphabet="0123456789", max_size=10))
    def test_what_lies_inside_is_covered_and_the_neighbour_is_not(self, granted, deeper):
        actor = Actor(kind=ActorKind.PERSON, grants=(Granted(frozenset({Duty.REVIEW.value}), granted),))
        neighbour = granted[:-1] + str((int(granted[-1]) + 1) % 10)

        assert actor.may(Duty.REVIEW, granted + deeper)
        assert not actor.may(Duty.REVIEW, neighbour + deeper)

    @given(granted=codes, asked=codes)
    def test_the_prefixes_of_a_place_name_exactly_the_grants_that_cover_it(self, granted, asked):
        assert (granted in prefixes(asked)) == asked.startswith(granted)


class TestTerms:
    @pytest.mark.parametrize(
        ("since", "until", "runs"),
        [
            (0, None, True),
            (-1, None, True),
            (1, None, False),
            (-2, 1, True),
            (-2, 0, False),
            (-2, -1, False),
            (0, 1, True),
        ],
    )
    def test_a_term_runs_from_its_first_instant_to_just_before_its_end(self, since, until, runs):
        day = timedelta(days=1)
        assert in_term(START + since * day, None if until is None else START + until * day, START) is runs


class TestResponsibility:
    @pytest.mark.parametrize(
        ("claims", "expected"),
        [
            ([], []),
            ([("990101001", "", 0)], [0]),
            ([("990101001", "", 0), ("990101001001", "", 9)], [1, 0]),
            ([("990101001", "01", 0), ("990101001", "0101", 9)], [1, 0]),
            ([("990101001", "01", 2), ("990101001", "01", 1)], [1, 0]),
            ([("990101001001", "", 0), ("990101001", "0101", 0)], [0, 1]),
            ([("990101002", "", 0)], []),
            ([("990101001", "02", 0)], []),
        ],
    )
    def test_the_finest_area_goes_first_then_the_finest_matter_then_the_order(self, claims, expected):
        rows = [Claim(UNITS[number], *claim) for number, claim in enumerate(claims)]

        assert ranked(rows, "0101", "990101001001003") == [UNITS[number] for number in expected]

    @given(
        st.lists(
            st.builds(
                Claim,
                unit_id=st.sampled_from(UNITS),
                area_code=st.sampled_from(["99", "990101001", "990101001001", "990101002"]),
                matter_code=st.sampled_from(["", "01", "0101", "02"]),
                order=st.integers(0, 3),
            ),
            max_size=12,
        )
    )
    def test_a_unit_comes_once_and_only_with_a_claim_that_covers(self, claims):
        found = ranked(claims, "0101", "990101001001001")

        assert len(found) == len(set(found))
        assert set(found) == {
            one.unit_id
            for one in claims
            if "990101001001001".startswith(one.area_code) and "0101".startswith(one.matter_code)
        }


class TestApart:
    @pytest.mark.parametrize("held", sorted(APART))
    @pytest.mark.parametrize("wanted", sorted(APART))
    def test_the_three_watchers_are_three_persons(self, held, wanted):
        assert clash([held], wanted) == (None if held == wanted else held)

    def test_other_roles_go_together(self):
        assert clash(["auditor", "dispatcher"], "reviewer") is None

    def test_none_of_the_three_reads_cases(self):
        for code in APART:
            assert not {Duty.READ, Duty.OPEN_CONTACT, Duty.CONFIDENTIAL} & set(roles.BY_CODE[code].duties)


class TestShipped:
    def test_every_role_has_duties_and_a_name_of_its_own(self):
        assert len({one.code for one in roles.ROLES}) == len(roles.ROLES) == 18
        assert len({str(one.name) for one in roles.ROLES}) == len(roles.ROLES)
        assert all(one.duties for one in roles.ROLES)

    def test_every_duty_is_held_by_some_role(self):
        assert {duty for one in roles.ROLES for duty in one.duties} == set(Duty)

    def test_every_role_of_the_trade_is_a_post_as_well(self):
        assert {one.code for one in roles.ROLES} <= set(Post.values)

    def test_all_unit_kinds_and_posts_of_the_trade_are_there(self):
        assert len(UnitKind) == 37
        assert len(Post) == 49

    def test_the_demo_lines_name_roles(self):
        assert set(roles.DEMO_LINES) <= set(roles.BY_CODE)

    @pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
    def test_the_current_consent_is_shipped_in_every_language(self, language):
        assert consent.shipped(consent.CURRENT, language).language == language

    def test_an_unknown_language_gets_the_simplified_chinese_text(self):
        assert consent.shipped(1, "fr").language == "zh-hans"
        assert consent.shipped(99, "zh-hans") is None


class TestPhones:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("", ""),
            (" 199 0000 0012 ", "19900000012"),
            ("１９９００００００１２", "19900000012"),
            ("（020）8000-0012", "02080000012"),
            ("+86 199-0000-0012", "+8619900000012"),
            ("12345", "12345"),
        ],
    )
    def test_a_number_is_kept_as_digits(self, typed, kept):
        assert clean_phone(typed) == kept

    @pytest.mark.parametrize("typed", ["1234", "没有电话", "1" * 21, "199000\x000012", "1990000001２a", "+"])
    def test_what_is_no_number_is_refused(self, typed):
        with pytest.raises(Invalid) as why:
            clean_phone(typed)
        assert list(why.value.errors) == ["phone"]

    @given(st.from_regex(r"\+?[0-9]{5,20}", fullmatch=True))
    def test_the_tail_never_shows_half_of_a_number(self, phone):
        tail = phone_tail(phone)
        assert len(tail) * 2 <= len(phone)
        assert phone.endswith(tail)


@pytest.mark.parametrize(("name", "mask"), [("刘样本", "刘**"), ("王", "王**"), ("", ""), ("Alice Example", "A**")])
def test_a_mask_shows_the_first_character_and_hides_the_length(name, mask):
    assert name_mask(name) == mask
