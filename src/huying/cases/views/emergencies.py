"""Emergency mode: what goes on, declaring and ending it, what is ready, who is on duty, hazards reported in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from huying.cases.actions import emergencies as actions
from huying.cases.forms.emergencies import DeclareForm, HazardForm, ShiftForm
from huying.cases.models import Case, Emergency
from huying.cases.queries import emergencies as queries
from huying.cases.rules import state_label
from huying.cases.rules.emergencies import NUMBERS
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label, _
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import street_of

COMMUNITY_LENGTH = 12


@staff()
@require_safe
def emergencies(request: HttpRequest) -> HttpResponse:
    """What goes on where the viewer works, and what was; heads declare here."""
    return _list(request)


@staff(duty=Duty.LEAD)
@require_POST
def declare(request: HttpRequest) -> HttpResponse:
    """Put an area into emergency mode."""
    form = DeclareForm(request.POST, areas=_areas(actor_of(request), Duty.LEAD))
    if form.is_valid():
        made = attempt(
            form,
            lambda: actions.declare_emergency(**form.cleaned_data, actor=actor_of(request), now=now_of(request)),
        )
        if made is not None:
            messages.success(request, _("已进入应急状态。"))
            return redirect("cases:emergency", made.pk)
    return _list(request, form, status=422)


@staff()
@require_safe
def emergency(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """One emergency: numbers first, what was reported, what is ready, who is on duty."""
    return _page(request, _found(request, emergency_id))


@staff()
@require_safe
def report(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """What happened when, by case, for the screen and the printer; of a drill the drill report."""
    found = _found(request, emergency_id)
    rows = queries.times_of(found, actor_of(request))
    orders = [order for row in rows for order in row.orders]
    waits: list[tuple[Label, list[timedelta]]] = [
        (_("首次联系"), [row.contacted_at - row.case.received_at for row in rows if row.contacted_at]),
        (_("到场"), [row.arrived_at - row.case.received_at for row in rows if row.arrived_at]),
        (_("派单"), [row.orders[0].offered_at - row.case.received_at for row in rows if row.orders]),
        (_("签收"), [order.accepted_at - order.offered_at for order in orders if order.accepted_at]),
        (_("处置"), [order.done_at - order.offered_at for order in orders if order.done_at]),
    ]
    context: dict[str, Any] = {
        "found": found,
        "place": places.own_name_of(found.area_code),
        "rows": rows,
        "waits": [(term, len(each), min(each), max(each)) for term, each in waits if each],
        "menu_key": "emergencies",
    }
    return render(request, "cases/emergency_report.html", context)


@staff(duty=Duty.LEAD)
@require_POST
def end(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """Back to peace."""
    actions.end_emergency(emergency_id=emergency_id, actor=actor_of(request), now=now_of(request))
    messages.success(request, _("应急状态已解除，时限已换回。"))
    return redirect("cases:emergency_report", emergency_id)


@staff(duty=Duty.REPORT)
@require_POST
def hazard(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """Report a hazard: an urgent matter at once."""
    found = _found(request, emergency_id)
    form = HazardForm(request.POST, places=_places(found))
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("hazard", "words", "grid_code", "place_words")}
        receipt = attempt(
            form,
            lambda: actions.report_hazard(
                form.own_key(), emergency_id=emergency_id, **given, actor=actor_of(request), now=now_of(request)
            ),
        )
        if receipt is not None:
            words = _("险情已上报，编号 %(number)s，按紧急事项办。")
            messages.success(request, str(words) % {"number": receipt.case.number})
            return redirect("cases:emergency", emergency_id)
    return _page(request, found, hazard_form=form, status=422)


@staff(duty=Duty.LEAD)
@require_POST
def shift(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """A post of a unit is on duty."""
    found, actor = _found(request, emergency_id), actor_of(request)
    form = ShiftForm(request.POST, areas=_areas(actor, Duty.LEAD), units=_units(found))
    if form.is_valid():
        given = {**form.cleaned_data, "unit_id": UUID(form.cleaned_data["unit_id"])}
        done = attempt(form, lambda: actions.keep_shift(**given, actor=actor, now=now_of(request)))
        if done is not None:
            messages.success(request, _("值班已排好。"))
            return redirect("cases:emergency", emergency_id)
    return _page(request, found, shift_form=form, status=422)


@staff(duty=Duty.LEAD)
@require_POST
def drop_shift(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """Nobody is on duty by this row."""
    actions.drop_shift(shift_id=shift_id, actor=actor_of(request), now=now_of(request))
    messages.success(request, _("这一班已撤掉。"))
    return redirect("cases:emergencies")


def _found(request: HttpRequest, emergency_id: UUID) -> Emergency:
    found = queries.emergency(emergency_id, actor_of(request))
    if found is None:
        raise NotFound("emergency")
    return found


def _areas(actor: Actor, duty: Duty) -> list[tuple[str, str]]:
    """The areas of a duty and the communities in them."""
    found: dict[str, str] = {}
    for code in actor.areas(duty):
        within = sorted(one for one in places.names_within(code) if len(one) <= COMMUNITY_LENGTH)
        found |= {one: places.own_name_of(one) for one in (code, *within)}
    return list(found.items())


def _places(found: Emergency) -> list[tuple[str, str]]:
    """Communities and grids in the emergency's area."""
    codes = sorted(one for one in places.names_within(found.area_code) if len(one) >= COMMUNITY_LENGTH)
    return [(one, places.name_of(one)) for one in codes]


def _units(found: Emergency) -> list[tuple[str, str]]:
    return [(str(one.pk), one.name) for one in people.units_in(street_of(found.area_code) or found.area_code)]


def _list(request: HttpRequest, form: DeclareForm | None = None, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    leads = _areas(actor, Duty.LEAD)
    context: dict[str, Any] = {
        "rows": [(one, places.own_name_of(one.area_code)) for one in queries.past(actor)],
        "form": (form or DeclareForm(areas=leads)) if leads else None,
        "menu_key": "emergencies",
    }
    return render(request, "cases/emergencies.html", context, status=status)


def _page(
    request: HttpRequest,
    found: Emergency,
    *,
    hazard_form: HazardForm | None = None,
    shift_form: ShiftForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_of(request), now_of(request)
    going, leads = found.ended_at is None, actor.may(Duty.LEAD, found.area_code)
    if going and hazard_form is None and actor.has(Duty.REPORT):
        hazard_form = HazardForm(places=_places(found))
    if leads and shift_form is None:
        shift_form = ShiftForm(areas=_areas(actor, Duty.LEAD), units=_units(found))
    context: dict[str, Any] = {
        "found": found,
        "place": places.own_name_of(found.area_code),
        "going": going,
        "numbers": NUMBERS,
        "cases": [_line(one) for one in queries.reported(found, actor)],
        "resources": queries.resources(found.area_code, actor),
        "shifts": queries.shifts(found.area_code, actor, now=now),
        "may_end": going and leads,
        "hazard_form": hazard_form if going else None,
        "shift_form": shift_form if leads else None,
        "leads": leads,
        "menu_key": "emergencies",
    }
    return render(request, "cases/emergency.html", context, status=status)


def _line(case: Case) -> dict[str, Any]:
    return {
        "case": case,
        "url": reverse("cases:case", args=[case.pk]),
        "label": state_label(case.state, case.flow),
        "place": places.name_of(case.area_code),
    }
