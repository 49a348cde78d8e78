"""Matter types for a call's words from the catalogue alone: a street without a history begins with this.

What a type says of itself (words, name, filing condition, closing condition, advice, in this order of weight) is cut
into characters and pairs of characters. A piece counts the more the fewer types have it (idf) and the more often a type
says it, up to a limit (BM25); a whole word of the catalogue, the longest at its place, counts once more. Spelling is
made alike first (`folding`). What stands behind "不是" up to the next stop counts little.

What follows from the type is looked up by the caller, in the type's row: class `kind.matter_class`, grade `kind.grade`
(urgent where `triage.danger` finds danger), the units with the duty in the place
`matters.queries.owners_of(code, area)`, and the clause that orders cite `kind.clause`.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from huying.kernel.late import late
from huying.triage.folding import folded, placed
from huying.triage.suggestion import Suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = late("numpy")


class SaysItself(Protocol):
    """A type as a catalogue has it: a row of `matters.models.MatterType` or of `matters.rules.book.TypeRow`."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def words(self) -> Sequence[str]: ...
    @property
    def danger_words(self) -> Sequence[str]: ...
    @property
    def filing_condition(self) -> str: ...
    @property
    def closing_condition(self) -> str: ...
    @property
    def advice(self) -> str: ...


# Measured on the half of tests/triage/data/calls.csv that is for development; docs/explanation/triage.md has the table.
FIELDS = {"name": 1.5, "filing_condition": 0.5, "closing_condition": 0.5, "advice": 0.1}
WORD_WEIGHT = 1.0
SINGLE, PAIR, WHOLE = 1.2, 1.0, 0.5  # what a character, a pair and a whole word count
FULL, LENGTH = 1.2, 0.4  # BM25: how soon repeating is enough, and how much long entries are held back
DENIED = 0.3
# Confidence: softmax of the scores over a temperature, times how much was said at all. Fitted on that half with words
# that were written before it was looked at: with the others it would seem better than it is.
TEMPERATURE, LITTLE = 2.5, 2.0
MOST_READ = 1000  # characters of a call: what it is about stands there
MOST_NAMED = 4

_RUNS = re.compile("[\u3400-\u9fff]+|[a-z0-9]+")
# Characters that are in calls about everything; a pair of two of them says nothing either.
_EMPTY = frozenset(
    "的了是我你他她它们在有和就不人都一个上也很到说要去会着没看好这那里么什吗呢吧啊呀给让被把从向为对与及或而且但还又"
    "才再能可以得地来过下时年月日天两三几多少每谁哪怎样些点想问请家该做用所其之只中间后前内外出起因如四五六七八九十百"
    "千万半"
)
_EMPTY_PAIRS = frozenset({
    "没人", "人管", "管管", "帮忙", "希望", "反映", "投诉", "举报", "麻烦", "处理", "解决", "小区",
    "家里", "门口", "楼下", "附近", "旁边", "经常", "问题", "情况", "知道", "现在", "已经", "自己",
    "晚上", "半夜", "早上", "白天", "昨天", "今天", "直接", "相关", "部门", "社区", "街道", "居民",
})  # fmt: skip
_DENIED = re.compile(r"(?<![是又])(?:不是|并非|不关)[^,。.!?;:\n是]{2,20}")


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Characters and pairs of a folded text, each with its place."""
    for run in _RUNS.finditer(text):
        said, start = run[0], run.start()
        if said[0] < "\u3400":
            yield said, start
            continue
        for place, one in enumerate(said):
            if one not in _EMPTY:
                yield one, start + place
            pair = said[place : place + 2]
            if len(pair) == 2 and pair not in _EMPTY_PAIRS and not (one in _EMPTY and pair[1] in _EMPTY):
                yield pair, start + place


class Cold:
    """An index of one catalogue. Made by `of`; not changed afterwards, so threads may share it."""

    def __init__(
        self,
        codes: list[str],
        pieces: dict[str, int],
        heads: dict[str, list[str]],
        starts: NDArray[np.int64],
        types: NDArray[np.int32],
        weights: NDArray[np.float32],
    ) -> None:
        self.codes = codes
        self._pieces, self._heads = pieces, heads
        self._starts, self._types, self._weights = starts, types, weights

    @classmethod
    def of(cls, types: Iterable[SaysItself]) -> Cold:
        """The index of these types, of any number and depth; their order does not matter.

        Made once for the same words: a catalogue changes far oftener than what its types say of themselves.
        """
        return _index(tuple(sorted((_sayings_of(one) for one in types), key=lambda one: one.code)))

    @classmethod
    def _made(cls, listed: tuple[_Sayings, ...]) -> Cold:
        said = [_said(one) for one in listed]
        spread: dict[str, int] = {}
        for mine, _whole in said:
            for piece in mine:
                spread[piece] = spread.get(piece, 0) + 1
        holders: dict[str, set[int]] = {}
        for number, (_mine, whole) in enumerate(said):
            for word in whole:
                holders.setdefault(word, set()).add(number)
        lengths = [sum(mine.values()) for mine, _whole in said]
        usual = sum(lengths) / len(lengths) if lengths else 1.0
        rows = {piece: row for row, piece in enumerate([*sorted(spread), *("=" + word for word in sorted(holders))])}
        # What is noted stands in plain arrays: as objects it took three times the memory of the index, and a process
        # keeps what it once took.
        at, numbers, weights = array("q"), array("i"), array("f")
        for number, (mine, _whole) in enumerate(said):
            held_back = FULL * (1 - LENGTH + LENGTH * lengths[number] / usual)
            for piece, times in mine.items():
                weight = SINGLE if len(piece) == 1 else PAIR
                weight *= _rarity(spread[piece], len(listed)) * times * (FULL + 1) / (times + held_back)
                at.append(rows[piece])
                numbers.append(number)
                weights.append(weight)
        heads: dict[str, list[str]] = {}
        for word in sorted(holders, key=lambda one: (-len(one), one)):
            heads.setdefault(word[:2], []).append(word)
            weight = WHOLE * min(len(word), 6) / 2 * _rarity(len(holders[word]), len(listed))
            for number in sorted(holders[word]):
                at.append(rows["=" + word])
                numbers.append(number)
                weights.append(weight)
        order = np.argsort(np.array(at, np.int64), kind="stable")
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(np.bincount(np.array(at, np.int64), minlength=len(rows)), out=starts[1:])
        return cls(
            [one.code for one in listed],
            rows,
            heads,
            starts,
            np.array(numbers, np.int32)[order],
            np.array(weights, np.float32)[order],
        )

    def suggest(self, words: str, *, top: int = 3) -> list[Suggestion]:
        """The likeliest types, best first; [] where no word of the call is in the catalogue."""
        text, places = placed(words[:MOST_READ])
        found = self._found(text)
        if not found or top < 1:
            return []
        scores = self._scores(found)
        best = [int(one) for one in np.argsort(-scores, kind="stable")[:top] if scores[one] > 0]
        sure = confidences(scores)
        return [
            Suggestion(self.codes[one], float(sure[one]), self._because(one, found, words, text, places))
            for one in best
        ]

    def _found(self, text: str) -> dict[int, tuple[float, int, int]]:
        """Rows of the index that the text has: how much each counts, and where it stands first."""
        denied = [(one.start(), one.end()) for one in _DENIED.finditer(text)]
        found: dict[int, tuple[float, int, int]] = {}

        def take(piece: str, place: int, length: int) -> None:
            row = self._pieces.get(piece)
            if row is None:
                return
            counts = DENIED if any(start <= place < end for start, end in denied) else 1.0
            if row not in found or found[row][0] < counts:
                found[row] = (counts, place, place + length)

        for piece, place in _pieces(text):
            take(piece, place, len(piece))
        covered = 0
        for place in range(len(text) - 1):
            for word in self._heads.get(text[place : place + 2], ()):
                if text.startswith(word, place):
                    if place + len(word) > covered:  # else it lies inside a longer one
                        covered = place + len(word)
                        take("=" + word, place, len(word))
                    break
        return found

    def _scores(self, found: dict[int, tuple[float, int, int]]) -> NDArray[np.float64]:
        rows = np.array(sorted(found), np.int64)
        counts = np.array([found[row][0] for row in rows.tolist()])
        sizes = self._starts[rows + 1] - self._starts[rows]
        ends = np.cumsum(sizes)
        at = np.arange(int(ends[-1])) + np.repeat(self._starts[rows] - (ends - sizes), sizes)
        weights = self._weights[at] * np.repeat(counts, sizes)
        return np.asarray(np.bincount(self._types[at], weights=weights, minlength=len(self.codes)), np.float64)

    def _because(
        self, number: int, found: dict[int, tuple[float, int, int]], words: str, text: str, places: Sequence[int]
    ) -> tuple[str, ...]:
        """The pieces that spoke for a type, neighbours joined, as they stand in the call; the strongest first."""
        strength = np.zeros(len(text))
        for row, (counts, start, end) in found.items():
            mine = self._types[self._starts[row] : self._starts[row + 1]]
            place = int(np.searchsorted(mine, number))
            if place < len(mine) and mine[place] == number:
                strength[start:end] += float(self._weights[self._starts[row] + place]) * counts / (end - start)
        spans: list[tuple[float, int, int]] = []
        start = 0
        for end in range(len(text) + 1):
            if end == len(text) or not strength[end]:
                if end > start:
                    spans.append((float(strength[start:end].sum()), start, end))
                start = end + 1
        spans.sort(key=lambda one: (-one[0], one[1]))
        named = (words[places[start] : places[end - 1] + 1] for _strength, start, end in spans)
        return tuple(dict.fromkeys(named))[:MOST_NAMED]


def confidences(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely each type is: from 0 to below 1, in the order of the scores, together at most 1."""
    best = float(scores.max())
    shares = np.exp((scores - best) / TEMPERATURE)
    return np.asarray(shares / shares.sum() * (best / (best + LITTLE)))


class _Sayings(NamedTuple):
    """What a type says of itself, by value: the same words are the same index."""

    code: str
    name: str
    words: tuple[str, ...]
    danger_words: tuple[str, ...]
    filing_condition: str
    closing_condition: str
    advice: str


def _sayings_of(one: SaysItself) -> _Sayings:
    return _Sayings(
        one.code, one.name, tuple(one.words), tuple(one.danger_words), one.filing_condition, one.closing_condition,
        one.advice,
    )  # fmt: skip


@lru_cache(maxsize=2)
def _index(listed: tuple[_Sayings, ...]) -> Cold:
    return Cold._made(listed)


def _rarity(spread: int, types: int) -> float:
    return math.log(1 + (types - spread + 0.5) / (spread + 0.5))


def _said(one: _Sayings) -> tuple[dict[str, float], set[str]]:
    """Each piece a type says with how much it says it, and its whole words."""
    mine: dict[str, float] = {}
    whole = {folded(word) for word in (one.name, *one.words, *one.danger_words) if len(word) >= 2}
    sayings = [(word, WORD_WEIGHT) for word in (*one.words, *one.danger_words)]
    sayings += [(getattr(one, field), weight) for field, weight in FIELDS.items()]
    for saying, weight in sayings:
        for piece in sorted({intern(piece) for piece, _place in _pieces(folded(saying))}):
            mine[piece] = mine.get(piece, 0.0) + weight
    return mine, {word for word in whole if len(word) >= 2}


_ASKING = re.compile(
    r"[?？吗嘛]|怎么(?:办理|申请|报名|预约|查|走|算|交|领|样|弄|个)|如何|多少|几[点号个年岁天时倍]|哪里|哪儿|哪个|哪些|什么(?:时候|条件|材料|手续|证|流程|资格)"
    r"|能不能|可不可以|是不是|有没有|要不要|会不会|算不算|合不合|该不该|多久|为什么|为啥|谁(?:负责|出|来管|管)|请问|想问|问一下|咨询|想了解|想知道|打听|去哪|在哪|找谁|需要(?:带|准备)|要带|符合"
)
_WISHES = re.compile(
    r"请(?:你们|派|来|尽快|帮|给|管|查|处理|安排|修)|希望|麻烦|快来|快点|赶紧|尽快|能不能(?:派|来|修|管|给|加|帮|装|清|处理|查|增|设|让|把|换|早|安排)"
    r"|派人|来人|来修|来看|来管|管一管|管管|没人管|没人修|处理一下|查一查|查处|投诉|举报|救|帮我|帮忙|要求|建议|求"
)


def asks(words: str) -> str:
    """`question` where the caller wants to know something, else `request`. A wish outweighs the form of a question."""
    text = folded(words)
    return "question" if _ASKING.search(text) and not _WISHES.search(text) else "request"


_SECRET = re.compile(
    r"(?:别|不要|不想|不愿|不能|千万别|请勿|勿)[^,。!?;]{0,6}(?:说是我|讲是我|说我|透露|泄露|泄漏|暴露|公开我|留我|留名|提我|告诉(?:他|她|对方|别人|人家|物业|单位|老板|邻居|房东)|让[^,。!?;]{0,6}知道|被[^,。!?;]{0,6}知道|知道是我)"
    r"|匿名|保密|怕(?:被|他|她|人|遭)?[^,。!?;]{0,3}(?:报复|得罪|穿小鞋)|(?:说|讲)是(?:我|邻居|员工|业主)[^,。!?;]{0,3}(?:说|讲|举报|打)的|替我瞒|隐去"
)


def wants_confidence(words: str, type: Any) -> bool:
    """Whether a call is confidential: its type is as shipped (`type.confidential`; None where there is no type yet),
    or the caller asks that nobody learns who called."""
    return bool(type is not None and type.confidential) or _SECRET.search(folded(words)) is not None
