"""Answering an urgent call by the link of a message, without signing in. Looking answers nothing: only the button does.

The page says what the message said: number, matter, place. The code has sixteen signs and ends with the call.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from huying.cases.actions import calltrees as actions
from huying.cases.queries import calltrees as reads
from huying.cases.queries.told import facts_of
from huying.kernel.doors import attempt, now_of
from huying.kernel.refusals import NotFound
from huying.kernel.terms import _
from huying.portal.forms import AnswerForm
from huying.portal.views.pages import own_page


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def on_call(request: HttpRequest) -> HttpResponse:
    """Type the code of a message, or press the button of its link: whoever is first ends the calling for all."""
    form = AnswerForm(request.POST if request.method == "POST" else None)
    done = None
    if form.is_valid():
        try:
            done = attempt(form, lambda: actions.answer_by_code(form.cleaned_data["code"], now=now_of(request)))
        except NotFound:
            form.add_error("code", _("没有这个应答码，或者过了时间。请对照短信再看一遍。"))
    facts = {
        "form": form, "done": done, "told": facts_of(done.case) if done is not None else None, "linked": False,
        "drill": done is not None and done.case.drill,
    }  # fmt: skip
    return render(request, "portal/on_call.html", facts, status=422 if form.errors else 200)


@own_page
@require_safe
def link(request: HttpRequest, code: str) -> HttpResponse:
    """What the call is about, and the button."""
    call = reads.call_by_code(code, now=now_of(request))
    if call is None:
        raise NotFound("call_tree")
    ended = call.run.ended_at is not None
    facts = {
        "form": AnswerForm(initial={"code": code}), "done": None, "told": facts_of(call.run.case), "linked": True,
        "ended": ended, "drill": call.run.case.drill,
    }  # fmt: skip
    return render(request, "portal/on_call.html", facts)
