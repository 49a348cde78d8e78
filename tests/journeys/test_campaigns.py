"""A season of badly parked bicycles is put right place by place, by shares, with photos, and checked by others."""

import io
import zipfile

import pytest

from huying.cases.models import Campaign, CampaignSpot, Case
from huying.places.models import Facility
from tests.journeys.person import Person, photo
from tests.world import GRID, OTHER_GRID, STREET, middle


def spot_page(one: Person, spot: CampaignSpot, move: str = "", expect: int = 200) -> Person:
    return one.open(f"/desk/cases/campaigns/spots/{spot.pk}/{f'?move={move}' if move else ''}", expect)


def walk(one: Person, spot: CampaignSpot, move: str, button: str, expect: int = 200, **given) -> CampaignSpot:
    spot_page(one, spot, move)
    one.press(button, expect, where=f"/moves/{move}/", **given)
    spot.refresh_from_db()
    return spot


@pytest.mark.mechanism("CALL-11")
def test_a_campaign_over_listed_places_from_the_list_to_the_closing_report(world, staff, clock):
    lng, lat = middle(GRID)
    Facility.objects.create(kind="park", name="榕树公园", area_code=GRID, lng=lng, lat=lat)
    dispatcher = staff("dispatcher")
    dispatcher.open("/desk/cases/campaigns/").follow("发起专项整治")
    given = {
        "name": "共享单车乱停放整治", "aim": "人行道上不留一辆乱停的车。", "area_code": STREET,
        "type_codes": ["0103"], "from_day": "2026-10-20", "until_day": "2026-11-20",
    }  # fmt: skip
    dispatcher.press("建好", 422, **{**given, "until_day": "2026-10-01"})
    dispatcher.press("建好", **given)
    campaign = Campaign.objects.get()
    home = f"/desk/cases/campaigns/{campaign.pk}/"

    # Registered parks and two places of its own, each for its own community; then one is the sanitation centre's.
    far, near = middle(OTHER_GRID), middle(GRID)
    lines = f"榕树路口,{near[0]},{near[1]}\n后巷,{far[0]},{far[1]}"
    dispatcher.press("列入点位", where="/moves/add/", place_kinds=["facility-park"], typed=lines, unit="own")
    park, corner, lane = (CampaignSpot.objects.get(name=name) for name in ("榕树公园", "榕树路口", "后巷"))
    assert [one.unit_id for one in (park, corner, lane)] == [world.units["banyan"].pk] * 3
    dispatcher.open(f"{home}?move=share")
    dispatcher.press("分工", where="/moves/share/", spots=[str(corner.pk)], unit_id=str(world.units["sanitation"].pk))

    # Nobody else sees it before it begins; the next street and units without a share never do.
    worker, handler, stranger = staff("grid_worker"), staff("handler"), staff("next_dispatcher")
    worker.open(home, 404)
    dispatcher.open(f"{home}?move=begin").press("开始整治", where="/moves/begin/")
    for one in (stranger, staff("enforcer"), staff("next_handler")):
        one.open(home, 404)
        spot_page(one, corner, expect=404)
        assert "共享单车" not in one.open("/desk/cases/campaigns/").words

    # In the field, on a phone: my places, photos before and after, done; not without them.
    worker.open(f"{home}?mine=1")
    assert "榕树公园" in worker.words
    assert "榕树路口" not in worker.words
    walk(worker, park, "start", "开始整治", images=[photo("前.jpg")])
    walk(worker, park, "finish", "整治完成", 422, finding="solved")
    assert walk(worker, park, "finish", "整治完成", finding="solved", after=[photo("后.jpg")]).state == "done"
    assert "?move=pass" not in spot_page(worker, park).html  # nobody checks the own work

    # What cannot be put right there becomes a case, found by ourselves and tied to the place.
    second = staff("grid_worker2")
    assert "?move=open_case" not in spot_page(worker, lane).html  # another grid's
    walk(second, lane, "open_case", "转成案件", words="地砖塌了，要立项修。", type_code="0103")
    case = Case.objects.get()
    assert (case.channel, lane.case_id) == ("patrol", case.pk)
    finished = {"finding": "handed_on", "words": "已转案件。", "before": [photo("塌.jpg")]}
    assert walk(second, lane, "finish", "整治完成", **finished).state == "done"

    def both():
        return {"before": [photo("a.jpg")], "after": [photo("b.jpg")]}

    walk(handler, corner, "finish", "整治完成", finding="solved", **both())

    # Others look: one passes, one goes back with words, and comes again.
    walk(second, park, "pass", "核查通过", words="停得整齐。")
    walk(dispatcher, corner, "fail", "核查退回", 422)
    assert walk(dispatcher, corner, "fail", "核查退回", words="还有两辆。").state == "came_back"
    assert walk(handler, corner, "finish", "整治完成", finding="solved", **both()).state == "done"
    walk(dispatcher, corner, "pass", "核查通过")
    assert "完成 100%（3/3）" in dispatcher.open(home).words

    # Closed with numbers and pictures, on paper and as Word; public by a leader's word alone.
    dispatcher.open(f"{home}?move=close").press("结题", where="/moves/close/", words="两处整齐，一处立项。")
    assert "?move=publish" not in dispatcher.open(home).html
    dispatcher.open(f"{home}closing/")
    assert "67%（2/3）" in dispatcher.words
    assert "榕树公园" in dispatcher.words
    word = dispatcher.open(f"{home}closing/word/").response.content
    with zipfile.ZipFile(io.BytesIO(word)) as file:
        assert "专项整治结题报告" in file.read("word/document.xml").decode()
        assert any(name.startswith("word/media/") for name in file.namelist())
    stranger.open(f"{home}closing/", 404)
    assert "共享单车" not in Person().open("/campaigns/").words
    leader = staff("leader")
    leader.open(f"{home}?move=publish").press("公开结果", where="/moves/publish/", words="人行道通了，谢谢大家。")
    shown = Person().open("/campaigns/")
    assert "人行道通了" in shown.words
    assert "100%（3/3）" in shown.words
    for hidden in ("榕树公园", "后巷", "居委会", "郑虚构"):
        assert hidden not in shown.words
