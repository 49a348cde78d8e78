"""A caller's words cut into pieces, so that a page can mark what led to a suggestion. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from huying.matters.rules.words import plain


@dataclass(frozen=True)
class Mark:
    """A word to mark: what kind it is (place, matter, urgent) and the number cited in the reason."""

    word: str
    kind: str
    number: int


@dataclass(frozen=True)
class Piece:
    """A stretch of the words; `kind` is "" where nothing is marked."""

    words: str
    kind: str = ""
    number: int = 0


def pieces(words: str, marks: Iterable[Mark]) -> list[Piece]:
    """The words in order, marked stretches apart: the earlier mark wins, at one place the longer word."""
    read = plain(words)
    if len(read) != len(words):  # some letters fold to several: positions would lie, so only exact words are marked
        read = words
    found: list[tuple[int, int, Mark]] = []
    for mark in marks:
        word = plain(mark.word) if read is not words else mark.word
        start = read.find(word) if word else -1
        while start >= 0:
            found.append((start, start + len(word), mark))
            start = read.find(word, start + len(word))
    cut: list[Piece] = []
    at = 0
    for start, end, mark in sorted(found, key=lambda one: (one[0], -one[1], one[2].number)):
        if start < at:
            continue
        if start > at:
            cut.append(Piece(words[at:start]))
        cut.append(Piece(words[start:end], mark.kind, mark.number))
        at = end
    if at < len(words):
        cut.append(Piece(words[at:]))
    return cut
