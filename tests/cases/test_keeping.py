"""Contact data goes twelve months after its case ended, once, and on the record."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases import jobs
from huying.cases.actions.keeping import end_keeping, months_before
from huying.cases.models import Report
from huying.cases.queries.replay import mismatches
from huying.cases.rules import ReplyBy
from huying.kernel.actor import resident, rule, system
from huying.kernel.refusals import NotAllowed
from huying.people.actions import keep_contact
from huying.people.models import Contact
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
ENDED = NOW + timedelta(hours=1)
YEAR_LATER = ENDED.replace(year=ENDED.year + 1)


@pytest.fixture
def world():
    return build_world()


def contact():
    return keep_contact(
        name="居民甲", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
    ).pk


def ended_call(world, contact_id=None, at=ENDED):
    receipt = world.call(contact_id=contact_id or contact(), reply_by=ReplyBy.PHONE)
    a.answer_case(receipt.case.pk, words="今天下午清运。", actor=world.dispatcher, now=at)
    return receipt.report


def end(now, months=12):
    return end_keeping(months=months, actor=system("test"), now=now)


def test_it_goes_when_the_months_are_over_and_not_before(world):
    report = ended_call(world)

    assert end(YEAR_LATER - timedelta(minutes=1)) == 0
    assert end(YEAR_LATER + timedelta(minutes=1)) == 1

    kept = Contact.objects.get(pk=report.contact_id)
    assert (kept.erased_at, kept.phone_sealed, kept.name_mask) == (YEAR_LATER + timedelta(minutes=1), None, "")
    report.refresh_from_db()
    assert (report.erased_at, report.reply_by) == (kept.erased_at, ReplyBy.PAGE)
    assert report.words  # the matter itself stays
    assert not mismatches([report.case_id])


def test_it_is_on_the_record_without_a_value_and_done_twice_it_is_done_once(world):
    report = ended_call(world)
    late = YEAR_LATER + timedelta(days=30)

    assert [end(late), end(late)] == [1, 0]

    lines = History.objects.filter(object_id=report.pk, verb="end_keeping")
    assert [(one.actor_kind, one.actor_label, one.facts) for one in lines] == [
        ("system", "test", {"case": str(report.case_id)})
    ]
    assert History.objects.filter(kind="contact", object_id=report.contact_id, verb="erased").count() == 1


def test_a_case_that_goes_on_keeps_it_however_old_it_is(world):
    world.call(contact_id=contact())
    assert end(YEAR_LATER + timedelta(days=1000)) == 0


def test_one_that_a_later_case_needs_as_well_waits_for_that_case(world):
    shared = contact()
    ended_call(world, shared)
    ended_call(world, shared, at=ENDED + timedelta(days=60))

    assert end(YEAR_LATER + timedelta(days=1)) == 0
    assert end(YEAR_LATER + timedelta(days=62)) == 2
    assert Contact.objects.get(pk=shared).erased_at is not None


def test_a_house_may_keep_it_shorter(world):
    ended_call(world)
    assert end(ENDED + timedelta(days=62), months=2) == 1


def test_only_the_system_ends_it(world):
    report = ended_call(world)
    for actor in (world.dispatcher, world.leader, resident(report.pk), rule("some-rule")):
        with pytest.raises(NotAllowed):
            end_keeping(months=12, actor=actor, now=YEAR_LATER + timedelta(days=1))
    assert Contact.objects.filter(erased_at=None).count() == 1


def test_the_job_takes_the_months_of_the_settings(world, settings):
    settings.CONTACT_MONTHS = 1
    ended_call(world)
    with time_machine.travel(ENDED + timedelta(days=33), tick=False):
        assert jobs.end_keeping(timestamp=0) == 1
    assert Report.objects.exclude(erased_at=None).count() == 1


@pytest.mark.parametrize(
    ("moment", "months", "earlier"),
    [
        ((2027, 3, 31), 1, (2027, 2, 28)),
        ((2028, 2, 29), 12, (2027, 2, 28)),
        ((2027, 1, 15), 2, (2026, 11, 15)),
        ((2027, 12, 1), 12, (2026, 12, 1)),
    ],
)
def test_months_are_those_of_the_calendar(moment, months, earlier):
    assert months_before(datetime(*moment, tzinfo=UTC), months) == datetime(*earlier, tzinfo=UTC)
