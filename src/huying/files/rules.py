"""What a file may be: kinds, sizes, counts, purposes, how long it is kept. No Django but for labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from huying.kernel.terms import Label, Term, _


class FilePurpose(Term):
    REPORT = "report", _("来电照片")
    BEFORE = "before", _("处置前")
    AFTER = "after", _("处置后")
    CHECK = "check", _("核查照片")
    PROOF = "proof", _("证明材料")


class FileKind(Term):
    """What is stored; the value is the file's ending. Found by the content, never by the name."""

    JPEG = "jpg", "JPEG"
    WEBP = "webp", "WebP"
    PDF = "pdf", "PDF"
    DOCX = "docx", "Word"
    XLSX = "xlsx", "Excel"
    PPTX = "pptx", "PowerPoint"
    ODT = "odt", "ODT"
    ODS = "ods", "ODS"
    TXT = "txt", _("文本")
    CSV = "csv", "CSV"
    WEBM = "webm", _("录音")
    OGG = "ogg", _("录音")
    M4A = "m4a", _("录音")
    MP3 = "mp3", _("录音")


IMAGES = frozenset({FileKind.JPEG, FileKind.WEBP})
SOUNDS = frozenset({FileKind.WEBM, FileKind.OGG, FileKind.M4A, FileKind.MP3})
PAPERS = frozenset(FileKind) - IMAGES - SOUNDS
PDF_ALONE = frozenset({FileKind.PDF})

CONTENT_TYPES = {
    FileKind.JPEG: "image/jpeg",
    FileKind.WEBP: "image/webp",
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    FileKind.ODT: "application/vnd.oasis.opendocument.text",
    FileKind.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    FileKind.TXT: "text/plain; charset=utf-8",
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.WEBM: "audio/webm",
    FileKind.OGG: "audio/ogg",
    FileKind.M4A: "audio/mp4",
    FileKind.MP3: "audio/mpeg",
}


class ScanState(Term):
    """What is known of a file's harmlessness."""

    ANEW = "anew", _("已重新生成")  # a photo, made anew from its pixels
    UNSCANNED = "unscanned", _("未经扫描")
    CLEAN = "clean", _("扫描无异常")
    HIT = "hit", _("已隔离")


@dataclass(frozen=True)
class Limits:
    """What is taken in of photos, looked at before anything is decoded."""

    bytes: int = 12 * 1024 * 1024
    pixels: int = 50_000_000
    edge: int = 30_000


@dataclass(frozen=True)
class PaperLimits:
    """What is taken in of documents; all but the first is looked at in the reading process."""

    bytes: int = 15 * 1024 * 1024
    pages: int = 500
    inflated: int = 120 * 1024 * 1024
    entries: int = 3000
    depth: int = 120  # of elements inside each other
    text: int = 20_000  # characters taken for search


@dataclass(frozen=True)
class SoundLimits:
    bytes: int = 5 * 1024 * 1024
    seconds: int = 180


@dataclass(frozen=True)
class Sandbox:
    """What the reading process may use before it is ended."""

    patience: float = 1.4  # seconds of work, after which it says itself that the file is too much
    cpu_seconds: int = 3
    wall_seconds: int = 15
    memory: int = 768 * 1024 * 1024
    answer: int = 256 * 1024


MOST_IMAGES = 6
MOST_PAPERS = 3
STORED_EDGE = 2560
PREVIEW_EDGE = 480
THUMB_EDGE = 160
NAME_LENGTH = 80
OPENING_LENGTH = 200
MOST_LEXEMES = 3000  # of one file in the case's search row
HELD_FOR = timedelta(hours=24)
MOST_HELD = 24  # held at once for one session
ORPHAN_AFTER = timedelta(hours=48)  # longer than anything is held, so that a claim and the sweep never meet

# Quotas: of one owner (a report, an order, a case), of one session, of everything that is still on its way.
MOST_OF_OWNER = 60
MOST_BYTES_OF_OWNER = 150 * 1024 * 1024
MOST_BYTES_HELD = 150 * 1024 * 1024
MOST_PARTS = 6
MOST_BYTES_UNDER_WAY = 4 * 1024 * 1024 * 1024
CHUNK = 1024 * 1024  # the most that one PATCH brings
PARTS_FOR = timedelta(hours=24)


class Wanted(Term):
    """What an upload in parts is meant to be."""

    PHOTO = "photo", _("照片")
    PAPER = "paper", _("文件")
    SOUND = "sound", _("录音")


MOST_BYTES = {Wanted.PHOTO: Limits.bytes, Wanted.PAPER: PaperLimits.bytes, Wanted.SOUND: SoundLimits.bytes}


class Keeping(Term):
    """What has a term of its own, counted from the end of its case."""

    REPORT_PHOTO = "report_photo", _("诉求人的照片")
    REPORT_PAPER = "report_paper", _("诉求人的文件")
    VOICE = "voice", _("录音")
    WORK_PHOTO = "work_photo", _("处置前后和核查的照片")
    WORK_PAPER = "work_paper", _("证明材料")
    QUARANTINE = "quarantine", _("被隔离的文件")


@dataclass(frozen=True)
class TermBounds:
    days: int  # the shipped term
    least: int
    most: int


# No shorter than a case may still be reopened, objected to or rated: 30 days.
TERMS = {
    Keeping.REPORT_PHOTO: TermBounds(730, 30, 3650),
    Keeping.REPORT_PAPER: TermBounds(730, 30, 3650),
    Keeping.VOICE: TermBounds(90, 30, 365),
    Keeping.WORK_PHOTO: TermBounds(1825, 365, 7300),
    Keeping.WORK_PAPER: TermBounds(1825, 365, 7300),
    Keeping.QUARANTINE: TermBounds(30, 1, 365),
}


def keeping_of(kind: str, purpose: str) -> Keeping:
    """Which term a kept file falls under."""
    if kind in SOUNDS:
        return Keeping.VOICE
    from_caller = purpose == FilePurpose.REPORT
    if kind in IMAGES:
        return Keeping.REPORT_PHOTO if from_caller else Keeping.WORK_PHOTO
    return Keeping.REPORT_PAPER if from_caller else Keeping.WORK_PAPER


@dataclass(frozen=True)
class PreparedFile:
    """A file that is ready to keep. `held` names the stored files of an upload that waited for its form.

    A photo is made anew and has a preview; a document or a recording stays as it came, with what the reading process
    found in it. `text` goes into the search row of its case and nowhere else.
    """

    kind: FileKind
    data: bytes
    preview: bytes
    width: int
    height: int
    size: int
    sha256: str
    held: UUID | None = None
    name: str = ""
    pages: int | None = None
    seconds: int | None = None
    opening: str = ""
    text: str = ""
    scan: ScanState = ScanState.ANEW

    def __repr__(self) -> str:
        return f"PreparedFile({self.kind.value}, {self.size})"


PreparedImage = PreparedFile  # most of them are photos


def pages_words(kind: str, pages: int | None) -> Label:
    """How many pages, slides or sheets a document says it has; nothing where it does not say."""
    if not pages:
        return ""
    if kind == FileKind.PPTX:
        return _("%(count)s 张幻灯片") % {"count": pages}
    if kind in (FileKind.XLSX, FileKind.ODS):
        return _("%(count)s 张表") % {"count": pages}
    return _("%(count)s 页") % {"count": pages}


def seconds_words(seconds: int | None) -> str:
    """1:05"""
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"


def size_words(size: int) -> str:
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(size // 1024, 1)} KB"


@dataclass(frozen=True)
class Box:
    """A rectangle that hides what lies under it, in thousandths of the picture."""

    left: int
    top: int
    width: int
    height: int


MOST_BOXES = 40
WHOLE = 1000


def readable_name(name: str) -> str:
    """The last part of a name as it may be shown: no path, no control or direction marks, not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = " ".join("".join(one if one.isprintable() and one not in '<>:"|?*' else " " for one in last).split())
    plain = plain.strip(". ")
    if len(plain) <= NAME_LENGTH:
        return plain
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[: NAME_LENGTH - 6]}{dot}{ending}" if dot and len(ending) <= 5 else plain[:NAME_LENGTH]
