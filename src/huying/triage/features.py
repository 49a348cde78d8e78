"""What a model sees of a call: its runs of one to four characters, each packed into one whole number.

A character has 16 bits, so four fit into 64 without any collision, and a run can be read back from its number: that is
how a suggestion names the words that led to it. Letters are folded to small ones, digits to one digit, and everything
else ends a run, so no run crosses a full stop.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from huying.kernel.late import late

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.uint16]
    Keys = NDArray[np.uint64]
    Numbers = NDArray[np.float32]
    Counted = tuple[Keys, NDArray[np.intp]]
    """The runs of a text, each once and sorted, and how often each stands there."""
else:
    np = late("numpy")

LONGEST = 4
"""Characters in the longest run."""
OPENING = 60
"""Characters of a message's opening at most."""


@cache
def _folds() -> Codes:
    """For each unit of UTF-16 what stands for it; 0 for what ends a run."""
    table = np.zeros(1 << 16, np.uint16)
    for first, last in ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)):
        table[first : last + 1] = np.arange(first, last + 1)
    letters = np.arange(ord("a"), ord("z") + 1)
    for first in (ord("a"), ord("A"), 0xFF21, 0xFF41):
        table[first : first + 26] = letters
    for first in (ord("0"), 0xFF10):
        table[first : first + 10] = ord("0")
    return table


def codes_of(text: str) -> Codes:
    """One number a character, 0 where a run ends."""
    codes: Codes = _folds()[np.frombuffer(text.encode("utf-16-le", "replace"), "<u2")]
    return codes


def runs_of(codes: Codes) -> Keys:
    """The keys of all runs of one to four characters, in no stated order, each as often as it stands there."""
    single = codes.astype(np.uint64)
    found, longer, whole = [single[codes != 0]], single, codes != 0
    for length in range(2, LONGEST + 1):
        if len(codes) < length:
            break
        longer = longer[:-1] << np.uint64(16) | single[length - 1 :]
        whole = whole[:-1] & (codes[length - 1 :] != 0)
        found.append(longer[whole])
    return np.concatenate(found)


def text_of(key: int) -> str:
    """The characters of a key."""
    units = [key >> shift & 0xFFFF for shift in range(16 * (LONGEST - 1), -1, -16)]
    return "".join(chr(unit) for unit in units if unit)


def counted(codes: Codes) -> Counted:
    """Each run's key once, sorted, and how often it stands there."""
    return np.unique(runs_of(codes), return_counts=True)


def opening_of(text: str) -> str:
    """A title, or the beginning of the first line: it mostly names the matter, so its runs count apart once more."""
    return text.strip().partition("\n")[0][:OPENING]


def read_message(text: str) -> tuple[Counted, Counted]:
    """What a model sees of a message: its runs, and those of its opening."""
    return counted(codes_of(text)), counted(codes_of(opening_of(text)))
