"""A report in three short steps. Each step is a page and a plain form; what was said waits in the session."""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.safestring import mark_safe
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases.codes import code_of
from huying.cases.models import Report
from huying.cases.queries import incidents
from huying.cases.queries import public as reads
from huying.cases.queries.incidents import Known
from huying.cases.queries.limits import limit_of
from huying.cases.queries.said import estates_of, pieces_of, place_told
from huying.cases.queries.suggesting import types_for
from huying.cases.rules import ENDS, ReplyBy
from huying.cases.rules.incidents import touches
from huying.cases.rules.triage import LOW
from huying.files import actions as files
from huying.files import covering
from huying.files.forms import FilesInput, Holder
from huying.files.rules import PreparedImage
from huying.kernel.actor import resident
from huying.kernel.doors import attempt, now_of
from huying.kernel.late import late
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label, _
from huying.matters import queries as matters
from huying.matters.queries import knowledge
from huying.matters.queries.knowledge import PublicAnswer
from huying.matters.rules import Step
from huying.matters.rules.words import Danger
from huying.people import queries as people
from huying.places import queries as places
from huying.portal import actions, area, drafts, mine
from huying.portal.drafts import Draft
from huying.portal.forms import (
    CheckForm,
    KindForm,
    PhotoTiles,
    WhatForm,
    WhereForm,
    chosen_kind,
    kind_choices,
    likely_types,
)
from huying.portal.rules import MOST_PHOTOS, NUMBERS, UNSURE
from huying.portal.status import label_of
from huying.portal.views.pages import go, own_page
from huying.triage.gazetteer import Found

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont
else:
    Image = late("PIL.Image")
    ImageDraw = late("PIL.ImageDraw")
    ImageFont = late("PIL.ImageFont")

COMMUNITY = 12  # digits
MOST_KNOWN = 3
STEPS: tuple[tuple[str, Label], ...] = (
    ("report", _("什么事")),
    ("where", _("在哪里")),
    ("check", _("核对提交")),
)


def _steps(place: int) -> list[dict[str, Any]]:
    return [
        {
            "word": word,
            "state": "past" if number < place else "now" if number == place else "next",
            "url": reverse(f"portal:{name}"),
        }
        for number, (name, word) in enumerate(STEPS, start=1)
    ]


def _page(request: HttpRequest, place: int, template: str, status: int = 200, **facts: Any) -> HttpResponse:
    back = reverse("portal:home") if place == 1 else reverse(f"portal:{STEPS[place - 2][0]}")
    facts = {"steps": _steps(place), "place": place, "back_url": back, "most": MOST_PHOTOS, **facts}
    return render(request, f"portal/{template}.html", facts, status=status)


# 1. What it is


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: HttpRequest) -> HttpResponse:
    """Photos and words; with scripts the likely type and words of danger show up while one writes."""
    draft = drafts.load(request)
    if draft is None and area.must_choose(request):
        return redirect(f"{reverse('portal:area')}?report")
    if request.method == "POST":
        draft = draft or drafts.start(area.street(request))
        same = _same_incident(request, _around(request, draft))
        form = WhatForm(_with_words(request, same), request.FILES, request=request)
        if form.is_valid():
            words = form.cleaned_data["words"]
            if words != draft.words:
                draft.incident, draft.asked_known = "", False
            if words != draft.words and not _follows_own(request, draft):
                draft.kind, draft.follows, draft.asked_likely = "", "", False
            draft.words = words
            draft.photos = form.tokens
            draft.papers, draft.voice = form.tokens_of("papers"), form.tokens_of("voice")
            if request.POST.get("guessed_from") == _digest(words):  # what was shown was about these words
                draft.kind = chosen_kind(request.POST.get("kind", ""))
                calmed = request.POST.get("calmed", "")
                draft.calmed = calmed if calmed in NUMBERS else draft.calmed
            if same is not None and matters.danger_in(words) is None:  # danger stays a case of its own
                _take_incident(draft, same, _around(request, draft))
            return _saved(request, draft)
        drafts.save(request, draft)
        return _what_page(request, form, request.POST.get("words", ""), draft, status=422)
    form = WhatForm(initial={"words": draft.words} if draft else None, request=request)
    if draft is not None:
        form.tiles.held = _images(request, draft)
        for name in ("papers", "voice"):
            form.fields[name].widget.held = _held(request, getattr(draft, name))
        form.initial["voice_agreed"] = bool(draft.voice)
    return _what_page(request, form, draft.words if draft else "", draft)


def _what_page(
    request: HttpRequest, form: WhatForm, words: str, draft: Draft | None, status: int = 200
) -> HttpResponse:
    return _page(
        request,
        1,
        "what",
        status,
        form=form,
        draft=draft,
        held=form.held,
        maybe=(),
        **_guessed(words, draft.kind if draft else "", _around(request, draft)),
    )


# What is known there already


def _around(request: HttpRequest, draft: Draft | None) -> str:
    """The area that the person is in, as far as this phone or the draft knows."""
    code = area.chosen(request)
    return code if draft is None or code.startswith(draft.street) else draft.street


def _same_incident(request: HttpRequest, code: str) -> Known | None:
    """The known incident of the area that the person says it is, by the button pressed."""
    asked = request.POST.get("incident", "")
    return next((one for one in incidents.known_for(code) if str(one.id) == asked), None) if asked else None


def _with_words(request: HttpRequest, same: Known | None) -> Any:
    """What was typed; nothing needs to be where the button says it all."""
    if same is None or request.POST.get("words", "").strip():
        return request.POST
    given = request.POST.copy()
    given["words"] = same.title
    return given


def _take_incident(draft: Draft, same: Known, code: str) -> None:
    """The report is about this incident: its matter and place are known, and need not be asked for."""
    draft.incident, draft.asked_known, draft.asked_likely, draft.follows = str(same.id), True, True, ""
    draft.kind = draft.type_code or same.type_code or UNSURE
    if not draft.placed:
        own = [one for one in (code, *same.area_codes) if len(one) >= COMMUNITY and touches(same.area_codes, one)]
        draft.grid, draft.placed = own[0] if own else "", True


def _known_ones(draft: Draft) -> list[Known]:
    """Incidents of the draft's place and type; nobody who writes of the staff is asked."""
    if draft.about_staff or matters.danger_in(draft.words) is not None:
        return []
    code, outside = draft.located()
    types = [draft.type_code] if draft.type_code else []
    return [] if outside else incidents.known_for(code or draft.street, type_codes=types)[:MOST_KNOWN]


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def known(request: HttpRequest) -> HttpResponse:
    """It may be known already: what it is, since when, until when. One may be told of its end, or say it is another."""
    draft = drafts.load(request)
    if draft is None or not draft.placed:
        return go("where")
    found = _known_ones(draft)
    if request.method == "POST" or not found:
        same = next((one for one in found if str(one.id) == request.POST.get("incident", "")), None)
        draft.incident, draft.asked_known = "", True
        if same is not None:
            _take_incident(draft, same, draft.located()[0] or draft.street)
        drafts.save(request, draft)
        return go("check" if draft.asked_likely else "likely")
    return _page(request, 2, "known", draft=draft, known=found, back_url=reverse("portal:where"))


def _after_what(draft: Draft) -> HttpResponse:
    found = matters.danger_in(draft.words)
    if found is not None and draft.calmed != found.number:
        return go("danger")
    if draft.incident:
        return go("check")
    if not draft.kind:
        if len(kind_choices(draft.words, draft.street)) > 1:
            return go("kind")
        draft.kind = UNSURE
    return go("where")


def _digest(words: str) -> str:
    return hashlib.sha256(" ".join(words.split()).encode("utf-8", "replace")).hexdigest()[:16]


def _guessed(words: str, kind: str, code: str, *, known: bool = True) -> dict[str, Any]:
    """What the words point to, with the words that led there, words of danger, and what is known in the area."""
    text = words[:2000]
    found = likely_types(text, code)
    options = [(one.type.code, one.type.name) for one in found]
    codes = [code for code, _name in options]
    sure = bool(found) and found[0].score >= LOW
    best = codes[0] if sure else UNSURE if codes else ""
    if kind and kind != UNSURE and kind not in codes:
        options.append((kind, matters.name_of(kind)))
    danger = matters.danger_in(text) if text else None
    return {
        "kinds": options,
        "kind": kind or best,
        "guessed": best,
        "because": found[0].words[:3] if sure else (),
        "unsure": UNSURE,
        "guessed_from": _digest(words),
        "known": incidents.known_for(code, type_codes=codes)[:MOST_KNOWN] if known and code and danger is None else [],
        **_danger_facts(danger, found),
    }


def _danger_facts(told: Danger | None, found: list[Any]) -> dict[str, Any]:
    if told is None:
        return {"danger": ""}
    advice = next((one.type.advice for one in found if one.type.danger and one.type.advice), "")
    return {
        "danger": told.number,
        "danger_word": told.word,
        "danger_first": NUMBERS.get(told.number, ""),
        "danger_others": [(other, NUMBERS[other]) for other in told.others],
        "danger_advice": advice,
    }


@own_page
@require_POST
def guess(request: HttpRequest) -> HttpResponse:
    """The part of the first step that follows the words while one writes."""
    words, kind = request.POST.get("words", ""), chosen_kind(request.POST.get("kind", ""))
    # What the page itself had guessed before is no choice of the person's.
    chosen = kind if request.POST.get("guessed") != kind else ""
    guessed = _guessed(words, chosen, _around(request, drafts.load(request)))
    return render(request, "portal/_guess.html", {**guessed, "maybe": _maybe(request, words)})


def _maybe(request: HttpRequest, words: str, street: str = "") -> list[PublicAnswer]:
    """Published answers that come near the words; looked for while one writes, never when something is sent."""
    text = words[:2000]
    code = street or area.street(request)
    types = [one.type.code for one in types_for(text, code).types]
    return knowledge.public_matches(text, code, today=localdate(now_of(request)), type_codes=types)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def danger(request: HttpRequest) -> HttpResponse:
    """The number to call first; going on is possible, and nothing typed is lost."""
    draft = drafts.load(request)
    found = matters.danger_in(draft.words) if draft is not None else None
    if draft is None or found is None:
        return go("report")
    if request.method == "POST":
        draft.calmed = found.number
        drafts.save(request, draft)
        return _saved(request, draft)
    types = types_for(draft.words, draft.street, top=5).types
    return _page(request, 1, "danger", draft=draft, back=True, **_danger_facts(found, types))


def _saved(request: HttpRequest, draft: Draft) -> HttpResponse:
    following = _after_what(draft)
    drafts.save(request, draft)
    return following


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def kind(request: HttpRequest) -> HttpResponse:
    """Is it one of these? For phones without scripts, where the first step could not ask."""
    draft = drafts.load(request)
    if draft is None or not draft.words:
        return go("report")
    guessed = _guessed(draft.words, draft.kind, draft.street, known=False)
    if request.method == "POST":
        form = KindForm(request.POST, words=draft.words, street=draft.street)
        if form.is_valid():
            draft.kind = form.cleaned_data["kind"]
            drafts.save(request, draft)
            return go("where")
        return _page(request, 1, "kind", 422, form=form, maybe=(), **guessed)
    form = KindForm(words=draft.words, street=draft.street, initial={"kind": guessed["kind"]})
    return _page(request, 1, "kind", form=form, maybe=_maybe(request, draft.words, draft.street), **guessed)


def _images(request: HttpRequest, draft: Draft) -> dict[str, PreparedImage]:
    """The draft's photos that this session still holds, in the order they were chosen."""
    return _held(request, draft.photos)


def _held(request: HttpRequest, tokens: list[str]) -> dict[str, PreparedImage]:
    found = Holder(request, now_of(request)).find(tokens)
    return {token: found[token] for token in tokens if token in found}


# 2. Where it is


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def where(request: HttpRequest) -> HttpResponse:
    """A point, a grid by name, words, or "not sure". A point outside is kept, once the person says it is meant."""
    draft = drafts.load(request)
    if draft is None or not draft.words:
        return go("report")
    if request.method != "POST":
        start = {name: getattr(draft, name) for name in ("lng", "lat", "grid", "estate", "place_words")}
        unsure = draft.placed and not (draft.grid or draft.place_line or draft.lng is not None)
        return _where_page(request, WhereForm(street=draft.street, initial={**start, "unsure": unsure}), draft)
    form = WhereForm(request.POST, street=draft.street)
    if not form.is_valid():
        return _where_page(request, form, draft, status=422)
    told = draft.estate
    _take_place(draft, form.cleaned_data)
    draft.outside_meant = "outside_meant" in request.POST
    drafts.save(request, draft)
    if draft.located()[1] and not draft.outside_meant:
        return _where_page(request, form, draft, outside=True)
    new = draft.estate not in ("", told) and not draft.grid and draft.lng is None and not form.cleaned_data["unsure"]
    if new and said_in(draft).candidates:  # asked once: the person takes it or goes on without
        return _where_page(request, form, draft, asked=True)
    if not draft.asked_known and _known_ones(draft):
        return go("known")
    return go("check" if draft.asked_likely else "likely")


def _take_place(draft: Draft, given: dict[str, Any]) -> None:
    before = (draft.lng, draft.lat, draft.grid)
    draft.grid, draft.estate, draft.place_words = given["grid"], given["estate"], given["place_words"]
    draft.set_point(given["lng"], given["lat"])
    draft.placed = True
    if (draft.lng, draft.lat, draft.grid) != before:
        draft.asked_likely = draft.asked_known = False
        draft.incident = ""


def _where_page(
    request: HttpRequest,
    form: WhereForm,
    draft: Draft,
    *,
    outside: bool = False,
    asked: bool = False,
    status: int = 200,
) -> HttpResponse:
    point = _point(form)
    code, _outside = draft.located() if draft.lng is not None else ("", False)
    # Offered, and taken by the person alone: never silently.
    said = said_in(draft) if point is None else Found()
    names = places.names_of(one.code for one in said.candidates)
    return _page(
        request,
        2,
        "where",
        status,
        form=form,
        draft=draft,
        outside=outside,
        asked=asked,
        estates=estates_of(draft.street),
        point=point,
        chosen=code,
        located=places.name_of(code) if code else "",
        street_name=places.own_name_of(draft.street),
        map_url=f"{reverse('places:outlines')}?area={draft.street}",
        said=[(one.code, names[one.code]) for one in said.candidates],
        said_words=pieces_of(said),
        said_asks=len(said.candidates) > 1,
        said_chosen=form["grid"].value() or form["said_place"].value(),
    )


def said_in(draft: Draft) -> Found:
    """Where the person's words say that it is, and the estate that was written for it."""
    return place_told(draft.words, draft.street, line=draft.place_words, estate=draft.estate)


def _point(form: WhereForm) -> tuple[float, float] | None:
    """The form's point, where it is one: what the map begins with."""
    given = getattr(form, "cleaned_data", None) if form.is_bound else form.initial
    lng, lat = (given or {}).get("lng"), (given or {}).get("lat")
    return None if lng is None or lat is None or form.non_field_errors() else (lng, lat)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def likely(request: HttpRequest) -> HttpResponse:
    """Somebody may have said it already: what, roughly where, how far. One may follow it, or say it is another."""
    draft = drafts.load(request)
    if draft is None or not draft.placed:
        return go("where")
    if _follows_own(request, draft):
        return go("check")
    found = _likely_ones(draft, request)
    if request.method == "POST":
        asked = request.POST.get("same", "")
        same = next((one for one in found if constant_time_compare(_likely_mark(draft, one), asked)), None)
        if asked and same is None:
            return go("likely")  # it has ended or moved meanwhile: what is likely now is shown
        draft.follows = str(same.case_id) if same is not None else ""
        if same is not None and not draft.type_code:
            draft.kind = same.type_code
        draft.asked_likely = True
        drafts.save(request, draft)
        return go("check")
    if not found:
        draft.asked_likely = True
        drafts.save(request, draft)
        return go("check")
    cards = [
        {
            **asdict(one),
            "mark": _likely_mark(draft, one),
            "label": label_of(one.state),
        }
        for one in found
    ]
    return _page(request, 2, "likely", draft=draft, cards=cards, back_url=reverse("portal:where"))


def _likely_mark(draft: Draft, one: reads.Likely) -> str:
    """Names one matter within this draft alone: a place in the list would be another's once the list is another."""
    return salted_hmac("huying.portal.likely", f"{draft.key}|{one.case_id}", algorithm="sha256").hexdigest()[:20]


def _likely_ones(draft: Draft, request: HttpRequest) -> list[reads.Likely]:
    if draft.about_staff:
        return []
    codes = (
        [draft.type_code] if draft.type_code else [one.type.code for one in types_for(draft.words, draft.street).types]
    )
    return reads.likely(
        area_code=draft.street,
        type_codes=codes,
        lng=draft.lng,
        lat=draft.lat,
        grid_code=draft.grid,
        now=now_of(request),
    )


# 3. The last look


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """What will be sent, a phone if one likes, who will see it; then it is sent once, however often one presses."""
    draft = drafts.load(request)
    if request.method == "POST":
        sent = _sent_before(request, draft)
        if sent is not None:
            return go("done", sent)
    if draft is None or not draft.words:
        return go("report")
    if not draft.placed:
        return go("where")
    if request.method != "POST":
        start = {"reply_by": ReplyBy.PAGE, "about_staff": draft.about_staff}
        return _check_page(request, CheckForm(initial=start), draft)
    form = CheckForm(request.POST)
    valid = form.is_valid()
    draft.about_staff = bool(form.cleaned_data.get("about_staff"))
    drafts.save(request, draft)
    if request.POST.get("key") != draft.key or request.POST.get("seen") != _seen(draft):
        form.add_error(None, _("内容在别的页面改过。请再看一遍，再提交。"))
        valid = False
    if valid:
        receipt = attempt(form, lambda: _send(request, draft, form.cleaned_data))
        if receipt is not None:
            drafts.drop(request)
            response = go("done", receipt.report.pk)
            mine.remember(request, response, receipt.report.pk)
            mine.open_in_session(request, receipt.report.pk)
            return response
    return _check_page(request, form, draft, status=422)


def _chosen_incident(draft: Draft) -> Known | None:
    """The incident that the report goes into, as long as it goes on."""
    if not draft.incident:
        return None
    return next((one for one in incidents.known_in([draft.street]) if str(one.id) == draft.incident), None)


def _seen(draft: Draft) -> str:
    """The mark of what the page shows: whether it concerns the staff is said on the page itself."""
    return Draft(**{**asdict(draft), "about_staff": False}).mark()


def _sent_before(request: HttpRequest, draft: Draft | None) -> UUID | None:
    """The report that this form has made already: pressed twice, or gone back."""
    if draft is not None and request.POST.get("key") == draft.key:
        return None
    return next((one for one in mine.all_of(request) if str(one) == request.POST.get("key")), None)


def _send(request: HttpRequest, draft: Draft, given: dict[str, Any]) -> Any:
    reachable = None
    if given["phone"] or given["name"]:
        text = people.current_consent_text(get_language() or "")
        reachable = actions.Reachable(given["name"], given["phone"], text.version, text.language)
    return actions.send_report(
        UUID(draft.key),
        draft.new_report(reply_by=given["reply_by"], about_staff=given["about_staff"]),
        reachable=reachable,
        images=list(_held(request, [*draft.photos, *draft.papers, *draft.voice]).values()),
        actor=resident(),
        now=now_of(request),
        incident_id=UUID(draft.incident) if draft.incident and not given["about_staff"] else None,
    )


def _check_page(request: HttpRequest, form: CheckForm, draft: Draft, status: int = 200) -> HttpResponse:
    code, outside = draft.located()
    images = _images(request, draft)
    papers = _held(request, [*draft.papers, *draft.voice])
    shown, listed = PhotoTiles(), FilesInput()
    shown.held, listed.held = images, papers
    return _page(
        request,
        3,
        "check",
        status,
        form=form,
        draft=draft,
        seen=_seen(draft),
        photos=shown.tiles("photos"),
        papers=listed.held_files,
        lost=len(draft.photos) - len(images),
        lost_papers=len(draft.papers) + len(draft.voice) - len(papers),
        place_name=places.name_of(code) if code else "",
        outside=outside,
        street_name=places.own_name_of(draft.street),
        consent=people.current_consent_text(get_language() or ""),
        follows=bool(draft.follows) and not _follows_own(request, draft),
        incident=_chosen_incident(draft),
    )


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def cover(request: HttpRequest, token: str) -> HttpResponse:
    """Hide parts of a chosen photo before it is sent: drawn or by numbers; the open photo is gone."""
    draft = drafts.load(request)
    found = _images(request, draft).get(token) if draft is not None else None
    if found is None or found.held is None:
        raise NotFound("file")
    key, now = str(request.session.session_key), now_of(request)
    told = covering.page_of(
        request,
        file_id=found.held,
        kind=found.kind,
        cover=lambda boxes: files.cover_held(token, boxes, session_key=key, now=now),
    )
    back = reverse("portal:check" if draft is not None and draft.placed else "portal:report")
    if told is None:
        messages.success(request, str(_("遮好了，原图已删掉。")))
        return redirect(back)
    return render(request, "portal/cover.html", {**told, "back_url": back}, status=422 if told["bad"] else 200)


# Received


@own_page
@require_safe
def done(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """The code, large, and what comes next with each limit."""
    report = _just_sent(request, report_id)
    code = code_of(report.pk, report.code_try)
    return render(
        request,
        "portal/done.html",
        {
            "report": report,
            "code": code,
            "qr": _qr_picture(request, code),
            "type_name": matters.name_of(report.case.type_code) if report.case.type_code else "",
            "street_name": places.own_name_of(report.case.area_code[:9]),
            "next_steps": _next_steps(report, now_of(request)),
            "back_url": reverse("portal:home"),
            "danger": report.case.danger,
            "known": incidents.known_of(report.case),
        },
    )


def _just_sent(request: HttpRequest, report_id: UUID) -> Report:
    mine.holder(request, report_id)
    found = reads.reports_of([report_id])
    if not found:
        raise NotFound("report")
    return found[0]


def _address(request: HttpRequest, code: str) -> str:
    """Where the code is typed in, with the code behind the `#`: that part of an address is sent to no server."""
    return f"{request.build_absolute_uri(reverse('portal:track'))}#{code}"


def _qr_picture(request: HttpRequest, code: str) -> str:
    made = segno.make_qr(_address(request, code), error="m")
    return mark_safe(made.svg_inline(scale=4, border=2, omitsize=True, svgclass="code-qr", lineclass=None))


@own_page
@require_safe
def picture(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Code and QR as a picture to keep."""
    report = _just_sent(request, report_id)
    code = code_of(report.pk, report.code_try)
    drawn = io.BytesIO()
    segno.make_qr(_address(request, code), error="m").save(drawn, kind="png", scale=12, border=3)
    square = Image.open(drawn).convert("RGB")
    card = Image.new("RGB", (max(square.width, 640), square.height + 110), "white")
    card.paste(square, ((card.width - square.width) // 2, 0))
    words = " ".join(code[place : place + 4] for place in range(0, 12, 4))
    ImageDraw.Draw(card).text(
        (card.width // 2, square.height + 40), words, fill="#1f2329", font=ImageFont.load_default(52), anchor="mm"
    )
    kept = io.BytesIO()
    card.save(kept, "PNG", optimize=True)
    response = HttpResponse(kept.getvalue(), content_type="image/png")
    response["Content-Disposition"] = 'attachment; filename="huying.png"'
    return response


def _next_steps(report: Report, now: datetime) -> list[dict[str, Any]]:
    """What comes next, each with the limit that its clock has or would start with now."""
    case = report.case

    def within(step: Step, at: datetime = now) -> str:
        return str(_("%(limit)s内") % {"limit": limit_of(case, step, at=at).limit.words()})

    looked = within(Step.INTAKE, case.received_at)
    steps: list[dict[str, Any]] = [
        {"word": _("街道看过，派给办理单位"), "limit": looked, "words": _("派给了谁，这里看得到")},
    ]
    if report.contact_id is not None:
        steps.append(
            {"word": _("办理单位联系您"), "limit": within(Step.FIRST_CONTACT), "words": _("没打通会换时间再打")}
        )
    words = _("附上现场前后照片") if not case.confidential else _("只有您看得到")
    if case.type_code:
        steps.append({"word": _("办好，给您答复"), "limit": within(Step.HANDLE), "words": words})
    else:
        steps.append({"word": _("办好，给您答复"), "limit": _("先看是哪类事"), "words": _("定了类型，这里就有时间")})
    if report.reply_by != ReplyBy.NONE:
        steps.append({"word": _("请您评价"), "limit": _("办好以后"), "words": _("没解决，就再办一次")})
    return steps


# Again, more than 14 days later


@own_page
@require_POST
def again(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """A new report tied to an own one that ended long ago: its type and place are filled in."""
    mine.holder(request, report_id)
    found = reads.reports_of([report_id])
    if not found or found[0].case.state not in ENDS:
        raise NotFound("report")
    report = found[0]
    draft = drafts.start(report.case.area_code[:9])
    draft.kind = chosen_kind(report.case.type_code) if not report.case.confidential else ""
    draft.lng, draft.lat, draft.place_words = report.lng, report.lat, report.place_words
    draft.follows = str(report.case_id)
    draft.about_staff = report.about_staff
    drafts.save(request, draft)
    return go("report")


def _follows_own(request: HttpRequest, draft: Draft) -> bool:
    """Whether the draft is tied to a matter of this person's own."""
    if not draft.follows:
        return False
    return any(str(one.case_id) == draft.follows for one in reads.reports_of(mine.all_of(request)))
