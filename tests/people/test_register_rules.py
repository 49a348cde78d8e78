"""Pure decisions of the registers: chains, elections, counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.people.rules import Post, UnitKind
from huying.people.rules.registers import (
    ELECTIONS,
    GREATER,
    NEEDS_PARENT,
    NOMINATION,
    PARENTS,
    RANKS,
    ElectionForm,
    NominationState,
    Tally,
    coarse_count,
    lawful,
    may_be_raised,
    may_stand_under,
    post_problem,
    tally_problem,
    unit_problem,
)


class TestChains:
    @pytest.mark.parametrize(
        "chain",
        [
            ["street_party", "community_party", "grid_branch", "building_group"],
            ["street_party", "community_party", "estate_branch", "building_group"],
            ["street_party", "community_party", "circle_party", "firm_branch", "building_alliance"],
            ["town_party", "village_party", "lane_group"],
            ["street_party", "greater_work_committee", "community_party", "greater_committee"],
        ],
    )
    def test_the_chains_of_the_accounts_can_be_built(self, chain):
        for upper, lower in zip(chain, chain[1:], strict=False):
            assert may_stand_under(lower, upper)

    def test_the_top_stands_under_nothing(self):
        assert all(not may_stand_under("street_party", kind) for kind in UnitKind.values)

    def test_no_kind_comes_back_to_itself(self):
        """The chains have no circle: from any kind upwards one arrives at a top."""
        above = {kind: set(parents) for kind, parents in PARENTS.items()}
        reaching = {kind for kind, parents in above.items() if not parents}
        while more := {kind for kind, parents in above.items() if parents and parents <= reaching} - reaching:
            reaching |= more
        assert reaching == set(above)

    def test_what_is_no_party_organisation_stands_where_it_likes(self):
        assert may_stand_under("street_section", "district_department")

    @pytest.mark.parametrize("kind", sorted(NEEDS_PARENT))
    def test_branches_and_groups_need_an_upper_organisation(self, kind):
        assert unit_problem(kind, "990101001001", None)[0] == "parent"

    def test_an_organisation_lies_within_the_upper_ones_area(self):
        told = unit_problem("grid_branch", "990101001002001", ("community_party", "990101001001"))
        assert told[0] == "parent"

    @pytest.mark.parametrize(
        ("arrangement", "firms", "column"),
        [("", 0, "arrangement"), ("single", 2, "firms_covered"), ("joint", 1, "firms_covered"), ("single", 1, None),
         ("joint", 14, None)],
    )  # fmt: skip
    def test_a_firm_branch_is_single_or_joint_and_says_how_many_firms(self, arrangement, firms, column):
        told = unit_problem(
            "firm_branch", "990101001001", ("community_party", "990101001001"), arrangement=arrangement, firms=firms
        )
        assert (told[0] if told else None) == column

    def test_a_branch_is_raised_and_never_lowered(self):
        raised = {(a, b) for a in RANKS for b in RANKS if may_be_raised(a, b)}
        assert raised == {("branch", "general"), ("branch", "committee"), ("general", "committee")}
        assert may_be_raised("", "committee")


class TestPosts:
    def test_the_four_duties_belong_to_heads_and_grid_workers(self):
        assert post_problem(Post.MEDIATOR, "station", duties=["patrol"], has_sender=False, has_end=False)[0] == "duties"
        assert post_problem(Post.LANE_HEAD, "station", duties=["patrol"], has_sender=False, has_end=False) is None

    @pytest.mark.parametrize(
        ("kind", "sender", "end", "column"),
        [("station", True, True, "organisation"), ("greater_committee", False, True, "from_unit"),
         ("greater_committee", True, False, "until"), ("greater_committee", True, True, None)],
    )  # fmt: skip
    def test_a_part_time_member_sits_in_a_greater_committee_for_a_term(self, kind, sender, end, column):
        told = post_problem(Post.PART_TIME_MEMBER, kind, duties=[], has_sender=sender, has_end=end)
        assert (told[0] if told else None) == column


class TestElections:
    @pytest.mark.parametrize(
        ("form", "tally", "won"),
        [
            ("owners", Tally(300, 200, 101, 30000, 20000, 10001), True),
            ("owners", Tally(300, 199, 199, 30000, 30000, 30000), False),  # too few take part by number
            ("owners", Tally(300, 200, 101, 30000, 19999, 19999), False),  # by area
            ("owners", Tally(300, 200, 100, 30000, 20000, 10001), False),  # a half is not over half
            ("residents", Tally(1000, 501, 251), True),
            ("residents", Tally(1000, 500, 500), False),
            ("residents", Tally(1000, 600, 300), False),
            ("representatives", Tally(60, 41, 21), True),
            ("representatives", Tally(60, 40, 40), False),  # more than two thirds are needed
            ("members", Tally(50, 40, 26), True),
            ("members", Tally(50, 40, 25), False),  # over half of all who are entitled, not of those who came
            ("members", Tally(50, 39, 39), False),  # under four fifths
        ],
    )
    def test_the_numbers_of_the_law_decide(self, form, tally, won):
        assert lawful(form, tally) is won

    @given(
        st.sampled_from(list(ElectionForm)),
        st.integers(1, 3000), st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 3000),
    )  # fmt: skip
    def test_more_ayes_never_lose_an_election(self, form, due, present, ayes, more):
        present, ayes = min(present, due), min(ayes, present, due)
        better = min(ayes + more, present)
        lower = Tally(due, present, ayes, due, present, ayes)
        higher = Tally(due, present, better, due, present, better)
        assert not lawful(form, lower) or lawful(form, higher)

    @pytest.mark.parametrize(
        "tally", [Tally(0, 0, 0), Tally(10, 11, 5), Tally(10, 5, 6), Tally(10, 5, 3, 100, 120, 50)]
    )
    def test_numbers_that_cannot_be_are_refused(self, tally):
        assert tally_problem("owners", tally) is not None

    def test_greater_committees_invite_and_do_not_elect(self):
        assert not GREATER & set(ELECTIONS)

    def test_every_nomination_can_still_come_to_an_end(self):
        ends = {NominationState.APPOINTED, NominationState.REFUSED, NominationState.WITHDRAWN}
        for state in (NominationState.NOMINATED, NominationState.ELECTED):
            assert {move.target for move in NOMINATION if state in move.sources} & ends


@pytest.mark.parametrize(("number", "shown"), [(0, "0"), (1, "少于 5 人"), (4, "少于 5 人"), (5, "5"), (23, "23")])
def test_few_members_are_not_counted_out(number, shown):
    assert coarse_count(number) == shown
