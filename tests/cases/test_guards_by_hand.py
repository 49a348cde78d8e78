"""Guards that no table holds: reporting from the field, outsiders and callers, covering photos, what lies in an area."""

from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases import by_people, casefile
from huying.cases.actions import covering, rehoming
from huying.cases.actions.docket import Docket
from huying.cases.forms.base import Subject
from huying.cases.forms.table import legal_moves
from huying.cases.listeners import reminding
from huying.cases.models import Case
from huying.cases.queries import lists, outside, page, scope
from huying.cases.queries.lists import Wanted
from huying.cases.rules import Channel, ReplyBy, State
from huying.cases.rules.tasks import Task
from huying.files.actions import prepare_image
from huying.files.models import Attachment
from huying.files.rules import FilePurpose
from huying.kernel.actor import Actor, ActorKind, Granted, resident
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound
from huying.matters import queries as matters
from huying.notices.models import Notice
from huying.people.actions import keep_contact
from huying.people.models import Recusal
from huying.portal.actions import keep_private
from tests.files.pictures import photo as jpeg
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, STREET, build_world, middle

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world():
    return build_world()


def holding(world, *duties, area, units=()):
    grants = (Granted(frozenset(duties), area),)
    return Actor(kind=ActorKind.PERSON, id=world.clerk.id, units=units, grants=grants)


def in_hand(world, receipt, *helpers):
    return a.register_file_dispatch(
        receipt.case.pk, lead_id=world.units["sanitation"].pk, assistant_ids=[world.units[one].pk for one in helpers],
        type_code="0901", grade="ordinary", actor=world.dispatcher, now=NOW + MINUTE,
    )  # fmt: skip


@pytest.mark.parametrize("duty", ["report", "intake"])
@pytest.mark.parametrize("channel", [Channel.PATROL, Channel.ON_BEHALF])
def test_who_finds_something_in_the_field_needs_a_duty_there(world, duty, channel):
    assert world.call(channel=channel, actor=holding(world, duty, area=BANYAN)).case.state == State.RECEIVED
    for other in (holding(world, duty, area=NEXT_DOOR), holding(world, "read", "handle", area=GRID)):
        with pytest.raises(NotAllowed):
            world.call(channel=channel, actor=other)


def test_a_firm_from_outside_sees_no_caller_and_opens_none_unless_it_reads_the_area(world):
    contact = keep_contact(
        name="居民甲", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
    )
    receipt = world.call(contact_id=contact.pk, reply_by=ReplyBy.PHONE)
    case = in_hand(world, receipt)
    a.add_units(case.pk, assistant_ids=[world.units["firm"].pk], actor=world.dispatcher, now=NOW + 2 * MINUTE)
    with pytest.raises(NotAllowed, match="外部单位"):
        a.open_reporter(
            case.pk,
            report_id=receipt.report.pk,
            purpose="first_contact",
            actor=world.firm_handler,
            now=NOW + 3 * MINUTE,
        )
    both = holding(world, "read", area=STREET, units=world.firm_handler.units)
    for viewer, hidden in ((world.firm_handler, True), (world.handler, False), (both, False)):
        rows = casefile.page.rows_of(case.pk, viewer)
        assert casefile.hides_callers(rows, viewer) == hidden
        assert outside.whole(case.pk, viewer).hides_callers == hidden


def test_photos_are_covered_by_the_desk_and_those_of_the_work_by_a_unit_at_work(world):
    docket = Docket.of(in_hand(world, world.call()))
    report, work = FilePurpose.REPORT, FilePurpose.AFTER
    assert covering.may_cover(docket, world.clerk, report)
    assert covering.may_cover(docket, world.handler, work)
    assert not covering.may_cover(docket, world.handler, report)
    for stranger in (world.enforcer, world.next_dispatcher, world.kapok_worker, world.firm_handler, resident()):
        assert not covering.may_cover(docket, stranger, work)
        assert not covering.may_cover(docket, stranger, report)
    with pytest.raises(NotFound):
        covering.cover_photo(docket.case.pk, docket.case.pk, boxes=[], actor=world.clerk, now=NOW)


def test_what_lies_in_an_area_is_counted_there_alone_and_never_what_is_restricted(world):
    lng, lat = middle(KAPOK + "001")
    here, there, secret = world.call().case, world.call(lng=lng, lat=lat).case, world.call(about_staff=True).case
    for case in (here, there, secret):
        assert case.state == State.RECEIVED
    assert [one.id for one in rehoming.open_in([BANYAN])] == [str(here.pk)]
    assert rehoming.past_in([BANYAN]) == 0
    for case in (here, there):
        a.answer_case(case.pk, words="好", actor=world.clerk, now=NOW + MINUTE)
    a.answer_case(secret.pk, words="好", actor=world.head, now=NOW + MINUTE)
    assert rehoming.past_in([BANYAN]) == 1
    assert rehoming.past_in([STREET]) == 2


def test_only_reports_that_the_former_took_down_in_the_area_are_handed_over(world):
    lng, lat = middle(KAPOK + "001")
    mine = world.call(channel=Channel.ON_BEHALF, actor=world.clerk)
    world.call(channel=Channel.ON_BEHALF, actor=world.clerk, lng=lng, lat=lat)
    world.call(channel=Channel.ON_BEHALF, actor=world.dispatcher)
    nameless = world.call()
    assert by_people.count_taken(world.clerk.id, BANYAN) == 1
    assert by_people.count_taken(world.clerk.id, STREET) == 2
    assert by_people.sight_of(world.head, mine.case.number).accounts == (world.clerk.id,)
    assert by_people.sight_of(world.head, nameless.case.number).accounts == ()


def test_only_who_holds_the_code_keeps_an_end_private(world):
    mine, other = world.call(), world.call()
    for actor in (resident(), resident(other.report.pk), world.head):
        with pytest.raises(NotFound):
            keep_private(mine.report.pk, wanted=True, actor=actor, now=NOW)
    keep_private(mine.report.pk, wanted=True, actor=resident(mine.report.pk), now=NOW)


def test_a_caller_answers_once_a_round_and_is_called_once(world):
    contact = keep_contact(
        name="居民甲", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
    )
    receipts = [world.call(contact_id=contact.pk, reply_by=ReplyBy.PHONE) for _ in range(2)]
    one, other = (receipt.case.pk for receipt in receipts)
    a.merge_case(other, into_id=one, confirmed=True, actor=world.clerk, now=NOW)
    case = in_hand(world, receipts[0])
    a.sign_in_order(case.pk, actor=world.handler, now=NOW + 2 * MINUTE)
    a.submit_result(case.pk, outcome="explained", answer="好。", actor=world.handler, now=NOW + 3 * MINUTE)
    a.sign_result(case.pk, actor=world.unit_head, now=NOW + 4 * MINUTE)
    case = a.review_result(case.pk, actor=world.reviewer, now=NOW + 5 * MINUTE)
    assert case.state == State.CALLING_BACK
    told = resident(receipts[0].report.pk)
    assert a.tell_outcome(case.pk, solved=True, actor=told, now=NOW + 6 * MINUTE).state == State.CALLING_BACK
    with pytest.raises(IllegalMove, match="已经评价过"):
        a.tell_outcome(case.pk, solved=False, actor=told, now=NOW + 7 * MINUTE)
    with pytest.raises(IllegalMove, match="已经评价过"):
        a.record_call_back(
            case.pk, report_id=receipts[0].report.pk, result="reached", solved=True, actor=world.caller,
            now=NOW + 8 * MINUTE,
        )  # fmt: skip


def test_what_took_a_case_out_of_ones_sight_answers_the_same_when_sent_again(world):
    case = world.call().case
    hidden = next(one.code for one in matters.active_types() if one.confidential)
    key = uuid7()
    for _twice in range(2):
        done = a.correct_case.once(key, case.pk, type_code=hidden, actor=world.clerk, now=NOW + MINUTE)
        assert done.type_code == hidden
        assert scope.one(case.pk, world.clerk) is None
    with pytest.raises(NotFound):
        a.correct_case.once(key, case.pk, type_code=hidden, actor=world.dispatcher, now=NOW + MINUTE)


def test_who_only_reads_covers_no_photo(world):
    case = world.call(images=[prepare_image(jpeg(60, 60))]).case
    photo = Attachment.objects.get(owner_kind="report")
    with pytest.raises(NotAllowed):
        covering.cover_photo(case.pk, photo.pk, boxes=[], actor=holding(world, "read", area=STREET), now=NOW)


@pytest.mark.parametrize(("who", "offered"), [("dispatcher", True), ("reviewer", False), ("clerk", False)])
def test_setting_a_recusal_is_offered_to_dispatchers(world, who, offered):
    case, viewer = world.call().case, world.people[who]
    subject = Subject(page.rows_of(case.pk, viewer), viewer, NOW)
    assert ("recuse" in {one.name for one in legal_moves(subject)}) == offered


def test_leaders_are_told_of_what_is_late_in_their_own_areas(world):
    lng, lat = middle(NEXT_DOOR + "001001")
    theirs = world.call(area_code=NEXT_DOOR, lng=lng, lat=lat).case
    late = theirs.due_at + MINUTE
    assert reminding.sum_up(now=late) == 0
    mine = world.call(now=late - MINUTE).case
    Case.objects.filter(pk=mine.pk).update(due_at=late)
    assert reminding.sum_up(now=late) == 1
    assert Notice.objects.get(account_id=world.leader.id, kind="late_sum").facts["count"] == "1"


def test_nobody_decides_on_the_return_they_asked_for(world):
    case = in_hand(world, world.call())
    both = Actor(
        kind=ActorKind.PERSON,
        id=world.handler.id,
        units=world.handler.units,
        grants=(*world.handler.grants, Granted(frozenset({"read", "dispatch"}), STREET)),
    )
    a.ask_return(case.pk, clause="第三条", reason="不归我们", actor=both, now=NOW + 2 * MINUTE)
    assert [one.case_id for one in lists.work_of(world.dispatcher) if one.task == Task.APPROVE] == [case.pk]
    assert [one for one in lists.work_of(both) if one.task == Task.APPROVE] == []


def test_orders_of_what_somebody_keeps_away_from_are_not_theirs(world):
    case = in_hand(world, world.call())
    assert len(outside.orders_found(world.handler, page=Page())) == 1
    Recusal.objects.create(object_id=case.pk, account_id=world.handler.id, reason_code="related", set_at=NOW)
    Case.objects.filter(pk=case.pk).update(recused=True, restricted=True)
    assert outside.orders_found(world.handler, page=Page()) == []
    assert len(outside.orders_found(world.unit_head, page=Page())) == 1


def test_confidential_and_other_cases_are_never_shown_as_one_matter(world):
    plain, secret = (world.call(type_code="0103").case for _number in range(2))
    Case.objects.filter(pk=secret.pk).update(confidential=True, restricted=True)
    for case, others in ((plain, []), (secret, [])):
        case.refresh_from_db()
        assert page.near(case, "0103", world.head) == others
    other = world.call(type_code="0103").case
    assert page.near(plain, "0103", world.head) == [other]


def test_words_are_asked_for_in_the_viewers_own_area(world, django_assert_num_queries):
    world.call()
    with django_assert_num_queries(1) as asked:
        lists.cases_found(world.clerk, Wanted(words="垃圾桶", state="all"), now=NOW, page=Page())
    assert f"a:{STREET}" in asked.captured_queries[0]["sql"]
