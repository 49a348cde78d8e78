"""本单位分工: what each handler of an own unit has in hand, who is away, and whether it is given out by rule."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from huying.cases.actions import sharing as actions
from huying.cases.forms.sharing import AwayForm
from huying.cases.queries import sharing as queries
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.terms import _
from huying.people.actions import set_away
from huying.people.rules import Duty


@staff()
@require_safe
@never_cache
def units(request: HttpRequest) -> HttpResponse:
    """The own units; for whoever works in none, an empty page."""
    return _page(request)


@staff()
@require_POST
def switch(request: HttpRequest, unit_id: UUID) -> HttpResponse:
    """Give out by rule from now on, or no longer."""
    on = request.POST.get("on") == "1"
    actions.switch_sharing(unit_id, on=on, actor=actor_of(request), now=now_of(request))
    messages.success(
        request, str(_("以后来的工单自动交给手上最少的人。") if on else _("以后来的工单由负责人交，或自己接。"))
    )
    return redirect("cases:sharing")


@staff()
@require_POST
def away(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Say until when somebody is away."""
    form = AwayForm(request.POST)
    if form.is_valid():

        def act() -> bool:
            set_away(
                account_id=account_id, until=form.cleaned_data["until"], actor=actor_of(request), now=now_of(request)
            )
            return True

        if attempt(form, act):
            messages.success(request, str(_("记好了。")))
            return redirect("cases:sharing")
    return _page(request, (account_id, form), status=422)


def _page(request: HttpRequest, typed: tuple[UUID, forms.Form] | None = None, status: int = 200) -> HttpResponse:
    actor, now = actor_of(request), now_of(request)
    own = queries.units_shared_by(actor)
    on = queries.switched_on(own)
    parts: list[dict[str, Any]] = []
    for unit in queries.named_units(own):
        heads = actor.may_for_unit(Duty.SIGN, unit.pk)
        rows = []
        for load in queries.loads_of(unit.pk, now=now):
            form: forms.Form | None = None
            if heads or load.id == actor.id:
                form = AwayForm(initial={"until": load.away_until}, auto_id=f"id_{unit.pk}_{load.id}_%s")
            if typed is not None and typed[0] == load.id:
                form = typed[1]
            rows.append({"load": load, "form": form, "me": load.id == actor.id})
        parts.append({"unit": unit, "rows": rows, "heads": heads, "on": unit.pk in on})
    return render(request, "cases/sharing.html", {"parts": parts, "menu_key": "sharing"}, status=status)
