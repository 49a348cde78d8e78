"""What the residents' pages say of a report that is not there, or not at its end; who reports by a program, and where."""

import pytest

from huying.cases.models import Case
from huying.kernel.actor import Actor, ActorKind, Granted
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotAllowed
from huying.portal import actions, api
from huying.portal.mine import OPENED
from tests.world import BANYAN, GRID, KAPOK, NOW, STREET, middle


def test_a_report_that_this_browser_remembers_and_the_house_does_not_is_not_found(world, client):
    gone = uuid7()
    session = client.session
    session[OPENED] = [str(gone)]
    session.save()
    for address in (f"/report/done/{gone}/", f"/report/done/{gone}/code.png"):
        assert client.get(address).status_code == 404
    assert client.post(f"/report/again/{gone}/").status_code == 404


def test_what_is_still_in_hand_is_not_reported_again(resident, in_hand):
    assert resident.client.post(f"/report/again/{in_hand.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("duty", "area", "taken"),
    [("report", BANYAN, True), ("report", STREET, True), ("intake", STREET, True), ("read", STREET, False),
     ("report", KAPOK, False), ("intake", BANYAN, False)],
)  # fmt: skip
def test_a_program_reports_where_its_owner_may_whatever_area_it_names(world, duty, area, taken):
    lng, lat = middle(GRID)
    given = api._by_staff(api.ReportIn(words="路灯不亮了。", area_code=STREET, lng=lng, lat=lat))
    owner = Actor(kind=ActorKind.PERSON, id=world.clerk.id, grants=(Granted(frozenset({duty}), area),))

    def send():
        return actions.send_report(uuid7(), given, reachable=None, images=[], actor=owner, now=NOW)

    if taken:
        assert send().case.area_code == GRID
    else:
        with pytest.raises(NotAllowed):
            send()
        assert not Case.objects.exists()
