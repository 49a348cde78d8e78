"""The head file: one JSON line for each seal, outside the database, only ever added to.

Whoever can rewrite the database cannot make the chain end elsewhere without this file saying so. Keep copies of it
on another machine: a copy is as good as the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path

import orjson

from huying.audit.rules import Head

_TAIL = 64 * 1024
_LONGEST = 4096  # no line is longer; a longer one is not ours
_FIELDS = {field.name: field.type for field in fields(Head)}


def end_of(path: Path) -> int:
    """How many bytes of the file are whole lines; a torn last line was never acknowledged."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - _TAIL)
        file.seek(start)
        tail = file.read(_TAIL)
    return start + tail.rfind(b"\n") + 1


def last(path: Path) -> Head | None:
    """The newest head, None where there is none; raises ValueError if the last line is not a head."""
    end = end_of(path)
    if end == 0:
        return None
    with path.open("rb") as file:
        start = max(0, end - _TAIL)
        file.seek(start)
        line = file.read(end - start).rstrip(b"\n").rsplit(b"\n", 1)[-1]
    head = _read(line)
    if head is None:
        raise ValueError("the last line is not a head")
    return head


def read(path: Path, end: int) -> Iterator[tuple[int, Head | None]]:
    """Each line up to byte `end`: its number from 1, and its head, None where the line is not one."""
    if end == 0:
        return
    with path.open("rb") as file:
        number = 0
        while file.tell() < end:
            line = file.readline(_LONGEST)
            number += 1
            whole = line.endswith(b"\n")
            while line and not line.endswith(b"\n"):
                line = file.readline(_LONGEST)
            yield number, _read(line) if whole else None


def append(path: Path, heads: Iterable[Head]) -> None:
    """Add lines and return when they are on disk. One writer at a time: the caller holds the sealing lock."""
    written = b"".join(orjson.dumps(asdict(head)) + b"\n" for head in heads)
    if not written:
        return
    is_new = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    end = end_of(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.truncate(end)
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read(line: bytes) -> Head | None:
    try:
        values = orjson.loads(line)
        head = Head(**values)
    except (ValueError, TypeError):
        return None
    kinds = {"int": int, "str": str}
    fits = all(type(getattr(head, name)) is kinds[str(kind)] for name, kind in _FIELDS.items())
    return head if fits else None
