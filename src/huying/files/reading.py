"""Documents and recordings: looked at by size and first bytes here, read in a process of its own (see `child`)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import Any

from huying.files.rules import (
    OPENING_LENGTH,
    PAPERS,
    SOUNDS,
    FileKind,
    PaperLimits,
    PreparedFile,
    Sandbox,
    ScanState,
    SoundLimits,
    readable_name,
)
from huying.kernel.refusals import Invalid, TooLarge
from huying.kernel.terms import Label, _

_reading = threading.BoundedSemaphore(2)

# What the reading process may answer, as a sentence to the sender. %(which)s is the file.
_FAULTS: dict[str, Label] = {
    "unknown": _("%(which)s不是能收的文件。可以交 PDF、docx、xlsx、pptx、odt、ods、txt、csv。"),
    "broken": _("%(which)s打不开，可能没有传完整或已损坏。请换一个。"),
    "empty": _("%(which)s是空的，没有收下。请重新选。"),
    "encrypted": _("%(which)s加了密码，看不到内容，没有收下。请去掉密码再传。"),
    "old_office": _("%(which)s是旧格式。请另存为 docx、xlsx 或 pptx 再传。"),
    "programs": _("%(which)s里带着宏或程序，没有收下。请去掉以后再传，或另存为 PDF。"),
    "embedded": _("%(which)s里嵌着别的文件，没有收下。请分开传，或另存为 PDF。"),
    "outside": _("%(which)s打开时会去取别处的内容，没有收下。请另存为 PDF 再传。"),
    "entries": _("%(which)s的结构太复杂，没有收下。请另存为 PDF 再传。"),
    "sound_unknown": _("%(which)s不是能收的录音。可以交 webm、ogg、m4a、mp3。"),
    "sound_broken": _("%(which)s打不开，可能没有录完整。请再录一次。"),
    "sound_picture": _("%(which)s里有画面，没有收下。这里只收录音。"),
    "sound_length": _("%(which)s看不出有多长，没有收下。请再录一次。"),
}
_FAULTS_OF_SIZE: dict[str, Label] = {
    "pages": _("%(which)s的页数太多，最多 %(most)s 页。请分开传。"),
    "inflated": _("%(which)s展开后太大，没有收下。请换小一点的。"),
    "sound_long": _("%(which)s太长，最多 %(minutes)s 分钟。请说短一点，或分两次。"),
}


def prepare_paper(data: bytes, *, name: str = "", number: int | None = None) -> PreparedFile:
    """The slow part of keeping a document: type by content, limits, text. Raises TooLarge or Invalid."""
    limits = PaperLimits()
    which = which_file(name, number)
    check_bytes(len(data), which=which, most=limits.bytes)
    lines = _read(data, {**asdict(limits), "sound": False, "seconds": 0})
    found = _first(lines, which)
    if found["kind"] not in PAPERS:
        raise Invalid(_FAULTS["broken"] % {"which": which})
    text = str(lines[1].get("text", "")) if len(lines) > 1 else ""
    return _prepared(data, found, name, text=_plain(text))


def prepare_sound(data: bytes, *, name: str = "", number: int | None = None) -> PreparedFile:
    """The slow part of keeping a recording: container and length, nothing of what is said. Raises TooLarge, Invalid."""
    limits = SoundLimits()
    which = which_file(name, number) if name or number else str(_("这段录音"))
    check_bytes(len(data), which=which, most=limits.bytes)
    asked = {**asdict(PaperLimits()), "bytes": limits.bytes, "seconds": limits.seconds, "sound": True}
    found = _first(_read(data, asked), which)
    if found["kind"] not in SOUNDS:
        raise Invalid(_FAULTS["sound_broken"] % {"which": which})
    return _prepared(data, found, "")


def check_bytes(size: int, *, which: str, most: int) -> None:
    """Refuse by the number of bytes alone, before anything is read."""
    if size == 0:
        raise Invalid(_FAULTS["empty"] % {"which": which})
    if size > most:
        raise TooLarge(
            _("%(which)s有 %(size)s MB，最多 %(most)s MB。请换小一点的。")
            % {"which": which, "size": f"{size / 1048576:.1f}", "most": most // 1048576}
        )


def which_file(name: str, number: int | None) -> str:
    """How a refusal calls a file."""
    short = readable_name(name)[-40:]
    if number is not None and short:
        return str(_("第 %(number)s 个文件（%(name)s）") % {"number": number, "name": short})
    if number is not None:
        return str(_("第 %(number)s 个文件") % {"number": number})
    return str(_("文件（%(name)s）") % {"name": short}) if short else str(_("这个文件"))


def _first(lines: list[dict[str, Any]], which: str) -> dict[str, Any]:
    fault = lines[0].get("fault", "") if lines else "broken"
    if fault in _FAULTS_OF_SIZE:
        facts = {"which": which, "most": PaperLimits.pages, "minutes": SoundLimits.seconds // 60}
        raise TooLarge(_FAULTS_OF_SIZE[fault] % facts)
    if fault or lines[0].get("kind") not in FileKind.values:
        raise Invalid(_FAULTS.get(fault, _FAULTS["broken"]) % {"which": which})
    return lines[0]


def _prepared(data: bytes, found: dict[str, Any], name: str, *, text: str = "") -> PreparedFile:
    return PreparedFile(
        kind=FileKind(found["kind"]),
        data=data,
        preview=b"",
        width=0,
        height=0,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        name=readable_name(name),
        pages=_count(found.get("pages")),
        seconds=_count(found.get("seconds")),
        opening=_opening(text),
        text=text,
        scan=ScanState.UNSCANNED,
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000_000 else None


def _plain(text: str) -> str:
    """What a database column takes: no NUL, no half characters, no other controls."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    return "".join(one if one.isprintable() or one == "\n" else " " for one in text)


def _opening(text: str) -> str:
    """The first lines, on one."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return " ".join([line for line in lines if line][:3])[:OPENING_LENGTH]


def _read(data: bytes, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """What the reading process answers; nothing where it was ended before it answered."""
    bounds = Sandbox()
    asked = {**asked, "patience": bounds.patience, "cpu_seconds": bounds.cpu_seconds, "memory": bounds.memory}
    with (
        _reading,
        subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", "huying.files.child", json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a parser's complaint may quote the document
            env={"PATH": os.defpath, "PYTHONUTF8": "1"},
            cwd="/" if os.name == "posix" else None,
            start_new_session=True,
            close_fds=True,
        ) as process,
    ):
        timer = threading.Timer(bounds.wall_seconds, process.kill)
        feeder = threading.Thread(target=_feed, args=(process, data), daemon=True)
        timer.start()
        feeder.start()
        try:
            assert process.stdout is not None
            answered = process.stdout.read(bounds.answer + 1)
        finally:
            timer.cancel()
            process.kill()
            feeder.join(timeout=bounds.wall_seconds)
    return _lines(answered[: bounds.answer])


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(data)
        process.stdin.close()
    except (OSError, ValueError):  # it ended before it had read everything
        pass


def _lines(answered: bytes) -> list[dict[str, Any]]:
    found = []
    for line in answered.splitlines()[:2]:
        try:
            one = json.loads(line)
        except ValueError:
            break
        if not isinstance(one, dict):
            break
        found.append(one)
    return found
