"""No pattern of the source takes a time that grows faster than its text, whatever somebody types."""

import ast
import re
import signal
import time
from contextlib import contextmanager

import pytest

from tests.settings import ROOT

CALLS = {"compile", "match", "search", "fullmatch", "sub", "split", "findall", "finditer", "RegexValidator"}
PIECES = ["a", "Z", "0", "字", " ", "\t", "\n", "-", "_", ".", ",", ":", "/", "<", "(", "@", "=", "+", "%", "\\", "'", '"',
          "a ", "0,", "ab", "字。", "0 ", "a.", "1-", "第1", "<a", "--"]  # fmt: skip
ENDS = ["", "!", "\x00", "字"]
LENGTH = 6_000  # words of people have at most 10,000 characters
SECONDS = 0.5  # of the thread's own time; a pattern that is not slow takes milliseconds


class Slow(Exception):
    pass


@contextmanager
def at_most(seconds):
    def ring(_signal, _frame):
        raise Slow

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def patterns():
    """Every pattern that stands in the source as a text: its place and itself."""
    for path in sorted((ROOT / "src" / "huying").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            of_re = getattr(getattr(node.func, "value", None), "id", "") == "re" or name == "RegexValidator"
            first = node.args[0]
            if name in CALLS and of_re and isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", first.value


def slow_on(pattern):
    """A text on which the pattern is slow, or None."""
    made = re.compile(pattern)
    for piece in PIECES:
        for end in ENDS:
            text = piece * (LENGTH // len(piece)) + end
            given = text.encode() if isinstance(pattern, bytes) else text
            begun = time.thread_time()
            try:
                with at_most(SECONDS * 4):
                    for ask in (made.fullmatch, made.search):
                        ask(given)
            except Slow:
                return piece, end
            if time.thread_time() - begun > SECONDS:
                return piece, end
    return None


def test_no_pattern_of_ours_grows_faster_than_its_text():
    known = list(patterns())
    assert len(known) > 60
    assert {place: found for place, one in known if (found := slow_on(one))} == {}


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"(a|a)*b$", r"(\s*a?)*c"])
def test_a_slow_one_would_be_found(pattern):
    assert slow_on(pattern)
