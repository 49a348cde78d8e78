"""Whether a source is counted can change: facts counted already follow, as in a full recount; frozen months do not."""

from datetime import datetime, timedelta

import pytest

from huying.cases import actions as cases
from huying.cases.actions import tickets as t
from huying.cases.models import Source
from huying.insight import actions, queries
from huying.insight.models import Cell, Fact, FrozenFact
from huying.insight.rules import Month
from huying.kernel.actor import resident, system
from huying.places.rules import SHANGHAI
from huying.registers import actions as registers
from huying.registers.declared import get
from tests.cases.uppers import answered, source_of, ticket
from tests.insight.steps import called, closed
from tests.insight.test_counting import snapshot
from tests.notices.conftest import spread
from tests.world import NOW, STREET

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AFTER = datetime(2026, 11, 10, 9, tzinfo=SHANGHAI)
OCTOBER = Month(202610)


@pytest.fixture
def media(world):
    """A source that counts, a ticket of it that was answered, and a call beside it."""
    made = source_of(code="media", name="媒体", kind="media", buffers=())
    one = answered(world, ticket(world, made))
    t.record_result(one.pk, result="satisfied", actor=world.clerk, now=NOW + DAY)
    closed(world, called(world).case.pk)
    spread()
    actions.catch_up()
    return made


def change(source, **values):
    registers.put(register=get("ticket_source"), row_id=source.pk, values=values, actor=system(), now=AFTER)
    spread()


@pytest.mark.parametrize("flags", [(False,), (False, True), (False, True, False)], ids=["off", "and on", "and off"])
def test_facts_and_cells_are_those_of_a_full_recount(world, media, flags):
    for counted in flags:
        change(media, counted=counted)
        actions.catch_up()
        kept = snapshot(Fact), snapshot(Cell)
        assert sorted({one.excluded for one in Fact.objects.all()}) == ([""] if counted else ["", "source"])
        actions.recount()
        assert (snapshot(Fact), snapshot(Cell)) == kept


def test_only_what_stands_otherwise_is_counted_again(world, media):
    change(media, counted=False)
    assert actions.catch_up() == 1
    assert actions.catch_up() == 0
    change(media, name="市媒体")
    assert actions.catch_up() == 0


def test_a_source_that_is_listed_after_its_cases_is_followed(world):
    case = closed(world, called(world, source="old-media").case.pk)
    spread()
    actions.catch_up()
    assert Fact.objects.get(subject_id=case.pk).excluded == ""
    values = {
        "code": "old-media", "name": "旧媒体", "area_code": STREET, "kind": "media", "tier": "city", "counted": False
    }  # fmt: skip
    registers.put(register=get("ticket_source"), row_id=None, values=values, actor=world.head, now=AFTER)
    spread()
    actions.catch_up()
    assert Fact.objects.get(subject_id=case.pk).excluded == "source"


@pytest.mark.parametrize("into", ["the call", "the petition"])
def test_a_call_that_is_merged_with_a_petition_stays_in_the_rates(world, into):
    call, petition = called(world), called(world, source="petition")
    first, second = (petition, call) if into == "the call" else (call, petition)
    cases.merge_case(first.case.pk, into_id=second.case.pk, confirmed=True, actor=world.clerk, now=NOW)
    closed(world, second.case.pk)  # both say the same
    spread()
    actions.catch_up()
    found = queries.assess(world.head, STREET, OCTOBER)
    assert (dict(found.excluded), found.whole.sums["cases"]) == ({"merged": 1}, 1)
    # The petition has no say in a rate; the call has its own.
    for code in ("resolution", "satisfaction", "first_round"):
        assert (found.whole.rates[code].above, found.whole.rates[code].of) == ("1", 1), code


def test_a_petition_whose_call_was_withdrawn_is_one_again(world):
    call, petition = called(world), called(world, source="petition")
    cases.merge_case(call.case.pk, into_id=petition.case.pk, confirmed=True, actor=world.clerk, now=NOW)
    cases.withdraw_report(petition.case.pk, actor=resident(call.report.pk), now=NOW)
    closed(world, petition.case.pk)
    spread()
    actions.catch_up()
    assert dict(queries.assess(world.head, STREET, OCTOBER).excluded) == {"merged": 1, "source": 1}


def test_a_source_that_counts_again_brings_the_say_of_its_reports_back(world):
    values = {
        "code": "media", "name": "媒体", "area_code": STREET, "kind": "media", "tier": "city", "counted": False
    }  # fmt: skip
    made = registers.put(register=get("ticket_source"), row_id=None, values=values, actor=world.head, now=NOW)
    call, other = called(world), called(world, source="media")
    cases.merge_case(other.case.pk, into_id=call.case.pk, confirmed=True, actor=world.clerk, now=NOW)
    closed(world, call.case.pk)
    spread()
    actions.catch_up()
    change(made, counted=True)
    actions.catch_up()
    kept = snapshot(Fact), snapshot(Cell)
    assert queries.assess(world.head, STREET, OCTOBER).whole.rates["resolution"].of == 2
    actions.recount()
    assert (snapshot(Fact), snapshot(Cell)) == kept


def test_a_frozen_month_stays_and_a_correction_takes_the_new_way(world, media):
    actions.freeze_month(code=STREET, month=OCTOBER, actor=world.head, now=AFTER)
    before = snapshot(FrozenFact)
    change(media, counted=False)
    actions.catch_up()
    assert snapshot(FrozenFact) == before
    second = actions.correct_month(code=STREET, month=OCTOBER, reason="来源不计。", actor=world.head, now=AFTER)
    assert FrozenFact.objects.filter(statement=second, excluded="source").count() == 1
    assert Source.objects.get(pk=media.pk).version == 2
