"""Photos of programs: held for a day, until a report or a move takes them by their token."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import File
from ninja.files import UploadedFile
from pydantic import Field

from huying.files import actions, queries
from huying.files.imaging import check_size, prepare_image
from huying.kernel.api import Router, Written, holder_of
from huying.kernel.doors import now_of

router = Router("files")


class HeldOut(Written):
    """A photo that waits for its report or move."""

    token: str = Field(description="name it in `photos` of a report, or in a field of a move", examples=["q9…"])
    width: int
    height: int
    size: int
    expires_at: datetime


@router.post("/files", HeldOut, status=201, problems=(413, 429))
def upload_file(request: HttpRequest, file: File[UploadedFile]) -> HeldOut:
    """Hand in one photo (JPEG, PNG, WebP). It is made anew without position and device, and held for a day.

    Errors: 413 `too-large`, 422 `invalid` (not a picture that we read), 429 `too-many` (too many are waiting).
    """
    limits = queries.limits()
    name = file.name or ""
    # The size is looked at first, so that a huge file is never read into memory.
    check_size(file.size or 0, name=name, number=1, limits=limits)
    prepared = prepare_image(file.read(), name=name, number=1, limits=limits)
    held = actions.hold_image(prepared, session_key=holder_of(request), now=now_of(request))
    return HeldOut(token=held.token, width=held.width, height=held.height, size=held.size, expires_at=held.expires_at)
