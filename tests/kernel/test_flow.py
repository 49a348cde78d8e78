"""The table of moves: what is shown as legal is what can be walked, and a refusal names its guard."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel.flow import Flow, Move, guard, says_of
from huying.kernel.refusals import IllegalMove
from huying.kernel.terms import Term


class State(Term):
    NEW = "new", "新"
    OPEN = "open", "在办"
    DONE = "done", "办完"


class Verb(Term):
    START = "start", "开始"
    END = "end", "结束"
    NOTE = "note", "记录"
    MAKE = "make", "新建"


@dataclass
class Facts:
    state: State | None
    proof: bool = False
    many: bool = False


@guard("请先附上照片。")
def has_proof(facts):
    return facts.proof


def is_many(facts):
    return facts.many


FLOW = Flow(
    [
        Move(Verb.MAKE, {None}, State.NEW),
        Move(Verb.START, {State.NEW}, State.OPEN, duty="handle"),
        Move(Verb.END, {State.OPEN}, State.DONE, duty="handle", guards=(has_proof, is_many)),
        Move(Verb.END, {State.OPEN}, State.NEW, duty="handle", guards=(has_proof,)),
        Move(Verb.NOTE, {State.NEW, State.OPEN}, None),
    ]
)
facts = st.builds(Facts, state=st.sampled_from([None, *State]), proof=st.booleans(), many=st.booleans())


@given(facts)
def test_what_is_legal_can_be_walked_and_nothing_else(one):
    legal = {move.verb: move for move in FLOW.legal(one)}
    for verb in Verb:
        refusal = FLOW.refusal(verb, one)
        assert (verb in legal) == (refusal is None)
        if refusal is None:
            assert FLOW.move(verb, one) is legal[verb]
            assert one.state in legal[verb].sources


@given(facts)
def test_no_move_leaves_the_table(one):
    for move in FLOW.legal(one):
        assert move.lands(one.state) in State


def test_the_first_row_that_fits_is_taken():
    assert FLOW.move(Verb.END, Facts(State.OPEN, proof=True, many=True)).target == State.DONE
    assert FLOW.move(Verb.END, Facts(State.OPEN, proof=True)).target == State.NEW


def test_a_refusal_names_the_guard_and_says_its_sentence():
    refusal = FLOW.refusal(Verb.END, Facts(State.OPEN))
    assert str(refusal) == "请先附上照片。"
    assert refusal.facts == {"state": "open", "verb": "end", "guard": "has_proof"}


def test_a_state_that_does_not_fit_is_said_without_a_guard():
    with pytest.raises(IllegalMove) as refused:
        FLOW.move(Verb.END, Facts(State.NEW, proof=True))
    assert refused.value.facts == {"state": "new", "verb": "end"}


def test_a_verb_without_rows_is_refused():
    assert isinstance(Flow([]).refusal(Verb.END, Facts(None)), IllegalMove)


def test_a_guard_without_a_sentence_says_the_common_one():
    assert says_of(is_many) == IllegalMove.says


def test_a_move_that_stays_lands_where_it_is():
    assert FLOW.move(Verb.NOTE, Facts(State.OPEN)).lands(State.OPEN) == State.OPEN


def test_the_diagram_shows_each_way_once_and_what_begins():
    assert FLOW.mermaid() == (
        "stateDiagram-v2\n    [*] --> new: make\n    new --> open: start\n"
        "    open --> done: end\n    open --> new: end\n"
    )


def test_the_duty_of_a_verb_is_that_of_its_rows():
    assert (FLOW.duty(Verb.END), FLOW.duty(Verb.NOTE)) == ("handle", None)
