"""A file of a program, that says nothing of its kind: a photo, a recording or a document by its first bytes."""

from __future__ import annotations

from datetime import datetime

import filetype

from huying.files.actions import checked
from huying.files.imaging import check_size, prepare_image
from huying.files.queries import limits
from huying.files.reading import check_bytes, prepare_paper, prepare_sound, which_file
from huying.files.rules import PaperLimits, PreparedFile
from huying.kernel.actor import Actor

_SOUNDS = (b"\x1a\x45\xdf\xa3", b"OggS", b"ID3")


def prepare_any(data: bytes, *, name: str, actor: Actor, now: datetime) -> PreparedFile:
    """The file, ready to keep. Raises TooLarge or Invalid."""
    which = which_file(name, None)
    check_bytes(len(data), which=which, most=PaperLimits.bytes)
    found = filetype.guess_mime(data[:8192]) or ""
    if found.startswith("image/"):
        check_size(len(data), name=name, number=1, limits=limits())
        return prepare_image(data, name=name, number=1, limits=limits())
    sound = found.startswith("audio/") or data.startswith(_SOUNDS) or data[4:8] == b"ftyp"
    prepared = prepare_sound(data, name=name) if sound else prepare_paper(data, name=name)
    return checked(prepared, which=which, actor=actor, now=now)
