"""Pages of whistles: asking for one, one whole with its moves, lists, and the figures of a month."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases import queries
from huying.cases.forms.whistles import WHISTLE_MOVES, AskForm, Calling, WhistleForm, WhistleMove, ask, form_of
from huying.cases.forms.whistles import walk_whistle as walk
from huying.cases.models import Case, Whistle
from huying.cases.queries import whistles as reads
from huying.cases.queries.whistles import SHOWS, PartRow, Rows, WantedWhistles
from huying.cases.rules import OPEN
from huying.cases.rules.whistles import Band, Share, WhistleState
from huying.cases.whistlefile import line_of, number_of, state_of, whistlefile
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import Label, _
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import is_code
from huying.ui.words import when_words

ON_A_PAGE = 40
LISTS: dict[str, Label] = {"": _("全部"), "mine": _("我申请的"), "unit": _("我单位的"), "late": _("超时的")}
BANDS: dict[Band, tuple[str, Label]] = {
    Band.FEW: ("soon", _("偏少：该叫的也许没有叫")),
    Band.HEALTHY: ("done", _("正常")),
    Band.MANY: ("soon", _("偏多：日常的事也许都在吹哨")),
}


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask_whistle(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask units of the next tier to come to the place of a case."""
    actor, now = actor_of(request), now_of(request)
    case = queries.one(case_id, actor)
    if case is None:
        raise NotFound("case")
    if not reads.caller_units(case, actor):
        raise NotAllowed(_("您的单位不能为这件事吹哨。"))
    calling = Calling(case, actor, now)
    if request.method != "POST":
        return _asking(request, case, form_of(AskForm, calling, request=request))
    form = form_of(AskForm, calling, request.POST, request.FILES, request=request)
    made = None
    if form.is_valid():
        made = attempt(form, lambda: ask(form, case_id, actor=actor, now=now))
    if made is None:
        return _asking(request, case, form, status=422)
    done = _("已吹哨。") if made.state == WhistleState.BLOWN else _("已申请，等单位负责人同意。")
    messages.success(request, str(done))
    return HttpResponseRedirect(reverse("cases:whistle", args=[made.pk]))


def _asking(request: HttpRequest, case: Case, form: WhistleForm, *, status: int = 200) -> HttpResponse:
    facts = {
        "case": case, "form": form, "open": case.state in OPEN, "back_url": reverse("cases:case", args=[case.pk]),
        "menu_key": "whistles",
        "panel": {"title": _("吹哨"), "url": reverse("cases:ask_whistle", args=[case.pk]),
                  "buttons": form.buttons(_("吹哨")), "danger": False},
    }  # fmt: skip
    return render(request, "cases/whistle_ask.html", facts, status=status)


@staff()
@require_safe
@never_cache
def whistle(request: HttpRequest, whistle_id: UUID) -> HttpResponse:
    """One whistle whole, with its legal moves and no others; `?move=` opens the form of one."""
    rows = _rows(request, whistle_id)
    asked = request.GET.get("move", "")
    legal = reads.legal_moves(rows, actor_of(request), now_of(request))
    name = asked if asked in legal else ""
    found = WHISTLE_MOVES.get(name)
    form = form_of(found.form, _calling(request, rows), request=request) if found is not None else None
    return _page(request, rows, found, form, late=bool(asked) and found is None)


@staff()
@require_POST
def move_whistle(request: HttpRequest, whistle_id: UUID, verb: str) -> HttpResponse:
    """Make one move. What was typed stays where it is refused; the same form sent twice acts once."""
    found = WHISTLE_MOVES.get(verb)
    if found is None:
        raise NotFound("move")
    rows = _rows(request, whistle_id)
    form = form_of(found.form, _calling(request, rows), request.POST, request.FILES, request=request)
    if form.is_valid():
        actor, now = actor_of(request), now_of(request)
        if attempt(form, lambda: walk(found, form, whistle_id, actor=actor, now=now)) is not None:
            messages.success(request, str(found.done))
            if reads.rows_of(whistle_id, actor) is None:  # a unit that was let go sees it no more
                return HttpResponseRedirect(reverse("cases:whistles"))
            return HttpResponseRedirect(reverse("cases:whistle", args=[whistle_id]))
        rows = _rows(request, whistle_id)
    return _page(request, rows, found, form, status=422)


def _rows(request: HttpRequest, whistle_id: UUID) -> Rows:
    found = reads.rows_of(whistle_id, actor_of(request))
    if found is None:
        raise NotFound("whistle")
    return found


def _calling(request: HttpRequest, rows: Rows) -> Calling:
    return Calling(rows.case, actor_of(request), now_of(request), rows)


def _page(
    request: HttpRequest, rows: Rows, found: WhistleMove | None, form: WhistleForm | None, *, late: bool = False,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    address = reverse("cases:whistle", args=[rows.whistle.pk])
    panel: dict[str, Any] = {}
    if found is not None and form is not None:
        panel = {
            "title": found.label,
            "url": reverse("cases:move_whistle", args=[rows.whistle.pk, found.name]),
            "buttons": form.buttons(found.label),
            "danger": found.danger,
        }
    file = whistlefile(rows, actor=actor_of(request), now=now_of(request), wanted=found.name if found else "")
    facts = {
        "file": file, "form": form, "panel": panel, "close_url": address, "late": late,
        "list_url": reverse("cases:whistles"), "menu_key": "whistles",
    }  # fmt: skip
    return render(request, "cases/whistle.html", facts, status=status)


@staff()
@require_safe
def whistles(request: HttpRequest) -> HttpResponse:
    """Whistles that the person may see, the latest first: all, one's own, of one's units, late ones."""
    viewer, now = actor_of(request), now_of(request)
    if not (viewer.has(Duty.READ) or viewer.has(Duty.HANDLE)):
        raise NotAllowed(duty=str(Duty.READ))
    show, state = request.GET.get("show", ""), request.GET.get("state", "")
    wanted = WantedWhistles(show if show in SHOWS else "", state if state in WhistleState.values else "")
    page: Page[Whistle] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = reads.whistles_found(viewer, wanted, now=now, page=page)
    home = reverse("cases:whistles")
    facts = {
        "lines": [line_of(one, one.case, now) for one in rows],
        "tabs": [
            {"words": words, "url": f"{home}?show={key}" if key else home, "current": key == wanted.show}
            for key, words in LISTS.items()
        ],
        "page": page,
        "first": not page.after,
        "figures_url": reverse("cases:whistle_figures") if reads.areas_led(viewer) else "",
        "menu_key": "whistles",
    }
    return render(request, "cases/whistles.html", facts)


@staff()
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The whistles of a month in an area that the person leads: how many, in time or not; each number opens."""
    viewer, now = actor_of(request), now_of(request)
    led = reads.areas_led(viewer)
    if not led:
        raise NotAllowed(_("吹哨统计给分管和督办的同事看。"))
    area = request.GET.get("area", "") or led[0]
    if not is_code(area) or not area.startswith(led):
        raise NotFound("area")
    begin = _month(request.GET.get("month", ""), now)
    found = reads.figures(viewer, area, begin, now=now)
    what = request.GET.get("rows", "")
    behind = found.rows(what)
    here = f"{reverse('cases:whistle_figures')}?area={area}&month={begin:%Y-%m}"
    tone, verdict = BANDS[found.verdict] if found.verdict is not None else ("wait", "")
    facts = {
        "found": found,
        "name": places.name_of(area),
        "verdict": verdict,
        "counts": [
            _count(_("吹哨"), len(found.whistles), f"{here}&rows=blown", _band(found), tone),
            _count(_("按时应哨"), found.answered.part, f"{here}&rows=answered", _of(found.answered), "done"),
            _count(_("应哨超时"), len(found.rows("answered_late") or ()), f"{here}&rows=answered_late"),
            _count(_("按时报到"), found.arrived.part, f"{here}&rows=arrived", _of(found.arrived), "done"),
            _count(_("报到超时"), len(found.rows("arrived_late") or ()), f"{here}&rows=arrived_late"),
            _count(_("提出异议"), len(found.objected), f"{here}&rows=objected", "", "back"),
            _count(_("异议成立"), len(found.upheld), f"{here}&rows=upheld", "", "back"),
        ],
        "units": found.by_unit(),
        "behind": [_behind(one, now) for one in behind] if behind is not None else None,
        "areas": [
            {"words": places.name_of(code), "url": f"?area={code}&month={begin:%Y-%m}", "current": code == area}
            for code in led
        ],
        "months": _months(area, begin, now),
        "voices": sum(found.voices.values()),
        "cases": len(found.voices),
        "list_url": reverse("cases:whistles"),
        "menu_key": "whistles",
    }
    return render(request, "cases/whistle_figures.html", facts)


def _count(label: Label, count: int, url: str, reason: str = "", tone: str = "") -> dict[str, Any]:
    """Without a tone: what should not be, green where there is none."""
    return {"label": label, "count": count, "url": url, "reason": reason, "tone": tone or ("late" if count else "done")}


def _of(share: Share) -> str:
    """`8 / 12 · 67%`; without the rate where they are few."""
    words = str(_("共 %(whole)s") % {"whole": share.whole})
    return f"{words} · {share.percent}%" if share.percent is not None else words


def _band(found: reads.Figures) -> str:
    if found.band is None:
        return ""
    return str(_("正常 %(least)s–%(most)s") % {"least": found.band.least, "most": found.band.most})


def _behind(row: PartRow | Whistle, now: datetime) -> dict[str, Any]:
    whistle = row.whistle if isinstance(row, PartRow) else row
    label, tone = state_of(whistle)
    return {
        "number": number_of(whistle, whistle.case),
        "title": whistle.case.title or whistle.case.number,
        "unit": row.part.unit.name if isinstance(row, PartRow) else whistle.caller_unit.name,
        "label": label,
        "tone": tone,
        "at": when_words(whistle.blown_at or whistle.asked_at, now),
        "url": reverse("cases:whistle", args=[whistle.pk]),
    }


def _month(text: str, now: datetime) -> date:
    """The first day of `2026-10`; of the present month where it is none."""
    today = timezone.localdate(now)
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return found if 1970 < found.year < 2200 else today.replace(day=1)


def _months(area: str, begin: date, now: datetime) -> list[dict[str, Any]]:
    """The last four months, the present one first: what fits on a phone."""
    found, month = [], timezone.localdate(now).replace(day=1)
    for _number in range(4):
        found.append({"words": f"{month:%Y-%m}", "url": f"?area={area}&month={month:%Y-%m}", "current": month == begin})
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    return found
