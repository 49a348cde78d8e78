"""Words that lead to a type, and words of danger: matching over passed rows. Pure, small, explainable.

A hit is the longest word at its place. A word weighs more the longer it is and the fewer types have it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

EVERYBODYS = ("110", "119", "120")


@dataclass(frozen=True)
class Hit:
    word: str
    start: int
    end: int


@dataclass(frozen=True)
class Scored:
    """A type's code, its share of the evidence (0 to below 1), and the words that led to it."""

    code: str
    score: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Danger:
    """The number to call and the word that says so, as it stands in the text or the catalogue."""

    number: str
    word: str
    others: tuple[str, ...] = ()
    """More numbers that fit, the most fitting first; always ends with the three that everybody knows."""


def joined(told: Danger | None, numbers: Sequence[str], word: str) -> Danger | None:
    """What the catalogue's own words tell and what a reader found, as one; the reader's numbers come first where they
    hold the catalogue's."""
    listed = [*numbers] if told is None or told.number in numbers else [told.number, *numbers]
    if not listed:
        return None
    first, *others = dict.fromkeys([*listed, *EVERYBODYS])
    return Danger(first, told.word if told is not None and told.number == first else word, tuple(others))


def plain(text: str) -> str:
    """Full-width and capital letters made alike, so that words are found however they are typed."""
    return unicodedata.normalize("NFKC", text).casefold()


class Matcher:
    """Finds words in a text, the longest at each place; built once for a version."""

    def __init__(self, words: Iterable[str]) -> None:
        heads: dict[str, set[str]] = {}
        for word in words:
            found = plain(word)
            if len(found) >= 2:
                heads.setdefault(found[:2], set()).add(found)
        self._heads = {head: sorted(same, key=len, reverse=True) for head, same in heads.items()}

    def hits(self, text: str) -> Iterator[Hit]:
        """Hits in reading order; one that lies inside the hit before it is left out."""
        covered = 0
        for place in range(len(text) - 1):
            for word in self._heads.get(text[place : place + 2], ()):
                if text.startswith(word, place):
                    end = place + len(word)
                    if end > covered:
                        covered = end
                        yield Hit(word, place, end)
                    break


class TypeWords:
    """The words of all types, for suggesting; `sentences` of a type back them up where no word of it is said.

    A word is sure evidence. Where words are few, pairs of characters that a message shares with a type's name, words
    and conditions still tell which types are near: rare pairs count, and long sentences do not win by their length.
    """

    def __init__(
        self, rows: Iterable[tuple[str, Iterable[str]]], sentences: Iterable[tuple[str, Iterable[str]]] = ()
    ) -> None:
        self._codes: dict[str, list[str]] = {}
        count = 0
        for code, words in rows:
            count += 1
            for word in {plain(one) for one in words}:
                self._codes.setdefault(word, []).append(code)
        self._count = count
        self._matcher = Matcher(self._codes)
        self._pairs = _weighed_pairs(sentences)

    def weight(self, word: str) -> float:
        """Length (two characters count 1, six or more 3) by rarity (1 where one type alone has the word)."""
        rarity = math.log(1 + self._count / len(self._codes[word])) / math.log(1 + self._count)
        return min(len(word), 6) / 2 * rarity

    def scored(self, text: str, limit: int) -> list[Scored]:
        """The best types by words: each one's weight of distinct words over all weight found (and one for doubt)."""
        weights, because = self._by_words(plain(text))
        whole = sum(weights.values()) + 1
        best = sorted(weights, key=lambda code: (-weights[code], code))[:limit]
        return [Scored(code, round(weights[code] / whole, 4), tuple(because[code])) for code in best]

    def near(self, text: str, limit: int) -> list[Scored]:
        """The best types by words and shared pairs together; one without a word of its own names its pairs."""
        read = plain(text)
        weights, because = self._by_words(read)
        whole = sum(weights.values()) + 1
        found: dict[str, float] = {code: weight / whole * _WORDS_OVER_PAIRS for code, weight in weights.items()}
        shared: dict[str, dict[str, float]] = {}
        for pair in sorted(_pairs_of(read)):
            for code, weight in self._pairs.get(pair, ()):
                found[code] = found.get(code, 0.0) + weight
                shared.setdefault(code, {})[pair] = weight
        whole = sum(found.values()) + 1
        best = sorted(found, key=lambda code: (-found[code], code))[:limit]
        return [
            Scored(code, round(found[code] / whole, 4), tuple(because.get(code) or _heaviest(shared[code])))
            for code in best
        ]

    def _by_words(self, read: str) -> tuple[dict[str, float], dict[str, list[str]]]:
        weights: dict[str, float] = {}
        because: dict[str, list[str]] = {}
        for word in dict.fromkeys(hit.word for hit in self._matcher.hits(read)):
            for code in self._codes[word]:
                weights[code] = weights.get(code, 0.0) + self.weight(word)
                because.setdefault(code, []).append(word)
        return weights, because


# How much the whole evidence by words weighs against shared pairs: measured, flat between 3 and 100.
_WORDS_OVER_PAIRS = 10
_MOST_NAMED = 4
_HAN = re.compile("[\u4e00-\u9fff]{2,}")


def _pairs_of(text: str) -> set[str]:
    return {run[place : place + 2] for run in _HAN.findall(text) for place in range(len(run) - 1)}


def _heaviest(pairs: dict[str, float]) -> list[str]:
    return sorted(pairs, key=lambda pair: (-pairs[pair], pair))[:_MOST_NAMED]


def _weighed_pairs(sentences: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[tuple[str, float]]]:
    """Each pair with the types that have it: rarity over the root of what the type says in all."""
    counts: dict[str, dict[str, int]] = {}
    for code, said in sentences:
        mine = counts.setdefault(code, {})
        for sentence in said:
            for pair in _pairs_of(plain(sentence)):
                mine[pair] = mine.get(pair, 0) + 1
    spread: dict[str, int] = {}
    for mine in counts.values():
        for pair in mine:
            spread[pair] = spread.get(pair, 0) + 1
    weighed: dict[str, list[tuple[str, float]]] = {}
    for code, mine in counts.items():
        length = math.sqrt(sum((1 + math.log(1 + count)) ** 2 for count in mine.values()))
        for pair, count in mine.items():
            weight = min(count, 2) * math.log(len(counts) / spread[pair]) / length
            if weight:
                weighed.setdefault(pair, []).append((code, weight))
    return weighed


# What stands directly before a word of danger and says that it is not so (fillers may lie between).
_FILLERS = r"(?:再|闻到|发现|看到|看见|听到|发生了?|出现了?|任何|什么|意外|人|有|是)*$"
_NEGATED = re.compile(r"(?:没有|没|并未|未|不是|并非|不会|无)" + _FILLERS)
# Fire and gas alone: "怕着火" asks for prevention, while "怕他自杀" is a call for help.
_IMAGINED = re.compile(
    r"(?:容易|极易|怕|生怕|担心|如有|极有可能|万一|如果|要是|防止|避免|以免|预防|导致|引起|引发|造成"
    r"|就会|会不会|一旦|一但|小心|严防)" + _FILLERS
)
_PAST = re.compile(
    r"去年|前年|上次|上个?月|上周|上星期|以前|之前|曾经|当年|早年|往年|过去|昨[天日晚]|前[天日]|前几天|前段时间"
    r"|多次|几次|屡次|经常|每年|每天|时有"
)
_NOW = re.compile(r"现在|正在|又|再次|还在|仍在|突然|此刻|今[天日晚早]|刚")
_AFTER = re.compile(
    r"^(?:的?稻草|钱|药|机|案|不见血|无情|频发)"
    r"|^.{0,2}(?:演练|演习|隐患|风险|保险|知识|宣传|培训|报警器|探测器|价|甩卖|已?经?被?扑灭)"
)
_BREAKS = re.compile(r"[,。!?;\n.]")


class DangerWords:
    """The words that mean danger to life, each with the number to call."""

    def __init__(self, rows: Iterable[tuple[str, Iterable[str]]]) -> None:
        self._numbers = {plain(word): number for number, words in rows for word in words}
        self._matcher = Matcher(self._numbers)

    def first(self, text: str) -> Danger | None:
        """The first word of danger that is neither denied nor past. In doubt it is danger: a number shown
        for nothing costs a glance."""
        read = plain(text)
        for hit in self._matcher.hits(read):
            number = self._numbers[hit.word]
            before = _BREAKS.split(read[max(0, hit.start - 40) : hit.start])[-1]
            if _NEGATED.search(before) or (number == "119" and _IMAGINED.search(before)):
                continue
            if _PAST.search(before) and not _NOW.search(before):
                continue
            if _AFTER.search(_BREAKS.split(read[hit.end : hit.end + 12])[0]):
                continue
            return Danger(number, hit.word)
        return None
