"""The case page, its moves and its photos."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.audit import queries as audit
from huying.audit.queries import body_hash
from huying.cases import actions, queries
from huying.cases.actions.acting import sent_as
from huying.cases.actions.covering import cover_photo, may_cover
from huying.cases.casefile import Casefile, casefile, subject_of
from huying.cases.errandfile import panel_of as errands_of
from huying.cases.forms import DeskMove, MoveForm, Subject, move_named, walk
from huying.cases.forms.contact import OpenContactForm
from huying.cases.forms.table import SENT_OTHERWISE
from huying.cases.queries import page
from huying.cases.sent import sent_about
from huying.cases.sheets import DOCX, Sheet, SheetKind, docx_of, kinds_of, sheet_of
from huying.cases.ticketfile import panel_of as tickets_of
from huying.cases.treefile import panels_of
from huying.cases.whistlefile import panel_of
from huying.files import covering, responses
from huying.kernel.doors import actor_of, attempt, now_of, sensitive, staff
from huying.kernel.refusals import Conflict, NotAllowed, NotFound
from huying.kernel.registry import LINKS
from huying.kernel.terms import _
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import Tier, street_of
from huying.ui.context import link

CLOSED = "none"  # `?move=none`: no form beside the page


@staff()
@require_safe
@never_cache
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One matter whole, with its legal moves and no others; `?move=` opens the form of one."""
    subject = _subject(request, case_id)
    asked = request.GET.get("move", "")
    if asked == "open_contact":
        contact = OpenContactForm(subject=subject, initial={"report_id": request.GET.get("report", "")})
        return _page(request, subject, contact=contact)
    move = move_named(asked) if asked != CLOSED else None
    file = casefile(subject, everything="history" in request.GET, wanted=move.name if move else "")
    found = file.move(move.name) if move else None
    opened = bool(asked) and found is not None
    if not asked and file.legal and not file.legal[0].beside:
        found = file.legal[0]
    start = {name: request.GET[name] for name in ("into", "report_id", "article") if name in request.GET}
    form = found.form(subject=subject, request=request, initial=start) if found else None
    late = bool(asked) and asked != CLOSED and found is None
    return _shown(request, file, found, form, opened=opened, late=late)


@staff()
@require_POST
def move(request: HttpRequest, case_id: UUID, verb: str) -> HttpResponse:
    """Make one move. What was typed stays where it is refused; the same form sent twice acts once."""
    found = move_named(verb)
    if found is None:
        raise NotFound("move")
    mark_of(request)  # before a form reads the files
    subject = subject_of(case_id, actor=actor_of(request), now=now_of(request))
    if subject is None:
        if _was_sent(request):  # by this very form, and it took the case out of this person's sight
            return _after(request, case_id, found)
        raise NotFound("case")
    if "find" in request.POST:
        return _again(request, subject, found)
    form = found.form(request.POST, request.FILES, subject=subject, request=request)
    if form.is_valid():
        actor, now = actor_of(request), now_of(request)
        with sent_as(mark_of(request)):
            done = attempt(form, lambda: walk(found, form, case_id=case_id, actor=actor, now=now))
        if done is not None:
            return _after(request, case_id, found)
        subject = _subject(request, case_id)  # as it stands now: somebody may have been faster
    elif _was_sent(request):
        return _after(request, case_id, found)
    return _shown(request, casefile(subject, wanted=found.name), found, form, opened=True, status=422)


def mark_of(request: HttpRequest) -> str:
    """A keyed hash of a form as it was sent: its fields, and its files by what is in them. Reckoned once a request."""
    known: str | None = getattr(request, "_mark", None)
    if known is None:
        fields = sorted((name, request.POST.getlist(name)) for name in request.POST if name != "csrfmiddlewaretoken")
        files = []
        for name in sorted(request.FILES):
            for one in request.FILES.getlist(name):
                digest = sha256()
                for chunk in one.chunks():
                    digest.update(chunk)
                one.seek(0)
                files.append((name, digest.hexdigest()))
        known = request._mark = body_hash([fields, files])  # type: ignore[attr-defined]
    return known


def _was_sent(request: HttpRequest) -> bool:
    """Whether this very form did its move already: what it chose may be no choice any more, the case out of sight.

    Raises Conflict where the move was made under the same key by a form with other words.
    """
    try:
        earlier = audit.by_key(UUID(request.POST.get("key", "")))
    except ValueError:
        return False
    if earlier is None or earlier.actor_id != actor_of(request).id:
        return False
    if earlier.body_hash != mark_of(request):
        raise Conflict(SENT_OTHERWISE)
    return True


def _again(request: HttpRequest, subject: Subject, found: DeskMove) -> HttpResponse:
    """The same form with other choices, nothing judged and nothing lost."""
    file = casefile(subject, wanted=found.name)
    form = found.form(subject=subject, request=request, initial=found.form.kept(request.POST))
    return _shown(request, file, found, form, opened=True)


def _after(request: HttpRequest, case_id: UUID, found: DeskMove) -> HttpResponse:
    """To the case again; to the desk where the move took it out of this person's sight."""
    messages.success(request, str(found.done))
    if queries.one(case_id, actor_of(request)) is None:
        return HttpResponseRedirect(str(link("desk_home") or "/desk/"))
    return HttpResponseRedirect(reverse("cases:case", args=[case_id]))


@staff()
@sensitive
@require_POST
@never_cache
def open_contact(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A caller's name and phone, shown once for a stated purpose; the opening is written down."""
    subject = _subject(request, case_id)
    if subject.hides_callers:
        raise NotAllowed(_("本单位看不到诉求人的联系方式。请通过街道联系。"))
    form = OpenContactForm(request.POST, subject=subject)
    opened = None
    if form.is_valid():
        given = form.cleaned_data
        opened = attempt(
            form,
            lambda: actions.open_reporter(
                case_id,
                report_id=UUID(given["report_id"]),
                purpose=given["purpose"],
                actor=actor_of(request),
                now=now_of(request),
            ),
        )
    return _page(request, subject, contact=form, opened=opened, status=200 if opened else 422)


@staff()
@require_safe
def file(request: HttpRequest, case_id: UUID, file_id: UUID, preview: bool = False) -> HttpResponse:
    """A photo, document or recording under its case's address."""
    found = page.photo(case_id, file_id, actor_of(request))
    if found is None:
        raise NotFound("file")
    return responses.send(found, preview=preview, request=request)


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cover(request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """Hide parts of a photo by hand: drawn or by numbers, looked at, confirmed; then the open photo is gone."""
    actor, now = actor_of(request), now_of(request)
    subject = _subject(request, case_id)
    found = next((one for one in subject.photos if one.pk == file_id), None)
    if found is None:
        raise NotFound("file")
    if not may_cover(subject.docket, actor, found.purpose):
        raise NotAllowed(_("您没有遮挡这张照片的职责。请联系受理或审核的同事。"))
    back = reverse("cases:case", args=[case_id])
    told = covering.page_of(
        request,
        file_id=file_id,
        kind=found.kind,
        cover=lambda boxes: cover_photo(case_id, file_id, boxes=boxes, actor=actor, now=now),
    )
    if told is None:
        messages.success(request, str(_("遮好了，原图已删掉。")))
        return HttpResponseRedirect(back)
    facts = {**told, "case": subject.case, "back_url": back, "menu_key": "cases"}
    return render(request, "cases/cover.html", facts, status=422 if told["bad"] else 200)


@staff()
@require_safe
@never_cache
def sheet(request: HttpRequest, case_id: UUID, kind: str) -> HttpResponse:
    """A paper of a case for the printer."""
    facts = {
        "sheet": _sheet(request, case_id, kind),
        "back_url": reverse("cases:case", args=[case_id]),
        "docx_url": reverse("cases:sheet_as_word", args=[case_id, kind]),
        "menu_key": "cases",
    }
    return render(request, "cases/sheet.html", facts)


@staff()
@require_safe
@never_cache
def sheet_as_word(request: HttpRequest, case_id: UUID, kind: str) -> HttpResponse:
    """The same paper as a Word file."""
    made = _sheet(request, case_id, kind)
    response = HttpResponse(docx_of(made), content_type=DOCX)
    name = content_disposition_header(True, f"{made.title}-{made.number}.docx")
    response["Content-Disposition"] = name or "attachment"
    return response


def _sheet(request: HttpRequest, case_id: UUID, kind: str) -> Sheet:
    subject = _subject(request, case_id)
    found = sheet_of(subject, SheetKind(kind)) if kind in SheetKind.values else None
    if found is None:
        raise NotFound("sheet")
    return found


@staff()
@require_safe
def outlines(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The grids and communities around a case, for its map."""
    found = queries.one(case_id, actor_of(request))
    if found is None:
        raise NotFound("case")
    street = street_of(found.area_code) or found.area_code
    shapes: dict[str, Any] = places.polygons(street, Tier.GRID)
    shapes["features"] += places.polygons(street, Tier.COMMUNITY)["features"]
    return JsonResponse(shapes)


def _pack_url(subject: Subject) -> str:
    """Where all on record of the case is asked for, as an upper app registered it; "" without the duty."""
    found = LINKS.get("case_pack")
    if found is None or not subject.actor.may(Duty.EXPORT, subject.case.area_code):
        return ""
    return reverse(found[0], kwargs={found[1]: subject.case.pk})


def _subject(request: HttpRequest, case_id: UUID) -> Subject:
    found = subject_of(case_id, actor=actor_of(request), now=now_of(request))
    if found is None:
        raise NotFound("case")
    return found


def _page(
    request: HttpRequest, subject: Subject, *, contact: forms.Form, opened: Any = None, status: int = 200
) -> HttpResponse:
    return _shown(
        request, casefile(subject), None, None, opened=True, status=status, contact=contact, contact_opened=opened
    )


def _shown(
    request: HttpRequest,
    file: Casefile,
    found: DeskMove | None,
    form: MoveForm | None,
    *,
    opened: bool,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """`opened`: the person asked for the form; else it stands there for wide screens alone."""
    address = reverse("cases:case", args=[file.case.pk])
    panel: dict[str, Any] = {}
    if found is not None and form is not None:
        panel = {
            "title": found.words(file.case.flow),
            "url": reverse("cases:move", args=[file.case.pk, found.name]),
            "buttons": form.buttons(found.submit or found.words(file.case.flow)),
            "danger": found.danger,
        }
    context = {
        "file": file,
        "form": form,
        "panel": panel,
        "panel_asked": opened,
        "close_url": f"{address}?move={CLOSED}",
        "list_url": link("cases") or link("desk_home") or "/desk/",
        "menu_key": "cases",  # the entry of the menu that leads here
        "sent": sent_about(file.case, hides_callers=file.subject.hides_callers, now=file.subject.now),
        "trees": panels_of(file.case, actor=file.subject.actor),
        "errands": errands_of(file.subject),
        "whistles": panel_of(file.case, actor=file.subject.actor, now=file.subject.now),
        "tickets": tickets_of(file.case, file.subject.rows.reports, actor=file.subject.actor, now=file.subject.now),
        "map_url": reverse("cases:outlines", args=[file.case.pk]),
        "sheets": [(one.label, reverse("cases:sheet", args=[file.case.pk, one])) for one in kinds_of(file.subject)],
        "pack_url": _pack_url(file.subject),
        **more,
    }
    return render(request, "cases/case.html", context, status=status)
