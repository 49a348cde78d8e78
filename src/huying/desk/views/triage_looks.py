"""How good triage is: what it got wrong last week, what a limit would have done, and the models it learned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from huying.cases import queries
from huying.cases.actions.learning import set_model
from huying.cases.actions.triaging import put_right
from huying.cases.models import Case, TriageLimit, TriageModel
from huying.cases.queries import triage as reads
from huying.cases.queries.street_rules import in_force_in
from huying.cases.queries.suggesting import SUGGESTED, types_for
from huying.cases.queries.triage import A_SEASON, A_WEEK, Looked, Week
from huying.cases.rules import OPEN
from huying.cases.rules.triage import LEAST_SHOWN, Judged, ModelState, at_limits, mistaken
from huying.desk import menu
from huying.desk.links import case_url
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotAllowed, NotFound, Refusal
from huying.matters import queries as matters
from huying.people.rules import Duty
from huying.places import queries as places
from huying.ui.words import when_words

LISTED = 40
OF_A_PAIR = 5


def _require(viewer: Actor) -> None:
    if not menu.judges_triage(viewer):
        raise NotAllowed(duty=str(Duty.READ))


def _tabs(here: str) -> list[dict[str, Any]]:
    return [
        {"url": reverse(f"desk:{name}"), "words": words, "current": name == here}
        for name, words in (
            ("triage_wrong", _("上周分错的")),
            ("triage_limits", _("准确率和门槛")),
            ("triage_models", _("分派模型")),
        )
    ]


@staff()
@require_safe
def triage_wrong(request: HttpRequest) -> HttpResponse:
    """Last week by pairs of types, each with its cases; what a rule dispatched, with one click to put it right."""
    viewer, now = actor_of(request), now_of(request)
    _require(viewer)
    since = now - A_WEEK
    looked = reads.looked_at(viewer, since=since)
    wrong = [one for one in looked if one.wrong]
    by_pair: dict[tuple[str, str], list[Looked]] = defaultdict(list)
    for one in wrong:
        by_pair[one.suggested, one.case.type_code].append(one)
    pairs = mistaken((one.suggested, one.case.type_code) for one in wrong)
    acted = [one for one in looked if one.by_rule]
    total = reads.counted(viewer, since=since)
    context: dict[str, Any] = {
        "menu_key": "triage_wrong",
        "tabs": _tabs("triage_wrong"),
        "total": total,
        "wrong": len(wrong),
        "share": round(len(wrong) / total * 100) if total >= LEAST_SHOWN else None,
        "pairs": [
            {
                "suggested": matters.name_of(pair[0]),
                "final": matters.name_of(pair[1]),
                "count": count,
                "cases": [_line(one, now) for one in by_pair[pair][:OF_A_PAIR]],
            }
            for pair, count in pairs[:LISTED]
        ],
        "acted": _acted(acted[:LISTED], viewer, now),
        "most": LISTED,
    }
    return render(request, "desk/triage_wrong.html", context)


def _line(one: Looked, now: datetime) -> dict[str, Any]:
    return {
        "case": one.case,
        "url": case_url(one.case.pk),
        "kind": matters.name_of(one.case.type_code),
        "suggested": matters.name_of(one.suggested),
        "wrong": one.wrong,
        "percent": int(one.confidence * 100),
        "model": one.model,
        "at": when_words(one.case.received_at, now),
    }


def _acted(acted: list[Looked], viewer: Actor, now: datetime) -> list[dict[str, Any]]:
    """What a rule dispatched, each with the other types that a click can put it under, for those who may."""
    said = reads.words_of(one.case for one in acted if _may_put_right(one.case, viewer))
    return [{**_line(one, now), "choices": _choices(one.case, said.get(one.case.pk, ""))} for one in acted]


def _may_put_right(case: Case, viewer: Actor) -> bool:
    return case.state in OPEN and all(viewer.may(duty, case.desk_code) for duty in (Duty.INTAKE, Duty.DISPATCH))


def _choices(case: Case, said: str) -> list[tuple[str, str]]:
    found = types_for(said, case.area_code, top=SUGGESTED + 1).types if said else []
    return [(one.type.code, one.type.name) for one in found if one.type.code != case.type_code][:SUGGESTED]


@staff()
@require_POST
def triage_right(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One click: another type, and the unit that has the duty for it."""
    viewer, now = actor_of(request), now_of(request)
    _require(viewer)
    if queries.one(case_id, viewer) is None:
        raise NotFound("case")
    code = request.POST.get("type_code", "")
    pressed(
        request,
        lambda key: put_right.once(key, case_id, type_code=code, actor=viewer, now=now),
        _("已改成“%(kind)s”，交给担这项职责的单位") % {"kind": matters.name_of(code)},
    )
    menu.forget()
    return HttpResponseRedirect(reverse("desk:triage_wrong"))


def pressed(request: HttpRequest, act: Callable[[UUID | None], object], done: str) -> None:
    """An act of one button: what it refuses is said on the page that follows."""
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        key = uuid7()
    try:
        act(key)
    except Refusal as why:
        if why.status == 404:
            raise
        messages.error(request, str(why))
    else:
        messages.success(request, done)


@staff()
@require_safe
def triage_limits(request: HttpRequest) -> HttpResponse:
    """Precision against share at each limit, over closed cases of the last 90 days; the limits in force."""
    viewer, now = actor_of(request), now_of(request)
    _require(viewer)
    street = _street(request, viewer)
    found = reads.judged(viewer, area_code=street, since=now - A_SEASON) if street else []
    by_type: dict[str, list[Judged]] = defaultdict(list)
    for one in found:
        if one.suggested:
            by_type[one.suggested].append(one)
    held = {one.type_code: one for one in in_force_in(TriageLimit, localdate(now), street)} if street else {}
    may = viewer.has(Duty.ADMIN_MATTERS)
    enough = sorted(
        (code for code in by_type if len(by_type[code]) >= LEAST_SHOWN), key=lambda code: -len(by_type[code])
    )
    context: dict[str, Any] = {
        "menu_key": "triage_wrong",
        "tabs": _tabs("triage_limits"),
        "streets": _streets(viewer, street, "desk:triage_limits"),
        "street": places.name_of(street) if street else "",
        "total": len(found),
        "least": LEAST_SHOWN,
        "all": at_limits(found),
        "kinds": [
            {
                "name": matters.name_of(code),
                "code": code,
                "n": len(by_type[code]),
                "rows": at_limits(by_type[code]),
                "held": held.pop(code, None),
                "url": _set_url(code, street) if may and _may_have_limit(code) else "",
            }
            for code in enough[:LISTED]
        ],
        "others": [(matters.name_of(code), one.percent) for code, one in sorted(held.items())],
        "small": len(by_type) - len(enough),
        "register_url": reverse("registers:list", args=["triage_limit"]),
    }
    return render(request, "desk/triage_limits.html", context)


def _may_have_limit(code: str) -> bool:
    kind = matters.type_of(code)
    return kind is not None and kind.active and not kind.confidential and not kind.danger


def _set_url(code: str, street: str) -> str:
    asked = urlencode({"type_code": code, "percent": 98, "area_code": street})
    return f"{reverse('registers:new', args=['triage_limit'])}?{asked}"


def _street(request: HttpRequest, viewer: Actor) -> str:
    """The asked one of the viewer's areas, else the first of them."""
    mine = reads.streets(viewer)
    asked = request.GET.get("area", "")
    return asked if asked in mine else next(iter(mine), "")


def _streets(viewer: Actor, here: str, name: str) -> list[dict[str, Any]]:
    return [
        {"url": f"{reverse(name)}?area={code}", "words": places.name_of(code), "current": code == here}
        for code in reads.streets(viewer)
    ]


@staff()
@require_safe
def triage_models(request: HttpRequest) -> HttpResponse:
    """The versions of the viewer's streets, and how the weeks since compare with what was measured."""
    viewer, now = actor_of(request), now_of(request)
    _require(viewer)
    rows = reads.models_of(viewer)
    used = next((one for one in rows if one.state == ModelState.IN_USE), None)
    street = used.area_code if used is not None else _street(request, viewer)
    weeks = reads.weeks(viewer, area_code=street, since=now - A_SEASON) if street else []
    context: dict[str, Any] = {
        "menu_key": "triage_wrong",
        "tabs": _tabs("triage_models"),
        "models": [_model_line(one, viewer, now) for one in rows],
        "used": used,
        "weeks": [_week_line(one) for one in weeks],
        "expected": _percents(used) if used is not None else None,
        "least": LEAST_SHOWN,
    }
    return render(request, "desk/triage_models.html", context)


def _week_line(week: Week) -> dict[str, Any]:
    enough = week.n >= LEAST_SHOWN
    return {
        "begins": week.begins,
        "n": week.n,
        "low": round(week.low * 100) if enough else None,
        "unknown": round((1 - week.known) * 100) if enough and week.known is not None else None,
    }


def _percents(row: TriageModel) -> dict[str, int]:
    return {"low": round(row.measured["low"] * 100), "unknown": round((1 - row.measured["known"]) * 100)}


def _model_line(row: TriageModel, viewer: Actor, now: datetime) -> dict[str, Any]:
    scores, before = row.measured, row.measured["before"]
    return {
        "row": row,
        "place": places.name_of(row.area_code),
        "at": when_words(row.made_at, now),
        "url": reverse("desk:triage_model", args=[row.pk]),
        "accuracy": round(scores["accuracy"] * 100, 1),
        "before": round(before["accuracy"] * 100, 1),
        "used": row.state == ModelState.IN_USE,
        "label": ModelState(row.state).label,
        "may": viewer.may(Duty.LEAD, row.area_code),
        "key": uuid7(),
    }


@staff()
@require_safe
def triage_model(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """The card of one version: when, from what, how good, and what it confuses with what."""
    viewer, now = actor_of(request), now_of(request)
    _require(viewer)
    row = reads.model(model_id, viewer)
    if row is None:
        raise NotFound("triage_model")
    scores = row.measured
    shown = [one for one in scores["types"] if one[1] >= LEAST_SHOWN]
    context: dict[str, Any] = {
        "menu_key": "triage_wrong",
        "tabs": _tabs("triage_models"),
        "one": _model_line(row, viewer, now),
        "scores": {
            "n": scores["n"],
            "macro_f1": round(scores["macro_f1"] * 100, 1),
            "error": round(scores["calibration_error"] * 100, 1),
            **_percents(row),
        },
        "types": [
            {"name": matters.name_of(code), "was": was, "told": told, "hits": hits, "recall": round(hits / was * 100)}
            for code, was, told, hits in sorted(shown, key=lambda one: -one[1])
        ],
        "small": len(scores["types"]) - len(shown),
        "confused": [
            (matters.name_of(final), matters.name_of(suggested), count)
            for final, suggested, count in scores["confused"]
        ],
        "least": LEAST_SHOWN,
        "list_url": reverse("desk:triage_models"),
    }
    return render(request, "desk/triage_model.html", context)


@staff()
@require_POST
def set_triage_model(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Use this version, or none."""
    viewer, now = actor_of(request), now_of(request)
    use = request.POST.get("use") == "yes"
    pressed(
        request,
        lambda key: set_model(model_id=model_id, use=use, actor=viewer, now=now, key=key),
        _("从现在起用这一版") if use else _("停用了，只看清单的词"),
    )
    return HttpResponseRedirect(reverse("desk:triage_models"))
