"""Pasted group chats: split into drafts in memory, shown for checking, filed one by one; no paste is kept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from huying.cases.actions import NewReport, receive
from huying.cases.rules import Channel, ReplyBy
from huying.desk.chat import drafts_of
from huying.desk.forms import ChatDraftsForm, ChatForm, call_areas
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotAllowed
from huying.kernel.terms import _
from huying.people.rules import Duty


@staff(Duty.INTAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("text")
def chat(request: HttpRequest) -> HttpResponse:
    """Paste, check, file: the first POST splits and keeps nothing, the second takes in what is ticked."""
    viewer = actor_of(request)
    areas = call_areas(viewer)
    if not areas:
        raise NotAllowed(duty=str(Duty.INTAKE))
    if request.method != "POST":
        return _page(request, form=ChatForm())
    if "count" in request.POST:
        return _file(request, viewer, areas)
    form = ChatForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    found = drafts_of(form.cleaned_data["text"])
    if not found:
        form.add_error("text", _("没有看出要办的事。请多复制几条，连说话人和时间一起。"))
        return _page(request, form=form, status=422)
    return _page(request, drafts=ChatDraftsForm(drafts=found, areas=areas))


def _file(request: HttpRequest, viewer: Actor, areas: tuple[str, ...]) -> HttpResponse:
    drafts = ChatDraftsForm(request.POST, areas=areas)
    if not drafts.is_valid():
        return _page(request, drafts=drafts, status=422)
    chosen, now = drafts.chosen(), now_of(request)

    def take() -> int:
        """All that are ticked or none; the same form sent twice takes each in once."""
        with transaction.atomic():
            for one in chosen:
                new = NewReport(
                    words=one["words"], area_code=drafts.area_of(one), channel=Channel.WECHAT,
                    grid_code=one["grid"], type_code=one["kind"], reply_by=ReplyBy.NONE,
                )  # fmt: skip
                receive(one["key"], new, actor=viewer, now=now)
        return len(chosen)

    if attempt(drafts, take) is None:
        return _page(request, drafts=drafts, status=422)
    messages.success(request, str(_("登记了 %(count)s 件，原来的聊天记录没有留下。") % {"count": len(chosen)}))
    return HttpResponseRedirect(reverse("desk:taken"))


def _page(request: HttpRequest, *, status: int = 200, **facts: Any) -> HttpResponse:
    shown = {"menu_key": "chat", "form": None, "drafts": None, **facts}
    return render(request, "desk/chat.html", shown, status=status)
