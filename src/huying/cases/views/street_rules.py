"""Deciding on a version of a street rule, reached from its row in the register."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from huying.cases.actions import ruling
from huying.cases.models.base import StreetRule
from huying.cases.rules.street_rules import RuleState
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import TextField
from huying.people.rules import Duty
from huying.registers import declared
from huying.registers import queries as rows


class DecideForm(forms.Form):
    granted = forms.ChoiceField(
        label=_("是否批准"), choices=[("yes", _("批准，到日子启用")), ("no", _("不批准"))], widget=forms.RadioSelect,
        error_messages={"required": _("请选批准还是不批准。")},
    )  # fmt: skip
    words = TextField(
        label=_("原因"), required=False, limit=ruling.WORDS, help_text=_("不批准要写明原因，写的人会看到。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@staff()
@never_cache
def decide_rule(request: HttpRequest, key: str, row_id: UUID) -> HttpResponse:
    """Approve or refuse a version that somebody else wrote."""
    actor, register = actor_of(request), declared.REGISTERS.get(key)
    if register is None or not issubclass(register.model, StreetRule):
        raise NotFound(key)
    row: Any = rows.one(register, actor, row_id)
    if not actor.may(Duty.LEAD, row.area_code):
        raise NotAllowed(duty=Duty.LEAD)
    back = reverse("registers:row", args=[key, row_id])
    form = DecideForm(request.POST) if request.method == "POST" else DecideForm(initial={"key": uuid7()})
    if form.is_valid():
        given = form.cleaned_data
        done = attempt(
            form,
            lambda: ruling.decide_rule(
                register=key, rule_id=row_id, granted=given["granted"] == "yes", words=given["words"],
                actor=actor, now=now_of(request), key=given["key"],
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, RuleState(done.state).label)
            return redirect(back)
    told = [(one.label, words) for one in register.columns if (words := register.words_of(row, one))]
    facts = {
        "title": _("审批“%(label)s”") % {"label": register.label},
        "name": register.title_of(row),
        "lines": told,
        "form": form,
        "words": _("批准以后从写明的那天起用，不再改动。写过或改过这一版的人不能批准。"),
        "button": _("确定"),
        "danger": False,
        "back_url": back,
        "menu_key": "registers",
    }
    return render(request, "people/step.html", facts, status=422 if form.errors else 200)
