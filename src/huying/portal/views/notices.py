"""Public notices for everybody: the list, the paper, a sheet to put up, and an objection with its answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_safe

from huying.files import queries as files
from huying.files import responses
from huying.files.shown import papers as papers_of
from huying.kernel.actor import resident
from huying.kernel.doors import attempt, now_of, public
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label, _
from huying.notices import actions as notices
from huying.notices import queries as reads
from huying.notices.forms import ObjectionForm
from huying.notices.models import Objection, PublicNotice
from huying.notices.rules import PublicKind, PublicState
from huying.notices.sealing import objection_code
from huying.places import queries as places
from huying.portal import actions, area
from huying.portal.views.pages import go, marks_of, own_page

ON_A_PAGE = 15
OPENED = "portal.objections"
KEPT = 20
OWNER = "public_notice"  # of files


@public
@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    """What is put up for the chosen area, the newest first."""
    code, after = area.chosen(request), request.GET.get("after", "")
    kind = request.GET.get("kind", "")
    kind = kind if kind in PublicKind.values else ""
    page: Page[PublicNotice] = Page(limit=ON_A_PAGE, after=after)
    rows = reads.published(code, now=now_of(request), kind=kind, page=page) if code else []
    here = reverse("portal:notices")
    kinds = [{"words": _("全部"), "url": here, "current": not kind}]
    kinds += [{"words": one.label, "url": f"{here}?kind={one}", "current": kind == one} for one in PublicKind]
    return render(
        request,
        "portal/notices.html",
        {
            "lines": [_line(one, now_of(request)) for one in rows],
            "page": page,
            "first": not after,
            "kinds": kinds,
            "area_name": area.name(code) if code else "",
        },
    )


def _line(paper: PublicNotice, now: Any) -> dict[str, Any]:
    open_now = paper.state == PublicState.PUBLISHED and paper.ends_at is not None and paper.ends_at > now
    label: Label = _("公示中") if open_now else _("公示期满")
    if paper.state == PublicState.CLOSED:
        label = _("已有结果")
    return {
        "paper": paper,
        "kind": PublicKind(paper.kind).label,
        "place": places.name_of(paper.area_code),
        "label": label,
        "tone": "review" if open_now else "done",
        "open": open_now,
        "objects": open_now and paper.takes_objections,
    }


def _paper(request: HttpRequest, public_id: UUID) -> PublicNotice:
    found = reads.public_for_all(public_id, now_of(request))
    if found is None:
        raise NotFound("public_notice")
    return found


def _address(request: HttpRequest, paper: PublicNotice) -> str:
    return request.build_absolute_uri(reverse("portal:notice", args=[paper.pk]))


@public
@require_safe
def paper(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One paper: its text, its term, how to object, and the result."""
    found = _paper(request, public_id)
    rows = files.every_of({OWNER: [found.pk]})
    facts = {
        **_line(found, now_of(request)),
        "count": found.objections.count(),
        "papers": papers_of(rows, lambda one: reverse("portal:notice_file", args=[found.pk, one.pk])),
        "back_url": reverse("portal:notices"),
    }
    return render(request, "portal/notice.html", facts)


@public
@require_safe
def paper_file(request: HttpRequest, public_id: UUID, file_id: UUID) -> HttpResponse:
    """A file of a paper that is up."""
    found = _paper(request, public_id)
    return responses.send(files.one(OWNER, [found.pk], file_id), preview=False, request=request)


@public
@require_safe
def sheet(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The paper as it is put up on a wall, with the address as a QR code."""
    found = _paper(request, public_id)
    address = _address(request, found)
    made = segno.make_qr(address, error="m")
    drawn = mark_safe(made.svg_inline(scale=4, border=2, omitsize=True, svgclass="code-qr", lineclass=None))
    facts = {**_line(found, now_of(request)), "address": address, "qr": drawn}
    return render(request, "portal/notice_sheet.html", facts)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def object_to(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what one objects; a code opens the answer. Sent twice, it is there once."""
    found = _paper(request, public_id)
    line = _line(found, now_of(request))
    form = ObjectionForm(request.POST if request.method == "POST" else None, initial={"key": uuid7()})
    if request.method == "POST" and form.is_valid():
        actions.try_once(marks_of(request, f"object:{public_id}")[:1], now=now_of(request))
        done = attempt(
            form,
            lambda: notices.object_to_public(
                public_id=public_id, words=form.cleaned_data["words"], key=form.form_key(), actor=resident(),
                now=now_of(request),
            ),
        )  # fmt: skip
        if done is not None:
            open_in_session(request, done[0].pk)
            return go("objection", done[0].pk)
    facts = {
        **line,
        "form": form,
        "key": form.data.get("key") if form.is_bound else form.initial["key"],
        "back_url": reverse("portal:notice", args=[public_id]),
    }
    return render(request, "portal/notice_object.html", facts, status=422 if form.errors else 200)


@own_page
@require_safe
def objection(request: HttpRequest, objection_id: UUID) -> HttpResponse:
    """The own objection with its code and the answer, for the browser that sent it or gave the code."""
    if str(objection_id) not in request.session.get(OPENED, []):
        raise NotFound("objection")
    found = Objection.objects.select_related("public").filter(pk=objection_id).first()
    if found is None:
        raise NotFound("objection")
    facts = {
        "objection": found,
        "code": objection_code(found.pk),
        "back_url": reverse("portal:notice", args=[found.public_id]),
        **_line(found.public, now_of(request)),
    }
    return render(request, "portal/objection.html", facts)


def open_in_session(request: HttpRequest, objection_id: UUID) -> None:
    rest = [one for one in request.session.get(OPENED, []) if one != str(objection_id)]
    request.session[OPENED] = [str(objection_id), *rest][:KEPT]
