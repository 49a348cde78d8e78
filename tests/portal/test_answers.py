"""Answers before anything is sent: shown, never in the way; public pages of what is in use."""

from datetime import timedelta

import pytest
from django.utils import timezone

from huying.cases.models import Report
from huying.matters.actions import knowledge
from tests.portal.walk import Resident
from tests.world import NEXT_DOOR, NOW, STREET

TODAY = timezone.localdate(NOW)
QUESTION, BODY = "大件垃圾怎么预约上门收", "打街道环卫站电话预约。"


@pytest.fixture
def made(world):
    row = knowledge.write_knowledge(
        kind="article", area_code=STREET, question=QUESTION, body=BODY, review_on=TODAY + timedelta(days=90),
        unit_id=world.units["sanitation"].pk, actor=world.head, now=NOW,
    )  # fmt: skip
    knowledge.submit_knowledge(version_id=row.pk, actor=world.head, now=NOW)
    return knowledge.publish_knowledge(version_id=row.pk, actor=world.leader, now=NOW)


def test_words_that_come_near_show_the_answer_and_stop_nobody(resident, made):
    shown = resident.client.post("/report/guess/", {"words": "我有大件垃圾要预约上门收走"}).content.decode()
    assert QUESTION in shown
    assert BODY in shown
    assert "下一步" in shown
    assert QUESTION not in resident.client.post("/report/guess/", {"words": "路灯不亮了"}).content.decode()

    resident.send(words="大件垃圾怎么预约上门收，没人管。")

    assert Report.objects.count() == 1


def test_everybody_finds_and_reads_it(resident, made):
    found = resident.get("/answers/?q=大件垃圾").content.decode()
    assert QUESTION in found
    page = resident.get(f"/answers/{made.entry}/").content.decode()
    assert BODY in page
    assert "街道环卫站" in page
    assert "何模拟" not in page  # nobody of the staff is named
    assert QUESTION not in resident.get("/answers/?q=暂住证").content.decode()


def test_next_door_lists_its_own(world, clock, client, made):
    assert QUESTION not in Resident(client, street=NEXT_DOOR).get("/answers/").content.decode()


def test_what_is_not_in_use_is_nowhere(resident, world, made):
    knowledge.retire_knowledge(version_id=made.pk, actor=world.head, now=NOW)
    gone = resident.get(f"/answers/{made.entry}/")
    none = resident.get("/answers/00000000-0000-7000-8000-000000000000/")
    assert gone.status_code == none.status_code == 404
    assert QUESTION not in resident.get("/answers/").content.decode()
