"""The gallery of components with made-up data, and the switch for large type. No database."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from huying.kernel.doors import now_of, public
from huying.ui import gallery as made_up
from huying.ui.context import TYPE_COOKIE

YEAR = 365 * 24 * 3600


@public
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component of staff pages, in each state."""
    if request.headers.get("HX-Target") == "search-found":
        return HttpResponse(status=204)  # the box of the gallery finds nothing
    return render(request, "gallery/desk.html", made_up.desk(now_of(request)))


@public
@require_safe
def gallery_portal(request: HttpRequest) -> HttpResponse:
    """Every component of residents' pages, in each state."""
    return render(request, "gallery/portal.html", made_up.portal(now_of(request)))


@public
@require_safe
def gallery_problem(request: HttpRequest) -> HttpResponse:
    """The page of a refusal."""
    return render(request, "ui/problem.html", made_up.problem())


@public
@require_safe
def map_data(request: HttpRequest) -> HttpResponse:
    """Made-up areas for the gallery's map; with `points`, made-up dots."""
    body: dict[str, Any] = made_up.points() if "points" in request.GET else made_up.areas()
    return JsonResponse(body)


@public
@require_POST
def set_type(request: HttpRequest) -> HttpResponse:
    """Keep large or normal type on this phone, and go back to where one was."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = HttpResponseRedirect(target)
    if request.POST.get("type") == "large":
        response.set_cookie(
            TYPE_COOKIE, "large", max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(TYPE_COOKIE, samesite="Lax")
    return response
