"""Writes of the residents' pages: send a report with its contact, count wrong codes, keep an end private."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.audit import queries as history
from huying.cases.actions import NewReport, Receipt, receive
from huying.cases.models import Report
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor
from huying.kernel.refusals import NotFound, TooMany
from huying.people import actions as people
from huying.portal.models import KeptPrivate, Tries
from huying.portal.rules import FORGET_TRIES, NAMELESS, TRIES


@dataclass(frozen=True)
class Reachable:
    """What a reporter left of themselves, with the consent that was shown."""

    name: str
    phone: str
    consent_version: int
    language: str

    def __repr__(self) -> str:
        return "Reachable(…)"


def send_report(
    key: UUID,
    new: NewReport,
    *,
    reachable: Reachable | None,
    images: list[PreparedImage],
    actor: Actor,
    now: datetime,
) -> Receipt:
    """Keep the contact and take in the report, both or neither; the same key answers the same receipt.

    Raises what `receive` and `keep_contact` raise.
    """
    if reachable is None or history.by_key(key) is not None:
        return receive(key, new, actor=actor, now=now, images=images)
    contact_id = uuid5(key, "contact")
    try:
        with transaction.atomic():
            people.keep_contact(
                name=reachable.name,
                phone=reachable.phone,
                address="",
                consent_text_version=reachable.consent_version,
                language=reachable.language,
                area_code=new.area_code,
                contact_id=contact_id,
                actor=actor,
                now=now,
            )
            return receive(key, replace(new, contact_id=contact_id), actor=actor, now=now, images=images)
    except IntegrityError:
        # The same form sent twice at once: the other one was faster, and this one answers what that one got.
        if history.by_key(key) is None:
            raise
        return receive(key, new, actor=actor, now=now, images=images)


@transaction.atomic
def try_once(marks: list[str], *, now: datetime) -> None:
    """Count one try for each mark before anything is looked up. Raises TooMany over the limits.

    The row is locked while it is counted, so that many tries at once are many tries.
    """
    _count(marks, TRIES, now)


@transaction.atomic
def count_report(mark: str, *, now: datetime) -> None:
    """Count one report that a program sent without a token. Raises TooMany over the limits."""
    _count([mark], NAMELESS, now)


def _count(marks: list[str], limits: tuple[tuple[int, timedelta], ...], now: datetime) -> None:
    for mark in sorted(marks):
        for most, window in limits:
            name = f"{mark}.{int(window.total_seconds())}"
            # Got and locked in one: old counts are dropped by a job meanwhile.
            row, _new = Tries.objects.select_for_update().get_or_create(mark=name, defaults={"began_at": now})
            if now - row.began_at >= window:
                row.began_at, row.count = now, 0
            if row.count >= most:
                rest = window - (now - row.began_at)
                raise TooMany(retry_after_seconds=max(int(rest.total_seconds()), 1))
            row.count += 1
            row.save(update_fields=["began_at", "count"])


@transaction.atomic
def take_back_try(marks: list[str]) -> None:
    """The code was right: the try is not counted."""
    for mark in sorted(marks):
        for _most, window in TRIES:
            row = Tries.objects.select_for_update().filter(mark=f"{mark}.{int(window.total_seconds())}").first()
            if row is not None and row.count:
                row.count -= 1
                row.save(update_fields=["count"])


def forget_tries(*, now: datetime) -> int:
    """Drop old counts; says how many."""
    dropped, _by_model = Tries.objects.filter(began_at__lt=now - FORGET_TRIES).delete()
    return dropped


@transaction.atomic
def keep_private(report_id: UUID, *, wanted: bool, actor: Actor, now: datetime) -> None:
    """The reporter does not want this end shown to everybody, or wants it again. Done twice, it is done once.

    Raises NotFound for anybody but the holder of the report's code.
    """
    report = Report.objects.select_for_update(of=("self",)).select_related("case").filter(pk=report_id).first()
    if report is None or actor.report_id != report.pk:
        raise NotFound("report")
    if wanted == KeptPrivate.objects.filter(pk=report.pk).exists():
        return
    if wanted:
        KeptPrivate.objects.create(report=report, since=now)
    else:
        KeptPrivate.objects.filter(pk=report.pk).delete()
    audit.append(
        kind="report",
        object_id=report.pk,
        verb="keep_private" if wanted else "let_show",
        actor=actor,
        at=now,
        area_code=report.case.area_code,
        facts={"case": str(report.case_id)},
    )
