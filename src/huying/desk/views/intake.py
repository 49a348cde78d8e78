"""Calls taken down for somebody, with the slip for that person; what one took in; small matters settled at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import segno
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.audit import queries as history
from huying.cases.actions import NewReport, Receipt, answer_case, find_and_handle, nudge_case, receive
from huying.cases.actions.emergencies import take_drill_call
from huying.cases.actions.incidents import received_into
from huying.cases.codes import code_of
from huying.cases.models import Report
from huying.cases.queries import incidents, lists
from huying.cases.queries.incidents import Known
from huying.cases.rules import OPEN, Channel, ReplyBy
from huying.cases.rules.incidents import shown_for
from huying.desk import menu
from huying.desk.forms import CallForm, SelfForm, call_areas
from huying.desk.links import case_url, outlines_url
from huying.desk.rows import Rows
from huying.desk.views.answers import answering
from huying.kernel import registry
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid, NotAllowed, NotFound, Refusal
from huying.kernel.terms import Label
from huying.kernel.terms import _ as lazy
from huying.kernel.text import WORDS_LIMIT
from huying.matters import queries as matters
from huying.matters.queries import knowledge
from huying.people import actions as people_actions
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places.rules import street_of

SLIP_FOR = timedelta(hours=24)  # as long the one who took a call can print its slip again
NUMBERS: dict[str, Label] = {
    "110": lazy("报警"),
    "119": lazy("火警"),
    "120": lazy("急救"),
    "122": lazy("交通事故"),
    "12356": lazy("心理援助"),
}
ON_A_PAGE = 20


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take down a call. Words of danger stop the first sending: the number to call comes first."""
    viewer, now = actor_of(request), now_of(request)
    if not call_areas(viewer):
        raise NotAllowed(duty=str(Duty.REPORT))
    if request.method != "POST":
        return _call_page(request, CallForm(actor=viewer, request=request))
    same = _same_incident(request, viewer)
    form = CallForm(_with_words(request, same), request.FILES, actor=viewer, request=request)
    fits = form.is_valid()
    # Danger comes before anything that is to be mended.
    danger = matters.danger_in(request.POST.get("words", "")[:WORDS_LIMIT])
    if danger is not None and request.POST.get("warned") != danger.number:
        return _call_page(request, form, danger=danger, status=200 if fits else 422)
    if not fits or "look" in request.POST:
        return _call_page(request, form, status=200 if "look" in request.POST else 422)
    if same is None and form.cleaned_data["asked"] != form.cleaned_data["estate"] and form.leads_elsewhere():
        return _call_page(request, form, asked=True)  # once: the clerk takes the place, or sends it as it is
    receipt = attempt(form, lambda: _take_and_answer(form, request.POST.get("answer_with", ""), viewer, now, same))
    if receipt is None:
        return _call_page(request, form, status=422)
    return HttpResponseRedirect(reverse("desk:receipt", args=[receipt.report.pk]))


def _take_and_answer(form: CallForm, article: str, viewer: Actor, now: datetime, same: Known | None) -> Receipt:
    """Take the call in and, where an article was tapped, answer it by that: both or neither."""
    if not article:
        return _take(form, viewer, now, same)
    version = _uuid(article)
    with transaction.atomic():
        receipt = _take(form, viewer, now, None)
        found = knowledge.in_use(version, receipt.case.area_code, today=_day(now)) if version is not None else None
        if found is None:
            raise Invalid({"words": [_("这条问答不用了，或不在这里用。请直接登记。")]})
        # Its own key of the form's: the form sent twice answers once.
        answer_case.once(
            uuid5(form.own_key(), "answer"), receipt.case.pk, words=found.body, source="knowledge", article=found.pk,
            actor=viewer, now=now,
        )  # fmt: skip
    return receipt


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _known(viewer: Actor) -> list[Known]:
    """What is known already where the taker takes calls: one statement."""
    areas = call_areas(viewer)
    found = incidents.known_in({street_of(code) or code for code in areas})
    return [one for one in found if any(shown_for(one.extent, area_code=code) for code in areas)]


def _same_incident(request: HttpRequest, viewer: Actor) -> Known | None:
    """The known incident that the call is about, by the button pressed."""
    asked = request.POST.get("incident", "")
    return next((one for one in _known(viewer) if str(one.id) == asked), None) if asked else None


def _with_words(request: HttpRequest, same: Known | None) -> Any:
    """What was typed; nothing needs to be where the button says it all."""
    if same is None or request.POST.get("words", "").strip():
        return request.POST
    given = request.POST.copy()
    given["words"] = same.title
    return given


def _take(form: CallForm, viewer: Actor, now: datetime, same: Known | None) -> Receipt:
    """Keep the contact and take the call in, both or neither; the same form answers the same receipt."""
    take, data = partial(_taken_in, form, viewer, now), form.cleaned_data
    alone = same is None or data["about_staff"] or data.get("drill")  # a drill is no part of what really happened
    return take() if alone or same is None else received_into(same.id, take, now=now)


def _taken_in(form: CallForm, viewer: Actor, now: datetime) -> Receipt:
    key = form.own_key()
    earlier = lists.report_taken_by(key, viewer)  # the same form sent twice keeps its contact once
    if earlier is not None:
        return _received(key, form, earlier.contact_id, viewer, now)
    try:
        with transaction.atomic():
            contact_id = _kept(uuid5(key, "contact"), form, viewer, now) if form.leaves_contact else None
            return _received(key, form, contact_id, viewer, now)
    except IntegrityError:
        # Sent twice at once: the other one was faster, and this one answers what that one got.
        if history.by_key(key) is None:
            raise
        return _received(key, form, None, viewer, now)


def _kept(contact_id: UUID, form: CallForm, viewer: Actor, now: datetime) -> UUID:
    data = form.cleaned_data
    consent = people.current_consent_text(get_language() or "zh-hans")
    return people_actions.keep_contact(
        name=data["name"],
        phone=data["phone"],
        address=data["address"],
        consent_text_version=consent.version,
        language=consent.language,
        area_code=form.area_code(),
        contact_id=contact_id,
        actor=viewer,
        now=now,
    ).pk


def _received(key: UUID, form: CallForm, contact_id: UUID | None, viewer: Actor, now: datetime) -> Receipt:
    data = form.cleaned_data
    new = NewReport(
        words=data["words"],
        area_code=form.area_code(),
        channel=Channel(data["channel"]),
        reply_by=ReplyBy(data["reply_by"] or ReplyBy.PAGE),
        contact_id=contact_id,
        about_staff=data["about_staff"],
        type_code=data["type_code"],
        **form.place(),
    )
    images = [*data["images"], *data["papers"], *data["voice"]]
    if data.get("drill"):
        return take_drill_call(key, new, images=images, actor=viewer, now=now)
    return receive(key, new, images=images, actor=viewer, now=now)


def _call_page(
    request: HttpRequest, form: CallForm, *, danger: Any = None, asked: bool = False, status: int = 200
) -> HttpResponse:
    viewer = actor_of(request)
    street = street_of(form.areas[0]) or ""
    intake = viewer.has(Duty.INTAKE)
    facts = {
        "menu_key": "new" if intake else "behalf",
        "form": form,
        "heading": _("登记来电") if intake else _("代别人上报"),
        "intake": intake,
        "consent": people.current_consent_text(get_language() or "zh-hans").text,
        "map_url": outlines_url(street) if street else "",
        "pin": _pin(form),
        "asked": asked,
        "danger": danger,
        "danger_words": NUMBERS.get(danger.number, "") if danger is not None else "",
        "danger_others": [(number, NUMBERS[number]) for number in danger.others] if danger is not None else [],
        "known": _known(viewer),
        "beside": answering(request) if form.is_bound and danger is None else {},
        "mine": [] if intake else _taken_rows(viewer, Page(limit=5), now_of(request)),
    }
    return render(request, "desk/new.html", facts, status=status)


def _pin(form: CallForm | SelfForm) -> tuple[float, float] | None:
    data = getattr(form, "cleaned_data", {})
    lng, lat = data.get("lng"), data.get("lat")
    return None if lng is None or lat is None else (lng, lat)


@staff()
@require_safe
def receipt(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """The code of a call just taken and the slip for the person, for the taker alone and for one day."""
    report = lists.report_taken_by(report_id, actor_of(request))
    if report is None or now_of(request) - report.received_at > SLIP_FOR:
        raise NotFound("report")
    address = request.build_absolute_uri(_portal())
    facts = {
        "menu_key": "taken",
        "report": report,
        "case": report.case,
        "code": code_of(report.pk, report.code_try),
        "address": address,
        "qr": _qr(address),
        "due": report.case.due_at,
        "known": incidents.known_of(report.case),
    }
    response = render(request, "desk/receipt.html", facts)
    response["Cache-Control"] = "no-store"
    return response


def _portal() -> str:
    """Where residents look up their call: the page that the portal registered, else its home."""
    for kind in ("lookup", "track", "home"):
        found = registry.LINKS.get(kind)
        if found is not None:
            try:
                return reverse(found[0])
            except NoReverseMatch:
                continue
    return "/"


def _qr(address: str) -> str:
    made = segno.make_qr(address, error="m")
    return mark_safe(made.svg_inline(scale=4, border=2, omitsize=True, svgclass="qr-code", lineclass=None))  # our own


@staff()
@require_safe
def taken(request: HttpRequest) -> HttpResponse:
    """What the person took in for others: where each matter stands, and a nudge a day."""
    viewer = actor_of(request)
    if not menu.takes_calls(viewer):
        raise NotAllowed(duty=str(Duty.REPORT))
    page: Page[Report] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = _taken_rows(viewer, page, now_of(request))
    return render(
        request, "desk/taken.html", {"menu_key": "taken", "rows": rows, "page": page, "first": not page.after}
    )


def _taken_rows(viewer: Actor, page: Page[Report], now: datetime) -> list[dict[str, Any]]:
    reports = lists.taken_by(viewer, page=page)
    made = Rows([one.case for one in reports], viewer, now=now)
    return [
        {
            "report": one,
            "row": made.of_case(one.case),
            "nudgeable": one.case.state in OPEN
            and (one.case.nudged_at is None or _day(one.case.nudged_at) != _day(now)),
            "open": one.case.state in OPEN,
            "url": case_url(one.case.pk),
        }
        for one in reports
    ]


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


@staff()
@require_POST
def nudge(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """催办 by the one who took the call in."""
    viewer, now = actor_of(request), now_of(request)
    report = lists.report_taken_by(report_id, viewer)
    if report is None:
        raise NotFound("report")
    try:
        case = nudge_case(report.case_id, actor=viewer, now=now)
    except Refusal as why:
        if why.status == 404:
            raise
        messages.error(request, str(why))
    else:
        messages.success(
            request, _("催过了，共 %(count)s 次 · %(title)s") % {"count": case.nudges, "title": case.title}
        )
    return HttpResponseRedirect(reverse("desk:taken"))


@staff(Duty.REPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def self_handle(request: HttpRequest) -> HttpResponse:
    """即办: found and put right on the spot, with pictures before and after."""
    viewer, now = actor_of(request), now_of(request)
    if not viewer.areas(Duty.REPORT):
        raise NotAllowed(duty=str(Duty.REPORT))
    if request.method != "POST":
        return _self_page(request, SelfForm(actor=viewer, request=request))
    form = SelfForm(request.POST, request.FILES, actor=viewer, request=request)
    if not form.is_valid():
        return _self_page(request, form, status=422)
    data = form.cleaned_data
    done = attempt(
        form,
        lambda: find_and_handle(
            form.own_key(),
            words=data["words"],
            type_code=data["type_code"],
            area_code=form.area_code(),
            before=data["before"],
            after=data["after"],
            actor=viewer,
            now=now,
            **form.place(),
        ),
    )
    if done is None:
        return _self_page(request, form, status=422)
    if done.case.state in OPEN:
        messages.success(
            request, _("记好了。这一件抽中复查，会有同事去看一眼 · %(number)s") % {"number": done.case.number}
        )
    else:
        messages.success(request, _("记好了，已办结 · %(number)s") % {"number": done.case.number})
    return HttpResponseRedirect(reverse("desk:self"))


def _self_page(request: HttpRequest, form: SelfForm, *, status: int = 200) -> HttpResponse:
    street = street_of(form.areas[0]) or ""
    facts = {
        "menu_key": "self",
        "form": form,
        "map_url": outlines_url(street) if street else "",
        "pin": _pin(form),
    }
    return render(request, "desk/self.html", facts, status=status)
