"""My work: the most urgent first, each with its one next move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huying.cases.models import WorkOrder
from huying.cases.queries import campaigns, lists
from huying.cases.rules import Verb
from huying.cases.rules.campaigns import SpotState
from huying.cases.rules.tasks import Task
from huying.desk import menu
from huying.desk.links import campaign_url, case_url, photo_url, spot_url
from huying.desk.mine import (
    LATE,
    MOST_ROWS,
    TODAY,
    WARM,
    cells_of,
    chosen,
    greeting,
    sentence_of,
    tomorrow_of,
    works_by_order,
)
from huying.desk.rows import Row, Rows
from huying.files import queries as files
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.terms import Label
from huying.matters import queries as matters
from huying.matters.rules import Step
from huying.people.rules import Duty
from huying.ui.words import due_words

TOMORROW_SHOWN = 6
SPOTS_SHOWN = 8


@staff()
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for the person who looks."""
    show = request.GET.get("show", "")
    return _page(request, show if show in (LATE, TODAY, WARM) or show in Task.values else "", "mine", _("我的工作"))


@staff(Duty.REVIEW)
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """What waits for the person's review."""
    return _page(request, str(Task.REVIEW), "review", _("审核"))


def _page(request: HttpRequest, show: str, key: str, heading: str) -> HttpResponse:
    viewer, now = actor_of(request), now_of(request)
    todos = menu.todos_of(viewer)
    shown = chosen(todos, show, now)
    by_order = works_by_order(viewer)  # a unit's handler: the order to sign comes first
    if by_order:  # what is in the own hand, then what nobody has
        shown = sorted(shown, key=lambda one: one.whose)
    first = next((one for one in shown if one.task == Task.SIGN_IN), None) if by_order else None
    ahead = tomorrow_of(todos, now)
    wanted = {one.case_id: one for one in (*shown[:MOST_ROWS], *ahead[:TOMORROW_SHOWN], *([first] if first else []))}
    cases = lists.cases_of(one.case_id for one in wanted.values())
    rows = Rows(list(cases.values()), viewer, now=now)
    home = reverse("desk:mine")
    facts: dict[str, Any] = {
        "menu_key": key,
        "heading": heading,
        "show": show,
        "greeting": greeting(now),
        "sentence": sentence_of(todos, now),
        "counts": [
            {
                "label": cell.label,
                "count": cell.count,
                "reason": cell.reason,
                "tone": cell.tone,
                "url": home if cell.key == show else f"{home}?show={cell.key}",
                "current": cell.key == show,
            }
            for cell in cells_of(todos, viewer, now)
        ],
        "views": [
            {"words": _("全部"), "url": home, "current": show == ""},
            {"words": _("只看红黄"), "url": f"{home}?show={WARM}", "current": show == WARM},
        ],
        "total": len(shown) - (first is not None),
        "rows": [
            rows.of_todo(one, cases[one.case_id])
            for one in shown[:MOST_ROWS]
            if one is not first and one.case_id in cases
        ],
        "more": max(len(shown) - MOST_ROWS, 0),
        "opened": None,
        "tomorrow": [rows.of_todo(one, cases[one.case_id]) for one in ahead[:TOMORROW_SHOWN] if one.case_id in cases],
        "tomorrow_count": len(ahead),
        "by_order": by_order,
        **_spots(viewer),
        "may_triage": menu.triages(viewer),
        "takes_calls": menu.takes_calls(viewer),
        "intake": viewer.has(Duty.INTAKE),
    }
    if first is not None and first.case_id in cases:
        row = rows.of_todo(first, cases[first.case_id])
        order = next(one for one in rows.orders[first.case_id] if one.pk == first.order_id)
        facts["opened"] = _opened(row, order, now)
    return render(request, "desk/mine.html", facts)


def _spots(viewer: Actor) -> dict[str, Any]:
    """Places of campaigns that wait for the viewer's units; nothing is asked where they have none."""
    waiting = campaigns.waiting_for(viewer)
    first = waiting[0].campaign_id if waiting else None
    return {
        "spots": [
            {"url": spot_url(one.pk), "words": f"{one.number} {one.name}", "label": SpotState(one.state).label}
            for one in waiting[:SPOTS_SHOWN]
        ],
        "spots_count": len(waiting),
        "spots_url": f"{campaign_url(first)}?mine=1" if first is not None else "",
    }


@dataclass(frozen=True)
class Opened:
    """The order to sign, opened: what it is about, why it is ours, and what can be done with it."""

    row: Row
    facts: list[tuple[Label, str]]
    words: str
    photo_url: str
    sign_url: str
    return_url: str


def _opened(row: Row, order: WorkOrder, now: datetime) -> Opened:
    case = row.case
    kind = matters.type_of(case.type_code) if case.type_code else None
    told = lists.reports_of(case)
    words = told[0].words if told else ""
    photos = files.of_owners("report", [one.pk for one in told])
    photo = next((one for rows in photos.values() for one in rows), None)
    facts: list[tuple[Label, str]] = [(_("地点"), " · ".join(filter(None, [row.place, case.place_words])))]
    if kind is not None:
        facts.append((_("事项"), f"{kind.matter_class.name} / {kind.name}"))
    if order.instruction:
        facts.append((_("交办"), order.instruction))
    if case.due_step == Step.HANDLE and case.due_at is not None:  # its clock runs already, whatever it started with
        facts.append((_("时限"), due_words(case.due_at, now)))
    if order.clause:
        facts.append((_("为何是我"), order.clause))
    return Opened(
        row=row,
        facts=facts,
        words=words,
        photo_url=photo_url(case.pk, photo.pk) if photo is not None else "",
        sign_url=case_url(case.pk, Verb.SIGN_IN),
        return_url=case_url(case.pk, Verb.ASK_RETURN),
    )
