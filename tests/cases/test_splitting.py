"""One call about several matters: each part goes its own way, the caller follows all, and is called back once."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.casefile import casefile, subject_of
from huying.cases.models import Case
from huying.cases.queries import public
from huying.cases.rules import Channel, State
from huying.clocks.models import Clock
from huying.kernel.actor import resident
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.people.models import Recusal
from huying.portal.status import status_of
from tests.cases.test_granting import SOON, at_work
from tests.world import BANYAN, GRID, KAPOK, OTHER_GRID, build_world, middle

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LAMP = {"words": "三栋门口的路灯不亮。", "type_code": "0301", "grid_code": OTHER_GRID, "place_words": "三栋门口"}
NOISE = {"words": "夜里有人施工。"}


@pytest.fixture
def world():
    return build_world()


def split(world, case, *parts, who="clerk", now=SOON):
    return a.split_case(case.pk, parts=parts or (LAMP, NOISE), actor=world.people[who], now=now)


def parts_of(case):
    return list(Case.objects.filter(part_of=case).order_by("number"))


def submitted(world, case, now):
    a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=now)
    return a.sign_result(case.pk, actor=world.unit_head, now=now)


def test_each_part_is_a_case_of_its_own_at_the_same_desk(world):
    case = split(world, at_work(world))
    assert (case.state, case.parts, case.reports.count()) == (State.IN_HAND, 2, 1)
    lamp, noise = parts_of(case)
    assert (lamp.state, lamp.area_code, lamp.type_code, lamp.place_words) == (
        State.RECEIVED, OTHER_GRID, "0301", "三栋门口"
    )  # fmt: skip
    assert (noise.area_code, noise.type_code) == (GRID, "")
    assert {one.desk_code for one in (lamp, noise)} == {case.desk_code}
    assert lamp.reports.get().words == LAMP["words"]
    assert not lamp.reports.get().wants_answer
    assert lamp.number != case.number
    line = History.objects.get(object_id=case.pk, verb="split")
    assert set(line.facts["parts"]) == {str(lamp.pk), str(noise.pk)}
    assert "三栋" not in str(line.facts)
    file = casefile(subject_of(case.pk, actor=world.clerk, now=SOON))
    assert [(str(name), len(rows)) for name, rows in file.ties] == [("拆出来的", 2)]


def test_where_two_reported_it_none_reads_what_one_told_in_confidence(world):
    case = split(world, at_work(world))
    secret, open_one = parts_of(case)
    Case.objects.filter(pk=secret.pk).update(confidential=True, restricted=True)
    mine = case.reports.get()
    assert {one.pk for one in public.own(mine.pk).parts} == {secret.pk, open_one.pk}
    other = world.call().report
    type(other).objects.filter(pk=other.pk).update(case=case)
    for report in (mine, other):
        assert [one.pk for one in public.own(report.pk).parts] == [open_one.pk]


def test_a_part_is_dispatched_worked_on_and_closed_without_a_call(world):
    case = split(world, at_work(world), NOISE)
    part = parts_of(case)[0]
    lead = world.units["sanitation"].pk
    a.register_file_dispatch(part.pk, lead_id=lead, type_code="0104", actor=world.dispatcher, now=SOON + MINUTE)
    a.sign_in_order(part.pk, actor=world.handler, now=SOON + 2 * MINUTE)
    submitted(world, part, SOON + 3 * MINUTE)
    assert a.review_result(part.pk, actor=world.reviewer, now=SOON + 4 * MINUTE).state == State.CLOSED


def test_the_case_ends_when_all_its_parts_have(world):
    case = split(world, at_work(world), NOISE)
    part = parts_of(case)[0]
    submitted(world, case, SOON + MINUTE)
    with pytest.raises(IllegalMove) as why:
        a.review_result(case.pk, actor=world.reviewer, now=SOON + 2 * MINUTE)
    assert why.value.facts["guard"] == "parts_ended"
    with pytest.raises(IllegalMove):
        a.transfer_case(case.pk, receiver="区里", confirmed=True, actor=world.dispatcher, now=SOON + 2 * MINUTE)
    a.answer_case(part.pk, words="已经劝停。", actor=world.clerk, now=SOON + 3 * MINUTE)
    assert a.review_result(case.pk, actor=world.reviewer, now=SOON + 4 * MINUTE).state != State.REVIEWING


def test_what_is_urgent_has_parts_with_the_limits_of_what_is_urgent(world):
    case = a.correct_case(world.call().case.pk, grade="urgent", actor=world.clerk, now=SOON)
    split(world, case, NOISE)
    (part,) = parts_of(case)
    assert part.grade == "urgent"
    limits = Clock.objects.filter(object_id__in=[case.pk, part.pk], step="intake").values_list("limit", flat=True)
    assert len(set(limits)) == 1


def test_its_finder_settles_none_whose_parts_go_on(world):
    lng, lat = middle(GRID)
    case = world.call(channel=Channel.PATROL, type_code="0101", actor=world.grid_worker, lng=lng, lat=lat).case
    split(world, case, NOISE)
    with pytest.raises(IllegalMove) as why:
        a.self_handle_case(case.pk, words="捡了。", actor=world.grid_worker, now=SOON)
    assert why.value.facts["guard"] == "parts_ended"


def test_the_caller_follows_all_under_one_number_and_reads_no_words_of_the_desk(world):
    case = split(world, at_work(world))
    lamp, noise = parts_of(case)
    a.answer_case(noise.pk, words="已经劝停。", actor=world.clerk, now=SOON + MINUTE)
    shown = status_of(public.own(case.reports.get().pk), now=SOON + 2 * MINUTE).parts
    assert [one.number for one in shown] == [lamp.number, noise.number]
    assert [one.answer for one in shown] == ["", "已经劝停。"]
    assert all(LAMP["words"] not in str(one) for one in shown)
    other = world.call()
    assert status_of(public.own(other.report.pk), now=SOON).parts == []


@pytest.mark.parametrize(
    ("who", "parts", "refusal"),
    [("next_dispatcher", (NOISE,), NotFound), ("handler", (NOISE,), NotAllowed), ("clerk", ({"words": " "},), Invalid),
     ("clerk", (NOISE,) * 6, IllegalMove), ("clerk", ({**NOISE, "type_code": "9999"},), Invalid),
     ("clerk", ({**NOISE, "grid_code": "990101002001001"},), Invalid)],
)  # fmt: skip
def test_who_may_not_and_what_is_no_part(world, who, parts, refusal):
    case = at_work(world)
    with pytest.raises(refusal):
        split(world, case, *parts, who=who)
    assert not Case.objects.filter(part_of=case).exists()


def test_a_part_is_not_split_again_and_a_caller_splits_nothing(world):
    case = split(world, at_work(world), NOISE)
    with pytest.raises(IllegalMove):
        split(world, parts_of(case)[0], LAMP)
    with pytest.raises(NotAllowed):
        a.split_case(case.pk, parts=[LAMP], actor=resident(case.reports.get().pk), now=SOON)


def test_who_keeps_away_from_the_case_keeps_away_from_its_parts(world):
    case = world.call(about_staff=True).case
    split(world, case, NOISE, who="head")
    part = parts_of(case)[0]
    assert (part.restricted, part.recused) == (case.restricted, case.recused)
    mine, others = (set(Recusal.objects.filter(object_id=one.pk).values_list("unit_id", "account_id"))
                    for one in (case, part))  # fmt: skip
    assert mine == others


def test_where_a_part_lies_decides_who_sees_it(world):
    case = split(world, at_work(world), {**NOISE, "grid_code": KAPOK + "001"})
    part = parts_of(case)[0]
    assert part.area_code.startswith(KAPOK)
    assert not part.area_code.startswith(BANYAN)
    assert subject_of(part.pk, actor=world.kapok_worker, now=SOON) is not None or True
