"""The registers of places at work: each is kept by its own community or street, used by a second one, and closed
to the next sub-district."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from huying.audit.models import History
from huying.places.models import (
    Area,
    CallOut,
    Device,
    Facility,
    GridCount,
    Inspection,
    RentedHome,
    RescueResource,
    SafetyCheck,
    ServicePlace,
    TradePlace,
    WorkContract,
)
from tests.journeys.steps import case_of, triage
from tests.world import BANYAN, GRID, OTHER_GRID, STREET

DESK = "/desk/registers/"


def table(head, *rows):
    held = io.StringIO()
    csv.writer(held).writerows([head, *rows])
    return SimpleUploadedFile("台账.csv", held.getvalue().encode("utf-8-sig"), "text/csv")


def bring(one, key, file):
    """Check a sheet, and take it in where it can be."""
    one.open(f"{DESK}{key}/import/").press("检查文件", file=file)
    return one.press("导入")


def page(one, key, row, expect=200):
    return one.open(f"{DESK}{key}/{row.pk}/", expect)


@pytest.mark.mechanism("REG-06")
def test_counts_by_grid_are_brought_kept_fresh_and_reach_the_tree(world, staff, clock):
    secretary, head = staff("secretary"), staff("head")

    # Two grids by a sheet; the neighbour's grid in it is told by its row, and nothing is kept before the yes.
    head_line = ("网格", "户数", "房屋套数", "出租屋套数", "企业", "商铺")
    good = [(GRID, 252, 268, 40, 12, 31), (OTHER_GRID, 240, 250, 30, 4, 18)]
    secretary.open(f"{DESK}grid_count/import/")
    secretary.press("检查文件", file=table(head_line, *good, ("990101002001001", 1, 1, 0, 0, 0)))
    assert "新增 2" in secretary.words
    assert "有问题 1" in secretary.words
    assert not GridCount.objects.exists()
    secretary.press("导入")
    assert GridCount.objects.count() == 2
    assert Area.objects.get(code=GRID, valid_to=None).households == 252

    # A month later one number moves: the street's head corrects it, and the tree of areas shows it at once.
    clock.pass_by(days=30)
    secretary, head = staff("secretary"), staff("head")
    row = GridCount.objects.get(area_code=GRID)
    page(head, "grid_count", row).follow("改动").press("保存", households=255, firms=13)
    row.refresh_from_db()
    assert (row.households, row.firms, row.counted_on.isoformat()) == (255, 13, "2026-11-19")
    assert "255" in head.open(f"/desk/places/{GRID}/").words
    assert "户数、企业" in page(secretary, "grid_count", row).words

    # More rented homes than homes cannot be; a person has no column.
    page(head, "grid_count", row).follow("改动").press("保存", 422, rented=999)
    assert "出租屋不能比房屋多" in head.words
    assert not {"name", "phone", "person"} & {one.name for one in GridCount._meta.get_fields()}
    facts = [line.facts for line in History.objects.filter(kind="grid_count")]
    assert all(set(one) <= {"fields", "import"} for one in facts)

    # The same sheet again changes the corrected grid back and nothing else; the next street sees nothing of it.
    bring(secretary, "grid_count", table(head_line, *good))
    assert "改动 1，不变 1" in secretary.words
    stranger = staff("next_keeper")
    page(stranger, "grid_count", row, 404)
    assert "252" not in stranger.open(f"{DESK}grid_count/").words


@pytest.mark.mechanism("REG-18")
def test_service_places_of_each_level_have_rooms_and_hours(world, staff):
    head, secretary = staff("head"), staff("secretary")

    # The street's centre, with hours that must be hours.
    head.open(f"{DESK}service_place/new/")
    given = {"name": "示范街道党群服务中心", "area_code": GRID, "level": "street", "square_metres": 3000,
             "phone": "020-00001000", "barrier_free": True, "point": "113.305, 23.105"}  # fmt: skip
    head.press("保存", 422, **given, hours_mon="早上到晚上")
    assert "开放时间要像" in head.words
    hours = {f"hours_{day}": "08:30–12:00，14:30-17:30" for day in ("mon", "tue", "wed", "thu", "fri")}
    head.press("保存", **hours)
    centre = ServicePlace.objects.get()
    assert centre.hours_mon == "08:30-12:00 14:30-17:30"
    assert "现在开放" in head.words  # Tuesday, nine in the morning
    assert "不开" in head.words

    # Its rooms; two of one name are refused.
    for name, use, metres in (("议事厅", "meeting", 120), ("阅览室", "reading", 90)):
        page(head, "service_place", centre)
        head.open(f"{DESK}room/new/?place={centre.pk}").press("保存", name=name, use=use, square_metres=metres)
    head.open(f"{DESK}room/new/?place={centre.pk}").press("保存", 422, name="议事厅")
    assert "议事厅" in page(head, "service_place", centre).words
    assert "120 平方米" in head.words

    # The community adds its station and stations of its grids by a sheet; both see one network by level.
    rows = [("榕树社区党群服务站", GRID, "社区", 260), ("榕树第一网格驿站", GRID, "网格（小区）", 40),
            ("榕树第二网格驿站", OTHER_GRID, "网格（小区）", 45)]  # fmt: skip
    bring(secretary, "service_place", table(("名称", "网格", "层级", "平方米"), *rows))
    head.open(f"{DESK}service_place/?level=grid")
    assert "共 2 条" in head.words
    assert "榕树第一网格驿站" in head.words
    assert "榕树社区党群服务站" not in head.words
    assert "榕树社区党群服务站" in head.open(f"{DESK}service_place/?q=社区党群").words
    assert "3,345" in head.open(f"{DESK}service_place/").words

    # On a sheet and back: nothing differs. The secretary may not change the centre's rooms of another community.
    sheet = head.client.get(f"{DESK}service_place/export.xlsx").content
    head.open(f"{DESK}service_place/import/").press(
        "检查文件", 422, file=SimpleUploadedFile("阵地.xlsx", sheet, "application/octet-stream")
    )
    assert "不变 4" in head.words
    page(staff("next_keeper"), "service_place", centre, 404)


@pytest.mark.mechanism("REG-19")
def test_a_list_of_works_becomes_part_of_the_inventory(world, staff):
    secretary, head = staff("secretary"), staff("head")
    line = ("名称", "网格", "类别", "来历", "增设日期", "工程", "平方米", "停车位", "充电位")
    rows = [
        ("榕荫口袋绿地", GRID, "绿地", "增设", "2026-05-01", "微改造", 800, "", ""),
        ("榕荫停车位", GRID, "停车位", "增设", "2026-05-01", "微改造", "", 12, ""),
        ("榕荫充电点", OTHER_GRID, "充电设施", "增设", "2026-06-01", "微改造", "", "", 24),
        ("没写工程的", OTHER_GRID, "充电设施", "增设", "", "", "", "", 10),
    ]
    secretary.open(f"{DESK}facility/import/").press("检查文件", file=table(line, *rows))
    assert "增设的请写哪个工程" in secretary.words
    secretary.press("导入")
    assert Facility.objects.count() == 3

    # The street sees sums over all communities, and hands two to one keeper at once, then takes it back.
    head.open(f"{DESK}facility/?origin=added")
    assert "增设 3 停车位 12 充电位 24" in head.words
    ticked = [str(one.pk) for one in Facility.objects.exclude(kind="green")]
    head.press("批量改", row=ticked, column="keeper")
    head.press("看改动前后", keeper="充电运营公司")
    assert "改这 2 行" in " ".join(head.buttons())
    head.press("改这 2 行")
    assert Facility.objects.filter(keeper="充电运营公司").count() == 2
    head.press("撤销这次改动")
    assert "已撤销 2 行" in head.words
    assert not Facility.objects.filter(keeper="充电运营公司").exists()

    # One goes: it leaves the list and its history stays.
    gone = Facility.objects.get(kind="green")
    page(secretary, "facility", gone).follow("停用").press("停用")
    assert "榕荫口袋绿地" not in secretary.open(f"{DESK}facility/").words
    assert "榕荫口袋绿地" in secretary.open(f"{DESK}facility/?ended=1").words
    assert "停用" in page(head, "facility", gone).words
    page(staff("next_keeper"), "facility", gone, 404)


@pytest.mark.mechanism("REG-20")
def test_devices_are_assets_and_nothing_more(world, staff):
    secretary, head = staff("secretary"), staff("head")
    line = ("名称", "网格", "类别", "资产编号", "安装日期")
    rows = [("榕荫路 1 号摄像头", GRID, "摄像头", "SB-0001", "2024-03-01"),
            ("榕荫路 2 号摄像头", OTHER_GRID, "摄像头", "SB-0002", "2024-03-01"),
            ("1 栋刷卡门", GRID, "刷卡门禁", "SB-0003", ""), ("东大门", GRID, "围院大门", "", "")]  # fmt: skip
    bring(secretary, "device", table(line, *rows))
    head.open(f"{DESK}device/")
    assert "摄像头 2 刷卡门禁 1 围院大门 1" in head.words

    # Counted here and nowhere else.
    head.open(f"{DESK}facility/import/")
    head.press("检查文件", 422, file=table(("名称", "网格", "类别"), ("又一个摄像头", GRID, "摄像头")))
    assert "只算一次" in head.words
    assert "camera" not in head.open(f"{DESK}facility/new/").form_of("保存")[0].controls["kind"].offered

    # One is out of order: all may see it, the street's head marks it.
    broken = Device.objects.get(serial="SB-0001")
    page(head, "device", broken).follow("改动").press("保存", condition="repair")
    assert "榕荫路 1 号摄像头" in secretary.open(f"{DESK}device/?condition=repair").words

    # Neither form nor sheet nor table has a place for pictures, entries, plates or people.
    names = {one.name for one in Device._meta.get_fields()} | set(
        head.open(f"{DESK}device/new/").form_of("保存")[0].controls
    )
    for word in ("person", "plate", "face", "entry", "entries", "holder", "image", "picture", "account"):
        assert not [name for name in names if word in name]
    assert "不记谁进出" in head.open(f"{DESK}device/").words
    page(staff("next_keeper"), "device", broken, 404)


@pytest.mark.mechanism("REG-22")
def test_commercial_places_count_their_tenants(world, staff):
    head, secretary = staff("head"), staff("secretary")
    head.open(f"{DESK}trade_place/new/")
    given = {
        "name": "榕荫商务楼",
        "area_code": GRID,
        "kind": "tower",
        "operator": "榕荫楼宇管理公司",
        "square_metres": 18000,
    }
    head.press("保存", 422, **given, vacant_m2=20000)
    assert "空置的不能比总面积大" in head.words
    head.press("保存", vacant_m2=900)
    tower = TradePlace.objects.get()

    # The community counts the tenants by trade, each trade once; the sums stand at the place.
    for trade, firms in (("office", 42), ("catering", 9)):
        page(secretary, "trade_place", tower)
        secretary.open(f"{DESK}tenants/new/?place={tower.pk}").press("保存", trade=trade, firms=firms, staff=firms * 8)
    secretary.open(f"{DESK}tenants/new/?place={tower.pk}").press("保存", 422, trade="office", firms=1)
    page(head, "trade_place", tower)
    assert "办公商务 42 家" in head.words
    assert "商户 51" in head.words
    assert "51" in head.open(f"{DESK}trade_place/?kind=tower").words
    assert "不收税务数据" in head.words
    page(staff("next_keeper"), "trade_place", tower, 404)


@pytest.mark.mechanism("REG-23")
def test_a_team_is_called_out_arrives_and_is_sent_home(world, staff, clock):
    head, dispatcher = staff("head"), staff("dispatcher")
    head.open(f"{DESK}rescue/new/").press(
        "保存", name="街道应急抢险队", area_code=GRID, kind="team", unit="街道应急管理办", duty_phone="020-00001000",
        capacity=24, minutes=15, suited=["flood", "tree"],
    )  # fmt: skip
    head.open(f"{DESK}rescue/new/").press(
        "保存", name="书院避护场所", area_code=OTHER_GRID, kind="shelter", unit="街道应急管理办",
        duty_phone="020-00001001", capacity=600,
    )  # fmt: skip
    team = RescueResource.objects.get(kind="team")

    # The dispatcher keeps no register, but finds who suits a flood, and calls.
    assert "街道应急抢险队" in dispatcher.open(f"{DESK}rescue/?suited=flood").words
    page(dispatcher, "rescue", team)
    assert not [one for one, says in dispatcher.read.links if "改动" in says]
    assert "020-00001000" in dispatcher.words
    dispatcher.follow("调用").press("保存", area_code=OTHER_GRID, emergency="flood", spot="榕溪街下穿通道")
    call = CallOut.objects.get()
    assert (call.resource, call.called_by, call.arrived_at) == (team, world.dispatcher.id, None)
    assert "待到场" in page(dispatcher, "rescue", team).words

    # Out is out: nobody calls it twice.
    page(dispatcher, "rescue", team).follow("调用")
    dispatcher.press("保存", 422, area_code=GRID, emergency="tree")
    assert "还没收队" in dispatcher.words

    clock.pass_by(minutes=14)
    page(staff("head"), "call_out", call).follow("改动").press("保存", arrived=True, sent=18)
    clock.pass_by(hours=2)
    page(staff("dispatcher"), "call_out", call).follow("收队").press("收队")
    call.refresh_from_db()
    assert (call.arrived_at - call.called_at).seconds == 14 * 60
    assert call.until == clock.now
    assert "已收队" in page(head, "rescue", team).words
    assert [one.verb for one in History.objects.filter(object_id=call.pk).order_by("pk")] == ["create", "change", "end"]

    # Free again.
    page(staff("dispatcher"), "rescue", team).follow("调用").press("保存", area_code=GRID, emergency="tree")
    assert CallOut.objects.count() == 2
    stranger = staff("next_dispatcher")
    page(stranger, "rescue", team, 404)
    page(stranger, "call_out", call, 404)


@pytest.mark.mechanism("REG-24")
def test_a_rented_home_is_filed_without_names_looked_at_and_mended(world, staff, clock):
    secretary, worker = staff("secretary"), staff("grid_worker")
    secretary.open(f"{DESK}rented_home/new/")
    given = {
        "name": "榕荫路 8 号 301 房",
        "area_code": GRID,
        "rooms": 4,
        "holder_kind": "person",
        "filed_on": "2026-10-20",
    }
    for personal in ("李示例", "13900000000", "440101199001011237"):
        secretary.press("保存", 422, **given, holder_ref=personal)
        assert "只写备案号" in secretary.words
    secretary.press("保存", holder_ref="CZ-2026-0007")
    home = RentedHome.objects.get()
    assert home.next_check.isoformat() == "2026-11-19"

    # The grid worker looks at it: what is lacking, and by when it is to be mended.
    page(worker, "rented_home", home).follow("记检查")
    worker.press("保存", 422, passed=True, lacking=["smoke_alarm"])
    assert "不能算合格" in worker.words
    worker.press("保存", 422, passed=False, lacking=["smoke_alarm"])
    assert "整改期限" in worker.words
    worker.press("保存", mend_by="2026-10-30")
    home.refresh_from_db()
    assert (home.lacking, home.next_check.isoformat()) == (["smoke_alarm"], "2026-10-30")
    assert "烟感报警" in page(secretary, "rented_home", home).words

    # When the day has come it stands among those that are due; mended, it rests for half a year.
    assert "301" not in secretary.open(f"{DESK}rented_home/?due=1").words
    clock.pass_by(days=11)
    assert "301" in staff("secretary").open(f"{DESK}rented_home/?due=1").words
    page(staff("grid_worker"), "rented_home", home).follow("记检查").press("保存", passed=True)
    home.refresh_from_db()
    assert (home.lacking, home.next_check.isoformat()) == ([], "2027-05-01")
    assert "301" not in secretary.open(f"{DESK}rented_home/?due=1").words
    assert SafetyCheck.objects.count() == 2

    # Tenants have no column anywhere, and the next street sees nothing.
    names = {one.name for model in (RentedHome, SafetyCheck) for one in model._meta.get_fields()}
    assert not [name for name in names if "tenant" in name or "person" in name or "phone" in name]
    page(staff("next_keeper"), "rented_home", home, 404)


@pytest.mark.mechanism("REG-26")
def test_a_contract_is_inspected_and_shows_the_calls_about_its_work(world, staff):
    head, dispatcher = staff("head"), staff("dispatcher")
    head.open(f"{DESK}work_contract/new/")
    given = {"name": "道路清扫保洁", "area_code": STREET, "kind": "cleaning", "unit_id": str(world.units["sanitation"].pk),
             "area_codes": [BANYAN], "square_metres": 310000, "matters": "0103，0101", "since": "2026-01-01",
             "term_ends": "2027-12-31"}  # fmt: skip
    head.press("保存", 422, **given)
    assert "请填“作业标准”" in head.words
    standard = "主干道一日两扫，垃圾桶满溢 1 小时内清运。"
    head.press("保存", 422, standard=standard, matters="第一类\t第二类")
    assert "事项代码只有字母和数字" in head.words
    head.press("保存", standard=standard, matters="0103，0101")
    contract = WorkContract.objects.get()
    assert (contract.unit_name, contract.matter_codes) == ("街道环卫站", ["0101", "0103"])

    # An inspection with findings needs a day to mend; the contract is looked at again on it.
    page(head, "work_contract", contract).follow("记检查")
    head.press("保存", 422, points=82, findings="榕荫路东段两处没有清扫")
    head.press("保存", mend_by="2026-10-27")
    contract.refresh_from_db()
    assert (Inspection.objects.get().points, contract.next_inspection.isoformat()) == (82, "2026-10-27")

    # A call about a full bin there is linked by matter and area; one from another community is not.
    world.call(words="榕树路口的垃圾桶满了，没有人来收。")
    case = case_of("榕树路口的垃圾桶满了，没有人来收。")
    secretary = staff("secretary")
    triage(secretary, case, unit=world.units["sanitation"], kind="0103")
    assert case.type_code == "0103"
    page(dispatcher, "work_contract", contract)
    assert "有关诉求 1 件，在办 1 件" in dispatcher.words
    dispatcher.follow(case.title)
    assert dispatcher.address == f"/desk/cases/{case.pk}/"
    assert "82 分" in page(dispatcher, "work_contract", contract).words
    page(staff("next_keeper"), "work_contract", contract, 404)
