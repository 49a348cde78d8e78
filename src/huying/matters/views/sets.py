"""Sets of limits: what holds now, the switch, the sets themselves, and the history of switching."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from huying.clocks.rules import Limit
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.terms import _
from huying.matters import queries
from huying.matters.actions import sets as actions
from huying.matters.forms import SetForm, SwitchForm
from huying.matters.models import LimitSet, LimitSwitch
from huying.matters.queries import sets as reads
from huying.matters.rules.seasons import set_text, words_of
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places

ON_A_PAGE = 20
COMMUNITY_LENGTH = 12


@require_GET
@staff()
def limits(request: HttpRequest) -> HttpResponse:
    """What holds now where the viewer reads, every set with its lines, and who switched what."""
    return _page(request)


@require_POST
@staff(duty=Duty.LEAD)
def switch_on(request: HttpRequest) -> HttpResponse:
    """Let a set hold in an area."""
    form = SwitchForm(request.POST, areas=areas_of(actor_of(request), Duty.LEAD))
    if form.is_valid():
        given, (season, alert) = form.cleaned_data, form.occasion_named()
        done = attempt(
            form,
            lambda: actions.switch_on(
                season=season, alert=alert, area_code=given["area_code"], reason=given["reason"], until=given["until"],
                drill=given["drill"], actor=actor_of(request), now=now_of(request),
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("已启用。现在起开始的时限照这一组算。"))
            return redirect("matters:limits")
    return _page(request, switch_form=form, status=422)


@require_POST
@staff(duty=Duty.LEAD)
def switch_back(request: HttpRequest, switch_id: UUID) -> HttpResponse:
    """The catalogue's limits hold again."""
    actions.switch_back(switch_id=switch_id, actor=actor_of(request), now=now_of(request))
    messages.success(request, _("已换回。现在起开始的时限照清单算。"))
    return redirect("matters:limits")


@require_POST
@staff(duty=Duty.ADMIN_MATTERS)
def write(request: HttpRequest) -> HttpResponse:
    """The next version of a set."""
    form = SetForm(request.POST, areas=areas_of(actor_of(request), Duty.ADMIN_MATTERS))
    if form.is_valid():
        given, (season, alert) = form.cleaned_data, form.occasion_named()
        done = attempt(
            form,
            lambda: actions.write_set(
                season=season, alert=alert, area_code=given["area_code"], limits=given["limits"],
                recount=given["recount"], actor=actor_of(request), now=now_of(request),
            ),
        )  # fmt: skip
        if done is not None:
            words = _("%(name)s时限第 %(number)s 版已存。要由另一位负责人启用。")
            messages.success(request, str(words) % {"name": done.name, "number": done.number})
            return redirect("matters:limits")
    return _page(request, set_form=form, status=422)


def areas_of(actor: Actor, duty: Duty) -> list[tuple[str, str]]:
    """The areas of a duty and the communities in them."""
    found: dict[str, str] = {}
    for code in actor.areas(duty):
        within = sorted(one for one in places.names_within(code) if len(one) <= COMMUNITY_LENGTH)
        found |= {one: places.own_name_of(one) for one in (code, *within)}
    return list(found.items())


def _page(
    request: HttpRequest, *, switch_form: SwitchForm | None = None, set_form: SetForm | None = None, status: int = 200
) -> HttpResponse:
    actor, now = actor_of(request), now_of(request)
    page: Page[LimitSwitch] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = reads.switched(actor, page=page)
    on = reads.switches_on(actor)
    names = people.names_of({one for row in (*rows, *on) for one in (row.switched_by, row.ended_by) if one})
    area = next(iter(actor.areas()), "")
    sets = reads.sets_for(area)
    chosen = next((one for one in sets if f"{one.season}:{one.alert}" == request.GET.get("set")), None)
    writes = areas_of(actor, Duty.ADMIN_MATTERS)
    if set_form is None and writes:
        set_form = SetForm(areas=writes, initial=_initial(chosen))
    leads = areas_of(actor, Duty.LEAD)
    context: dict[str, Any] = {
        "on": [_line(one, names, actor) for one in on],
        "history": [_line(one, names, actor) for one in rows],
        "sets": [_set(one) for one in sets],
        "page": page,
        "first": not request.GET.get("after"),
        "switch_form": (switch_form or SwitchForm(areas=leads)) if leads else None,
        "set_form": set_form,
        "writes": set_form is not None and (chosen is not None or set_form.is_bound),
        "menu_key": "limits",
        "now": now,
    }
    return render(request, "matters/limits.html", context, status=status)


def _initial(chosen: LimitSet | None) -> dict[str, Any]:
    if chosen is None:
        return {}
    return {
        "occasion": f"{chosen.season}:{chosen.alert}",
        "limits": set_text(reads.lines_of(chosen)),
        "recount": chosen.recount,
    }


def _line(one: LimitSwitch, names: dict[UUID, str], actor: Actor) -> dict[str, Any]:
    return {
        "row": one,
        "name": one.limit_set.name,
        "number": one.limit_set.number,
        "place": places.own_name_of(one.area_code),
        "by": names.get(one.switched_by, "") if one.switched_by else str(_("系统")),
        "ended_by": names.get(one.ended_by, "") if one.ended_by else str(_("到时自动换回")),
        "may_end": one.ended_at is None and actor.may(Duty.LEAD, one.area_code),
    }


def _set(one: LimitSet) -> dict[str, Any]:
    lines = []
    for line in reads.lines_of(one):
        step, grade = words_of(line)
        kind = queries.name_of(line.type_code) if line.type_code else str(_("所有事项"))
        lines.append({"step": step, "grade": grade, "kind": kind, "limit": Limit.parse(line.limit).words()})
    return {
        "row": one,
        "key": f"{one.season}:{one.alert}",
        "whose": places.own_name_of(one.area_code) if one.area_code else str(_("随系统提供")),
        "lines": lines,
    }
