"""A shopping quarter over two grids: its five kinds of matters, each with the team that answers for it, in one place.

The texts name one centre, two platforms and three teams, and no more. Here the centre is whoever keeps the quarter's
page, the platforms are calls and joint action (whistle and campaign), the teams are three units with their matters.
"""

import pytest

from huying.cases.models import Campaign, CampaignSpot, Whistle
from huying.kernel.actor import system
from huying.people import actions as people
from huying.places.models import TradePlace
from tests.journeys.person import Person, photo
from tests.journeys.steps import case_of, case_page, check, handle, look_up, review, send_report, triage
from tests.world import BANYAN, GRID, OTHER_GRID, STREET, middle

# words, where, matter, the team's unit, who of it handles it
CALLS = (
    ("广场的奶茶店把桌子摆满人行道。", GRID, "0402", "enforcement", "enforcer"),
    ("广场一家店关了门，欠我们两个月工资。", GRID, "1201", "banyan", "secretary"),
    ("广场的理发店不肯退预付卡的钱。", OTHER_GRID, "1601", "banyan", "secretary"),
    ("广场后巷的小店楼上住人，没有第二个门。", OTHER_GRID, "0810", "firm", "firm_handler"),
    ("广场的烧烤店油烟直排，楼上开不了窗。", OTHER_GRID, "0705", "enforcement", "enforcer"),
)
OPEN, DONE = "近一年 1 件，在办 1 件。", "近一年 1 件，在办 0 件。"


@pytest.mark.mechanism("CALL-08")
def test_a_shopping_quarter_has_its_five_kinds_of_matters_done_by_its_teams(world, staff, clock):
    people.assign_responsibility(
        unit_id=world.units["firm"].pk, area_code=BANYAN, matter_code="08", order=1, actor=system(), now=clock.now
    )

    # The centre enters the quarter with the grids that it reaches; not one of the next street.
    head, stranger = staff("head"), staff("next_dispatcher")
    head.open("/desk/registers/trade_place/new/").press(
        "保存", name="榕树广场商圈", area_code=GRID, kind="district", operator="榕树广场管理公司",
        grid_codes=[OTHER_GRID],
    )  # fmt: skip
    place = TradePlace.objects.get()
    assert place.reach() == [GRID, OTHER_GRID]
    home = f"/desk/registers/trade_place/{place.pk}/"
    assert head.open(home).words.count("近一年 0 件，在办 0 件。") == 5
    stranger.open(home, 404)

    # Calls of all five kinds, each sent to its team; wages are for those who may read them.
    cases, callers = [], {}
    for words, grid, matter, unit, _who in CALLS:
        clock.pass_by(minutes=3)
        caller = Person()
        code = send_report(caller, words, at=grid)
        case = case_of(words)
        triage(staff("head"), case, unit=world.units[unit], kind=matter)
        assert (case.state, case.type_code) == ("in_hand", matter)
        cases.append(case)
        callers[case.pk] = (caller, code)
    wages = cases[1]
    assert staff("head").open(home).words.count(OPEN) == 5
    shown = staff("dispatcher").open(home)
    assert shown.words.count(OPEN) == 4
    assert wages.title not in shown.words
    assert cases[0].title in shown.words
    case_page(staff("dispatcher"), wages, 404)
    stranger = staff("next_dispatcher")
    for case in cases:
        case_page(stranger, case, 404)

    # What one team cannot do alone is done together: the community whistles, the others come.
    smoke, clerk = cases[4], staff("secretary")
    clerk.open(f"/desk/cases/{smoke.pk}/whistle/").press(
        "吹哨", where="/whistle/", units=[str(world.units[one].pk) for one in ("enforcement", "sanitation")],
        kind="enforcement", reason="烟道要拆，后巷要冲洗，社区没有车也没有执法权。",
    )  # fmt: skip
    whistle = Whistle.objects.get()
    for one in ("enforcer", "handler"):
        clock.pass_by(minutes=3)
        step(staff(one), whistle, "arrive", "报到", images=[photo("现场.jpg")])
        step(staff(one), whistle, "finish", "处置完成", words="烟道封了，后巷冲洗干净。")
    assert step(staff("secretary"), whistle, "end", "销哨", remains="下月复查。").state == "ended"

    # A campaign over shops of the quarter, from list to check.
    _campaign(world, staff)

    # Each team handles what is its own; the answer is read, looked at where the matter asks for it, and the caller says.
    for (words, _grid, _matter, _unit, who), case in zip(CALLS, cases, strict=True):
        clock.pass_by(minutes=3)
        handle(staff(who), case, f"已办好：{words}")
        review(staff("head2" if case.restricted else "reviewer"), case)
        if case.state == "checking":
            check(staff("grid_worker2"), case, "到现场看过，好了。")
        if case.state == "calling_back":
            caller, code = callers[case.pk]
            look_up(caller, code).follow("评价这次办理").press("提交评价", solved="yes", satisfaction="satisfied")
            case.refresh_from_db()
        assert case.state == "closed", case.title
    assert staff("head").open(home).words.count(DONE) == 5
    assert staff("dispatcher").open(home).words.count(DONE) == 4


def step(one, whistle, verb, button, **given):
    one.open(f"/desk/cases/whistles/{whistle.pk}/?move={verb}").press(button, where=f"/moves/{verb}/", **given)
    whistle.refresh_from_db()
    return whistle


def _campaign(world, staff):
    dispatcher = staff("dispatcher").open("/desk/cases/campaigns/").follow("发起专项整治")
    dispatcher.press(
        "建好", name="商圈门前三保", aim="门前干净、货物入店、不压绿地。", area_code=STREET, type_codes=["0402"],
        from_day="2026-10-20", until_day="2026-11-20",
    )  # fmt: skip
    home = f"/desk/cases/campaigns/{Campaign.objects.get().pk}/"
    lng, lat = middle(OTHER_GRID)
    dispatcher.press("列入点位", where="/moves/add/", typed=f"奶茶店门前,{lng},{lat}", unit="own")
    dispatcher.open(f"{home}?move=begin").press("开始整治", where="/moves/begin/")
    spot = CampaignSpot.objects.get()
    address = f"/desk/cases/campaigns/spots/{spot.pk}/"
    shown = {"before": [photo("前.jpg")], "after": [photo("后.jpg")]}
    staff("secretary").open(f"{address}?move=finish").press(
        "整治完成", where="/moves/finish/", finding="solved", **shown
    )
    staff("dispatcher").open(f"{address}?move=pass").press("核查通过", where="/moves/pass/")
    spot.refresh_from_db()
    assert spot.state == "checked"
