"""The one search box, and help."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from huying.desk import search as finder
from huying.desk.help import TOPICS
from huying.desk.help import topic as topic_of
from huying.kernel.doors import actor_of, now_of, staff


@staff()
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything the words ask for; the box itself asks for its lines alone while somebody types."""
    viewer, now = actor_of(request), now_of(request)
    words = request.GET.get("q", "").strip()
    in_box = request.headers.get("HX-Target") == "search-found"
    if not in_box and (straight := finder.straight_to(words, viewer)):
        return HttpResponseRedirect(straight)
    most = finder.ON_THE_LIST if in_box else finder.ON_THE_PAGE
    facts = {
        "groups": finder.search(words, viewer, now=now, most=most),
        "search_words": words,
        "asked": bool(words),
        "in_box": in_box,
    }
    return render(request, "desk/_found.html" if in_box else "desk/search.html", facts)


@staff()
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/help.html", {"topics": TOPICS, "menu_key": "help"})


@staff()
@require_safe
def help_topic(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "desk/help_topic.html", {"topic": topic_of(slug), "menu_key": "help"})
