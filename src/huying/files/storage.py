"""Where the bytes lie: `<data>/files/ab/cd/<id>.jpg`, the preview beside it as `<id>-480.jpg`.

The folders are named after the id's last digits: the first ones of a UUIDv7 are the time, the same for years.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from huying.files.rules import FileKind, PreparedImage

_NAME = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(-480)?\.(jpg|webp)")


def root() -> Path:
    return Path(settings.DATA) / "files"


def path_of(file_id: UUID, kind: str, *, preview: bool) -> Path:
    """The path of a file; made from the id and the kind alone, so that no input can lead elsewhere."""
    digits = file_id.hex
    name = f"{file_id}{'-480' if preview else ''}.{FileKind(kind).value}"
    return root() / digits[-2:] / digits[-4:-2] / name


def write(file_id: UUID, image: PreparedImage) -> None:
    """Both files on disk for good before a row can name them; one that is already there is replaced."""
    _write(path_of(file_id, image.kind, preview=True), image.preview)
    _write(path_of(file_id, image.kind, preview=False), image.data)


def share(file_id: UUID, image: PreparedImage, like: UUID) -> None:
    """Both files of an image that lies there already as `like`'s: one more name for the same bytes (bulk worlds)."""
    for preview in (True, False):
        path, there = path_of(file_id, image.kind, preview=preview), path_of(like, image.kind, preview=preview)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        try:
            os.link(there, path)
        except OSError:  # a file system without links, or too many of one file
            _write(path, image.preview if preview else image.data)


def remove(file_id: UUID, kind: str) -> None:
    for preview in (False, True):
        path_of(file_id, kind, preview=preview).unlink(missing_ok=True)


def stored_before(moment: datetime) -> Iterator[tuple[UUID | None, Path]]:
    """Files last written before `moment`, with their id (None: a leftover of a broken write)."""
    folder = root()
    if not folder.is_dir():
        return
    for path in folder.glob("*/*/*"):
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:
            continue
        if written < moment:
            named = _NAME.fullmatch(path.name)
            yield (UUID(named[1]) if named else None, path)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{uuid4().hex}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
