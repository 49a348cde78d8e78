"""The tables of moves of whistles: every guard, every state, every figure."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.cases.rules.whistles import (
    CAME,
    FLOW,
    GOING,
    LEVEL_OF,
    OVER,
    PART_FLOW,
    WAITED_FOR,
    WHO,
    Band,
    Body,
    Given,
    PartFacts,
    PartState,
    PartVerb,
    Share,
    WhistleFacts,
    WhistleState,
    WhistleVerb,
    band_of,
    may_call,
)
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove
from huying.people.rules import UnitKind

W, P, V, U = WhistleState, PartState, WhistleVerb, PartVerb
YES = Given(words="有", remains="无", code_right=True, score=3)
PHONED = (W.BLOWN, W.JOINT, W.ENDED, W.RATED, W.CANCELLED)

# verb, facts that pass, target, then (what is changed, the guard that refuses)
WHISTLES = [
    (V.ASK, WhistleFacts(None, given=YES), W.ASKED, [({"given": Given()}, "says_why")]),
    (V.PHONE, WhistleFacts(None, given=YES), W.BLOWN, [({"given": Given()}, "says_why")]),
    (V.APPROVE, WhistleFacts(W.ASKED), W.BLOWN, []),
    (V.REFUSE, WhistleFacts(W.ASKED, given=YES), W.REFUSED, [({"given": Given()}, "says_why")]),
    *(
        (
            V.CONFIRM,
            WhistleFacts(state, phoned=True),
            state,
            [({"phoned": False}, "was_phoned"), ({"confirmed": True}, "not_confirmed")],
        )
        for state in PHONED
    ),
    *(
        (
            V.DISOWN,
            WhistleFacts(state, phoned=True, given=YES),
            state,
            [
                ({"phoned": False}, "was_phoned"),
                ({"confirmed": True}, "not_confirmed"),
                ({"given": Given()}, "says_why"),
            ],
        )
        for state in PHONED
    ),
    *(
        (
            V.CANCEL,
            WhistleFacts(state, parts=(PartFacts(P.ANSWERED),), given=YES),
            W.CANCELLED,
            [({"parts": (PartFacts(P.ARRIVED),)}, "nobody_came"), ({"given": Given()}, "says_why")],
        )
        for state in (W.ASKED, W.BLOWN)
    ),
    (V.BEGIN, WhistleFacts(W.BLOWN), W.JOINT, []),
    (
        V.END,
        WhistleFacts(W.JOINT, parts=(PartFacts(P.DONE), PartFacts(P.CALLED)), given=YES),
        W.ENDED,
        [
            ({"parts": (PartFacts(P.ARRIVED),)}, "nobody_at_work"),
            ({"parts": (PartFacts(P.CALLED, objection_open=True),)}, "nothing_disputed"),
            ({"given": Given(words="有")}, "record_is_whole"),
            ({"given": Given(remains="无")}, "record_is_whole"),
        ],
    ),
    (
        V.CLOSE,
        WhistleFacts(W.ENDED, parts=(PartFacts(P.DONE, rated=True, rated_back=True), PartFacts(P.ABSENT))),
        W.RATED,
        [
            ({"parts": (PartFacts(P.DONE, rated=True),)}, "all_rated"),
            ({"parts": (PartFacts(P.DONE, rated_back=True),)}, "all_rated"),
        ],
    ),
]
PARTS = [
    (U.NAME, PartFacts(None), P.NAMED, []),
    (U.CALL, PartFacts(P.NAMED), P.CALLED, []),
    *(
        (
            U.ANSWER,
            PartFacts(P.CALLED, whistle=going),
            P.ANSWERED,
            [({"whistle": W.ENDED}, "whistle_goes"), ({"objection_open": True}, "not_disputed")],
        )
        for going in GOING
    ),
    *(
        (
            U.ARRIVE,
            PartFacts(state, whistle=W.JOINT, given=YES),
            P.ARRIVED,
            [
                ({"whistle": W.CANCELLED}, "whistle_goes"),
                ({"objection_open": True}, "not_disputed"),
                ({"given": Given()}, "shows_arrival"),
            ],
        )
        for state in WAITED_FOR
    ),
    (U.ARRIVE, PartFacts(P.CALLED, whistle=W.BLOWN, given=Given(photos=1)), P.ARRIVED, []),
    (
        U.FINISH,
        PartFacts(P.ARRIVED, whistle=W.JOINT, given=YES),
        P.DONE,
        [({"whistle": W.ENDED}, "whistle_goes"), ({"given": Given()}, "says_what")],
    ),
    (
        U.OBJECT,
        PartFacts(P.CALLED, whistle=W.BLOWN, given=YES),
        P.CALLED,
        [
            ({"whistle": W.CANCELLED}, "whistle_goes"),
            ({"objected": True}, "not_objected"),
            ({"in_time": False}, "in_answer_time"),
            ({"given": Given()}, "says_why"),
        ],
    ),
    (U.UPHOLD, PartFacts(P.CALLED, objection_open=True), P.RELEASED, [({"objection_open": False}, "disputed")]),
    (
        U.OVERRULE,
        PartFacts(P.CALLED, objection_open=True, given=YES),
        P.CALLED,
        [({"objection_open": False}, "disputed"), ({"given": Given()}, "says_why")],
    ),
    *(
        (
            verb,
            PartFacts(P.DONE, whistle=W.ENDED, given=YES),
            P.DONE,
            [
                ({"whistle": W.JOINT}, "whistle_ended"),
                (used, guard),
                ({"given": Given(score=0)}, "score_fits"),
                ({"given": Given(score=6)}, "score_fits"),
            ],
        )
        for verb, used, guard in (
            (U.RATE_UNIT, {"rated": True}, "not_rated"),
            (U.RATE_CALLER, {"rated_back": True}, "not_rated_back"),
        )
    ),
    *((U.MISS, PartFacts(state), P.ABSENT, []) for state in WAITED_FOR),
    *((U.DROP, PartFacts(state), P.CANCELLED, []) for state in (*WAITED_FOR, P.NAMED)),
]
ROWS = [(FLOW, *row) for row in WHISTLES] + [(PART_FLOW, *row) for row in PARTS]


def changed(facts, more):
    return type(facts)(**{**facts.__dict__, **more})


@pytest.mark.parametrize(("flow", "verb", "facts", "target", "refusals"), ROWS)
def test_a_move_goes_where_the_table_says_and_each_guard_refuses_by_itself(flow, verb, facts, target, refusals):
    assert flow.move(verb, facts).lands(facts.state) == target
    for more, guard in refusals:
        with pytest.raises(IllegalMove) as why:
            flow.move(verb, changed(facts, more))
        assert why.value.facts["guard"] == guard


@pytest.mark.parametrize(
    ("flow", "rows", "states"),
    [(FLOW, WHISTLES, [None, *W]), (PART_FLOW, PARTS, [None, *P])],
    ids=["whistle", "part"],
)
def test_no_move_starts_where_the_table_does_not_say(flow, rows, states):
    for move in flow:
        known = {facts.state for verb, facts, *_rest in rows if verb == move.verb}
        assert known == move.sources  # every source is walked above
        for state in states:
            if state not in known:
                facts = next(facts for verb, facts, *_rest in rows if verb == move.verb)
                with pytest.raises(IllegalMove):
                    flow.move(move.verb, changed(facts, {"state": state}))


def test_every_state_comes_to_an_end_and_every_move_has_somebody():
    steps = {(source, move.lands(source)) for flow in (FLOW, PART_FLOW) for move in flow for source in move.sources}
    reaching = {*OVER, P.DONE, P.RELEASED, P.ABSENT, P.CANCELLED}
    while more := {source for source, target in steps if target in reaching} - reaching:
        reaching |= more
    assert {*W, *P} <= reaching
    assert set(WHO) == {*V, *U}
    assert not GOING & OVER
    assert not WAITED_FOR & CAME


BODIES = st.builds(
    Body,
    id=st.builds(uuid7),
    kind=st.sampled_from(list(UnitKind)),
    area_code=st.sampled_from(["9901", "990101", "990101001", "990101001001", "990101002"]),
)


@given(caller=BODIES, called=BODIES, callers=st.sets(st.integers(1, 4)))
def test_a_unit_is_called_from_the_next_lower_tier_alone_and_for_its_own_place(caller, called, callers):
    place = "990101001001001"
    if may_call(caller, called, place=place, callers=callers):
        assert LEVEL_OF[called.kind] == LEVEL_OF[caller.kind] + 1
        assert caller.level in callers
        assert place.startswith(caller.area_code)
        assert place.startswith(called.area_code)


@pytest.mark.parametrize(
    ("caller", "called", "fits"),
    [
        ((UnitKind.COMMUNITY_COMMITTEE, "990101001001"), (UnitKind.STATION, "990101001"), True),
        ((UnitKind.STREET_CENTRE, "990101001"), (UnitKind.DISTRICT_DEPARTMENT, "990101"), True),
        ((UnitKind.DISTRICT_DEPARTMENT, "990101"), (UnitKind.CITY_BODY, "9901"), True),
        ((UnitKind.COMMUNITY_COMMITTEE, "990101001001"), (UnitKind.DISTRICT_DEPARTMENT, "990101"), False),
        ((UnitKind.COMMUNITY_COMMITTEE, "990101001001"), (UnitKind.STATION, "990101002"), False),
        ((UnitKind.PROPERTY_FIRM, "990101001001"), (UnitKind.STATION, "990101001"), False),
        ((UnitKind.STREET_CENTRE, "990101001"), (UnitKind.COMMUNITY_COMMITTEE, "990101001001"), False),
    ],
)
def test_the_three_levels(caller, called, fits):
    one, other = Body(uuid7(), *caller), Body(uuid7(), *called)
    assert may_call(one, other, place="990101001001001", callers=(1, 2, 3)) is fits
    assert not may_call(one, other, place="990101001001001", callers=())


def test_few_are_not_ranked_and_the_band_has_two_ends():
    assert (Share(9, 9).percent, Share(9, 10).percent) == (None, 90)
    assert [band_of(count, 4, 40) for count in (3, 4, 40, 41)] == [Band.FEW, Band.HEALTHY, Band.HEALTHY, Band.MANY]


def test_the_published_diagrams_are_the_tables():
    page = Path("docs/explanation/whistles.md").read_text(encoding="utf-8")
    assert FLOW.mermaid() in page
    assert PART_FLOW.mermaid() in page
