"""A unit divides its work: who is away, who has what in hand, given by the head, taken, put back, given by rule."""

from prove.race.stage import _colleague
from tests.journeys.steps import case_of, case_page, move, submit, triage
from tests.world import GRID

CALLS = ("榕树路口的垃圾桶满了，没有人来收。", "榕树路口东边的垃圾桶也满了。", "榕树路口西边的垃圾桶倒了。")


def test_a_unit_divides_its_work(world, staff, clock):
    _colleague(world, "handler2")
    cases = []
    for words in CALLS:
        left = {"name": "李示例", "phone": "13900000000", "agreed": True, "reply_by": "phone"}
        staff("clerk").open("/desk/new/").press("登记", channel="hotline", words=words, grid_code=GRID, **left)
        cases.append(case_of(words))
    first, second, third = cases
    unit = world.units["sanitation"]
    triage(staff("dispatcher"), first, unit=unit, kind="0103")
    triage(staff("dispatcher"), second, unit=unit, kind="0103")

    # The head gives the first to a colleague; the handler sees it in nobody's list but theirs and the head's.
    head, handler, colleague = staff("unit_head"), staff("handler"), staff("handler2")
    head.open(f"/desk/cases/{first.pk}/?move=give")
    assert "同事示例：在办 0 件" in head.words
    move(head, first, "give", handler_id=str(colleague_id(world)))
    assert first.number not in handler.open("/desk/").words
    assert "主办 · 我" in colleague.open("/desk/").words
    assert second.number in handler.open("/desk/").words
    assert "交给 同事示例" in case_page(handler, first).words

    # The colleague signs in; the handler takes the second; each has one in hand, seen by the unit alone.
    move(colleague, first, "sign_in")
    move(handler, second, "take_on")
    assert "同事示例" in head.open("/desk/cases/sharing/").words
    assert "同事示例" not in staff("enforcer").open("/desk/cases/sharing/").words

    # Away until a day: nobody may give to them, and by rule the next one is the handler's.
    colleague.open("/desk/cases/sharing/")
    colleague.press("记下", where=f"/away/{colleague_id(world)}/", until="2026-10-22")
    assert "不在岗，到 2026-10-22" in colleague.words
    head.open("/desk/cases/sharing/").press("改为自动交")
    triage(staff("dispatcher"), third, unit=unit, kind="0103")
    assert third.orders.get().given_to_id == world.handler.id
    assert "按流程" in case_page(head, third).words

    # Put back, it is the unit's again, and the head may give it to whoever is there.
    move(handler, third, "put_back")
    assert third.orders.get().given_to_id is None
    move(handler, third, "take_on")
    move(handler, third, "sign_in")
    submit(handler, third, "扶正了。")
    assert third.state == "reviewing"


def colleague_id(world):
    return world.accounts["handler2"].pk
