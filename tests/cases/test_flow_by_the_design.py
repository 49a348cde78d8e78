"""The table of moves against the design, told a second time in plain words (`prove.sim.model`), one fault at a time."""

from random import Random

import pytest

from huying.cases.rules import FLOW, State, Verb
from huying.kernel.refusals import IllegalMove
from prove.sim import model
from prove.sim.facts import FAULTS, facts_of, good, spoil

EACH = 12


def walked(verb, case):
    facts = facts_of(case)
    try:
        return str(FLOW.move(Verb(verb), facts).lands(facts.state))
    except IllegalMove:
        return None


def test_the_design_knows_every_verb_and_state():
    assert set(model.VERBS) == {str(one) for one in FLOW.by_verb}
    assert set(model.STATES) == {str(one) for one in State}


@pytest.mark.parametrize("verb", model.VERBS)
def test_a_move_goes_where_the_design_says_and_is_refused_where_it_says(verb):
    rng, accepted, refused = Random(verb), 0, 0
    for fault in (None, *FAULTS):
        for _ in range(EACH):
            case = good(verb, rng.choice(model.FROM[verb]), rng)
            if fault is not None:
                fault(case, rng)
            expected = model.answer(verb, case)
            assert walked(verb, case) == expected, (model.blockers(verb, case), case)
            accepted, refused = accepted + (expected is not None), refused + (expected is None)
    assert accepted > EACH * len(FAULTS) / 2
    assert refused or verb == "receive"


def test_from_other_states_no_move_is_walked():
    rng = Random(1)
    for verb in model.VERBS:
        for state in {None, *model.STATES} - set(model.FROM[verb]):
            case = good(verb, state, rng)
            assert walked(verb, case) is None, (verb, state)


def test_what_a_page_offers_is_what_may_be_walked_once_the_form_is_right():
    rng = Random(2)
    for _ in range(200):
        case = good(rng.choice(model.VERBS), rng.choice(model.STATES), rng)
        case["form"] = None
        spoil(case, rng)
        case["form"] = None
        offered = {str(one.verb) for one in FLOW.legal(facts_of(case))}
        assert offered == {verb for verb in model.VERBS if model.answer(verb, case) is not None}, case
