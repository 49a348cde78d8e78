"""A building head says it for somebody who cannot, follows it and nudges; that person has the last word."""

import pytest

from huying.cases.models import Case
from tests.journeys.person import Person, photo
from tests.journeys.steps import case_page, code_on, handle, look_up, move, review, triage
from tests.world import BANYAN, GRID

WORDS = "三号楼楼道口的垃圾桶爆满了，老人家绕着走。"


@pytest.mark.mechanism("CALL-10")
def test_the_building_head_reports_for_a_resident_follows_nudges_and_the_resident_answers(world, staff, clock):
    head, stranger = staff("building_head"), staff("next_dispatcher")

    # Taken down with consent; without it the name is not kept, and nothing is sent.
    head.open("/desk/new/")
    assert "代别人上报" in head.words
    head.press("登记", 422, words=WORDS, grid_code=GRID, name="周试行", phone="13900000000", images=[photo()])
    assert not Case.objects.exists()
    head.press("登记", agreed=True, reply_by="phone")
    case = Case.objects.get()
    assert (case.channel, case.desk_code) == ("on_behalf", BANYAN)

    # The slip for the resident: the code, the number and where to look; nobody else can print it.
    slip = head.address
    code = code_on(head)
    assert case.number in head.words
    assert "给诉求人的小票" in head.html
    stranger.open(slip, 404)
    staff("grid_worker").open(slip, 404)

    # It waits at the community's desk; the head finds it under what was reported for others, and nudges once a day.
    head.open("/desk/taken/")
    assert case.number in head.words
    head.press("催办", where="/nudge/")
    assert "催过了，共 1 次" in head.words
    assert "今天催过了" in head.words
    assert not head.offers("催办")
    assert "催办 1 次" in staff("secretary").open(f"/desk/cases/{case.pk}/").words
    clock.pass_by(days=1)
    staff("building_head").open("/desk/taken/").press("催办", where="/nudge/")
    case.refresh_from_db()
    assert case.nudges == 2

    # A grid worker follows own reports only.
    assert case.number not in staff("grid_worker").open("/desk/taken/").words

    # The community deals with it, the street reads the answer, and the head sees where it stands.
    secretary = staff("secretary")
    triage(secretary, case, unit=world.units["banyan"])
    head.open("/desk/taken/")
    assert "榕树社区居委会" in head.words
    handle(secretary, case, "已清空并冲洗，加了一个桶。")
    review(staff("reviewer"), case)
    assert case.state == "calling_back"

    # The head adds what the resident says, with the right of the one who took it down.
    move(head, case, "add", words="老人家说闻不到味道了。")

    # The resident types in the code, reads answer and unit, and says how it was.
    resident = look_up(Person(), code)
    for words in ("榕树社区居委会", "已清空并冲洗，加了一个桶。", "老人家说闻不到味道了。"):
        assert words in resident.words
    resident.follow("评价这次办理").press("提交评价", solved="yes", satisfaction="satisfied")
    case.refresh_from_db()
    assert case.state == "closed"
    assert "已结案" in head.open("/desk/taken/").words

    # The next street finds nothing of it.
    stranger = staff("next_dispatcher")
    case_page(secretary, case)
    case_page(stranger, case, 404)
    assert case.number not in stranger.open("/desk/taken/").words
