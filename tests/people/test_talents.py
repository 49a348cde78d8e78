"""Skills with consent: only with a yes, only for a time, gone with the word taken back."""

from datetime import timedelta

import pytest

from huying.kernel.actor import resident
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound
from huying.people import actions
from huying.people.models import Talent
from huying.people.rules import Duty
from tests.people.factories import COMMUNITY, NEXT_DOOR, NOW, STREET, admin_of, person

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def organiser(settings, tmp_path):
    settings.DATA = tmp_path
    return person(Duty.READ, Duty.ORGANISE, Duty.OPEN_CONTACT)


@pytest.fixture
def entered(organiser):
    return actions.enter_talent(
        name="方样本", phone="13900000021", area_code=COMMUNITY, skill="lawyer", until=(NOW + 30 * DAY).date(),
        agreed=True, actor=organiser, now=NOW,
    )  # fmt: skip


def test_the_person_takes_the_word_back_with_the_number_alone(entered):
    talent, code = entered
    with pytest.raises(NotFound):
        actions.withdraw_talent(code="000000000000", actor=resident(), now=NOW)
    actions.withdraw_talent(code=code, actor=resident(), now=NOW)
    talent = Talent.objects.get()
    assert talent.withdrawn_at == NOW
    assert talent.contact.phone_sealed is None


def test_the_data_goes_when_the_consent_has_run_out(entered, organiser):
    assert actions.end_talents(actor=organiser, now=NOW + 29 * DAY) == 0
    assert actions.end_talents(actor=organiser, now=NOW + 31 * DAY) == 1
    assert actions.end_talents(actor=organiser, now=NOW + 31 * DAY) == 0
    assert Talent.objects.get().contact.name_sealed is None


def test_it_opens_for_organisers_in_time_and_for_nobody_else(entered, organiser):
    talent, _code = entered
    assert actions.open_talent(talent_id=talent.pk, actor=organiser, now=NOW).phone == "13900000021"
    with pytest.raises(IllegalMove):
        actions.open_talent(talent_id=talent.pk, actor=organiser, now=NOW + 31 * DAY)
    with pytest.raises(NotAllowed):
        actions.open_talent(talent_id=talent.pk, actor=admin_of(STREET), now=NOW)
    with pytest.raises(NotFound):
        actions.open_talent(
            talent_id=talent.pk, actor=person(Duty.ORGANISE, Duty.OPEN_CONTACT, area=NEXT_DOOR), now=NOW
        )
