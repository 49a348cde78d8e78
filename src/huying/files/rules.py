"""What a photo may be: kinds, sizes, counts, purposes. No Django but for labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from huying.kernel.terms import Term, _


class FilePurpose(Term):
    REPORT = "report", _("来电照片")
    BEFORE = "before", _("处置前")
    AFTER = "after", _("处置后")
    CHECK = "check", _("核查照片")
    PROOF = "proof", _("证明材料")


class FileKind(Term):
    """What is stored; the value is the file's ending."""

    JPEG = "jpg", "JPEG"
    WEBP = "webp", "WebP"


CONTENT_TYPES = {FileKind.JPEG: "image/jpeg", FileKind.WEBP: "image/webp"}


@dataclass(frozen=True)
class Limits:
    """What is taken in, looked at before anything is decoded."""

    bytes: int = 12 * 1024 * 1024
    pixels: int = 50_000_000
    edge: int = 30_000


MOST_IMAGES = 6
STORED_EDGE = 2560
PREVIEW_EDGE = 480
THUMB_EDGE = 160
HELD_FOR = timedelta(hours=24)
MOST_HELD = 24  # held at once for one session
ORPHAN_AFTER = timedelta(hours=48)  # longer than anything is held, so that a claim and the sweep never meet


@dataclass(frozen=True)
class PreparedImage:
    """An image made anew, ready to keep. `held` names the stored files of an upload that waited for its form."""

    kind: FileKind
    data: bytes
    preview: bytes
    width: int
    height: int
    size: int
    sha256: str
    held: UUID | None = None
