"""The closing report of a campaign: numbers with what they are out of, and each place before and after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from huying.cases.models import Campaign, CampaignSpot
from huying.cases.queries import campaigns as reads
from huying.cases.rules.campaigns import RANKED_FROM, Finding, SpotState, percent
from huying.cases.sheets import PapersOfCampaigns, Pictured, Sheet
from huying.files import queries as files
from huying.files.models import Attachment
from huying.files.rules import FileKind
from huying.kernel.terms import Label, _, listed
from huying.matters import queries as matters
from huying.places import queries as places
from huying.places.rules import street_of

MOST_PICTURED = 100  # places with photos in one Word file


def closing_sheet(found: Campaign, rows: list[CampaignSpot], *, now: datetime) -> Sheet:
    """The report as paper: every number beside what it is out of; small units are listed, not ranked."""
    told = reads.progress_of(rows)
    every = told.every.every
    facts: list[tuple[Label, str]] = [
        (_("名称"), found.name),
        (_("区域"), places.own_name_of(found.area_code)),
        (_("时间"), f"{found.from_day:%Y-%m-%d} — {found.until_day:%Y-%m-%d}"),
        (_("事项"), listed(matters.name_of(one) for one in found.type_codes)),
        (_("点位"), str(every)),
        (_("整治完成"), percent(told.every.done, every)),
        (_("核查通过"), percent(told.every.of(SpotState.CHECKED), every)),
        (_("没有完成"), percent(every - told.every.done, every)),
        (_("反弹或退回过的"), percent(told.came_back, every)),
        *((Finding(one).label, percent(count, every)) for one, count in told.findings.items()),
        (_("转成案件，已办结"), percent(told.cases_ended, told.cases)),
    ]
    texts: list[tuple[Label, str]] = [(_("整治什么、要做到什么"), found.aim), (_("各单位"), _units(told))]
    return Sheet(
        kind=PapersOfCampaigns.CLOSING,
        heading=places.own_name_of(street_of(found.area_code) or found.area_code),
        number=f"{timezone.localtime(found.closed_at or now):%Y%m%d}",
        facts=facts,
        texts=[*texts, (_("结果，和以后怎么保持"), found.closing)],
        signs=[_("拟稿人"), _("分管领导"), _("日期")],
        made=f"{timezone.localtime(now):%Y-%m-%d}",
    )


def _units(told: reads.Progress) -> str:
    """Units with ten places or more in the order of what is done, smaller ones after them by name."""
    large = [pair for pair in told.by_unit if pair[1].every >= RANKED_FROM]
    small = [pair for pair in told.by_unit if pair[1].every < RANKED_FROM]
    large.sort(key=lambda pair: -pair[1].done / pair[1].every)
    lines = [
        str(_("%(unit)s：%(share)s"))
        % {"unit": unit.name if unit is not None else _("没有分"), "share": percent(counts.done, counts.every)}
        for unit, counts in [*large, *small]
    ]
    return "\n".join(lines)


def pairs_of(rows: Iterable[CampaignSpot]) -> list[tuple[CampaignSpot, Attachment | None, Attachment | None]]:
    """Each place with its first photo before and its last after, where it has one."""
    every = list(rows)
    photos = reads.photos_of(one.pk for one in every)
    return [(one, *reads.pair_of(photos[one.pk])) for one in every]


def reported(rows: Iterable[CampaignSpot]) -> list[Pictured]:
    """The places of a report with their photos, for Word."""
    found = []
    for one, before, after in pairs_of(rows):
        if before is not None or after is not None:
            pictures = [_jpeg(photo) for photo in (before, after) if photo is not None]
            words = " · ".join(filter(None, (f"{one.number} {one.name}", str(SpotState(one.state).label), one.words)))
            found.append(Pictured(words, [picture for picture in pictures if picture]))
    return found[:MOST_PICTURED]


def _jpeg(photo: Attachment) -> bytes:
    """The stored preview, where Word can show it."""
    return files.preview_bytes(photo.pk, photo.kind) if photo.kind == FileKind.JPEG else b""
