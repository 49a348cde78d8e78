"""Where the bytes lie: `<data>/files/ab/cd/<id>.jpg`, the preview of a photo beside it as `<id>-480.jpg`.

Uploads in parts lie in `files/parts`, what was shut away in `files/quarantine`.

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

from huying.files.rules import IMAGES, FileKind, PreparedImage

_NAME = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(-480)?\.(" + "|".join(FileKind.values) + r")")


def root() -> Path:
    return Path(settings.DATA) / "files"


def path_of(file_id: UUID, kind: str, *, preview: bool) -> Path:
    """The path of a file; made from the id and the kind alone, so that no input can lead elsewhere."""
    digits = file_id.hex
    name = f"{file_id}{'-480' if preview else ''}.{FileKind(kind).value}"
    return root() / digits[-2:] / digits[-4:-2] / name


def write(file_id: UUID, image: PreparedImage) -> None:
    """The files on disk for good before a row can name them; one that is already there is replaced."""
    if image.kind in IMAGES:
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


def quarantine_path(held_id: UUID) -> Path:
    return root() / "quarantine" / f"{held_id}.bin"


def quarantine(held_id: UUID, data: bytes) -> None:
    _write(quarantine_path(held_id), data)


def part_path(upload_id: UUID) -> Path:
    return root() / "parts" / f"{upload_id}.part"


def write_part(upload_id: UUID, offset: int, chunk: bytes) -> None:
    """One more piece, on disk for good before its row says so; what was written beyond the offset is written over.

    Raises FileNotFoundError where earlier parts are gone.
    """
    path = part_path(upload_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | (os.O_CREAT if offset == 0 else 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if os.fstat(file.fileno()).st_size < offset:
            raise FileNotFoundError(path)
        file.truncate(offset)
        file.seek(offset)
        file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


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
