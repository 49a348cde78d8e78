"""Writes src/huying/kernel/data/initials.txt: the first letter of the most usual reading of each character.

    pip install pypinyin && python tools/initials.py

One letter for each of U+4E00 to U+9FA5 in order, "." where no reading is known: twenty kilobytes instead of a
dictionary in every process.
"""

from __future__ import annotations

from pathlib import Path

from pypinyin import Style, pinyin

FIRST, LAST = 0x4E00, 0x9FA5
TARGET = Path(__file__).parents[1] / "src" / "huying" / "kernel" / "data" / "initials.txt"


def letter(character: str) -> str:
    read = pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    found = read[0][0][:1] if read and read[0] else ""
    return found if found.isascii() and found.isalpha() else "."


if __name__ == "__main__":
    letters = "".join(letter(chr(code)) for code in range(FIRST, LAST + 1))
    TARGET.write_text("\n".join(letters[at : at + 100] for at in range(0, len(letters), 100)) + "\n", encoding="ascii")
