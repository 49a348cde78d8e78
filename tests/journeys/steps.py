"""Steps that several journeys walk, each through the pages that the person would use."""

from __future__ import annotations

import re

from huying.cases.models import Case, Report
from tests.journeys.person import Person, photo
from tests.world import GRID, middle

CHECKS = ("done", "private", "dated")


def send_report(
    one: Person, words: str, *, kind: str = "", at: str = GRID, phone: str = "", staff: bool = False, photos=()
) -> str:
    """Through the three steps on a phone without scripts; the tracking code."""
    one.open("/report/")
    if one.address.startswith("/area/"):
        one.press("示范街道")
    given = {"photos": list(photos)} if photos else {}
    one.press("下一步：在哪里", words=words, **given)
    if one.address.startswith("/report/danger/"):
        one.press("已打电话")
    if one.address.startswith("/report/kind/"):
        one.press("下一步：在哪里", kind=kind or "unsure")
    assert one.address.startswith("/report/where/"), one
    lng, lat = middle(at)
    one.press("下一步：核对提交", lng=lng, lat=lat, place_words="路口东侧")
    if one.address.startswith("/report/likely/"):
        one.press("不是同一件")
    assert one.address.startswith("/report/check/"), one
    left = {"phone": phone, "name": "李示例", "consent": True, "reply_by": "phone"} if phone else {"reply_by": "page"}
    one.press("提交", about_staff=staff, **left)
    assert "收到了，谢谢您" in one.words
    return code_on(one)


def code_on(one: Person) -> str:
    """The tracking code that a page shows."""
    return re.search(r"\d{4} \d{4} \d{4}", one.words)[0]


def look_up(one: Person, code: str) -> Person:
    """To the own report's page, by the code typed in."""
    return one.open("/track/").press("查进度", code=code)


def case_of(words: str) -> Case:
    return Report.objects.get(words=words).case


def case_page(one: Person, case: Case, expect: int = 200) -> Person:
    return one.open(f"/desk/cases/{case.pk}/", expect)


def move(one: Person, case: Case, verb: str, button: str = "", **given) -> Case:
    """Open the form of a move on the case's page and send it."""
    one.open(f"/desk/cases/{case.pk}/?move={verb}")
    where = f"/moves/{verb}/"
    form = next((form for form in one.read.forms if where in form.action), None)
    assert form is not None, f"{one}: no form for {verb}; forms: {[form.action for form in one.read.forms]}"
    one.press(button or form.buttons[-1].words.strip().removesuffix("CtrlEnter").strip(), where=where, **given)
    case.refresh_from_db()
    return case


def triage(one: Person, case: Case, *, unit=None, kind: str = "", **given) -> Case:
    """Hand a call on from the triage page: to a unit, or registered where that is all the person may do.

    `kind`: the type picked from the list where the words point to none.
    """
    one.open(f"/desk/triage/{case.pk}/")
    if kind:
        one.press("更新单位", other_type=kind)
    if unit is not None:
        given["lead"] = str(unit.pk)
    one.press("派给" if unit is not None else "受理登记", where=f"/triage/{case.pk}/", **given)
    case.refresh_from_db()
    return case


def handle(one: Person, case: Case, answer: str) -> Case:
    """Sign in, speak with the caller where there is one, report the result with pictures."""
    move(one, case, "sign_in")
    return submit(one, case, answer)


def submit(one: Person, case: Case, answer: str, outcome: str = "solved") -> Case:
    pictures = {"before": [photo("前.jpg", (90, 60, 40))], "after": [photo("后.jpg", (60, 130, 60))]}
    return move(one, case, "submit_result", outcome=outcome, answer=answer, **pictures)


def review(one: Person, case: Case) -> Case:
    one.open(f"/desk/cases/{case.pk}/?move=review")
    form, _button = one.form_of("提交审核")
    return move(one, case, "review", decision="pass", seen=form.controls["seen"].offered)


def check(one: Person, case: Case, words: str, *, good: bool = True) -> Case:
    return move(one, case, "check", passed="yes" if good else "no", words=words, images=[photo("现场.jpg")])
