"""Pages of campaigns: lists, one with its progress and places, one place on a phone, the closing report."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases.campaignfile import closing_sheet, pairs_of, reported
from huying.cases.forms.campaigns import (
    CAMPAIGN_MOVES,
    SPOT_MOVES,
    CampaignForm,
    CampaignMove,
    PlanForm,
    Taking,
    form_of,
    plan,
    walk,
)
from huying.cases.models import Campaign, CampaignSpot
from huying.cases.queries import campaigns as reads
from huying.cases.rules import state_label
from huying.cases.rules.campaigns import DONE, CampaignState, Finding, SpotState, percent
from huying.cases.sheets import DOCX, docx_of
from huying.files import responses
from huying.files.rules import FilePurpose
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.matters import queries as matters
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import street_of

TONES = {
    SpotState.WAITING: "wait", SpotState.IN_HAND: "doing", SpotState.DONE: "review", SpotState.CHECKED: "done",
    SpotState.CAME_BACK: "late",
}  # fmt: skip
# On the map a shape says the same: triangle, square, disc, ring.
DOTS = {
    SpotState.WAITING: "gold", SpotState.IN_HAND: "blue", SpotState.DONE: "grey", SpotState.CHECKED: "grey",
    SpotState.CAME_BACK: "red",
}  # fmt: skip
MOST_DOTS = 300  # what is not done comes first
CAMPAIGN_TONES = {CampaignState.DRAFT: "wait", CampaignState.RUNNING: "doing", CampaignState.CLOSED: "done"}


@staff()
@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """Campaigns that the person takes part in, the latest first."""
    viewer = actor_of(request)
    if not (viewer.has(Duty.READ) or viewer.has(Duty.HANDLE)):
        raise NotAllowed(duty=str(Duty.READ))
    lines = [
        {
            "campaign": one,
            "label": CampaignState(one.state).label,
            "tone": CAMPAIGN_TONES[CampaignState(one.state)],
            "place": places.own_name_of(one.area_code),
            "done": percent(counts.done, counts.every),
            "url": reverse("cases:campaign", args=[one.pk]),
        }
        for one, counts in reads.campaigns(viewer)
    ]
    may = bool(reads.areas_led(viewer))
    facts = {
        "lines": lines, "plan_url": reverse("cases:plan_campaign") if may else "", "menu_key": "campaigns"
    }  # fmt: skip
    return render(request, "cases/campaigns.html", facts)


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def plan_campaign(request: HttpRequest) -> HttpResponse:
    """Begin to prepare a campaign."""
    actor, now = actor_of(request), now_of(request)
    if not reads.areas_led(actor):
        raise NotAllowed(_("专项整治由派单、督办的同事或分管领导发起。"))
    form = form_of(PlanForm, Taking(actor, now), request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: plan(form, actor=actor, now=now))
        if made is not None:
            messages.success(request, str(_("建好了。请列入点位，分好工，再开始。")))
            return HttpResponseRedirect(f"{reverse('cases:campaign', args=[made.pk])}?move=add")
    facts = {"form": form, "back_url": reverse("cases:campaigns"), "menu_key": "campaigns"}
    return render(request, "cases/campaign_plan.html", facts, status=422 if form.errors else 200)


@staff()
@require_safe
@never_cache
def campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """How far a campaign is: counts, shares by unit, and its places; `?move=` opens the form of one move."""
    found = reads.campaign(campaign_id, actor_of(request))
    rows = reads.spots_of(found.pk)
    move = next((one for one in _moves(request, found) if one.name == request.GET.get("move", "")), None)
    form = form_of(move.form, _taking(request, found, rows), request=request) if move is not None else None
    return _page(request, found, rows, move, form)


@staff()
@require_safe
def campaign_points(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """The places that the list shows, as points on the map; the number is that of the place."""
    rows = reads.spots_of(reads.campaign(campaign_id, actor_of(request)).pk)
    shown = sorted(_with_point(_shown(request, rows)), key=lambda one: one.state in DONE)[:MOST_DOTS]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [one.lng, one.lat]},
            "properties": {
                "number": one.number,
                "tone": DOTS[SpotState(one.state)],
                "name": f"{one.name} {SpotState(one.state).label}",
                "url": reverse("cases:campaign_spot", args=[one.pk]),
            },
        }
        for one in shown
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return HttpResponse(body, content_type="application/geo+json", headers={"Cache-Control": "private, no-store"})


def _shown(request: HttpRequest, rows: list[CampaignSpot]) -> list[CampaignSpot]:
    """Places by the state and the share that the address asks for."""
    state, actor = request.GET.get("state", ""), actor_of(request)
    return [
        one for one in rows
        if state in ("", one.state) and ("mine" not in request.GET or reads.works_on(actor, one))
    ]  # fmt: skip


def _with_point(rows: list[CampaignSpot]) -> list[CampaignSpot]:
    return [one for one in rows if one.lng is not None and one.lat is not None]


def _map(request: HttpRequest, found: Campaign, shown: list[CampaignSpot]) -> dict[str, Any]:
    """The addresses of outlines and points, and how many are drawn; empty where no place has a point."""
    dots = _with_point(shown)
    if not dots:
        return {}
    streets = {street_of(found.area_code) or street_of(one.area_code) for one in dots}
    street = next(iter(streets)) if len(streets) == 1 else None
    query = {name: request.GET[name] for name in ("state", "mine") if name in request.GET}
    points = reverse("cases:campaign_points", args=[found.pk])
    return {
        "url": f"{reverse('places:outlines')}?area={street}" if street else "",
        "points_url": f"{points}?{urlencode(query)}" if query else points,
        "without": len(shown) - len(dots),
        "most": MOST_DOTS if len(dots) > MOST_DOTS else 0,
    }


@staff()
@require_POST
def move_campaign(request: HttpRequest, campaign_id: UUID, verb: str) -> HttpResponse:
    """Make one move. What was typed stays where it is refused; the same form sent twice acts once."""
    move = CAMPAIGN_MOVES.get(verb)
    if move is None:
        raise NotFound("move")
    found, actor, now = reads.campaign(campaign_id, actor_of(request)), actor_of(request), now_of(request)
    form = form_of(move.form, _taking(request, found), request.POST, request=request)
    if form.is_valid() and attempt(form, lambda: walk(move, form, campaign_id, actor=actor, now=now)) is not None:
        messages.success(request, str(move.done))
        return HttpResponseRedirect(reverse("cases:campaign", args=[campaign_id]))
    found = reads.campaign(campaign_id, actor_of(request))
    return _page(request, found, reads.spots_of(found.pk), move, form, status=422)


@staff()
@require_safe
@never_cache
def spot(request: HttpRequest, spot_id: UUID) -> HttpResponse:
    """One place, for whoever stands before it: what to do, photos before and after, and the legal moves."""
    found = reads.spot(spot_id, actor_of(request))
    legal = _spot_moves(request, found)
    asked = request.GET.get("move", "")
    move = next((one for one in legal if one.name == asked), None)
    form = form_of(move.form, _taking(request, found.campaign, spot=found), request=request) if move else None
    return _spot_page(request, found, move, form)


@staff()
@require_POST
def move_spot(request: HttpRequest, spot_id: UUID, verb: str) -> HttpResponse:
    """Make one move of a place. What was typed and photographed stays where it is refused."""
    move = SPOT_MOVES.get(verb)
    if move is None:
        raise NotFound("move")
    found, actor, now = reads.spot(spot_id, actor_of(request)), actor_of(request), now_of(request)
    taking = _taking(request, found.campaign, spot=found)
    form = form_of(move.form, taking, request.POST, request.FILES, request=request)
    if form.is_valid() and attempt(form, lambda: walk(move, form, spot_id, actor=actor, now=now)) is not None:
        messages.success(request, str(move.done))
        return HttpResponseRedirect(reverse("cases:campaign_spot", args=[spot_id]))
    return _spot_page(request, reads.spot(spot_id, actor_of(request)), move, form, status=422)


@staff()
@require_safe
def spot_photo(request: HttpRequest, spot_id: UUID, file_id: UUID, preview: bool = False) -> HttpResponse:
    """A photo of a place, for those who see the place."""
    found = reads.photo(spot_id, file_id, actor_of(request))
    return responses.send(found, preview=preview, request=request)


@staff()
@require_safe
def closing(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """The report of a campaign as paper: numbers with what they are out of, and each place before and after."""
    found, rows = _reported(request, campaign_id)
    facts = {
        "sheet": closing_sheet(found, rows, now=now_of(request)),
        "pairs": [
            {
                "number": one.number,
                "name": one.name,
                "state": SpotState(one.state).label,
                "words": one.words,
                "before": _photo_url(one, before),
                "after": _photo_url(one, after),
            }
            for one, before, after in pairs_of(rows)
        ],
        "word_url": reverse("cases:campaign_word", args=[found.pk]),
        "back_url": reverse("cases:campaign", args=[found.pk]),
        "menu_key": "campaigns",
    }
    return render(request, "cases/campaign_closing.html", facts)


@staff()
@require_safe
@never_cache
def closing_as_word(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """The same as a Word file."""
    found, rows = _reported(request, campaign_id)
    made = docx_of(closing_sheet(found, rows, now=now_of(request)), reported(rows))
    response = HttpResponse(made, content_type=DOCX)
    response["Content-Disposition"] = content_disposition_header(True, f"{found.name}.docx") or "attachment"
    return response


def _reported(request: HttpRequest, campaign_id: UUID) -> tuple[Campaign, list[CampaignSpot]]:
    found = reads.campaign(campaign_id, actor_of(request))
    if found.state != CampaignState.CLOSED:
        raise NotFound("sheet")
    return found, reads.spots_of(found.pk)


def _taking(request: HttpRequest, found: Campaign, spots: Any = None, *, spot: CampaignSpot | None = None) -> Taking:
    return Taking(actor_of(request), now_of(request), found, spot, spots)


def _moves(request: HttpRequest, found: Campaign) -> list[CampaignMove]:
    """The moves of a campaign for this person now."""
    actor = actor_of(request)
    names: list[str] = []
    if reads.leads(actor, found.area_code):
        names = {
            CampaignState.DRAFT: ["add", "share", "begin"],
            CampaignState.RUNNING: ["close", "share", "add"],
            CampaignState.CLOSED: [],
        }[CampaignState(found.state)]
    if found.state == CampaignState.CLOSED and actor.may(Duty.LEAD, found.area_code):
        names = ["publish"] if found.published_at is None else ["hide"]
    return [CAMPAIGN_MOVES[name] for name in names]


def _panel(move: CampaignMove | None, form: CampaignForm | None, url: str) -> dict[str, Any]:
    if move is None or form is None:
        return {}
    return {"title": move.label, "url": url, "buttons": form.buttons(move.label), "danger": move.danger}


def _page(
    request: HttpRequest,
    found: Campaign,
    rows: list[CampaignSpot],
    move: CampaignMove | None,
    form: CampaignForm | None,
    *,
    status: int = 200,
) -> HttpResponse:
    address = reverse("cases:campaign", args=[found.pk])
    told = reads.progress_of(rows)
    state, mine = request.GET.get("state", ""), "mine" in request.GET
    shown = _shown(request, rows)
    here = {"mine": "1"} if mine else {}
    url = reverse("cases:move_campaign", args=[found.pk, move.name]) if move is not None else ""
    facts = {
        "found": found,
        "label": CampaignState(found.state).label,
        "tone": CAMPAIGN_TONES[CampaignState(found.state)],
        "line": [
            *(matters.name_of(one) for one in found.type_codes[:3]),
            places.own_name_of(found.area_code),
            f"{found.from_day:%Y-%m-%d} — {found.until_day:%Y-%m-%d}",
        ],
        "counts": [
            {
                "label": one.label,
                "count": told.every.of(one),
                "tone": TONES[one],
                "url": f"{address}?{urlencode({**here, 'state': one})}",
                "current": state == one,
            }
            for one in SpotState
        ],
        "tabs": [
            {"words": _("全部点位"), "url": address, "current": not mine},
            {"words": _("我的点位"), "url": f"{address}?mine=1", "current": mine},
        ],
        "units": [
            {
                "name": unit.name if unit is not None else _("没有分"),
                "every": counts.every,
                "todo": counts.of(SpotState.WAITING, SpotState.IN_HAND),
                "came_back": counts.of(SpotState.CAME_BACK),
                "done": percent(counts.done, counts.every),
                "checked": percent(counts.of(SpotState.CHECKED), counts.every),
            }
            for unit, counts in told.by_unit
        ],
        "done": percent(told.every.done, told.every.every),
        "spots": [_spot_line(one) for one in shown],
        "map": _map(request, found, shown),
        "moves": [(one, f"{address}?move={one.name}", one is move) for one in _moves(request, found)],
        "closing_url": reverse("cases:campaign_closing", args=[found.pk])
        if found.state == CampaignState.CLOSED
        else "",
        "file": {"state_words": ""},
        "form": form,
        "panel": _panel(move, form, url),
        "close_url": address,
        "menu_key": "campaigns",
    }
    return render(request, "cases/campaign.html", facts, status=status)


def _spot_line(one: CampaignSpot) -> dict[str, Any]:
    return {
        "spot": one,
        "told": reads.tells_of_case(one),
        "label": SpotState(one.state).label,
        "tone": TONES[SpotState(one.state)],
        "place": places.own_name_of(one.area_code),
        "unit": one.unit.short_name if one.unit is not None else _("没有分"),
        "url": reverse("cases:campaign_spot", args=[one.pk]),
    }


def _spot_moves(request: HttpRequest, found: CampaignSpot) -> list[CampaignMove]:
    legal = {str(verb) for verb in reads.legal_moves(found, actor_of(request))}
    return [one for one in SPOT_MOVES.values() if one.name in legal]


def _spot_page(
    request: HttpRequest,
    found: CampaignSpot,
    move: CampaignMove | None,
    form: CampaignForm | None,
    *,
    status: int = 200,
) -> HttpResponse:
    address = reverse("cases:campaign_spot", args=[found.pk])
    names = people.named(one for one in (found.done_by, found.checked_by) if one is not None)
    photos = reads.photos_of([found.pk])[found.pk]
    before, after = reads.pair_of(photos)
    case = reads.case_of(found, actor_of(request))
    url = reverse("cases:move_spot", args=[found.pk, move.name]) if move is not None else ""
    said = [
        (_("结果"), Finding(found.finding).label if found.finding else "", found.done_by, found.done_at, found.words),
        (_("核查"), "", found.checked_by, found.checked_at, found.check_words),
    ]
    facts = {
        "found": found,
        "label": SpotState(found.state).label,
        "tone": TONES[SpotState(found.state)],
        "line": [found.unit.name if found.unit is not None else _("没有分"), places.name_of(found.area_code)],
        "before_url": _photo_url(found, before),
        "after_url": _photo_url(found, after),
        "photos": [
            {"url": _photo_url(found, one), "alt": FilePurpose(one.purpose).label}
            for one in photos
            if one not in (before, after)
        ],
        "said": [
            {"at": at, "who": str(names.get(who, "")) if who else "", "words": f"{term} {label}", "note": words}
            for term, label, who, at, words in said
            if at is not None
        ],
        "case": case,
        "case_url": reverse("cases:case", args=[case.pk]) if case is not None else "",
        "told": reads.tells_of_case(found),
        "case_state": state_label(case.state, case.flow) if case is not None else "",
        "until": f"{found.campaign.until_day:%Y-%m-%d}",
        "map_url": reverse("places:outlines") + f"?area={found.area_code[:9]}",
        "moves": [(one, f"{address}?move={one.name}", one is move) for one in _spot_moves(request, found)],
        "campaign_url": f"{reverse('cases:campaign', args=[found.campaign_id])}?mine=1",
        "file": {"state_words": SpotState(found.state).label},
        "form": form,
        "panel": _panel(move, form, url),
        "close_url": address,
        "menu_key": "campaigns",
    }
    return render(request, "cases/campaign_spot.html", facts, status=status)


def _photo_url(found: CampaignSpot, photo: Any) -> str:
    return reverse("cases:spot_preview", args=[found.pk, photo.pk]) if photo is not None else ""
