"""The scan hook: a command or a clamd socket, named by the setting HUYING_SCAN. Without one, files are not scanned.

HUYING_SCAN=clamd:/run/clamav/clamd.ctl      HUYING_SCAN=clamd:10.0.0.5:3310
HUYING_SCAN=/usr/local/bin/scan-one --quiet  (the file on its input; 0 is clean, 1 is a hit, anything else no answer)
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import socket
import struct
import subprocess
from dataclasses import dataclass

from django.conf import settings

from huying.files.rules import ScanState

logger = logging.getLogger(__name__)
SECONDS = 30
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Scan:
    """`finding` is the scanner's own name of what it found, as a code."""

    state: ScanState
    finding: str = ""


def scan(data: bytes) -> Scan:
    """Ask the scanner; where there is none or it does not answer, the file is not scanned (a job asks again)."""
    hook = str(getattr(settings, "FILES_SCAN", "") or "")
    if not hook:
        return Scan(ScanState.UNSCANNED)
    try:
        return _clamd(hook.removeprefix("clamd:"), data) if hook.startswith("clamd:") else _command(hook, data)
    except (OSError, ValueError, subprocess.SubprocessError) as why:
        logger.warning("the file scanner does not answer: %s", type(why).__name__)
        return Scan(ScanState.UNSCANNED)


def _command(hook: str, data: bytes) -> Scan:
    done = subprocess.run(
        shlex.split(hook),
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath)},
    )
    if done.returncode == 0:
        return Scan(ScanState.CLEAN)
    if done.returncode == 1:
        return Scan(ScanState.HIT, _code(done.stdout[:400].decode("utf-8", "replace")))
    logger.warning("the file scanner ended with %s", done.returncode)
    return Scan(ScanState.UNSCANNED)


def _clamd(where: str, data: bytes) -> Scan:
    """The INSTREAM command of clamd."""
    if where.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SECONDS)
        address: str | tuple[str, int] = where
    else:
        host, _colon, port = where.rpartition(":")
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        line.settimeout(SECONDS)
        address = (host, int(port))
    with line:
        line.connect(address)
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), _CHUNK):
            piece = data[start : start + _CHUNK]
            line.sendall(struct.pack(">I", len(piece)) + piece)
        line.sendall(struct.pack(">I", 0))
        told = b""
        while len(told) < 4096 and (more := line.recv(1024)):
            told += more
    said = told.rstrip(b"\0\n ").decode("utf-8", "replace")
    if said.endswith("OK"):
        return Scan(ScanState.CLEAN)
    if said.endswith("FOUND"):
        return Scan(ScanState.HIT, _code(said.removeprefix("stream:").removesuffix("FOUND")))
    raise ValueError("no answer")


def _code(said: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", said.strip())[:60].strip("-") or "hit"
