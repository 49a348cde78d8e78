"""Writes of the residents' pages: send a report with its contact, count wrong codes, keep an end private."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from django.db import connection, transaction

from huying.audit import actions as audit
from huying.cases.actions import NewReport, Receipt, receive
from huying.cases.actions.emergencies import take_drill_call
from huying.cases.actions.incidents import received_into
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
    known_new: bool = False,
    incident_id: UUID | None = None,
) -> Receipt:
    """Keep the contact and take in the report, both or neither; the same key answers the same receipt.

    With an incident the report goes into its case, where it still fits (`join_new_call`); a call of a drill is no part
    of one. Raises what `receive`, `take_drill_call` and `keep_contact` raise.
    """
    contact = None
    if reachable is not None:
        left = people.NewContact(
            reachable.name, reachable.phone, "", now, area_code=new.area_code, contact_id=uuid5(key, "contact")
        )
        contact = partial(
            people.contact_rows, [left], consent_text_version=reachable.consent_version, language=reachable.language,
            actor=actor, now=now,
        )  # fmt: skip
    taking = take_drill_call if new.drill else receive
    take = partial(taking, key, new, actor=actor, now=now, images=images, contact=contact, known_new=known_new)
    return take() if incident_id is None or new.drill else received_into(incident_id, take, now=now)


@transaction.atomic
def try_once(marks: list[str], *, now: datetime) -> None:
    """Count one try for each mark before anything is looked up. Raises TooMany over the limits.

    The row is locked while it is counted, so that many tries at once are many tries.
    """
    _count(marks, TRIES, now)


@transaction.atomic(savepoint=False)
def count_report(mark: str, *, now: datetime) -> None:
    """Count one report that a program sent without a token. Raises TooMany over the limits."""
    _count([mark], NAMELESS, now)


def _count(marks: list[str], limits: tuple[tuple[int, timedelta], ...], now: datetime) -> None:
    """Count one in every window of every mark, in one statement; the caller's transaction ends with a refusal.

    Each row is got and locked in one, in one order, so that many tries at once are many tries.
    """
    windows = {f"{mark}.{int(w.total_seconds())}": (most, w) for mark in sorted(marks) for most, w in limits}
    # A name ends with the seconds of its window: whoever is here again after them begins anew.
    over = "kept.began_at + substring(kept.mark from '[0-9]+$')::int * interval '1 second' <= EXCLUDED.began_at"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Tries._meta.db_table} AS kept (mark, began_at, count) "
            f"VALUES {', '.join(['(%s, %s, 1)'] * len(windows))} ON CONFLICT (mark) DO UPDATE SET "
            f"began_at = CASE WHEN {over} THEN EXCLUDED.began_at ELSE kept.began_at END, "
            f"count = CASE WHEN {over} THEN 1 ELSE kept.count + 1 END RETURNING mark, began_at, count",
            [value for name in windows for value in (name, now)],
        )
        found = cursor.fetchall()
    for name, began_at, count in found:
        most, window = windows[name]
        if count > most:
            raise TooMany(retry_after_seconds=max(int((began_at + window - now).total_seconds()), 1))


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
