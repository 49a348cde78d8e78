"""What is promised is what runs: on the pages of residents and of triage, whichever set of limits holds."""

from datetime import timedelta

import pytest
import time_machine

from huying.cases import actions as a
from huying.cases.models import Report, WorkOrder
from huying.clocks.models import Clock
from huying.matters.actions import sets
from huying.ui.words import due_words
from tests.portal.test_status import work
from tests.portal.walk import Resident
from tests.world import NOW, STREET, build_world

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
SETS = {
    "the catalogue": None,
    "a storm": ("typhoon", "red", False),
    "the Spring Festival": ("spring_festival", "", False),
    "a drill": ("typhoon", "red", True),
}


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def hour():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(params=SETS)
def held(request, world):
    on(world, SETS[request.param])


def on(world, occasion, now=NOW):
    if occasion is not None:
        season, alert, drill = occasion
        return sets.switch_on(
            season=season, alert=alert, area_code=STREET, reason="预警", drill=drill, actor=world.leader, now=now
        )
    return None


def sent(world, client, grade="ordinary"):
    """A report of a resident; the desk has seen how urgent it is."""
    resident = Resident(client)
    report_id = resident.send(phone="13800000000", name="刘样本", consent="on")
    if grade != "ordinary":
        a.correct_case(report_id, grade=grade, actor=world.clerk, now=NOW)
    return resident, Report.objects.select_related("case").get(pk=report_id)


def handed(world, case, now=NOW, **given):
    given = {"type_code": case.type_code, **given}
    a.register_file_dispatch(case.pk, lead_id=world.units["sanitation"].pk, actor=world.dispatcher, now=now, **given)
    return WorkOrder.objects.get(case=case)


def runs(object_id, step):
    """The limit in words of the newest clock of a step."""
    return str(Clock.objects.filter(object_id=object_id, step=step).latest("started_at").rule().words())


def steps_of(resident, report):
    page = resident.get(f"/report/done/{report.pk}/")
    return [str(one["limit"]) for one in page.context["next_steps"]]


@pytest.mark.usefixtures("held", "hour")
@pytest.mark.parametrize("grade", ["ordinary", "urgent"])
def test_a_resident_is_promised_what_the_clocks_start_with(world, client, grade):
    resident, report = sent(world, client, grade)
    assert report.case.grade == grade
    looked, contact, handled = steps_of(resident, report)[:3]
    handed(world, report.case)
    case_id = report.case_id
    assert looked == f"{runs(case_id, 'intake')}内"
    assert contact == f"{runs(case_id, 'first_contact')}内"
    assert handled == f"{runs(case_id, 'handle')}内"


def test_a_set_switched_on_afterwards_changes_what_has_not_begun(world, client, hour):
    resident, report = sent(world, client, "urgent")
    ordinary = steps_of(resident, report)
    on(world, SETS["a storm"], LATER)
    hour.move_to(LATER)
    looked, contact, handled = steps_of(resident, report)[:3]
    assert looked == ordinary[0] == f"{runs(report.case_id, 'intake')}内"
    handed(world, report.case, LATER)
    assert [contact, handled] == [f"{runs(report.case_id, step)}内" for step in ("first_contact", "handle")]
    assert handled != ordinary[2]


@pytest.mark.usefixtures("held", "hour")
def test_who_was_not_helped_is_promised_what_the_second_round_has(world, client):
    resident, report = sent(world, client)
    case_id = report.case_id
    handed(world, report.case)
    a.sign_in_order(case_id, actor=world.handler, now=NOW)
    work(world, case_id)
    promised = resident.get(f"/status/{report.pk}/rate/").context["limit"]
    assert resident.deed(report.pk, "rate", solved="no", words="还是满的").status_code == 302
    assert str(promised) == runs(case_id, "handle")


@pytest.mark.usefixtures("held", "hour")
@pytest.mark.parametrize("grade", ["ordinary", "urgent", "hard"])
def test_triage_says_what_dispatch_starts(world, client, grade):
    case = world.call(type_code="0901").case
    client.force_login(world.accounts["dispatcher"], backend="django.contrib.auth.backends.ModelBackend")
    said = client.get(f"/desk/triage/{case.pk}/choices/", {"type_code": "0103", "grade": grade}).context["choices"]
    order = handed(world, case, type_code="0103", grade=grade)
    assert said.limits == f"{runs(order.pk, 'sign_in')}内签收，{runs(case.pk, 'handle')}内办好"


@pytest.mark.usefixtures("held", "hour")
def test_the_order_to_sign_says_until_when_it_runs(world, client):
    case = world.call(type_code="0103").case
    handed(world, case)
    client.force_login(world.accounts["handler"], backend="django.contrib.auth.backends.ModelBackend")
    facts = {str(label): words for label, words in client.get("/desk/").context["opened"].facts}
    assert facts["时限"] == due_words(Clock.objects.get(object_id=case.pk, step="handle").due_at, NOW)
