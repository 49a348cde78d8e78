"""Small matters end in the community, larger ones in the street, the rest with the district; the answer comes back."""

import pytest

from huying.cases.models import Report
from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, check, handle, look_up, move, review, send_report, triage
from tests.world import BANYAN, DISTRICT, STREET

SMALL = "垃圾桶满了，没有人来收。"
LARGER = "垃圾桶被车撞坏了，垃圾散在整条路上。"
LARGEST = "河涌边的垃圾桶掉进水里，河水发黑。"
KINDS = {SMALL: "0103", LARGER: "0103", LARGEST: ""}  # the last caller cannot say what kind it is


@pytest.mark.mechanism("CALL-04")
def test_the_community_the_street_and_the_district_each_end_what_is_theirs_and_answer(world, staff, clock):
    secretary, dispatcher, reviewer = staff("secretary"), staff("dispatcher"), staff("reviewer")
    stranger, neighbour = staff("next_dispatcher"), Person("neighbour")

    # Three calls by phone, all from one grid: the community's desk has them first.
    callers = {words: Person() for words in (SMALL, LARGER, LARGEST)}
    codes = {}
    for words, one in callers.items():
        clock.pass_by(minutes=2)
        codes[words] = send_report(one, words, kind=KINDS[words], phone="13900000000")
    small, larger, largest = (case_of(words) for words in callers)
    assert {one.desk_code for one in (small, larger, largest)} == {BANYAN}
    for case in (small, larger, largest):
        assert case.title in secretary.open("/desk/").words

    # 1. The community solves the small one itself.
    triage(secretary, small, unit=world.units["banyan"])
    handle(secretary, small, "桶已清空，明天起每天两次。")
    assert small.state == "reviewing"
    review(reviewer, small)
    assert small.state == "calling_back"

    # 2. The next is more than the community can do: raised, with the reason, to the street, and to its station.
    move(secretary, larger, "raise", reason="要换桶，社区没有备用的。")
    assert (larger.state, larger.desk_code) == ("received", STREET)
    triage(dispatcher, larger, unit=world.units["sanitation"], kind="0103")
    case_page(secretary, larger)  # still followed by the community
    assert not secretary.offers("派单")
    handle(staff("handler"), larger, "换了两个新桶，路面冲洗干净。")
    move(staff("unit_head"), larger, "sign")
    review(reviewer, larger)

    # 3. The last is the department's: raised by the community, sent there by the street.
    move(secretary, largest, "raise", reason="河道归区里管。")
    triage(dispatcher, largest, unit=world.units["water"], kind="0602")
    assert largest.orders.get().unit.area_code == DISTRICT
    handle(staff("water_handler"), largest, "桶已捞起，水样送检。")
    review(reviewer, largest)
    assert largest.state == "checking"  # this matter asks for eyes on the place
    check(staff("grid_worker"), largest, "桶不在水里了。")

    # Each caller reads who has it and the answer, by the own code, and nobody else's.
    says = {
        SMALL: ("榕树社区居委会", "桶已清空，明天起每天两次。"),
        LARGER: ("街道环卫站", "换了两个新桶，路面冲洗干净。"),
        LARGEST: ("区水务局", "桶已捞起，水样送检。"),
    }
    for words, (unit, answer) in says.items():
        page = look_up(callers[words], codes[words]).words
        assert unit in page
        assert answer in page
        assert not any(other in page for name, pair in says.items() for other in pair if name != words)
    neighbour.open(f"/status/{Report.objects.get(words=SMALL).pk}/", 404)
    look_up_refused(neighbour, "000000000000")

    # Two say it is solved; the third does not, and the department takes it up again.
    for words, case in ((SMALL, small), (LARGER, larger)):
        callers[words].follow("评价这次办理").press("提交评价", solved="yes", satisfaction="satisfied")
        case.refresh_from_db()
        assert case.state == "closed"
    callers[LARGEST].follow("评价这次办理").press("提交评价", solved="no", words="水还是黑的。")
    largest.refresh_from_db()
    assert (largest.state, largest.round) == ("in_hand", 2)
    assert "水还是黑的。" in case_page(staff("water_handler"), largest).words
    clock.pass_by(hours=3)
    handle(staff("water_handler"), largest, "查到污水管错接，已改好，水清了。")
    review(reviewer, largest)
    check(staff("grid_worker"), largest, "水清了，没有味道。")
    page = look_up(callers[LARGEST], codes[LARGEST])
    assert "查到污水管错接" in page.words
    page.follow("评价这次办理").press("提交评价", solved="yes", satisfaction="fair")
    largest.refresh_from_db()
    assert largest.state == "closed"

    # Whose it is not, sees nothing of it: not the next street, not a unit without an order.
    for case in (small, larger, largest):
        case_page(stranger, case, 404)
        case_page(staff("enforcer"), case, 404)
    case_page(staff("handler"), largest, 404)
    stranger.open("/desk/list/?state=all")
    assert "垃圾桶" not in stranger.words


def look_up_refused(one, code):
    one.open("/track/").press("查进度", 422, code=code)
    assert "没有这个查询码" in one.words
