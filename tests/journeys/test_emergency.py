"""A typhoon: a leader declares, everybody sees it, a hazard found on the street is urgent at once, then peace again."""

import pytest

from huying.cases.models import Case, Emergency, WorkOrder
from huying.clocks.models import Clock
from huying.matters.models import LimitSwitch
from huying.notices.models import Notice
from huying.places.models import RescueResource
from tests.journeys.person import Person
from tests.journeys.steps import triage
from tests.world import GRID, STREET

HAZARD = {"hazard": "water", "words": "路口积水没过膝盖，车过不去。", "grid_code": GRID}


@pytest.mark.mechanism("CALL-09")
def test_an_emergency_from_declaring_to_peace(world, staff, clock):
    RescueResource.objects.create(
        area_code=STREET, name="街道抢险队", kind="team", unit="街道应急办", duty_phone="020-00000000", capacity=20
    )
    leader, worker, dispatcher, stranger = (
        staff(key) for key in ("leader", "grid_worker", "dispatcher", "next_dispatcher")
    )
    assert not worker.open("/desk/cases/emergencies/").offers("启动")

    # The leader declares; the limits of the level hold, and the banner stands on desk and portal, numbers first.
    leader.open("/desk/cases/emergencies/")
    leader.press("启动", 422, season="typhoon", alert="red", area_code=STREET)
    leader.press("启动", season="typhoon", alert="red", area_code=STREET, reason="台风红色预警信号生效")
    row = Emergency.objects.get()
    address = f"/desk/cases/emergencies/{row.pk}/"
    assert LimitSwitch.objects.get(ended_at=None).limit_set.alert == "red"
    assert "已进入应急状态" in worker.open("/desk/").words
    visitor = Person("").open("/")
    assert "示范街道：台风红色预警，已进入应急状态" in visitor.words
    assert visitor.words.index("110") < visitor.words.index("已进入应急状态")

    # What is ready, and who is on duty.
    leader.open(address)
    assert "街道抢险队" in leader.words
    unit = str(world.units["centre"].pk)
    leader.press(
        "排好", area_code=STREET, unit_id=unit, post="centre_head", begins_at="2026-10-20T08:00",
        ends_at="2026-10-20T20:00",
    )  # fmt: skip
    assert "街道调度中心" in worker.open(address).words
    assert "何模拟" not in worker.words  # names are for those who read the directory there
    assert "何模拟" in dispatcher.open(address).words

    # A hazard becomes an urgent matter; there is nothing to write about persons; the next street sees none of it.
    worker.open(address)
    form, _button = worker.form_of("上报险情")
    assert set(form.controls) <= {"hazard", "words", "grid_code", "place_words", "key", "csrfmiddlewaretoken"}
    worker.press("上报险情", **HAZARD)
    case = Case.objects.get()
    assert (case.grade, case.type_code, case.drill) == ("urgent", "0605", False)
    assert Clock.objects.get(object_id=case.pk, step="intake").limit == "5m"
    stranger.open(address, 404)
    stranger.open(f"/desk/cases/{case.pk}/", 404)
    assert "已进入应急状态" not in stranger.open("/desk/").words
    clock.pass_by(minutes=3)
    triage(dispatcher, case, unit=world.units["sanitation"])
    assert Clock.objects.get(object_id=case.pk, step="handle").limit == "2h"
    assert WorkOrder.objects.get(case=case).due_at is not None

    # Peace: by the leader, and the ordinary limits are back.
    clock.pass_by(hours=1)
    staff("leader").open(address).press("解除应急状态")
    assert LimitSwitch.objects.filter(ended_at=None).count() == 0
    assert "已进入应急状态" not in staff("grid_worker").open("/desk/").words
    assert "已进入应急状态" not in Person("").open("/").words
    assert not staff("grid_worker").open(address).offers("上报险情")


def test_a_drill_is_marked_everywhere_and_is_no_emergency_for_residents(world, staff, clock):
    leader, worker, dispatcher = (staff(key) for key in ("leader", "grid_worker", "dispatcher"))
    leader.open("/desk/cases/emergencies/")
    leader.press("启动", season="sudden", alert="red", area_code=STREET, reason="消防演练", drill="on")
    row = Emergency.objects.get()
    assert "演练" in worker.open("/desk/").words
    assert "已进入应急状态" not in Person("").open("/").words
    worker.open(f"/desk/cases/emergencies/{row.pk}/").press("上报险情", **{**HAZARD, "hazard": "fire"})
    case = Case.objects.get()
    assert (case.drill, case.grade) == (True, "urgent")
    assert Clock.objects.get(object_id=case.pk, step="intake").limit == "5m"
    clock.pass_by(minutes=3)
    triage(dispatcher, case, unit=world.units["sanitation"])
    from tests.notices.conftest import spread

    spread()
    for one in Notice.objects.filter(account=world.accounts["handler"]):
        assert one.title.startswith("【演练】")
        assert one.body.startswith("【演练】")
    assert Notice.objects.filter(account=world.accounts["handler"]).exists()

    # A call that the desk takes down as one of the drill is marked too; a real one beside it is not.
    clerk, given = staff("clerk"), {"channel": "hotline", "reply_by": "none", "grid_code": GRID}
    clerk.open("/desk/new/").press("登记", words="演练：楼道里有烟。", drill="on", **given)
    clerk.open("/desk/new/").press("登记", words="真的垃圾桶满了。", **given)
    assert sorted(Case.objects.values_list("drill", flat=True)) == [False, True, True]
    assert "【演练】" in staff("head").open(f"/desk/cases/{case.pk}/").words
    form, _button = staff("next_dispatcher").open("/desk/new/").form_of("登记")
    assert "drill" not in form.controls

    # The end: its cases end, a report tells the times, the real one goes on.
    clock.pass_by(hours=1)
    leader = staff("leader").open(f"/desk/cases/emergencies/{row.pk}/").press("解除应急状态")
    for words in ("演练报告", case.number, "街道环卫站", "派单"):
        assert words in leader.words
    assert sorted(Case.objects.filter(drill=True).values_list("state", flat=True)) == ["voided", "voided"]
    assert Case.objects.get(drill=False).state == "received"
    staff("next_dispatcher").open(f"/desk/cases/emergencies/{row.pk}/report/", 404)
