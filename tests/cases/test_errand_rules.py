"""The table of errands, said a second time by hand: where each move goes, and that each guard refuses by itself."""

from pathlib import Path

import pytest

from huying.cases.rules.errands import (
    FLOW,
    LIVE,
    THEIRS,
    ErrandFacts,
    ErrandState,
    ErrandVerb,
    names_a_number,
)
from huying.kernel.refusals import IllegalMove

S, V = ErrandState, ErrandVerb
# Verb, from, to, and what has to be so.
LINK = ("work", "plain", "in_time")
ROWS = [
    (V.SEND, None, S.SENT, ("work", "plain")),
    (V.ACCEPT, S.SENT, S.ACCEPTED, LINK),
    (V.DECLINE, S.SENT, S.DECLINED, (*LINK, "why")),
    (V.SAY, S.SENT, S.SENT, (*LINK, "something")),
    (V.SAY, S.ACCEPTED, S.ACCEPTED, (*LINK, "something")),
    (V.FINISH, S.ACCEPTED, S.DONE, (*LINK, "something")),
    *[(V.REPLY, state, state, ("work", "plain", "why")) for state in (S.SENT, S.ACCEPTED, S.DONE)],
    (V.SEND_BACK, S.DONE, S.ACCEPTED, ("work", "plain", "why")),
    (V.CONFIRM, S.DONE, S.CONFIRMED, ("work",)),
    *[(V.RENEW, state, state, ("work", "plain")) for state in (S.SENT, S.ACCEPTED, S.DONE)],
    *[(V.REVOKE, state, S.REVOKED, ()) for state in (S.SENT, S.ACCEPTED, S.DONE)],
]
BAD = {
    "work": {"work": False}, "plain": {"plain": False}, "in_time": {"in_time": False}, "why": {"words": False},
    "something": {"words": False, "photos": 0},
}  # fmt: skip


@pytest.mark.parametrize(("verb", "state", "target", "needs"), ROWS)
def test_a_move_goes_where_the_table_says_and_each_guard_refuses_by_itself(verb, state, target, needs):
    well = ErrandFacts(state, words=True, photos=0)
    assert FLOW.move(verb, well).lands(state) == target
    for name, bad in BAD.items():
        facts = ErrandFacts(state, **{"words": True, "photos": 1, **bad})
        if name in needs or (name == "something" and "why" in needs):
            with pytest.raises(IllegalMove):
                FLOW.move(verb, facts)
        else:
            assert FLOW.move(verb, facts).lands(state) == target


def test_a_photo_alone_says_something():
    facts = ErrandFacts(S.ACCEPTED, words=False, photos=1)
    assert FLOW.move(V.FINISH, facts).lands(S.ACCEPTED) == S.DONE


@pytest.mark.parametrize("verb", sorted(ErrandVerb, key=str), ids=str)
def test_no_move_starts_where_the_table_does_not_say(verb):
    for state in (None, *ErrandState):
        if (verb, state) not in {(row[0], row[1]) for row in ROWS}:
            assert FLOW.refusal(verb, ErrandFacts(state, photos=1)) is not None


def test_every_state_can_still_reach_an_end():
    steps = {(source, move.target) for move in FLOW for source in move.sources}
    reaching = set(ErrandState) - LIVE
    while more := {source for source, target in steps if target in reaching} - reaching:
        reaching |= more
    assert set(ErrandState) <= reaching
    assert {row[0] for row in ROWS} == set(ErrandVerb)
    assert len(THEIRS) == 4


@pytest.mark.parametrize(("words", "named"), [("电话 13800000000", True), ("020-1234 5678", True), ("3 号门", False)])
def test_a_phone_is_seen(words, named):
    assert names_a_number(words) is named


def test_the_published_diagram_is_the_table():
    page = Path("docs/explanation/talking.md").read_text(encoding="utf-8")
    assert FLOW.mermaid() in page
