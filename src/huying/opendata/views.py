"""Pages of exports: ask for one, see those that were made, take one away."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.terms import _
from huying.opendata import actions, queries
from huying.opendata.forms import ExportForm
from huying.opendata.rules import LEFT_OUT
from huying.people.rules import Duty
from huying.places import queries as areas


@require_http_methods(["GET", "POST"])
@staff(duty=Duty.EXPORT)
def exports(request: HttpRequest) -> HttpResponse:
    """Ask for an export of an area, and the list of those that were asked for."""
    actor = actor_of(request)
    offered = [(one.code, one.name) for one in queries.choices(actor)]
    form = ExportForm(areas=offered)
    if request.method == "POST":
        form = ExportForm(request.POST, areas=offered)
        if form.is_valid():
            code = form.cleaned_data["area"]
            asked = attempt(form, lambda: actions.ask_export(code=code, actor=actor, now=now_of(request)))
            if asked is not None:
                messages.success(request, str(_("正在准备，好了会出现在下面的列表里。")))
                return redirect("opendata:exports")
    rows = [
        {"export": one, "name": areas.name_of(one.area_code), "there": actions.file_of(one).is_file()}
        for one in queries.exports(actor)
    ]
    context = {"form": form, "rows": rows, "left_out": LEFT_OUT, "days": actions.KEPT.days, "menu_key": "opendata"}
    return render(request, "opendata/exports.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@staff(duty=Duty.EXPORT)
def download(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """One export as a file."""
    export = actions.fetch(export_id=export_id, actor=actor_of(request), now=now_of(request))
    name = f"huying-{export.area_code}-{timezone.localtime(export.asked_at):%Y%m%d}.zip"
    response = FileResponse(actions.file_of(export).open("rb"), as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, response)
