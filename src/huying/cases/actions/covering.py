"""Faces and plates on the photos of a case are hidden by hand; the uncovered photo is not kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huying.cases.actions.acting import opened
from huying.cases.actions.docket import Docket
from huying.cases.queries import page
from huying.files import actions as files
from huying.files.models import Attachment
from huying.files.rules import Box, FilePurpose
from huying.kernel.actor import Actor
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people.rules import Duty

DESK = (Duty.INTAKE, Duty.DISPATCH, Duty.REVIEW)


def may_cover(docket: Docket, actor: Actor, purpose: str) -> bool:
    """The desk that holds the case covers every photo; a unit on it those of the work, never the caller's."""
    desk = docket.case.desk_code
    if any(desk.startswith(area) for duty in DESK for area in actor.areas(duty)):
        return True
    work = purpose != FilePurpose.REPORT
    return work and any(actor.may_for_unit(Duty.HANDLE, one.unit_id) for one in docket.live_orders)


@transaction.atomic
def cover_photo(case_id: UUID, file_id: UUID, *, boxes: Sequence[Box], actor: Actor, now: datetime) -> Attachment:
    """Hide rectangles of a photo for good. Raises NotFound outside the actor's scope, NotAllowed without the duty."""
    docket = opened(case_id, actor=actor)
    found = page.photo(case_id, file_id, actor)
    if found is None:
        raise NotFound("file")
    if not may_cover(docket, actor, found.purpose):
        raise NotAllowed(_("您没有遮挡这张照片的职责。请联系受理或审核的同事。"))
    return files.cover_photo(file_id, boxes, actor=actor, now=now)
