"""Papers of a case: what stands on them, for whom, and that Word can read them."""

import io
import zipfile
from xml.etree import ElementTree

import pytest

from huying.cases import actions as a
from huying.cases.casefile import subject_of
from huying.cases.rules import ReplyBy
from huying.cases.sheets import SheetKind, docx_of, kinds_of, sheet_of
from huying.kernel.actor import resident
from huying.people.actions import keep_contact
from tests.cases.test_granting import MINUTE, SOON, at_work
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
CALLER = "李示例"


@pytest.fixture
def world():
    return build_world()


def known(world, *, by="dispatcher", **given):
    contact = keep_contact(
        name=CALLER, phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
    )
    call = world.call(contact_id=contact.pk, reply_by=ReplyBy.PHONE, **given)
    return a.register_file_dispatch(
        call.case.pk, lead_id=world.units["sanitation"].pk, instruction="先围起来。", type_code="0103",
        actor=world.people[by],
        now=NOW + 5 * MINUTE,
    )  # fmt: skip


def paper(case, viewer, kind):
    return sheet_of(subject_of(case.pk, actor=viewer, now=SOON), kind)


def words_of(sheet):
    return " ".join(f"{term} {words}" for term, words in (*sheet.facts, *sheet.texts))


def test_a_hand_over_sheet_names_the_matter_the_unit_and_the_limits(world):
    case = known(world)
    sheet = paper(case, world.dispatcher, SheetKind.HAND_OVER)
    assert sheet.heading == "示范街道"
    assert sheet.number == case.number
    told = words_of(sheet)
    for words in ("垃圾桶满溢或破损", "街道环卫站", "先围起来。", "签收时限", "办理时限", "诉求人"):
        assert words in told
    assert "13900000001" not in told


def test_the_caller_stands_on_no_paper_of_a_unit_that_may_not_see_them(world):
    for case, viewer in (
        (_to_the_firm(world), world.dispatcher),
        (known(world, by="head", about_staff=True), world.head),
    ):
        told = words_of(paper(case, viewer, SheetKind.HAND_OVER))
        assert "先围起来。" in told
        assert "诉求人" not in told
        assert CALLER[0] + "*" not in told


def _to_the_firm(world):
    case = known(world)
    return a.add_units(case.pk, assistant_ids=[world.units["firm"].pk], actor=world.dispatcher, now=NOW + 6 * MINUTE)


def test_a_receipt_tells_who_signed_and_a_supervision_what_was_asked(world):
    case = at_work(world)
    assert kinds_of(subject_of(case.pk, actor=world.dispatcher, now=SOON)) == [SheetKind.HAND_OVER, SheetKind.SIGN_IN]
    assert "卫甲例" in words_of(paper(case, world.dispatcher, SheetKind.SIGN_IN))
    assert paper(case, world.dispatcher, SheetKind.SUPERVISION) is None
    a.supervise_case(case.pk, what="三天内换好桶。", limit="3wd", actor=world.leader, now=SOON)
    a.report_back(case.pk, words="明天换。", actor=world.handler, now=SOON + MINUTE)
    told = words_of(paper(case, world.leader, SheetKind.SUPERVISION))
    for words in ("三天内换好桶。", "明天换。", "3 个工作日", "林例文", "2026-10-20 09:20"):
        assert words in told


def test_as_word_it_is_the_same_and_well_formed(world):
    case = known(world, words="桶坏了 <b>&</b>\n第二行")
    sheet = paper(case, world.dispatcher, SheetKind.HAND_OVER)
    with zipfile.ZipFile(io.BytesIO(docx_of(sheet))) as file:
        assert set(file.namelist()) == {"[Content_Types].xml", "_rels/.rels", "word/document.xml"}
        for name in file.namelist():
            ElementTree.fromstring(file.read(name))
        document = ElementTree.fromstring(file.read("word/document.xml"))
    told = "".join(document.itertext())
    for words in ("示范街道", "交办单", case.number, "桶坏了 <b>&</b>", "第二行"):
        assert words in told


def test_the_pages_are_for_those_who_see_the_case(world, client):
    case = known(world)
    address = f"/desk/cases/{case.pk}/sheets/"
    client.force_login(world.accounts["dispatcher"])
    shown = client.get(f"{address}hand_over/")
    assert shown.status_code == 200
    assert "交办单" in shown.content.decode()
    word = client.get(f"{address}hand_over/word/")
    assert word["Content-Type"].endswith("wordprocessingml.document")
    assert ".docx" in word["Content-Disposition"]
    missing = [client.get(f"{address}{kind}/") for kind in ("supervision", "else")]
    client.force_login(world.accounts["next_dispatcher"])
    missing += [client.get(f"{address}hand_over/"), client.get(f"{address}hand_over/word/")]
    assert {one.status_code for one in missing} == {404}
