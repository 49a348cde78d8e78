"""Reads of the residents' pages that need both the cases' public reads and what the portal keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from huying.cases.models import Case
from huying.cases.queries import public
from huying.files.models import Attachment
from huying.kernel.paging import Page
from huying.portal.models import KeptPrivate

FIGURES_SECONDS = 600


def unlisted() -> QuerySet[Any]:
    """Ids of cases that one of their reporters keeps private."""
    return KeptPrivate.objects.values("report__case_id")


def is_private(report_id: UUID) -> bool:
    return KeptPrivate.objects.filter(pk=report_id).exists()


def nearby(area_code: str, *, now: datetime, page: Page[Case]) -> list[public.Card]:
    return public.closed_nearby(area_code, unlisted=unlisted(), now=now, page=page)


def wall(area_code: str, *, now: datetime, page: Page[Case]) -> list[public.WallPart]:
    return public.wall(area_code, unlisted=unlisted(), now=now, page=page)


def held(area_code: str, *, now: datetime, page: Page[Case]) -> list[public.HeldLine]:
    return public.held(area_code, unlisted=unlisted(), now=now, page=page)


def photo_for_all(file_id: UUID, *, now: datetime) -> Attachment | None:
    return public.public_photo(file_id, unlisted=unlisted(), now=now)


@dataclass(frozen=True)
class Month:
    """The last whole month of an area in figures."""

    began: datetime
    figures: public.Figures


def last_month(area_code: str, *, now: datetime) -> Month:
    """Counted again every few minutes, whoever looks."""
    until = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = (until - timedelta(days=1)).replace(day=1)
    key = f"portal.month.{area_code}.{since:%Y%m}"
    found: Month | None = cache.get(key)
    if found is None:
        found = Month(since, public.figures(area_code, since=since, until=until))
        cache.set(key, found, FIGURES_SECONDS)
    return found
