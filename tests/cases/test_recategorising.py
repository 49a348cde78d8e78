"""Another type of matter: what would change is shown first, limits and routing follow, what was said stays."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.casefile import casefile, subject_of
from huying.cases.forms.recategorise import RecategoriseForm
from huying.cases.models import Remark
from huying.cases.rules import State
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.matters import queries as matters
from huying.matters.rules import Step
from tests.cases.test_granting import SOON, at_work, handling
from tests.world import build_world

pytestmark = pytest.mark.django_db
LATER = SOON + timedelta(minutes=5)
OLD = "0103"


@pytest.fixture
def world():
    return build_world()


def unlike():
    """A type with another limit of handling."""
    limit = str(matters.limit_row(OLD, Step.HANDLE, "ordinary").limit)
    return next(
        one.code for one in matters.active_types()
        if not one.confidential and str(matters.limit_row(one.code, Step.HANDLE, "ordinary").limit) != limit
    )  # fmt: skip


def change(world, case, who="dispatcher", now=LATER, **given):
    wanted = {"type_code": unlike(), "reason": "看错了类型。"}
    return a.recategorise_case(case.pk, **{**wanted, **given}, actor=world.people[who], now=now)


def form_for(world, case, who="dispatcher", **first):
    return RecategoriseForm(subject=subject_of(case.pk, actor=world.people[who], now=LATER), initial=first)


def test_limits_follow_from_the_start_of_each_clock_and_the_unit_stays(world):
    case = at_work(world)
    before, code = handling(case), unlike()
    case = change(world, case, type_code=code)
    after = handling(case)
    assert (case.type_code, case.state) == (code, State.IN_HAND)
    assert after.started_at == before.started_at
    assert after.limit == str(matters.limit_row(code, Step.HANDLE, "ordinary").limit)
    assert after.limit_before == before.limit
    assert case.due_at == after.due_at
    assert case.orders.get().state == "accepted"
    assert Remark.objects.get(case=case).words == "看错了类型。"
    line = History.objects.get(object_id=case.pk, verb="correct", at=LATER)
    assert line.facts == {"type_old": OLD, "type_new": code}


def test_with_another_unit_it_is_handed_on_in_the_same_act(world):
    case = at_work(world)
    lead = world.units["enforcement"].pk
    case = change(world, case, lead_id=lead)
    assert case.orders.get(state="offered").unit_id == lead
    verbs = list(History.objects.filter(object_id=case.pk, at=LATER).order_by("id").values_list("verb", flat=True))
    assert verbs == ["correct", "reassign"]


@pytest.mark.parametrize(
    ("who", "given", "refusal"),
    [("next_dispatcher", {}, NotFound), ("handler", {}, NotAllowed), ("dispatcher", {"type_code": OLD}, Conflict),
     ("dispatcher", {"reason": " "}, Invalid), ("dispatcher", {"type_code": "9999"}, Invalid)],
)  # fmt: skip
def test_who_may_not_and_what_is_no_change(world, who, given, refusal):
    with pytest.raises(refusal):
        change(world, at_work(world), who, **given)


def test_a_clerk_changes_the_type_but_hands_nothing_on(world):
    case = at_work(world)
    with pytest.raises(NotAllowed):
        change(world, case, "clerk", lead_id=world.units["enforcement"].pk)
    case.refresh_from_db()
    assert case.type_code == OLD  # all of it or nothing
    assert "lead" not in form_for(world, case, "clerk", type_code=unlike()).fields


def test_a_unit_without_the_duty_is_refused(world):
    with pytest.raises(IllegalMove):
        change(world, at_work(world), lead_id=world.units["firm"].pk)


def test_the_form_says_beforehand_what_would_change(world):
    case, code = at_work(world), unlike()
    assert [one.name for one in form_for(world, case).buttons("改")] == ["find"]
    form = form_for(world, case, type_code=code)
    told = {str(label): str(words) for label, words in form.lines}
    assert told["事项"].endswith(matters.name_of(code))
    assert "→" in told[str(Step.HANDLE.label)]
    assert form.fields["lead"].initial == str(world.units["sanitation"].pk)
    assert str(world.units["enforcement"].pk) in [value for value, _label in form.fields["lead"].choices]
    assert len(form.buttons("改")) == 2
    assert handling(case).limit == str(matters.limit_row(OLD, Step.HANDLE, "ordinary").limit)  # nothing is done


def test_what_was_said_under_the_former_type_is_marked_so(world):
    case = at_work(world)
    report = case.reports.get()
    a.ask_reporter(case.pk, report_id=report.pk, question="是哪一只？", limit="2wd", actor=world.handler, now=SOON)
    a.answer_question(case.pk, words="路口东边那只。", actor=world.clerk, now=SOON + timedelta(minutes=1))
    change(world, case)
    file = casefile(subject_of(case.pk, actor=world.dispatcher, now=LATER))
    assert [one[2] for one in file.reports[0].additions] == [matters.name_of(OLD)]
