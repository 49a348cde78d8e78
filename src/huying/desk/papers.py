"""The files of a public notice: added and taken away while it is a draft, read by everybody once it is up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huying.files import actions as files
from huying.files.rules import FilePurpose, PreparedImage
from huying.kernel.actor import Actor
from huying.notices import actions as notices

OWNER = "public_notice"


@transaction.atomic
def attach(*, public_id: UUID, prepared: Iterable[PreparedImage], actor: Actor, now: datetime) -> int:
    """Keep files with a draft; says how many. Raises NotFound, NotAllowed, IllegalMove once it is no draft."""
    row = notices.touch_public(public_id=public_id, actor=actor, now=now)
    count = 0
    for one in prepared:
        files.keep_prepared(
            one, owner_kind=OWNER, owner_id=row.pk, purpose=FilePurpose.PROOF, area_code=row.area_code, actor=actor,
            now=now,
        )  # fmt: skip
        count += 1
    return count


@transaction.atomic
def detach(*, public_id: UUID, actor: Actor, now: datetime) -> int:
    """Take away all files of a draft; says how many."""
    row = notices.touch_public(public_id=public_id, actor=actor, now=now)
    return files.erase_files(owner_kind=OWNER, owner_ids=[row.pk], actor=actor, now=now)
