"""Addresses that the desk's pages lead to: cases and their moves, the triage page, photos, outlines."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from huying.cases.rules import Verb
from huying.kernel.actor import Actor
from huying.people.rules import Duty


def case_url(case_id: UUID, move: Verb | str = "", **more: object) -> str:
    """A case's page; with a move, its form opened."""
    query = {"move": str(move), **{name: str(value) for name, value in more.items()}} if move else {}
    return reverse("cases:case", args=[case_id]) + (f"?{urlencode(query)}" if query else "")


def photo_url(case_id: UUID, file_id: UUID, *, preview: bool = True) -> str:
    return reverse("cases:preview" if preview else "cases:file", args=[case_id, file_id])


def triage_url(case_id: UUID) -> str:
    return reverse("desk:triage_case", args=[case_id])


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
    return f"{reverse('desk:cases')}?{urlencode({'area': code})}" if viewer.may(Duty.READ, code) else ""
