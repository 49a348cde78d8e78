"""A resident sends photo, PDF and recording; the desk finds, plays and covers; the unit proves with documents; terms end."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from huying.audit.models import History
from huying.cases.listeners.papers import forgotten
from huying.cases.models import Case
from huying.files import actions as files
from huying.files.models import Attachment
from huying.kernel.actor import system
from huying.kernel.events import News
from huying.kernel.ids import uuid7
from tests.files import papers, sounds
from tests.journeys.person import Person, photo
from tests.journeys.steps import case_of, case_page, code_on, look_up, move, review, triage
from tests.world import GRID, middle

WORDS = "垃圾桶满了没有人来收，物业贴了一张通知。"


def file(name, data):
    return SimpleUploadedFile(name, data, "application/octet-stream")


def picture(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_papers_recordings_and_covered_photos_from_the_call_to_the_end_of_their_terms(
    world, staff, clock, django_capture_on_commit_callbacks
):
    # The resident: a photo, a PDF, a recording with consent. A program under a PDF's name is refused, the rest stays.
    resident = Person().open("/report/").press("示范街道")
    more = {
        "photos": [photo()],
        "papers": [file("通知.pdf", b"MZ" + bytes(300))],
        "voice": [file("v.webm", sounds.webm(7))],
    }
    resident.press("下一步：在哪里", 422, words=WORDS, **more)
    assert "不是能收的文件" in resident.words
    assert "交录音要您同意" in resident.words
    resident.press("下一步：在哪里", 422, papers=[file("表.xlsx", papers.xlsx())], voice_agreed=True)
    assert "不是 PDF" in resident.words
    resident.press("下一步：在哪里", papers=[file("通知.pdf", papers.pdf("Zhongtian lamp notice"))])
    while not resident.address.startswith("/report/where/"):
        resident.press("下一步：在哪里", kind="unsure")
    lng, lat = middle(GRID)
    resident.press("下一步：核对提交", lng=lng, lat=lat)
    assert "通知.pdf" in resident.words
    assert "1 页" in resident.words
    assert "0:07" in resident.words

    # Without scripts a face is covered by numbers before anything is sent; it is looked at first.
    resident.follow("遮挡第 1 张照片")
    resident.press("看看遮好的样子", 422)
    assert "至少画一块" in resident.words
    resident.press("看看遮好的样子", left1=0, top1=0, width1=50, height1=100)
    resident.press("确认遮挡，删掉原图")
    assert "遮好了" in resident.words
    resident.press("提交", reply_by="page")
    code, case = code_on(resident), case_of(WORDS)
    rows = {one.kind: one for one in Attachment.objects.all()}
    assert set(rows) == {"jpg", "pdf", "webm"}

    # Its own files stand on the reporter's page, for that browser alone.
    look_up(resident, code)
    assert "通知.pdf" in resident.words
    report = case.reports.get()
    own = {kind: f"/status/{report.pk}/photos/{row.pk}/" for kind, row in rows.items()}
    told = resident.client.get(own["pdf"])
    assert told["Content-Disposition"].startswith("attachment")
    assert told.content == papers.pdf("Zhongtian lamp notice")
    assert resident.client.get(own["webm"], HTTP_RANGE="bytes=0-3").content == b"\x1a\x45\xdf\xa3"
    assert max(picture(resident.client.get(own["jpg"] + "?full").content).getpixel((10, 30))) < 60
    for address in own.values():
        assert Person().client.get(address).status_code == 404

    # The desk finds the case by the words of the document, hears the recording, sees what is not scanned.
    dispatcher, stranger = staff("dispatcher"), staff("next_dispatcher")
    assert case.number in dispatcher.open("/desk/list/?q=zhongtian").words
    assert case.number not in stranger.open("/desk/list/?q=zhongtian").words
    case_page(dispatcher, case)
    for words in ("通知.pdf", "1 页", "Zhongtian lamp notice", "未经扫描", "录音"):
        assert words in dispatcher.words, words
    shown = {kind: f"/desk/cases/{case.pk}/files/{row.pk}/" for kind, row in rows.items()}
    for kind, address in shown.items():
        assert dispatcher.client.get(address).status_code == 200, kind
        assert stranger.client.get(address).status_code == 404, kind
        assert stranger.client.get(address + "cover/").status_code == 404, kind
    assert dispatcher.client.get(shown["pdf"] + "preview/").status_code == 404
    assert dispatcher.client.get(shown["pdf"] + "cover/").status_code == 404

    # A plate was overlooked: the desk covers it; the open photo is gone, the record says who did it.
    dispatcher.follow("遮挡")
    dispatcher.press("看看遮好的样子", boxes="500,0,500,1000")
    before = rows["jpg"].sha256
    assert Attachment.objects.get(pk=rows["jpg"].pk).sha256 == before  # only looked at so far
    dispatcher.press("确认遮挡，删掉原图")
    covered = Attachment.objects.get(pk=rows["jpg"].pk)
    assert covered.sha256 != before
    assert max(picture(dispatcher.client.get(shown["jpg"]).content).getpixel((70, 30))) < 60
    line = History.objects.get(kind="file", verb="cover")
    assert (line.actor_id, line.object_id) == (world.accounts["dispatcher"].pk, covered.pk)

    # The unit proves with documents; it may not cover the caller's photo. The answer goes its way.
    triage(dispatcher, case, unit=world.units["sanitation"], kind="0103")
    handler = staff("handler")
    move(handler, case, "sign_in")
    assert handler.client.get(shown["jpg"] + "cover/").status_code == 403
    handler.open(f"/desk/cases/{case.pk}/?move=submit_result")
    given = {
        "outcome": "solved", "answer": "已清空并冲洗。", "before": [photo("前.jpg")], "after": [photo("后.jpg", (9, 99, 9))],
    }  # fmt: skip
    handler.press(
        "报结果",
        422,
        where="/moves/submit_result/",
        proof=[file("a.docm", papers.docx(main="main.macroEnabled"))],
        **given,
    )
    assert "宏或程序" in handler.words
    handler.press("报结果", where="/moves/submit_result/", proof=[file("验收单.docx", papers.docx("清运验收合格"))])
    case.refresh_from_db()
    proof = Attachment.objects.get(kind="docx")
    assert (case.state, proof.owner_kind, proof.purpose, proof.name) == ("reviewing", "order", "proof", "验收单.docx")
    assert case.number in dispatcher.open("/desk/list/?q=验收合格&state=all").words
    reviewer = staff("reviewer")
    assert "清运验收合格" in case_page(reviewer, case).words
    move(staff("unit_head"), case, "sign")
    review(reviewer, case)
    look_up(resident, code)
    assert "验收单" not in resident.words
    assert resident.client.get(f"/status/{report.pk}/photos/{proof.pk}/").status_code == 404

    # Nothing of a document or a name stands in the history.
    told = str(list(History.objects.values_list("facts", flat=True)))
    assert "Zhongtian" not in told
    assert "通知" not in told

    # The terms end after the case has: first the recording, later the caller's papers, and their words with them.
    Case.objects.filter(pk=case.pk).update(state="closed", ended_at=clock.now)
    clock.pass_by(days=91)
    assert files.end_files(actor=system(), now=clock.now) == {"voice": 1}
    assert dispatcher_again(staff).client.get(shown["webm"]).status_code == 404
    clock.pass_by(days=700)
    with django_capture_on_commit_callbacks(execute=True):
        assert files.end_files(actor=system(), now=clock.now) == {"report_photo": 1, "report_paper": 1}
    facts = {"owner_kind": "report", "owners": [str(report.pk)]}
    forgotten(News(id=uuid7(), name="files.words_gone", at=clock.now, facts=facts))
    dispatcher = dispatcher_again(staff)
    assert case.number not in dispatcher.open("/desk/list/?q=zhongtian&state=all").words
    assert case.number in dispatcher.open("/desk/list/?q=验收合格&state=all").words
    assert dispatcher.client.get(shown["pdf"]).status_code == 404
    assert "通知.pdf" not in case_page(dispatcher, case).words


def dispatcher_again(staff):
    return staff("dispatcher")


def test_a_call_is_recorded_with_consent_alone_and_the_security_officer_sets_the_terms(world, staff, clock):
    secretary = staff("secretary")
    secretary.open("/desk/new/")
    given = {
        "words": "电话里说的事，记不全。",
        "grid_code": GRID,
        "voice": [file("电话.mp3", sounds.mp3(9))],
        "reply_by": "page",
    }
    secretary.press("登记", 422, **given)
    assert "留录音要对方同意" in secretary.words
    secretary.press("登记", voice_agreed=True, papers=[file("清单.csv", "项,数\n桶,3\n".encode())])
    case = Case.objects.get()
    assert {one.kind for one in Attachment.objects.all()} == {"mp3", "csv"}
    page = case_page(secretary, case)
    assert "0:09" in page.words
    assert "<audio" in page.html
    assert secretary.client.get("/files/keeping/").status_code == 403
