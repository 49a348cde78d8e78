"""A community puts up a plan, a neighbour objects without a name, is answered, and everybody reads the result."""

from datetime import timedelta

from huying.audit.models import History
from huying.notices.models import PublicNotice
from tests.journeys.person import Person, photo
from tests.journeys.steps import code_on
from tests.world import BANYAN, NEXT_DOOR

TITLE, OBJECTION = "北门加装充电桩的方案", "离三号楼太近，夜里会吵。"


def at_home(area: str) -> Person:
    """A resident whose phone has chosen the area."""
    one = Person().open("/area/")
    one.press("示范街道" if area == BANYAN else "邻江街道")
    return one


def test_a_public_notice_from_draft_to_result(world, staff, clock):
    # Drafted by the community, put up by the street: never by the same person.
    secretary = staff("secretary").open("/desk/notices/public/new/")
    secretary.press("存草稿", title=TITLE, body="拟在北门加装六个充电桩。", area_code=BANYAN, days="15")
    page = secretary.address
    secretary.follow("附件").press("存附件", images=[photo("方案.jpg")])
    assert "已有的附件 1" in secretary.words
    secretary.open(page).press("送批准")
    assert not secretary.open(page).follow("附件").offers("存附件")
    secretary.open(page)
    assert "要请另一位同事批准" in secretary.words or not secretary.offers("批准发布")
    resident = at_home(BANYAN)
    assert TITLE not in resident.open("/notices/").words

    stranger = staff("next_dispatcher")
    stranger.open(page, 404)
    assert TITLE not in stranger.open("/desk/notices/public/").words
    leader = staff("leader").open("/desk/notices/")
    assert "公示等您批准" in leader.words
    leader.press("打开")
    assert leader.address.endswith(page)
    leader.press("批准发布")
    assert not leader.offers("写结果，结束")

    # Everybody of the area reads it, on the page and on the sheet; the next street does not.
    resident.open("/").follow(TITLE)
    paper = PublicNotice.objects.get()
    assert "拟在北门加装六个充电桩。" in resident.words
    picture = resident.link("下载")
    assert resident.client.get(picture).status_code == 200
    assert "二维码" in resident.open(f"/notices/{paper.pk}/sheet/").html
    assert TITLE not in at_home(NEXT_DOOR).open("/notices/").words

    # A neighbour objects, without a name, and keeps a code.
    resident.open(f"/notices/{paper.pk}/").follow("提意见")
    resident.press("提交", 422, words="")
    resident.press("提交", words=OBJECTION)
    code = code_on(resident)
    assert OBJECTION not in Person().open(f"/notices/{paper.pk}/").words
    Person().open(resident.address, 404)

    # It is answered, and the answer found by the code.
    clock.pass_by(days=2)
    secretary = staff("secretary").open("/desk/notices/")
    assert "公示收到异议" in secretary.words
    secretary.press("打开")
    staff("next_dispatcher").open(page, 404)
    secretary.press("答复", words="改到东门，离楼三十米。")
    other_phone = Person().open("/track/").press("查进度", code=code)
    assert "改到东门，离楼三十米。" in other_phone.words

    # After its term it is closed with a result.
    clock.now = paper.ends_at + timedelta(hours=1)
    secretary = staff("secretary").open(page)
    secretary.press("写结果，结束", words="收到一条意见，已改到东门。")
    assert "收到一条意见，已改到东门。" in Person().open(f"/notices/{paper.pk}/").words
    assert not any("提意见" in words for _href, words in Person().open(f"/notices/{paper.pk}/").read.links)
    verbs = list(History.objects.filter(object_id=paper.pk).order_by("id").values_list("verb", flat=True))
    assert verbs == ["draft", "change", "ask", "publish", "object", "answer", "close"]
