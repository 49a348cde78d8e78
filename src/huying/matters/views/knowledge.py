"""Pages of the knowledge base: its texts, one text with its versions, writing and publishing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import Label, _, listed
from huying.matters import queries as matters
from huying.matters.actions import knowledge as actions
from huying.matters.forms import KnowledgeForm, ReviewDateForm, SendBackForm
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge as queries
from huying.matters.queries.knowledge import Wanted
from huying.matters.rules.knowledge import (
    KNOWLEDGE_FLOW,
    Blank,
    KnowledgeKind,
    KnowledgeState,
    KnowledgeVerb,
)
from huying.matters.views.sets import areas_of
from huying.notices.rules import HandsFacts
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places

ON_A_PAGE = 30
YEAR = timedelta(days=365)
TONES = {
    KnowledgeState.DRAFT: "wait", KnowledgeState.SUBMITTED: "review", KnowledgeState.PUBLISHED: "done",
    KnowledgeState.RETIRED: "late", KnowledgeState.DROPPED: "late",
}  # fmt: skip


@require_safe
@staff()
def knowledge(request: HttpRequest) -> HttpResponse:
    """The texts that the viewer may see, by kind, state and words."""
    actor, now = actor_of(request), now_of(request)
    today = timezone.localdate(now)
    wanted = Wanted(
        request.GET.get("kind", ""), request.GET.get("state", ""), request.GET.get("q", "")[:QUERY_LIMIT].strip()
    )
    page: Page[Knowledge] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = queries.listed(actor, wanted, today=today, page=page)
    context = {
        "menu_key": "knowledge",
        "rows": [_line(one, actor, today) for one in rows],
        "page": page,
        "first": not page.after,
        "wanted": wanted,
        "kinds": _tabs(wanted, "kind", [("", _("全部")), *KnowledgeKind.choices]),
        "states": _tabs(
            wanted,
            "state",
            [("", _("在用和在写")), ("submitted", _("待批准")), ("due", _("要复核")), ("retired", _("已停用"))],
        ),
        "may_write": bool(actor.areas(Duty.ADMIN_MATTERS)),
        "now": now,
    }
    return render(request, "matters/knowledge.html", context)


QUERY_LIMIT = 100


def _tabs(wanted: Wanted, name: str, choices: list[tuple[str, Label]]) -> list[dict[str, Any]]:
    asked = {"kind": wanted.kind, "state": wanted.state, "q": wanted.words}
    found = []
    for value, label in choices:
        given = {key: word for key, word in {**asked, name: str(value)}.items() if word}
        found.append({"words": label, "url": f"?{urlencode(given)}", "current": asked[name] == str(value)})
    return found


def _line(row: Knowledge, actor: Actor, today: Any) -> dict[str, Any]:
    state = KnowledgeState(row.state)
    types = [matters.name_of(code) for code in row.type_codes]
    return {
        "row": row,
        "labels": row.labels,
        "tone": TONES[state],
        "place": places.own_name_of(row.area_code),
        "types": types,
        "types_words": listed(types),
        "due": state == KnowledgeState.PUBLISHED and row.review_on <= today,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff(duty=Duty.ADMIN_MATTERS)
def new_knowledge(request: HttpRequest) -> HttpResponse:
    """Write a new text: `?kind=article` or `reply`."""
    actor, now = actor_of(request), now_of(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in KnowledgeKind.values else str(KnowledgeKind.ARTICLE)
    areas = areas_of(actor, Duty.ADMIN_MATTERS)
    if not areas:
        raise NotAllowed(duty=str(Duty.ADMIN_MATTERS))
    form = _form(request, kind, areas[0][0], areas, initial={"review_on": timezone.localdate(now) + YEAR})
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: actions.write_knowledge(kind=kind, **form.cleaned_data, actor=actor, now=now))
        if done is not None:
            return _saved(request, done)
    context = {
        "menu_key": "knowledge", "form": form, "kind": kind, "kind_label": KnowledgeKind(kind).label,
        "kinds": [
            {"words": label, "url": f"?kind={value}", "current": value == kind}
            for value, label in KnowledgeKind.choices
        ],
        "blanks": _blanks(kind),
    }  # fmt: skip
    return render(request, "matters/knowledge_new.html", context, status=422 if form.errors else 200)


def _form(
    request: HttpRequest, kind: str, area_code: str, areas: list[tuple[str, str]], initial: dict[str, Any]
) -> KnowledgeForm:
    by_class: dict[str, list[tuple[str, str]]] = {}
    for one in matters.active_types():
        by_class.setdefault(one.class_code, []).append((one.code, one.name))
    types = [(one.name, by_class[one.code]) for one in matters.classes() if one.code in by_class]
    units = [(str(one.pk), one.name) for one in people.units_for(area_code, beside=area_code)]
    return KnowledgeForm(
        request.POST if request.method == "POST" else None, kind=kind, areas=areas, types=types, units=units,
        initial=initial,
    )  # fmt: skip


def _blanks(kind: str) -> list[tuple[str, Label]]:
    return [("{" + one.value + "}", one.label) for one in Blank] if kind == KnowledgeKind.REPLY else []


def _saved(request: HttpRequest, done: Knowledge) -> HttpResponse:
    messages.success(request, _("存成草稿了。要由另一位同事批准。"))
    return redirect("matters:knowledge_text", done.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff()
def text(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version with what may be done to it; POST changes the draft, or begins the next version."""
    actor, now = actor_of(request), now_of(request)
    found = queries.one(actor, version_id)
    if request.method != "POST":
        return _text_page(request, found)
    if not actor.may(Duty.ADMIN_MATTERS, found.area_code):
        raise NotAllowed(duty=str(Duty.ADMIN_MATTERS))
    form = _form(request, found.kind, found.area_code, [], {})
    if form.is_valid():
        done = attempt(
            form,
            lambda: actions.write_knowledge(
                version_id=version_id, kind=found.kind, area_code=found.area_code, **form.cleaned_data, actor=actor,
                now=now,
            ),
        )  # fmt: skip
        if done is not None:
            return _saved(request, done)
    return _text_page(request, found, form=form, status=422)


def _text_page(
    request: HttpRequest,
    found: Knowledge,
    *,
    form: KnowledgeForm | None = None,
    refused: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_of(request), now_of(request)
    today = timezone.localdate(now)
    versions = queries.versions_of(actor, found.entry)
    may = _legal(found, actor)
    in_work = any(one.state in (KnowledgeState.DRAFT, KnowledgeState.SUBMITTED) for one in versions)
    writes = KnowledgeVerb.CHANGE in may or (
        found.state == KnowledgeState.PUBLISHED and not in_work and actor.may(Duty.ADMIN_MATTERS, found.area_code)
    )
    if form is None and writes:
        form = _form(request, found.kind, found.area_code, [], KnowledgeForm.initial_of(found, today))
    people_named = people.names_of({one for one in (found.made_by, found.approved_by) if one is not None})
    context = {
        "menu_key": "knowledge",
        "line": _line(found, actor, today),
        "found": found,
        "versions": [{**_line(one, actor, today), "current": one.pk == found.pk} for one in versions],
        "may": {str(one) for one in may},
        "form": form if writes else None,
        "refused": refused,
        "opened": form is not None and form.is_bound,
        "review_form": ReviewDateForm(initial={"review_on": today + YEAR}, auto_id="again_%s"),
        "back_form": SendBackForm(auto_id="back_%s"),
        "made_by": people_named.get(found.made_by, "") if found.made_by else "",
        "approved_by": people_named.get(found.approved_by, "") if found.approved_by else "",
        "blanks": _blanks(found.kind),
        "now": now,
    }
    return render(request, "matters/knowledge_text.html", context, status=status)


def _legal(found: Knowledge, actor: Actor) -> set[KnowledgeVerb]:
    facts = HandsFacts(KnowledgeState(found.state), found.made_by, actor.id)
    return {one.verb for one in KNOWLEDGE_FLOW.legal(facts) if actor.may(one.duty, found.area_code)}


MOVES: dict[str, tuple[Callable[..., Knowledge], type[forms.Form], Label]] = {
    "submit": (actions.submit_knowledge, forms.Form, _("送去批准了。")),
    "publish": (actions.publish_knowledge, forms.Form, _("发布了，现在就能用。")),
    "send_back": (actions.send_back_knowledge, SendBackForm, _("退回了。")),
    "review": (actions.review_knowledge, ReviewDateForm, _("记下了，到下一个日期再看。")),
    "retire": (actions.retire_knowledge, forms.Form, _("停用了，不再给人看。")),
    "drop": (actions.drop_knowledge, forms.Form, _("这一版不用了。")),
}


@require_POST
@staff()
def move_text(request: HttpRequest, version_id: UUID, verb: str) -> HttpResponse:
    """One move of a version."""
    actor, now = actor_of(request), now_of(request)
    queries.one(actor, version_id)
    if verb not in MOVES:
        raise NotFound("move")
    act, kind, done_words = MOVES[verb]
    form = kind(request.POST)
    if form.is_valid():
        done = attempt(form, lambda: act(version_id=version_id, **form.cleaned_data, actor=actor, now=now))
        if done is not None:
            messages.success(request, str(done_words))
            if done.state == KnowledgeState.DROPPED:
                return redirect("matters:knowledge")
            return redirect("matters:knowledge_text", version_id)
    return _text_page(request, queries.one(actor, version_id), refused=form, status=422)
