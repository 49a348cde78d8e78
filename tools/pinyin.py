"""Writes src/huying/triage/data/: how each character sounds, and what each traditional character is in simplified ones.

    pip install pypinyin opencc-python-reimplemented && python tools/pinyin.py

`syllables.txt`: a line of all syllables without tones, then two letters for each of U+4E00 to U+9FA5 in order: the
place of its most usual syllable in that line, in base 26 from `aa`; `zz` where none is known. `simplified.txt`: pairs
of a traditional character and the simplified one it is first written as (characters of OpenCC, Apache-2.0).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pypinyin import Style, pinyin

FIRST, LAST = 0x4E00, 0x9FA5
TARGET = Path(__file__).parents[1] / "src" / "huying" / "triage" / "data"
A = ord("a")


def syllable(character: str) -> str:
    read = pinyin(character, style=Style.NORMAL, v_to_u=False, errors="ignore")
    found = read[0][0] if read and read[0] else ""
    return found if found.isascii() and found.isalpha() else ""


def syllables() -> str:
    sounds = [syllable(chr(code)) for code in range(FIRST, LAST + 1)]
    known = sorted(set(sounds) - {""})
    letters = {one: chr(A + place // 26) + chr(A + place % 26) for place, one in enumerate(known)} | {"": "zz"}
    written = [letters[one] for one in sounds]
    lines = ["".join(written[at : at + 50]) for at in range(0, len(written), 50)]
    return "\n".join([" ".join(known), *lines]) + "\n"


def simplified() -> str:
    spec = find_spec("opencc")
    assert spec is not None
    assert spec.origin is not None
    table = Path(spec.origin).parent / "dictionary" / "TSCharacters.txt"
    pairs = []
    for line in table.read_text(encoding="utf-8").splitlines():
        old, _tab, new = line.partition("\t")
        first = new.split(" ")[0]
        if len(old) == 1 and len(first) == 1 and old != first and FIRST <= ord(old) <= LAST:
            pairs.append(old + first)
    pairs.sort()
    return "\n".join("".join(pairs[at : at + 50]) for at in range(0, len(pairs), 50)) + "\n"


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    (TARGET / "syllables.txt").write_text(syllables(), encoding="ascii")
    (TARGET / "simplified.txt").write_text(simplified(), encoding="utf-8")
