"""Addresses that the desk's pages lead to: cases and their moves, the triage page, photos, outlines."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import get_script_prefix, get_urlconf, reverse

from huying.cases.rules import Verb
from huying.kernel.actor import Actor
from huying.people.rules import Duty
from huying.ui.context import address

_ANY = str(UUID(int=0))


def case_url(case_id: UUID, move: Verb | str = "", **more: object) -> str:
    """A case's page; with a move, its form opened."""
    query = {"move": str(move), **{name: str(value) for name, value in more.items()}} if move else {}
    return _of("cases:case", case_id) + (f"?{urlencode(query)}" if query else "")


def photo_url(case_id: UUID, file_id: UUID, *, preview: bool = True) -> str:
    return reverse("cases:preview" if preview else "cases:file", args=[case_id, file_id])


def triage_url(case_id: UUID) -> str:
    return _of("desk:triage_case", case_id)


def call_url(case_id: UUID, report_id: UUID) -> str:
    """The call-back desk with one caller of a case."""
    return f"{_of('desk:callback_case', case_id)}?{urlencode({'caller': report_id})}"


def whistle_url(whistle_id: UUID) -> str:
    return _of("cases:whistle", whistle_id)


def ticket_url(ticket_id: UUID, move: str = "") -> str:
    return _of("cases:ticket", ticket_id) + (f"?{urlencode({'move': move})}" if move else "")


def campaign_url(campaign_id: UUID) -> str:
    return _of("cases:campaign", campaign_id)


def spot_url(spot_id: UUID) -> str:
    return _of("cases:campaign_spot", spot_id)


def _of(name: str, case_id: UUID) -> str:
    before, after = _address(name, get_urlconf(), get_script_prefix())
    return f"{before}{case_id}{after}"


@lru_cache(maxsize=16)
def _address(name: str, _urlconf: str | None, _prefix: str) -> tuple[str, str]:
    """What stands before and behind the id, worked out once: sixty times `reverse` costs more than the rows."""
    before, _any, after = reverse(name, args=[_ANY]).partition(_ANY)
    return before, after


def outlines_url(area_code: str) -> str:
    return reverse("places:outlines") + "?" + urlencode({"area": area_code})


def with_changes(query: QueryDict, **changes: str | None) -> str:
    """This page's address with changes; None or "" removes. The place in the list is dropped unless given."""
    changed = query.copy()
    for name in ("after", *changes):
        changed.pop(name, None)
    for name, value in changes.items():
        if value:
            changed[name] = value
    return f"?{changed.urlencode()}" if changed else "?"


def cases_in(viewer: Actor, code: str) -> str:
    """The list of open cases in an area, where the viewer reads it."""
    return f"{address('desk:cases')}?{urlencode({'area': code})}" if viewer.may(Duty.READ, code) else ""
