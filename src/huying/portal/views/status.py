"""The own report's page and what its reporter may do; for holders of the code alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases import actions as cases
from huying.cases.actions import Act, Docket
from huying.cases.queries import incidents
from huying.cases.queries import public as reads
from huying.cases.queries.limits import limit_of
from huying.cases.queries.public import Own
from huying.cases.rules import FLOW, Satisfaction
from huying.files import responses
from huying.files.rules import IMAGES
from huying.files.shown import papers
from huying.kernel.actor import resident
from huying.kernel.doors import attempt, now_of
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotFound, Refusal
from huying.kernel.terms import Label, _
from huying.matters.rules import Step
from huying.notices import queries as notices
from huying.notices.actions import set_reporters_choice
from huying.notices.rules import KINDS, DeliveryState, Why
from huying.people import queries as people
from huying.portal import actions, mine, queries
from huying.portal.area import office_phone
from huying.portal.forms import AddForm, KeyForm, RateForm, ReasonForm
from huying.portal.looked import who_looked
from huying.portal.rules import DEED, MOST_PHOTOS
from huying.portal.status import Status, nudge_words, status_of
from huying.portal.views.pages import go, own_page
from huying.portal.views.track import ask_for_code


def own_of(request: HttpRequest, report_id: UUID) -> Own:
    """The report of this id with its case, for whoever holds its code. Raises NotFound."""
    mine.holder(request, report_id)
    found = reads.own(report_id)
    if found is None:
        raise NotFound("report")
    return found


@own_page
@require_safe
def status(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Where it stands, by when, who has it, the answer, and what one may do."""
    try:
        own = own_of(request, report_id)
    except NotFound:  # an old tab, somebody else's phone, or nothing at all: each is asked for the code
        return ask_for_code(request)
    shown = status_of(own, now=now_of(request))
    office, phone = office_phone(own.case.area_code[:9])
    rows = [
        {
            "url": reverse("portal:deed", args=[report_id, one.name]),
            "name": one.words,
            "words": nudge_words(own.case.state) if one.name == "nudge" else one.says,
            "icon": one.icon,
        }
        for one in shown.deeds
        if one.name not in ("rate", "late", "object", "reopen", "reply")
    ]
    return render(
        request,
        "portal/status.html",
        {
            "s": shown,
            "own": own,
            "papers": papers(own.papers, lambda one: reverse("portal:photo", args=[report_id, one.pk])),
            "rows": rows,
            "office": office,
            "office_phone": phone,
            "call": shown.unit_phone or phone,
            "private": queries.is_private(report_id),
            "listed_after": own.case.ended_at,
            "excluded": own.case.excluded,
            "known": incidents.known_of(own.case),
            "back_url": reverse("portal:track"),
        },
    )


@own_page
@require_safe
def photo(request: HttpRequest, report_id: UUID, file_id: UUID) -> HttpResponse:
    """The reporter's own photo, document or recording, or a photo of the work once its answer left the house."""
    mine.holder(request, report_id)
    found = reads.own_photo(report_id, file_id)
    if found is None:
        raise NotFound("file")
    preview = found.kind in IMAGES and "full" not in request.GET
    return responses.send(found, preview=preview, request=request)


@dataclass(frozen=True)
class Page:
    """One deed as a page: its form, its template, what is done with the form, and what is said afterwards."""

    form: type[KeyForm]
    template: str
    act: Callable[[Any, dict[str, Any]], tuple[Act[Any], dict[str, Any]]]
    done: Label
    submit: Label
    says: Label = ""


def _plain(act: Act[Any]) -> Callable[[Any, dict[str, Any]], tuple[Act[Any], dict[str, Any]]]:
    return lambda _report_id, _given: (act, {})


def _rated(_report_id: Any, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "solved": given["solved"] == "yes",
        "satisfaction": given["satisfaction"],
        "words": given["words"],
    }


PAGES: dict[str, Page] = {
    "add": Page(
        AddForm,
        "add",
        lambda report_id, given: (
            cases.add_to_report,
            {"report_id": report_id, "words": given["words"], "images": [*given["photos"], *given["papers"]]},
        ),
        _("补充收到了，办理单位看得到"),
        _("提交补充"),
    ),
    "reply": Page(
        AddForm,
        "add",
        lambda _report_id, given: (
            cases.answer_question,
            {"words": given["words"], "images": [*given["photos"], *given["papers"]]},
        ),
        _("回答收到了，办理单位看得到"),
        _("提交回答"),
    ),
    "nudge": Page(
        KeyForm,
        "sure",
        _plain(cases.nudge_case),
        _("催过了，明天可以再催"),
        _("催一下"),
        _("经办的人马上收到提醒。一天可以催一次，次数都记下来。"),
    ),
    "fine": Page(
        KeyForm,
        "sure",
        _plain(cases.fine_now),
        _("好了就好，谢谢您告诉我们"),
        _("现在好了，不用再办"),
        _("问题已经没有了，这一件就结束，不再派人去。有别人也反映了同一件，或者还有危险，会接着办。"),
    ),
    "withdraw": Page(
        KeyForm,
        "sure",
        _plain(cases.withdraw_report),
        _("已经撤回"),
        _("撤回这一件"),
        _("您不再等答复，也不用说明原因。有别人也反映了同一件，或者还有危险，会接着办。"),
    ),
    "rate": Page(
        RateForm,
        "rate",
        lambda report_id, given: (cases.tell_outcome, _rated(report_id, given)),
        _("评价收到了，谢谢您"),
        _("提交评价"),
    ),
    "late": Page(
        RateForm,
        "rate",
        lambda report_id, given: (cases.late_feedback, _rated(report_id, given)),
        _("评价收到了，谢谢您"),
        _("提交评价"),
    ),
    "reopen": Page(
        ReasonForm,
        "reason",
        lambda _report_id, given: (cases.reopen_case, {"reason": given["reason"]}),
        _("重新办理了，还是这个查询码"),
        _("接着办"),
        _("这一件接着办，不用重填。原来的办理单位马上收到。"),
    ),
    "object": Page(
        ReasonForm,
        "reason",
        lambda _report_id, given: (cases.object_to_end, {"reason": given["reason"]}),
        _("异议收到了，换一个人来看"),
        _("提交异议"),
        _("换一位同事重新看，上次答复的人不再经手。"),
    ),
}


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def deed(request: HttpRequest, report_id: UUID, name: str) -> HttpResponse:
    """One thing the reporter may do now: what happens is said before it is done, and done once."""
    page = PAGES.get(name)
    if page is None:
        raise NotFound("page")
    own = own_of(request, report_id)
    if request.method != "POST":
        form = _form(page, request)
        return _deed_page(request, own, name, page, form)
    form = _form(page, request, bound=True)
    if form.is_valid():
        actor, now = mine.holder(request, report_id), now_of(request)
        act, given = page.act(report_id, form.cleaned_data)
        done = attempt(form, lambda: act.once(form.form_key(), own.case.pk, **given, actor=actor, now=now))
        if done is not None:
            messages.success(request, str(page.done))
            return go("status", report_id)
        own = own_of(request, report_id)  # as it stands now
    return _deed_page(request, own, name, page, form, code=422)


def _form(page: Page, request: HttpRequest, *, bound: bool = False) -> KeyForm:
    options: dict[str, Any] = {"request": request} if page.form is AddForm else {}
    if bound:
        return page.form(request.POST, request.FILES, **options)
    return page.form(initial={"key": uuid7()}, **options)


def _deed_page(request: HttpRequest, own: Own, name: str, page: Page, form: KeyForm, code: int = 200) -> HttpResponse:
    shown: Status = status_of(own, now=now_of(request))
    facts: dict[str, Any] = {
        "s": shown,
        "own": own,
        "form": form,
        "deed": DEED[name],
        "page": page,
        "possible": shown.deed(name) is not None or bool(form.errors),
        "why_not": _why_not(own, name, now_of(request)) if shown.deed(name) is None else "",
        "most": MOST_PHOTOS,
        "back_url": reverse("portal:status", args=[own.report.pk]),
        "key": form.data.get("key") if form.is_bound else form.initial["key"],
    }
    if page.template == "rate":
        facts |= {
            "limit": limit_of(own.case, Step.HANDLE, at=now_of(request)).limit.words(),
            "faces": [
                (Satisfaction.SATISFIED, Satisfaction.SATISFIED.label, "smile"),
                (Satisfaction.FAIR, Satisfaction.FAIR.label, "meh"),
                (Satisfaction.DISSATISFIED, Satisfaction.DISSATISFIED.label, "frown"),
            ],
        }
    return render(request, f"portal/{page.template}.html", facts, status=code)


def _why_not(own: Own, name: str, now: datetime) -> str:
    """Why this cannot be done now, in the words of the guard that refused."""
    facts = Docket.of(own.case).facts(actor=resident(own.report.pk), now=now)
    refused = FLOW.refusal(DEED[name].verb, facts)
    return (
        str(refused.sentence) if refused is not None else str(_("这件事现在的状态不能走这一步。请看看它到了哪一步。"))
    )


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Who looked at the phone that was left, when and why; and a way to have it erased."""
    own = own_of(request, report_id)
    if request.method == "POST" and "choice" in request.POST:
        _choose(request, own)
        return go("contact", report_id)
    if request.method == "POST":
        try:
            cases.erase_my_contact(own.case.pk, actor=mine.holder(request, report_id), now=now_of(request))
        except Refusal as why:
            messages.warning(request, str(why))
        else:
            messages.success(request, str(_("联系方式删掉了。查询码还能用。")))
        return go("status", report_id)
    kept = own.report.contact
    lines = who_looked(kept.pk) if kept is not None else []
    choice = notices.reporters_choice(kept.pk) if kept is not None else None
    facts = {
        "own": own,
        "progress": choice.progress if choice is not None else True,
        "openings": choice.openings if choice is not None else False,
        "sent": _sent(own, now_of(request)),
        "lines": lines,
        "masked": people.masked_of(kept) if kept is not None else None,
        "kept": kept is not None and own.report.erased_at is None and kept.erased_at is None,
        "back_url": reverse("portal:status", args=[report_id]),
    }
    return render(request, "portal/contact.html", facts)


def _choose(request: HttpRequest, own: Own) -> None:
    """What this reporter wants to be told by text message."""
    if own.report.contact_id is None:
        raise NotFound("contact")
    set_reporters_choice(
        contact_id=own.report.contact_id,
        progress="progress" in request.POST,
        openings="openings" in request.POST,
        actor=mine.holder(request, own.report.pk),
        now=now_of(request),
        area_code=own.case.area_code,
    )
    messages.success(request, str(_("存好了")))


def _sent(own: Own, now: datetime) -> list[dict[str, object]]:
    """The text messages that went to this reporter, the latest first."""
    if own.report.contact_id is None:
        return []
    rows = notices.of_object("case", {own.case.pk, own.report.first_case_id}, contact_ids=[own.report.contact_id])
    return [
        {
            "at": one.sent_at or one.made_at,
            "kind": KINDS[one.kind].label if one.kind in KINDS else "",
            "state": Why(one.why).label if one.why else DeliveryState(one.state).label,
        }
        for one in rows
    ]


@own_page
@require_POST
def private(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Keep this end out of what everybody sees, or let it be shown again."""
    wanted = request.POST.get("wanted") != "no"
    actions.keep_private(report_id, wanted=wanted, actor=mine.holder(request, report_id), now=now_of(request))
    messages.success(request, str(_("好的，不公开") if wanted else _("好的，可以公开")))
    return go("status", report_id)
