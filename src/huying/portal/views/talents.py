"""The own entry among residents with a skill: who looked, and the word taken back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from huying.kernel.actor import resident
from huying.kernel.doors import now_of
from huying.kernel.refusals import NotFound
from huying.kernel.terms import _
from huying.people import actions as people
from huying.people import queries as reads
from huying.people.talent_codes import code_of
from huying.portal.looked import who_looked
from huying.portal.views.pages import go, own_page

OPENED = "portal.talents"
KEPT = 5


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def talent(request: HttpRequest, talent_id: UUID) -> HttpResponse:
    """For the browser that gave the code; by POST the word is taken back, and the data go at once."""
    opened = request.session.get(OPENED, [])
    found = reads.talent_of_holder(talent_id) if str(talent_id) in opened else None
    if found is None:
        raise NotFound("talent")
    if request.method == "POST":
        people.withdraw_talent(code=code_of(talent_id), actor=resident(), now=now_of(request))
        request.session[OPENED] = [one for one in opened if one != str(talent_id)]
        messages.success(request, str(_("已经撤回。您的称呼、电话和专长都删掉了。")))
        return go("track")
    facts = {
        "talent": found,
        "masked": reads.masked_of(found.contact),
        "lines": who_looked(found.contact_id),
        "back_url": reverse("portal:track"),
    }
    return render(request, "portal/talent.html", facts)


def open_in_session(request: HttpRequest, talent_id: UUID) -> None:
    rest = [one for one in request.session.get(OPENED, []) if one != str(talent_id)]
    request.session[OPENED] = [str(talent_id), *rest][:KEPT]
