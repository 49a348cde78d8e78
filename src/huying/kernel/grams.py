"""Pairs of characters: how Chinese words are searched without extensions. Pure; asking and writing share it."""

from __future__ import annotations

import re
import unicodedata

LONG_NUMBER = 7
_RUNS = re.compile(r"[^\W_]+", re.UNICODE)
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def folded(text: str) -> str:
    """Full-width to half-width, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def grams(text: str) -> list[str]:
    """Bigrams of Chinese runs (a single character stays itself), whole words of others, in order, once each."""
    found: dict[str, None] = {}
    for run in _RUNS.findall(folded(text)):
        for piece in re.split(r"(?<=[\u2e80-\U0003ffff])(?=[a-z0-9])|(?<=[a-z0-9])(?=[\u2e80-\U0003ffff])", run):
            if not piece:
                continue
            if not _WIDE.search(piece):
                # A long run of digits in a caller's words is a phone or identity number: nobody is found by it.
                if not (piece.isdigit() and len(piece) >= LONG_NUMBER):
                    found[piece[:40]] = None
                continue
            for place in range(len(piece) - 1):
                found[piece[place : place + 2]] = None
            if len(piece) == 1:
                found[piece] = None
    return list(found)


def quoted(lexeme: str) -> str:
    """A lexeme as it stands in the text of a tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def asked(lexeme: str) -> str:
    """The same as it is asked for: one Chinese character finds any pair that begins with it."""
    return f"{quoted(lexeme)}:*" if len(lexeme) == 1 and _WIDE.match(lexeme) else quoted(lexeme)
