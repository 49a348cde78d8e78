"""A street, a browser, and the ways of a resident through the pages."""

import pytest
import time_machine

from huying.cases import actions as a
from huying.cases.models import Report
from tests.portal.walk import Resident
from tests.world import NOW, build_world


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def resident(world, clock, client):
    return Resident(client)


@pytest.fixture
def sent(resident):
    """A report sent through the pages by somebody who can be called, and its row."""
    report_id = resident.send(phone="13800000000", name="刘样本", consent="on")
    return Report.objects.select_related("case").get(pk=report_id)


@pytest.fixture
def in_hand(world, sent):
    a.register_file_dispatch(
        sent.case_id, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
    )
    a.sign_in_order(sent.case_id, actor=world.handler, now=NOW)
    sent.case.refresh_from_db()
    return sent
