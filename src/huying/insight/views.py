"""Pages of assessments: an area's month, the cases behind a number, what is ahead, freezing, and terms of scoring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases.rules import Outcome, state_label
from huying.insight import actions, queries
from huying.insight.forms import CorrectForm, DecideForm, MonthForm, TermsForm
from huying.insight.models import Scoring, Statement
from huying.insight.queries import Asked, Assessment, Line
from huying.insight.rules import (
    BY_CODE,
    FORMULAS,
    MEASURES,
    Measure,
    Month,
    Rate,
    Slice,
    Terms,
    TermsState,
    examples_of,
    month_of,
)
from huying.insight.rules.months import KEPT
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import Label, _
from huying.matters import queries as matters
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places

MAIN = tuple(one for one in MEASURES if one.main)
IN_TABLE = (*MAIN, BY_CODE["on_time_handle"], BY_CODE["rework"])
CUTS = {"unit": _("单位"), "area": _("区域"), "matter": _("事项")}


@dataclass(frozen=True)
class Figure:
    """A rate as it is shown: each of its numbers an address of its rows."""

    measure: Measure
    rate: Rate
    url: str
    hits_url: str


@dataclass(frozen=True)
class TableRow:
    """A unit, an area or a class in the table: `place` in the order, "" where it is not ranked."""

    place: str
    name: str
    url: str
    figures: tuple[Figure, ...]
    score: Any = None


@staff(Duty.READ)
@require_safe
def assess(request: HttpRequest) -> HttpResponse:
    """One area's month; without a word, the viewer's first area and this month."""
    return _page(request, *_asked(request))


def _page(
    request: HttpRequest, code: str, month: Month, *, correct_form: CorrectForm | None = None, status: int = 200
) -> HttpResponse:
    viewer, now = actor_of(request), now_of(request)
    version = _version(request)
    found = queries.assess(viewer, code, month, version=version)
    by = request.GET.get("by", "unit")
    by = by if by in CUTS else "unit"
    asked = {"area": code, "month": str(month)} | ({"version": str(version)} if version is not None else {})
    carried = {"area": code, "month": str(month)}
    facts: dict[str, Any] = {
        "menu_key": "assess",
        "found": found,
        "name": _name(code),
        "own": [
            {
                "words": _name(one),
                "url": _here(area=one, month=month),
                "current": code.startswith(one),
            }
            for one in viewer.areas(Duty.READ)
        ],
        "before_url": _here(area=code, month=month.last),
        "after_url": _here(area=code, month=month.next) if month < month_of(now) else "",
        "running": month == month_of(now),
        "main": [_figure(one, found.whole, asked) for one in MAIN],
        "others": [
            _figure(one, found.whole, asked) for one in MEASURES if not one.main and found.whole.rates[one.code].of
        ],
        "cuts": [{"words": words, "url": _here(**asked, by=key), "current": key == by} for key, words in CUTS.items()],
        "by": by,
        "columns": IN_TABLE,
        "rows": _rows(found, by, asked),
        "excluded": [
            {"words": queries.excluded_words(kind), "count": count, "url": _behind(asked, excluded=kind)}
            for kind, count in sorted(found.excluded.items())
        ],
        "aside": _before_and_after(found),
        "posts": queries.scores_of_posts(found.whole.sums, found.terms),
        "ahead": _ahead(viewer, code, found, now) if month == month_of(now) else None,
        "versions": [_version_line(one, asked) for one in found.versions if one.state in KEPT],
        "now_url": _here(**carried, version=0) if found.statement is not None else "",
        "may_freeze": bool(code) and viewer.may(Duty.SUPERVISE, code) and now >= month.ends and _own(found, code),
        "frozen": any(one.state in KEPT for one in found.versions),
        "proposed": any(one.state not in KEPT for one in found.versions),
        "month_form": MonthForm(initial=carried, auto_id="freeze_%s"),
        "correct_form": correct_form or CorrectForm(initial=carried),
        "terms_url": f"{reverse('insight:terms')}?{urlencode({'area': code})}" if code else "",
        "version": version,
    }
    return render(request, "insight/assess.html", facts, status=status)


def _before_and_after(found: Assessment) -> list[tuple[Label, Rate, Rate]]:
    """The three rates with and without what two persons left out; none where they left out nothing."""
    before = found.before.rates
    return [(one.label, before[one.code], found.whole.rates[one.code]) for one in MAIN] if found.aside else []


def _own(found: Assessment, code: str) -> bool:
    """Whether the month is frozen here, and not by an area around this one."""
    return all(one.area_code == code for one in found.versions)


def _asked(request: HttpRequest) -> tuple[str, Month]:
    own = actor_of(request).areas(Duty.READ)
    if not own:  # reads the orders of a unit alone
        raise NotAllowed(duty=str(Duty.READ))
    asked = request.GET.get("month", "")
    try:
        month = Month.read(asked) if asked else month_of(now_of(request))
    except ValueError:
        raise NotFound("month") from None
    return request.GET.get("area", own[0]), month


def _version(request: HttpRequest) -> int | None:
    asked = request.GET.get("version", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < 4):
        raise NotFound("statement")
    return int(asked)


def _here(**asked: object) -> str:
    """The page with other questions; whole, because a form that is refused is shown under its own address."""
    return f"{reverse('insight:assess')}?{urlencode(asked)}"


def _name(code: str) -> str:
    return places.name_of(code) if code else str(_("全部区域"))


def _behind(asked: dict[str, str], **which: str) -> str:
    return f"{reverse('insight:behind')}?{urlencode(asked | which)}"


def _figure(measure: Measure, line: Line, asked: dict[str, str], **cut: str) -> Figure:
    which = {"measure": measure.code, **cut}
    return Figure(measure, line.rates[measure.code], _behind(asked, **which), _behind(asked, **which, part="hits"))


def _rows(found: Assessment, by: str, asked: dict[str, str]) -> list[TableRow]:
    """By resolution, the best first; what is too small to rank comes after, by name."""
    lines = {"unit": found.units, "area": found.areas, "matter": found.matters}[by]
    names = _names(by, lines)
    rank = BY_CODE["resolution"].code
    big = sorted((one for one in lines if not one.rates[rank].few), key=lambda one: -(one.rates[rank].share or 0))
    small = sorted((one for one in lines if one.rates[rank].few), key=lambda one: names.get(one.key, one.key))
    rows = []
    for number, line in enumerate([*big, *small], start=1):
        higher = sum(1 for one in big if (one.rates[rank].share or 0) > (line.rates[rank].share or 0))
        within = asked | {"area": line.key} if by == "area" else asked
        cut = {} if by == "area" else {"slice": by, "key": line.key}
        rows.append(
            TableRow(
                str(higher + 1) if number <= len(big) else "",
                names.get(line.key, line.key) or str(_("还没确定事项")),
                _here(**within) if by == "area" and places.is_known(line.key) else "",
                tuple(_figure(one, line, within, **cut) for one in IN_TABLE),
                queries.score_of_unit(line.sums, found.terms) if by == "unit" else None,
            )
        )
    return rows


def _names(by: str, lines: Iterable[Line]) -> dict[str, str]:
    if by == "unit":
        found = people.units(UUID(one.key) for one in lines)
        return {str(pk): unit.short_name or unit.name for pk, unit in found.items()}
    if by == "area":
        return {one.key: places.own_name_of(one.key) or one.key for one in lines}
    return {one.code: one.name for one in matters.classes()}


def _ahead(viewer: Actor, code: str, found: Assessment, now: Any) -> dict[str, Any]:
    soon = queries.ahead(viewer, code, now=now)
    at_present = found.whole.rates["resolution"]
    return {
        "found": soon,
        "present": at_present,
        "expected": soon.expected(at_present),
        "outcomes": [(Outcome(kind).label, count) for kind, count in sorted(soon.outcomes.items())],
        "asked_url": f"{reverse('insight:ahead')}?{urlencode({'area': code, 'show': 'asked'})}",
        "red_url": f"{reverse('insight:ahead')}?{urlencode({'area': code, 'show': 'red'})}",
    }


def _version_line(one: Statement, asked: dict[str, str]) -> dict[str, Any]:
    return {"statement": one, "url": _here(**asked | {"version": str(one.version)})}


@staff(Duty.READ)
@require_safe
def behind(request: HttpRequest) -> HttpResponse:
    """The cases of one number."""
    code, month = _asked(request)
    given = request.GET
    asked = Asked(
        measure=given.get("measure", ""), excluded=given.get("excluded", ""), part=given.get("part", "all"),
        slice=given.get("slice", ""), key=given.get("key", ""),
    )  # fmt: skip
    after = given.get("after", "")
    found = queries.behind(actor_of(request), code, month, asked, version=_version(request), after=after)
    same = {name: value for name, value in given.items() if name not in ("part", "after")}
    parts = (("all", _("全部")), ("hits", _("算在上面的")), ("rest", _("没算在上面的")))
    facts = {
        "menu_key": "assess",
        "found": found,
        "name": _name(code),
        "month": month,
        "title": found.measure.label if found.measure is not None else queries.excluded_words(asked.excluded),
        "cut": _cut_words(asked),
        "rows": [
            {"row": one, "area": places.own_name_of(one.case.area_code) or one.case.area_code,
             "state": state_label(one.case.state, one.case.flow)}
            for one in found.rows
        ],
        "parts": [
            {"words": words, "url": f"?{urlencode(same | {'part': key})}", "current": key == asked.part}
            for key, words in parts
        ] if found.measure is not None else [],
        "page": {"next": found.next},
        "first": not after,
        "back_url": _here(area=code, month=month),
    }  # fmt: skip
    return render(request, "insight/behind.html", facts)


def _cut_words(asked: Asked) -> str:
    if asked.slice == Slice.UNIT:
        unit = people.unit(UUID(asked.key))
        return unit.name if unit is not None else ""
    if asked.slice == Slice.MATTER:
        return {one.code: one.name for one in matters.classes()}.get(asked.key, "")
    return ""


@staff(Duty.READ)
@require_safe
def ahead(request: HttpRequest) -> HttpResponse:
    """Cases whose callers would be asked today, or that turn red by the end of tomorrow."""
    viewer, now = actor_of(request), now_of(request)
    code, _month = _asked(request)
    red = request.GET.get("show") == "red"
    after = request.GET.get("after", "")
    page: Page[Any] = Page(limit=50, after=after)
    if red:
        cases = queries.red_by_tomorrow(viewer, code, now=now, page=page)
    else:
        cases = queries.asked_today(viewer, code, page=page)
    facts = {
        "menu_key": "assess",
        "red": red,
        "name": _name(code),
        "rows": [
            {"case": one, "area": places.own_name_of(one.area_code) or one.area_code,
             "state": state_label(one.state, one.flow),
             "outcome": Outcome(one.outcome).label if one.outcome else ""}
            for one in cases
        ],
        "page": page,
        "first": not after,
        "back_url": _here(area=code),
    }  # fmt: skip
    return render(request, "insight/ahead.html", facts)


@staff(Duty.SUPERVISE)
@require_POST
def freeze(request: HttpRequest) -> HttpResponse:
    """Freeze a month for the first time."""
    code, month = _month_of(MonthForm(request.POST))
    actions.freeze_month(code=code, month=month, actor=actor_of(request), now=now_of(request))
    return _frozen(request, code, month, _("已封账。数字不再变；要改，作更正。"))


@staff(Duty.SUPERVISE)
@require_POST
def correct(request: HttpRequest) -> HttpResponse:
    """Another version of a frozen month, with its reason."""
    form = CorrectForm(request.POST)
    if not form.is_valid() and {"area", "month"} & set(form.errors):
        raise NotFound("month")
    code, month = form.cleaned_data["area"], form.cleaned_data["month"]
    if form.is_valid():
        one = attempt(
            form,
            lambda: actions.correct_month(
                code=code, month=month, reason=form.cleaned_data["reason"], actor=actor_of(request),
                now=now_of(request),
            ),
        )  # fmt: skip
        if one is not None:
            return _frozen(request, code, month, _("已作更正，前面的版本仍可查看。"))
    return _page(request, code, month, correct_form=form, status=422)


@staff(Duty.SUPERVISE)
@require_POST
def publish(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """Publish a frozen version."""
    one = actions.publish_month(statement_id=statement_id, actor=actor_of(request), now=now_of(request))
    return _frozen(request, one.area_code, Month(one.month), _("已公布。"))


def _month_of(form: MonthForm) -> tuple[str, Month]:
    if not form.is_valid():
        raise NotFound("month")
    return form.cleaned_data["area"], form.cleaned_data["month"]


def _frozen(request: HttpRequest, code: str, month: Month, says: Label) -> HttpResponse:
    messages.success(request, str(says))
    return redirect(_here(area=code, month=month))


@staff(Duty.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    """An area's terms of scoring: those in force with their worked examples, every version, and a proposal."""
    viewer, now = actor_of(request), now_of(request)
    own = viewer.areas(Duty.READ)
    code = (request.POST if request.method == "POST" else request.GET).get("area", own[0] if own else "")
    versions = queries.scoring_of(viewer, code)
    present = queries.terms_for(code, month_of(now))
    form = TermsForm(terms=present, initial={"area": code, "valid_from": str(month_of(now).next)})
    if request.method == "POST":
        form = TermsForm(request.POST, terms=present)
        if form.is_valid() and _propose(form, code, viewer, now):
            messages.success(request, str(_("已提出，等另一位负责人批准。")))
            return redirect(f"{reverse('insight:terms')}?{urlencode({'area': code})}")
    return _terms_page(request, code, versions, present, form, 422 if request.method == "POST" else 200)


def _propose(form: TermsForm, code: str, viewer: Actor, now: Any) -> Scoring | None:
    wanted, valid_from = form.read()
    return attempt(
        form,
        lambda: actions.propose_terms(
            code=code, terms=wanted, valid_from=valid_from, reason=form.cleaned_data["reason"], actor=viewer, now=now
        ),
    )


def _terms_page(
    request: HttpRequest, code: str, versions: list[Scoring], present: Terms, form: TermsForm, status: int,
    decide_form: DecideForm | None = None,
) -> HttpResponse:  # fmt: skip
    viewer = actor_of(request)
    waiting = next((one for one in versions if one.state == TermsState.PROPOSED), None)
    named = people.names_of({pk for one in versions for pk in (one.made_by, one.approved_by) if pk is not None})
    facts = {
        "menu_key": "assess",
        "name": _name(code),
        "code": code,
        "present": _terms_shown(present),
        "versions": [
            {"scoring": one, "by": named.get(one.made_by, "") if one.made_by else "",
             "approved": named.get(one.approved_by, "") if one.approved_by else "",
             "from": Month(one.valid_from), "label": TermsState(one.state).label,
             "shown": _terms_shown(Terms.read(one.terms)),
             "examples": _examples_shown(one.examples)}
            for one in versions
        ],
        "waiting": waiting,
        "may_decide": waiting is not None and viewer.may(Duty.SUPERVISE, code) and waiting.made_by != viewer.id,
        "may_propose": waiting is None and viewer.may(Duty.SUPERVISE, code),
        "form": form,
        "decide_form": decide_form or DecideForm(),
        "examples": _examples_shown(examples_of(present)),
        "back_url": _here(area=code),
    }  # fmt: skip
    return render(request, "insight/terms.html", facts, status=status)


def _terms_shown(one: Terms) -> dict[str, Any]:
    return {
        "terms": one,
        "fair": f"{float(one.fair):g}",
        "bands": one.bands,
        "formulas": [
            {"label": formula.label,
             "parts": [(part.label, one.weights[formula.code][part.code]) for part in formula.parts]}
            for formula in FORMULAS
        ],
    }  # fmt: skip


def _examples_shown(kept: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"label": formula.label, **kept[formula.code]} for formula in FORMULAS if formula.code in kept]


@staff(Duty.SUPERVISE)
@require_POST
def decide(request: HttpRequest, scoring_id: UUID) -> HttpResponse:
    """Approve or refuse proposed terms."""
    viewer, now = actor_of(request), now_of(request)
    form = DecideForm(request.POST)
    one = queries.scoring(viewer, scoring_id)
    if form.is_valid():
        done = attempt(
            form,
            lambda: actions.decide_terms(
                scoring_id=scoring_id, granted=form.cleaned_data["granted"] == "yes",
                words=form.cleaned_data["words"], actor=viewer, now=now,
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, str(TermsState(done.state).label))
            return redirect(f"{reverse('insight:terms')}?{urlencode({'area': done.area_code})}")
    code, present = one.area_code, queries.terms_for(one.area_code, month_of(now))
    blank = TermsForm(terms=present, initial={"area": code})
    return _terms_page(request, code, queries.scoring_of(viewer, code), present, blank, 422, form)
