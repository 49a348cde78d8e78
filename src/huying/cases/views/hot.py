"""热点问题: issues that many calls are about, the hottest first, and one with its calls. No caller is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from huying.cases.actions import hot as actions
from huying.cases.forms.hot import HotForm, JoinForm, NameForm, ThingForm
from huying.cases.models import Case, HotIssue
from huying.cases.queries import hot as reads
from huying.cases.queries.hot import Hot
from huying.cases.rules import state_label
from huying.cases.rules.hot import WINDOW, Concerned, HotVerb, Trend
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import Label, _
from huying.matters import queries as matters
from huying.people.rules import Duty
from huying.places import queries as places
from huying.ui.words import when_words

ON_A_PAGE = 30
TONES = {Trend.RISING: "late", Trend.STEADY: "wait", Trend.FALLING: "doing", Trend.QUIET: "done"}
WORDS_OF_A_CHOICE = 24
FORMS: dict[str, type[HotForm]] = {HotVerb.NAME: NameForm, HotVerb.JOIN: JoinForm}
DONE: dict[str, Label] = {
    HotVerb.NAME: _("名称记好了。"),
    HotVerb.TAKE_OUT: _("移出了，夜里重算也不会再放进来。"),
    HotVerb.PUT_BACK: _("放回了。以后由夜里重算来定。"),
    HotVerb.JOIN: _("并进来了，夜里重算也不会再分开。"),
    HotVerb.PART: _("分开了。以后由夜里重算来定。"),
}


@staff()
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Issues of the person's areas."""
    viewer = actor_of(request)
    if not viewer.has(Duty.READ):
        raise NotAllowed(duty=str(Duty.READ))
    page: Page[HotIssue] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = [_line(one) for one in reads.listed(viewer, page=page)]
    facts = {
        "rows": rows, "page": page, "first": not page.after, "days": WINDOW.days, "clerk": viewer.has(Duty.INTAKE),
        "menu_key": "hot",
    }  # fmt: skip
    return render(request, "cases/hot_issues.html", facts)


@staff()
@require_safe
def issue(request: HttpRequest, hot_id: UUID) -> HttpResponse:
    """One issue: what, where, whom it concerns, how it goes, and the calls that the person may see.

    The address of one that was joined into another leads there: for now, for they can be parted again.
    """
    viewer = actor_of(request)
    found = reads.issue(hot_id, viewer)
    if found is not None:
        return _page(request, found)
    into = reads.leads_to(hot_id, viewer)
    if into is None:
        raise NotFound("hot_issue")
    return redirect("cases:hot_issue", into.issue.pk)


@staff()
@require_POST
def move(request: HttpRequest, hot_id: UUID, verb: str) -> HttpResponse:
    """What a clerk says of the issue: its name, a call that is not about it, another issue that is; or takes back."""
    viewer, now = actor_of(request), now_of(request)
    found = reads.issue(hot_id, viewer)
    if found is None or verb not in DONE:
        raise NotFound("hot_issue")
    form = FORMS.get(verb, ThingForm)(request.POST)
    if form.is_valid():
        done = attempt(form, lambda: _act(HotVerb(verb), hot_id, form, actor=viewer, now=now))
        if done is not None:
            messages.success(request, str(DONE[verb]))
            return redirect("cases:hot_issue", hot_id)
    return _page(request, found, typed=form, status=422)


def _act(verb: HotVerb, hot_id: UUID, form: HotForm, *, actor: Actor, now: datetime) -> HotIssue:
    given = form.cleaned_data
    sent: dict[str, Any] = {"actor": actor, "now": now, "key": given["key"]}
    if verb == HotVerb.NAME:
        return actions.name_issue(hot_id, words=given["words"], **sent)
    if verb == HotVerb.TAKE_OUT:
        return actions.take_out(hot_id, case_id=given["thing"], **sent)
    if verb == HotVerb.PUT_BACK:
        return actions.put_back(hot_id, case_id=given["thing"], **sent)
    if verb == HotVerb.JOIN:
        return actions.join_issues(hot_id, other_id=given["thing"], **sent)
    return actions.part_issues(hot_id, other_id=given["thing"], **sent)


def _choices(found: Hot, viewer: Actor) -> list[tuple[str, str]]:
    return [
        (str(one.pk), f"{one.number} · {reads.words_of(one)[:WORDS_OF_A_CHOICE]} · {places.own_name_of(one.area_code)}")
        for one in reads.joinable(found.issue, viewer)
    ]


def _page(request: HttpRequest, found: Hot, *, typed: HotForm | None = None, status: int = 200) -> HttpResponse:
    viewer, now = actor_of(request), now_of(request)
    row = found.issue
    may = reads.may_correct(row, viewer)
    calls = [_call(case, now) for case in reads.calls_of(row.pk, viewer)]
    facts = {
        "one": _line(found), "calls": calls, "more": found.calls - len(calls), "menu_key": "hot",
        "list_url": reverse("cases:hot_issues"), "may": may, "typed": typed,
    }  # fmt: skip
    if may:
        choices = _choices(found, viewer)
        join_form = JoinForm(typed.data if isinstance(typed, JoinForm) else None, choices=choices)
        facts |= {
            "name_form": typed if isinstance(typed, NameForm) else NameForm(initial={"words": row.own_words}),
            "join_form": join_form if choices else None,
            "joined": [(one, reads.words_of(one), uuid7()) for one in reads.joined(row, viewer)],
            "taken_out": [_call(case, now) for case in reads.taken_out(row, viewer)],
            "urls": {verb: reverse("cases:move_hot_issue", args=[row.pk, verb]) for verb in DONE},
        }
    return render(request, "cases/hot_issue.html", facts, status=status)


def _call(case: Case, now: datetime) -> dict[str, Any]:
    return {
        "case": case,
        "url": reverse("cases:case", args=[case.pk]),
        "label": state_label(case.state, case.flow),
        "place": places.name_of(case.area_code),
        "at": when_words(case.received_at, now),
        "key": uuid7(),
    }


def _line(one: Hot) -> dict[str, Any]:
    row = one.issue
    trend = Trend(row.trend)
    return {
        "number": row.number,
        "url": reverse("cases:hot_issue", args=[row.pk]),
        "words": one.words,
        "matter": matters.name_of(row.type_code) if row.type_code else "",
        "place": places.name_of(row.area_code),
        "concerned": Concerned(row.concerned).label if row.concerned else "",
        "heat": round(row.heat, 1),
        "calls": one.calls,
        "first": row.first_on,
        "last": row.last_on,
        "trend": trend.label,
        "tone": TONES[trend],
    }
