"""The files of a public notice, for those who draft and decide it."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from huying.desk.papers import OWNER, attach, detach
from huying.files import queries as files
from huying.files import responses
from huying.files.forms import HoldsImages, ImagesField, PapersField
from huying.files.shown import papers
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotFound
from huying.kernel.terms import _
from huying.notices import queries as notices
from huying.notices.actions.public import legal_moves
from huying.notices.models import PublicNotice
from huying.notices.rules import PublicVerb


class FilesForm(HoldsImages, forms.Form):
    images = ImagesField(label=_("照片"), required=False)
    papers = PapersField(
        label=_("文件"), required=False, help_text=_("PDF、Word、Excel、PPT、ODF、文本。别带宏和密码。")
    )


def _paper(request: HttpRequest, public_id: UUID) -> PublicNotice:
    found = notices.public_for(public_id, actor_of(request))
    if found is None:
        raise NotFound("public_notice")
    return found


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
def paper_files(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What is attached; while it is a draft, more can be added or all taken away."""
    paper, actor, now = _paper(request, public_id), actor_of(request), now_of(request)
    form = FilesForm(request.POST or None, request.FILES or None, request=request)
    if request.method == "POST" and "detach" in request.POST:
        detach(public_id=public_id, actor=actor, now=now)
        messages.success(request, str(_("附件去掉了")))
        return redirect("desk:paper_files", public_id)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        # Documents join the photos where the form says so; each file once.
        prepared = list(dict.fromkeys([*given["images"], *given["papers"]]))
        done = attempt(form, lambda: attach(public_id=public_id, prepared=prepared, actor=actor, now=now))
        if done is not None:
            messages.success(request, str(_("附件存好了")))
            return redirect("desk:paper_files", public_id)
    rows = files.every_of({OWNER: [paper.pk]})
    context = {
        "paper": paper,
        "form": form if PublicVerb.CHANGE in legal_moves(paper, actor, now) else None,
        "papers": papers(rows, lambda one: reverse("desk:paper_file", args=[paper.pk, one.pk])),
        "menu_key": "public_notices",
    }
    return render(request, "desk/paper_files.html", context, status=422 if form.errors else 200)


@staff()
@require_safe
def paper_file(request: HttpRequest, public_id: UUID, file_id: UUID) -> HttpResponse:
    """One file of it."""
    paper = _paper(request, public_id)
    return responses.send(files.one(OWNER, [paper.pk], file_id), preview=False, request=request)
