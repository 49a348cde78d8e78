"""The start page and what everybody may read: ends nearby, figures, how data is kept, access."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from huying.cases.models import Case
from huying.cases.queries import public as reads
from huying.cases.queries.campaigns import published_in
from huying.cases.rules import HoldReason
from huying.cases.rules.campaigns import percent
from huying.clocks.queries import day_words
from huying.files import queries as files
from huying.files import responses
from huying.kernel.doors import now_of, public
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.kernel.terms import listed
from huying.matters import queries as matters
from huying.notices import queries as notices
from huying.notices.models import PublicNotice
from huying.people import queries as people
from huying.places import queries as places
from huying.places.rules import street_of
from huying.portal import area, mine, queries
from huying.portal.rules import NUMBERS_SHORT
from huying.portal.status import row_of
from huying.portal.views.pages import go, own_page

SHOWN_AT_HOME = 3
PAPERS_AT_HOME = 2
ON_THE_WALL = 60
ON_A_PAGE = 12
YEAR = timedelta(days=365)
SAID_FOR = timedelta(days=90)


@own_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Report, look up, emergency numbers, one's own open matters, what ended well nearby."""
    now, code = now_of(request), area.chosen(request)
    rows = [row_of(one, now=now) for one in reads.reports_of(mine.all_of(request))]
    page: Page[Case] = Page(limit=SHOWN_AT_HOME)
    cards = queries.nearby(code, now=now, page=page) if code else []
    month = queries.last_month(code, now=now) if code else None
    office, phone = area.office_phone(street_of(code)) if code else ("", "")
    papers: Page[PublicNotice] = Page(limit=PAPERS_AT_HOME)
    return render(
        request,
        "portal/home.html",
        {
            "area_name": area.name(code) if code else "",
            "numbers": NUMBERS_SHORT.items(),
            "own": [one for one in rows if one.open],
            "cards": cards,
            "more": bool(page.next),
            "papers": notices.published(code, now=now, page=papers) if code else [],
            "month": month,
            "office": office,
            "phone": phone,
        },
    )


@public
@require_http_methods(["GET", "HEAD", "POST"])
def area_page(request: HttpRequest) -> HttpResponse:
    """Choose the sub-district or community; this phone keeps it."""
    if request.method == "POST":
        code = request.POST.get("code", "")
        if not area.known(code):
            raise NotFound("area")
        response: HttpResponse = go("report" if request.POST.get("then") == "report" else "home")
        response.set_cookie(
            area.AREA_COOKIE, code, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
        return response
    facts = {
        "choices": area.choices(),
        "code": area.chosen(request),
        "then": "report" if "report" in request.GET else "",
    }
    return render(request, "portal/area.html", facts)


@public
@require_safe
def nearby(request: HttpRequest) -> HttpResponse:
    """Everything of the area that ended well in the last weeks, page by page."""
    code = area.chosen(request)
    after = request.GET.get("after", "")
    page: Page[Case] = Page(limit=ON_A_PAGE, after=after)
    cards = queries.nearby(code, now=now_of(request), page=page) if code else []
    return render(
        request,
        "portal/nearby.html",
        {"cards": cards, "page": page, "first": not after, "area_name": area.name(code) if code else ""},
    )


@public
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """公示墙: what was answered of public space, by estate."""
    code = area.chosen(request)
    page: Page[Case] = Page(limit=ON_THE_WALL, after=request.GET.get("after", ""))
    parts = queries.wall(code, now=now_of(request), page=page) if code else []
    facts = {"parts": parts, "page": page, "first": not page.after, "area_name": area.name(code) if code else ""}
    return render(request, "portal/wall.html", facts)


@public
@require_safe
def held(request: HttpRequest) -> HttpResponse:
    """What of the area cannot be done for now: why, and when somebody looks again."""
    code, now = area.chosen(request), now_of(request)
    page: Page[Case] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = [
        {
            "type": one.type_name,
            "community": one.community,
            "reason": HoldReason(one.reason).label,
            "since": day_words(localdate(one.since), now),
            "until": day_words(one.until, now),
        }
        for one in (queries.held(code, now=now, page=page) if code else [])
    ]
    named = area.name(code) if code else ""
    facts = {"rows": rows, "page": page, "first": "after" not in request.GET, "area_name": named}
    return render(request, "portal/held.html", facts)


@public
@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """Results of campaigns in the area that a leader has published: counts and words, no place and no person."""
    code = area.chosen(request)
    rows = [
        {
            "one": one,
            "place": places.own_name_of(one.area_code),
            "types": listed(matters.name_of(kind) for kind in one.type_codes),
            "done": percent(one.done, one.places),
            "checked": percent(one.checked, one.places),
        }
        for one in (published_in(code) if code else [])
    ]
    return render(request, "portal/campaigns.html", {"rows": rows, "area_name": area.name(code) if code else ""})


@public
@require_safe
def photo(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """A handler's picture of a matter that stands in public."""
    found = queries.photo_for_all(file_id, now=now_of(request))
    if found is None:
        raise NotFound("file")
    return responses.send(found, preview="full" not in request.GET, request=request)


@public
@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """Where the figures come from, with the figures."""
    code = area.chosen(request)
    month = queries.last_month(code, now=now_of(request)) if code else None
    return render(request, "portal/numbers.html", {"month": month, "area_name": area.name(code) if code else ""})


@public
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """How personal data is kept, with the words of consent in force."""
    consent = people.current_consent_text(get_language() or "zh-hans")
    terms = {what.value: days for what, days in files.terms().items()}
    return render(request, "portal/privacy.html", {"consent": consent, "terms": terms})


@public
@require_safe
def access(request: HttpRequest) -> HttpResponse:
    """What was done so that everybody can use these pages, and whom to tell where it fails."""
    return render(request, "portal/access.html")


@public
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness, as RFC 9116 has it; not there where the house has not said it."""
    contact = settings.SECURITY_CONTACT
    if not contact:
        raise NotFound("page")
    lines = [
        f"Contact: {contact}",
        f"Expires: {now_of(request) + SAID_FOR:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: zh, en",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
