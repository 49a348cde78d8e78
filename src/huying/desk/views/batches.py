"""One act for many cases: ticked rows or a whole filter, a look beforehand, what became of each, and back again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases.models import Case
from huying.cases.queries import lists
from huying.desk import actions, queries
from huying.desk.actions.batching import Chosen, foreseen, may_undo
from huying.desk.filters import units_of
from huying.desk.forms import BatchForm, ListForm, pairs_in
from huying.desk.models import Batch
from huying.desk.rows import Row, Rows
from huying.desk.rules import BATCH_DUTY, MOST_TOGETHER, UNDOABLE, BatchAct, LineState, acts_of, filter_address
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.people.models import Organisation
from huying.ui.words import clock_words, when_words

ON_A_PAGE = 20
_TONES = {LineState.DONE: "done", LineState.REFUSED: "back", LineState.UNDONE: "wait", LineState.STAYS: "review"}


@staff()
@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    """What this person did to many cases at once, the latest first."""
    viewer, now = actor_of(request), now_of(request)
    if not acts_of(viewer):
        raise NotAllowed
    page: Page[Batch] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = [
        {"url": reverse("desk:batch", args=[one.pk]), "words": BatchAct(one.act).label, "undone": one.undone_at,
         "at": when_words(one.made_at, now)}
        for one in queries.batches_of(viewer, page=page)
    ]  # fmt: skip
    facts = {"menu_key": "cases", "rows": rows, "page": page, "first": not page.after}
    return render(request, "desk/batches.html", facts)


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
def new_batch(request: HttpRequest) -> HttpResponse:
    """GET: the ticked cases, or all of a filter, and what the act asks. POST `step=preview` says what would become of
    each, `step=do` does it."""
    viewer, now = actor_of(request), now_of(request)
    sent = request.POST if request.method == "POST" else request.GET
    act = _act(sent.get("act", ""), viewer)
    if request.method != "POST":
        ids, more = _picked(request, viewer, now)
        form = BatchForm(what=act, units=_units(act, viewer), initial={"act": act, "cases": _joined(ids)})
        return _page(request, form, act, ids, more=more)
    form = BatchForm(request.POST, what=act, units=_units(act, viewer))
    step, valid = request.POST.get("step", ""), form.is_valid()
    ids = [one for one, _lead in pairs_in(request.POST.get("cases", ""))][:MOST_TOGETHER]
    if not valid:
        return _page(request, form, act, ids, status=422)
    if step == "do":
        done = attempt(
            form,
            lambda: actions.carry_out(
                batch_id=form.own_key(), act=act, chosen=form.pairs(), values=form.values(), actor=viewer, now=now
            ),
        )
        if done is not None:
            return HttpResponseRedirect(reverse("desk:batch", args=[done.pk]))
        return _page(request, form, act, ids, status=422)
    if step == "edit":
        return _page(request, form, act, ids)
    told = attempt(form, lambda: foreseen(act, ids, form.values(), actor=viewer, now=now))
    return _page(request, form, act, ids, told=told, status=200 if told is not None else 422)


def _act(word: str, viewer: Actor) -> BatchAct:
    """The act asked for; the first that the viewer may do where none is."""
    mine = acts_of(viewer)
    if not mine:
        raise NotAllowed(duty=str(BATCH_DUTY[BatchAct.DISPATCH]))
    if word and word not in BatchAct.values:
        raise NotFound("act")
    act = BatchAct(word) if word else mine[0]
    if act not in mine:
        raise NotAllowed(duty=str(BATCH_DUTY[act]))
    return act


def _units(act: BatchAct, viewer: Actor) -> list[Organisation]:
    if act == BatchAct.ANSWER:
        return []
    return list({one.pk: one for code in viewer.areas(BATCH_DUTY[act]) for one in units_of(code)}.values())


def _picked(request: HttpRequest, viewer: Actor, now: datetime) -> tuple[list[UUID], bool]:
    """The ids of the ticked rows, or of what the filter finds; whether there are more than can be done at once."""
    if "all" not in request.GET:
        ids = [one for one, _lead in pairs_in(" ".join(request.GET.getlist("case")))]
        return ids[:MOST_TOGETHER], len(ids) > MOST_TOGETHER
    form = ListForm(QueryDict(filter_address(parse_qsl(request.GET.urlencode()))))
    if not form.is_valid():
        raise Invalid({name: [str(line) for line in lines] for name, lines in form.errors.items()})
    page: Page[Case] = Page(limit=MOST_TOGETHER)
    found = lists.cases_found(viewer, form.wanted(now), now=now, page=page)
    return [one.pk for one in found], bool(page.next)


def _joined(ids: Iterable[UUID]) -> str:
    return " ".join(str(one) for one in ids)


def _page(
    request: HttpRequest,
    form: BatchForm,
    act: BatchAct,
    ids: list[UUID],
    *,
    told: list[Chosen] | None = None,
    more: bool = False,
    status: int = 200,
) -> HttpResponse:
    viewer, now = actor_of(request), now_of(request)
    rows = _rows(ids, viewer, now)
    good = [one for one in told or [] if not one.why]
    back = request.POST.get("back", "") or (request.GET.urlencode() if "all" in request.GET else "")
    facts: dict[str, Any] = {
        "menu_key": "cases",
        "act": act,
        "form": form,
        "rows": [rows[one] for one in ids if one in rows] if told is None else [],
        "told": [(rows[one.case_id], one) for one in told or [] if one.case_id in rows],
        "previewed": told is not None,
        "good": len(good),
        "chosen": " ".join(f"{one.case_id}/{one.lead.pk}" if one.lead else str(one.case_id) for one in good),
        "more": more,
        "most": MOST_TOGETHER,
        "undoable": act in UNDOABLE,
        "back": filter_address(parse_qsl(back)),
    }
    return render(request, "desk/batch_new.html", facts, status=status)


def _rows(ids: Iterable[UUID], viewer: Actor, now: datetime) -> dict[UUID, Row]:
    cases = queries.seen_cases(ids, viewer)
    made = Rows(list(cases.values()), viewer, now=now)
    return {key: made.of_case(case) for key, case in cases.items()}


def _found(batch_id: UUID, viewer: Actor) -> Batch:
    found = queries.batch_by_id(batch_id, viewer)
    if found is None:
        raise NotFound("batch")
    return found


@staff()
@require_safe
def batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What became of each case; what has left the viewer's sight since is counted, not shown."""
    viewer, now = actor_of(request), now_of(request)
    found = _found(batch_id, viewer)
    lines = queries.lines_of(found)
    rows = _rows([one.case_id for one in lines], viewer, now)
    parts = [
        {
            "label": state.label,
            "lines": [(rows[one.case_id], one) for one in lines if one.state == state and one.case_id in rows],
            "count": sum(one.state == state for one in lines),
            "tone": _TONES.get(state, "wait"),
        }
        for state in (LineState.WAITING, LineState.REFUSED, LineState.STAYS, LineState.DONE, LineState.UNDONE)
    ]
    facts = {
        "menu_key": "cases",
        "batch": found,
        "act": BatchAct(found.act),
        "made": when_words(found.made_at, now),
        "parts": [one for one in parts if one["count"]],
        "until": clock_words(found.made_at + actions.UNDO_WITHIN)
        if may_undo(found, now) and any(one.state == LineState.DONE for one in lines)
        else "",
        "undoable": found.act in UNDOABLE,
    }
    return render(request, "desk/batch.html", facts)


@staff()
@require_POST
def undo_batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Take it all back, as far as nothing has happened since."""
    done = actions.take_back(batch_id=batch_id, actor=actor_of(request), now=now_of(request))
    count = sum(one.state == LineState.UNDONE for one in queries.lines_of(done))
    messages.success(request, ngettext("撤销了 %(count)s 件", "撤销了 %(count)s 件", count) % {"count": count})
    return HttpResponseRedirect(reverse("desk:batch", args=[batch_id]))
