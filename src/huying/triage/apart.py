"""A process of its own that ends: what needs much memory for a while leaves none of it with whoever asked."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress


def ask(module: str, lines: Iterable[str], *, seconds: float) -> str:
    """Run `python -m module` on these lines and give back what it printed. They lie on no disk.

    They go over as they are made, so that they need not all be held here; the module reads them to the end before it
    prints. Raises subprocess.TimeoutExpired or CalledProcessError (with its `stderr`), and whatever `lines` raises;
    the process is gone in each case.
    """
    command = [sys.executable, "-m", module]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8") as process:
        assert process.stdin is not None
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            with suppress(BrokenPipeError):  # it ended before it had read everything: it says why
                for line in lines:
                    process.stdin.write(line + "\n")
            with suppress(BrokenPipeError):
                process.stdin.close()
            process.stdin = None
            answer, trouble = process.communicate()
            late = timer.finished.is_set()
        finally:
            timer.cancel()
            process.kill()
    if late:
        raise subprocess.TimeoutExpired(command, seconds)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=trouble)
    return answer
