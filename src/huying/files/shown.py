"""Documents and recordings as pages show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from huying.files.models import Attachment
from huying.files.rules import SOUNDS, FileKind, ScanState, pages_words, seconds_words, size_words
from huying.kernel.terms import Label, _


@dataclass(frozen=True)
class Paper:
    """One file. `url` is empty where it is served to nobody."""

    name: str
    says: str
    opening: str
    url: str
    sound: bool
    mark: Label
    warns: bool


def papers(rows: Iterable[Attachment], url: Callable[[Attachment], str]) -> list[Paper]:
    return [_paper(row, url) for row in rows]


def _paper(row: Attachment, url: Callable[[Attachment], str]) -> Paper:
    sound = row.kind in SOUNDS
    kind = FileKind(row.kind)
    says = [
        "" if sound else kind.label,
        pages_words(row.kind, row.pages),
        seconds_words(row.seconds),
        size_words(row.size),
    ]
    hit = row.scan == ScanState.HIT
    return Paper(
        name=str(_("录音")) if sound else row.name or str(_("文件")),
        says=" · ".join(str(one) for one in says if one),
        opening=row.opening,
        url="" if row.shut else url(row),
        sound=sound,
        mark=_("没有通过安全检查，已隔离") if hit else "" if sound else ScanState(row.scan).label,
        warns=row.scan != ScanState.CLEAN,
    )
