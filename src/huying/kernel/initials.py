"""Pinyin initials of Chinese names, so that `rssq` finds 榕树社区. The table is made by `tools/initials.py`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

_FIRST = 0x4E00


@lru_cache(maxsize=1)
def _letters() -> str:
    table = Path(__file__).parent / "data" / "initials.txt"
    return table.read_text(encoding="ascii").replace("\n", "")


def initials(name: str) -> str:
    """The first letters of a name's characters; letters and digits stay, everything else falls out."""
    letters = _letters()
    found = []
    for character in unicodedata.normalize("NFKC", name).lower():
        place = ord(character) - _FIRST
        if 0 <= place < len(letters):
            found.append(letters[place])
        elif character.isalnum() and character.isascii():
            found.append(character)
    return "".join(found).replace(".", "")


def is_initials(words: str) -> bool:
    """Whether words could be meant as initials: two to twelve plain letters."""
    return 2 <= len(words) <= 12 and words.isascii() and words.isalpha()
