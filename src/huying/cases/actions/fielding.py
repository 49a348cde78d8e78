"""Who walks the street finds a small matter and settles it on the spot: two acts in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from huying.cases.actions.intake import NewReport, Receipt, receive, self_handle_case
from huying.cases.rules import Channel, ReplyBy
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor


@transaction.atomic
def find_and_handle(
    key: UUID,
    *,
    words: str,
    type_code: str,
    area_code: str,
    lng: float | None = None,
    lat: float | None = None,
    grid_code: str = "",
    place_words: str = "",
    before: Iterable[PreparedImage] = (),
    after: Iterable[PreparedImage] = (),
    actor: Actor,
    now: datetime,
) -> Receipt:
    """即办: report a small matter of the list as found on patrol, and close it with pictures before and after.

    All or nothing: where it cannot be self-handled (IllegalMove: another type, a picture missing, no place), nothing
    is reported either. The same key and pictures answer the same; others are refused (KeyReused).
    """
    new = NewReport(
        words=words,
        area_code=area_code,
        channel=Channel.PATROL,
        lng=lng,
        lat=lat,
        grid_code=grid_code,
        place_words=place_words,
        type_code=type_code,
        reply_by=ReplyBy.NONE,
    )
    receipt = receive(key, new, actor=actor, now=now)
    case = self_handle_case.once(
        uuid5(key, "self_handle"),
        receipt.case.pk,
        words=words,
        before=list(before),
        after=list(after),
        actor=actor,
        now=now,
    )
    return Receipt(case, receipt.report, receipt.code, receipt.repeated)
