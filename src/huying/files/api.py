"""Files of programs: held for a day, until a report or a move takes them by their token."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import File
from ninja.files import UploadedFile
from pydantic import Field

from huying.files import actions
from huying.files.anything import prepare_any
from huying.files.reading import check_bytes, which_file
from huying.files.rules import PaperLimits
from huying.kernel.api import Router, Written, holder_of
from huying.kernel.doors import actor_of, now_of

router = Router("files")


class HeldOut(Written):
    """A file that waits for its report or move; width and height of a photo, else 0."""

    token: str = Field(description="name it in `photos` of a report, or in a field of a move", examples=["q9…"])
    width: int
    height: int
    size: int
    expires_at: datetime


@router.post("/files", HeldOut, status=201, problems=(413, 429))
def upload_file(request: HttpRequest, file: File[UploadedFile]) -> HeldOut:
    """Hand in one file: photo (JPEG, PNG, WebP), document (PDF, docx, xlsx, pptx, odt, ods, txt, csv) or recording.

    The kind is found by the content. A photo is made anew without position and device; a document is read in a closed
    process and scanned where there is a scanner. Held for a day; a field of a move says which kinds it takes.

    Errors: 413 `too-large`, 422 `invalid` (a kind that we do not take, broken, locked, with programs in it),
    429 `too-many` (too many are waiting).
    """
    name, now = file.name or "", now_of(request)
    # The size is looked at first, so that a huge file is never read into memory.
    check_bytes(file.size or 0, which=which_file(name, None), most=PaperLimits.bytes)
    prepared = prepare_any(file.read(), name=name, actor=actor_of(request), now=now)
    held = actions.hold_image(prepared, session_key=holder_of(request), now=now)
    return HeldOut(token=held.token, width=held.width, height=held.height, size=held.size, expires_at=held.expires_at)
