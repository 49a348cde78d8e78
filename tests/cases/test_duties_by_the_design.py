"""Who may walk which verb, told a second time in plain words (`prove.sim.model.WHO`): every duty, held everywhere."""

from uuid import UUID

import pytest

from huying.cases.actions.docket import Docket, Knowledge
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.rules import OrderRole, OrderState, Verb
from huying.kernel.actor import Actor, ActorKind, Granted, importer, resident, rule, system
from huying.people.rules import Duty
from prove.sim import model

DESK, PLACE, NEXT_DOOR = "990101001", "990101001001001", "990101002"
ME, LEAD, HELPER, GONE, OTHER, REPORT = (UUID(int=number) for number in range(1, 7))


@pytest.fixture(scope="module")
def docket():
    """A case of the street's desk in one grid, with a lead, an assistant and a unit that gave its order back."""
    case = Case(id=UUID(int=50), desk_code=DESK, area_code=PLACE)
    found = Docket(case=case, knowledge=Knowledge())
    for unit, role, state in (
        (LEAD, OrderRole.LEAD, OrderState.ACCEPTED),
        (HELPER, OrderRole.ASSIST, OrderState.OFFERED),
        (GONE, OrderRole.LEAD, OrderState.RETURNED),
    ):
        found.orders.append(WorkOrder(id=UUID(int=unit.int + 100), case=case, unit_id=unit, role=role, state=state))
    found.reports.append(Report(id=REPORT, case=case, taken_by_id=ME))
    return found


def allowed(verb, *, duty="", over=(), unit=None, caller=False, taker=False, anybody=False):
    for where, wanted in model.WHO[verb]:
        if where == "anybody" and anybody or where == "caller" and caller or where == "taker" and taker:
            return True
        if duty and wanted == duty and (where in over or where == "unit" and unit in (LEAD, HELPER)):
            return True
        if duty and wanted == duty and where == "lead" and unit == LEAD:
            return True
    return False


def person(duty, area, *, unit=None, for_unit=False):
    grants = (Granted(frozenset({str(duty)}), area, unit if for_unit else None),)
    return Actor(kind=ActorKind.PERSON, id=OTHER, units=(unit,) if unit else (), grants=grants)


@pytest.mark.parametrize("verb", model.VERBS)
def test_a_verb_is_walked_by_whom_the_design_names(docket, verb):
    word = Verb(verb)
    for duty in map(str, Duty):
        for area, over in (
            ("990101", ("desk", "place")),
            (DESK, ("desk", "place")),
            (PLACE, ("place",)),
            (NEXT_DOOR, ()),
        ):
            assert docket.may_walk(word, person(duty, area)) == allowed(verb, duty=duty, over=over), (duty, area)
        for unit in (LEAD, HELPER, GONE, OTHER):
            member = person(duty, DESK, unit=unit, for_unit=True)
            assert docket.may_walk(word, member) == allowed(verb, duty=duty, unit=unit), (duty, unit)
            stranger = Actor(kind=ActorKind.PERSON, id=OTHER, grants=member.grants)  # the grant without the post
            assert not docket.may_walk(word, stranger), (duty, unit)
            far = person(duty, NEXT_DOOR, unit=unit)  # a member whose own duties lie elsewhere
            assert docket.may_walk(word, far) == allowed(verb, duty=duty, unit=unit), (duty, unit)
    assert docket.may_walk(word, resident(REPORT)) == allowed(verb, caller=True, anybody=True)
    assert docket.may_walk(word, Actor(kind=ActorKind.PERSON, id=ME)) == allowed(verb, taker=True)
    assert not docket.may_walk(word, Actor(kind=ActorKind.PERSON, id=OTHER))
    held = (Granted(frozenset(Duty.values), DESK),)
    for outside in (resident(), resident(OTHER), importer("x", held), Actor(kind=ActorKind.CHANNEL, grants=held)):
        assert docket.may_walk(word, outside) == allowed(verb, anybody=True), outside
    assert docket.may_walk(word, system())
    assert docket.may_walk(word, rule("x"))


@pytest.mark.parametrize("verb", [one for one in model.VERBS if any(over == "unit" for over, _ in model.WHO[one])])
def test_an_order_named_is_the_order_whose_unit_is_asked(docket, verb):
    duty = next(duty for over, duty in model.WHO[verb] if over == "unit")
    for unit, order in ((LEAD, LEAD), (LEAD, HELPER), (HELPER, HELPER), (GONE, GONE)):
        actor = person(duty, DESK, unit=unit, for_unit=True)
        allowed_here = unit == order and unit != GONE
        assert docket.may_walk(Verb(verb), actor, UUID(int=order.int + 100)) == allowed_here
