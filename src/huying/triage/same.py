"""How alike two calls are: wording, matter, shared names, place, time and type. Pure.

`twins` looks for the calls that say the same as one, among few near by, with reasons for a person who decides.
`Corpus` compares all calls of a street or a file with each other, for hot issues (`hot`).

Two calls are the same thing if one decision or one piece of work would answer both. Words alone do not tell: two
noisy bars read alike and are two matters, one bar in two callers' words reads differently and is one. So in a corpus
two things must agree, the matter (by words that keep company) and a name (rare letters that both have, the more so
where they stand before 小区, 路, 公司 …), and a stated place may contradict. How much each counts was fitted on marked
messages, see `docs/explanation/triage.md`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from math import exp, log, log1p
from typing import TYPE_CHECKING, Any

from huying.kernel.grams import folded
from huying.kernel.late import late

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = late("numpy")

LETTERS = 1500
"""So much of a text is read: what a call is about stands in its beginning."""
FIRST = 600
"""So much of it is weighed: later letters only tell whether a name is there."""
RARE = 0.015
"""A pair of letters in a smaller share of all calls may be part of a name."""
BLOCK = 500
FEW = 10
"""In a small lot of calls: a pair of letters in fewer calls than these is rare, whatever the share."""
NEIGHBOURS = 25
"""So many nearest calls of each are compared with it, by each of two ways to be near."""
STREET, COMMUNITY, GRID = 9, 12, 15
THEMES = 200
"""Most dimensions in which words that keep company are near to each other; a fifth as many as calls."""
LEAST = 60
"""Fewest dimensions, where there are as many calls: in less, whatever is said of one kind falls together."""

_TAILS = re.compile(
    "小区|花园|大道|路|街|村|社区|镇|乡|公司|学校|大学|学院|小学|中学|幼儿园|大桥|公园|广场|酒店|市场|组|城|苑|园|府|湾|厂|矿|站"
    "|医院|ktv|酒吧|家园|公寓|楼|桥|湖|山|水库|河|线|项目|集团|中心"
)
_CODED = re.compile(r"([A-Z])(\d{0,2})[市县区]")
_NO_LETTER = re.compile(r"_x000d_|[\W_]+")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is compared. `title` and `body` are masked already: no name or number of a person is in them."""

    id: str
    title: str
    body: str
    day: date
    area: str = ""
    """Area code of the place, as deep as it is known; empty: only what the words say."""
    type: str = ""
    """Code of the matter type; empty: not known."""

    @classmethod
    def of(cls, id: str, title: str, body: str, at: datetime, *, area: str = "", type: str = "") -> Call:
        return cls(id, title, body, at.date(), area, type)


WEIGHTS = {
    "matter": 11.9,
    "far": -2.4,
    "apart": -2.05,
    "days": -0.13,
    "rare": 0.9,
    "local": 0.6,
    "covered": 1.65,
    "length": -0.72,
    "here": 1.0,
    "type": 1.0,
}
"""How much each measure speaks for one thing (against it where below zero). Fitted, all but the last two: the marked
messages have neither area codes nor types, so these were set with care (a factor of less than three)."""
BIAS = -5.3


@dataclass(frozen=True, slots=True)
class _Read:
    """What is read out of one call, once."""

    title: str
    body: str
    pairs: frozenset[str]
    title_names: frozenset[str]
    """Pairs of letters in the title that stand before a word for a place or a firm."""
    cities: frozenset[str]
    districts: frozenset[str]
    told: frozenset[str]
    """Every district that is named; `districts` are those of the title, where it has any."""


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", folded(text))[:LETTERS]


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def _names(text: str) -> frozenset[str]:
    """Pairs of letters that stand before a word for a place or a firm."""
    return frozenset(
        text[at : at + 2] for tail in _TAILS.finditer(text) for at in range(max(0, tail.start() - 5), tail.start())
    )


def _read(call: Call) -> _Read:
    title, body = _letters(call.title), _letters(call.body)
    in_title, in_body = _CODED.findall(call.title), _CODED.findall(call.body[:300])
    first = in_title or in_body
    return _Read(
        title,
        body,
        _pairs(title) | _pairs(body),
        _names(title),
        frozenset(city for city, _number in first),
        frozenset(city + number for city, number in first if number),
        frozenset(city + number for city, number in in_title + in_body if number),
    )


class Reason(StrEnum):
    """Why two calls are likely the same thing."""

    WORDS = "words"
    PLACE = "place"
    TYPE = "type"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How sure it is, from 0 to 1, that two calls are the same thing, and what speaks for it."""

    id: str
    score: float
    reasons: tuple[Reason, ...]
    shared: tuple[str, ...]
    """Words of the first call that the other has too, the most telling first; nothing else of the other."""
    days: int


TWIN, ALIKE, WEEK = 0.5, 0.25, 7
"""From this score on two calls are offered as one; so much of the shorter call's words shared, so few days apart, is
a reason."""
_ENOUGH = 3


def twins(call: Call, others: Iterable[Call]) -> list[Likeness]:
    """Those of a few calls near by that likely say the same as this one, the likeliest first, then the latest.

    Score = σ(−3 + 6 × shared words + place + type − days ÷ 20); place: 1.5 in the same grid, 1 in the same community,
    −3 apart; type: 1.5 the same, −2 another. Shared words are weighed by how few of the remaining calls have them, so
    the name of the place they all name counts little.
    """
    others = sorted(others, key=lambda other: other.id)
    mine = _pairs(_letters(call.title)) | _pairs(_letters(call.body))
    theirs = [_pairs(_letters(other.title)) | _pairs(_letters(other.body)) for other in others]
    seen = Counter(pair for pairs in theirs for pair in pairs)
    found = [
        _twin(
            call,
            other,
            mine,
            pairs,
            {pair: log((len(others) + 9) / (seen[pair] - (pair in pairs) + 1)) for pair in mine | pairs},
        )  # fmt: skip
        for other, pairs in zip(others, theirs, strict=True)
        if other.id != call.id
    ]
    likely = [one for one in found if one.score >= TWIN]
    return sorted(likely, key=lambda one: (-one.score, one.days, one.id))


def _twin(call: Call, other: Call, mine: Set[str], theirs: Set[str], weight: Mapping[str, float]) -> Likeness:
    def sum_of(pairs: Set[str]) -> float:
        return sum(weight[pair] for pair in sorted(pairs))

    common = mine & theirs
    share = sum_of(common) / max(min(sum_of(mine), sum_of(theirs)), 1.0) if len(common) >= _ENOUGH else 0.0
    days = abs((call.day - other.day).days)
    place, alike = _nearness(call.area, other.area), _types(call.type, other.type)
    score = -3 + 6 * share + place + (1.5 if alike > 0 else 2 * alike) - days / 20
    reasons = [
        reason
        for reason, holds in (
            (Reason.PLACE, place > 0),
            (Reason.TYPE, alike > 0),
            (Reason.WORDS, share >= ALIKE),
            (Reason.DAYS, days <= WEEK),
        )
        if holds
    ]
    return Likeness(
        other.id, 1 / (1 + exp(-score)), tuple(reasons), _runs(call.title + "\n" + call.body, common, weight), days
    )


def _nearness(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    if one[:GRID] == other[:GRID] and min(len(one), len(other)) >= GRID:
        return 1.5
    return 1.0 if one.startswith(other) or other.startswith(one) or one[:COMMUNITY] == other[:COMMUNITY] else -3.0


def _runs(text: str, common: Set[str], weight: Mapping[str, float]) -> tuple[str, ...]:
    """The longest runs of letters whose pairs are all shared, three at most."""
    found: dict[str, float] = {}
    for piece in _NO_LETTER.split(folded(text)):
        begin = 0
        for at in range(1, len(piece) + 1):
            if at == len(piece) or piece[at - 1 : at + 1] not in common:
                if at - begin >= 2:
                    run = piece[begin:at]
                    found[run] = sum(weight[run[k : k + 2]] for k in range(len(run) - 1))
                begin = at
    return tuple(sorted(found, key=lambda run: (-found[run], run))[:3])


class Corpus:
    """A lot of calls that are compared with each other. The order in which they come makes no difference."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self.calls: Sequence[Call] = sorted(calls, key=lambda call: call.id)
        self._read = [_read(call) for call in self.calls]
        count = len(self.calls)
        seen = Counter(pair for one in self._read for pair in one.pairs)
        most = max(count * RARE, FEW)
        self._weight = {pair: log(count / times) for pair, times in seen.items()}
        self._rare = frozenset(pair for pair, times in seen.items() if times < most)
        self._local = self._locality()
        texts = [(one.title, one.body[:FIRST]) for one in self._read]
        self._near = _Table(texts, (2, 3), title=3)
        self._themes = _themes(_Table(texts, (2,), title=2))

    def measures(self, one: int, other: int) -> dict[str, float]:
        """What is compared, by name (`WEIGHTS`): each is a plain number."""
        left, right = self._read[one], self._read[other]
        rare = sorted((left.pairs & right.pairs) & self._rare)
        far, apart, here = _places(self.calls[one], left, self.calls[other], right)
        return {
            "matter": float(self._themes[one] @ self._themes[other]),
            "far": far,
            "apart": apart,
            "here": here,
            "days": log1p(abs((self.calls[one].day - self.calls[other].day).days)),
            "rare": log1p(self._sum(rare)),
            "local": log1p(sum(self._weight[pair] * self._local.get(pair, 0.0) for pair in rare)),
            "covered": max(self._covered(left, right), self._covered(right, left)),
            "length": log(len(left.body) + 9) + log(len(right.body) + 9),
            "type": _types(self.calls[one].type, self.calls[other].type),
        }

    def candidates(self) -> list[tuple[int, int]]:
        """Pairs worth comparing: each call with the nearest by wording and by theme, each pair once, in order."""
        found: set[tuple[int, int]] = set()
        for at in range(len(self.calls)):
            wording, theme = self._near.like(at), self._themes @ self._themes[at]
            wording[at] = theme[at] = -1
            for nearness in (wording, np.sqrt(np.maximum(wording, 0)) + 0.3 * theme):
                for other in np.argsort(-nearness, kind="stable")[:NEIGHBOURS]:
                    found.add((min(at, int(other)), max(at, int(other))))
        return sorted(pair for pair in found if pair[0] != pair[1])

    def _covered(self, one: _Read, other: _Read) -> float:
        """How much of the names in the title of one stands in the other, from 0 to 1."""
        names = one.title_names & self._rare
        return self._sum(names & other.pairs) / (self._sum(names) + 3)

    def _sum(self, pairs: Iterable[str]) -> float:
        return sum(self._weight[pair] for pair in sorted(pairs))

    def _locality(self) -> dict[str, float]:
        """For each rare pair of letters how much it belongs to one place: 0 to 1; a word of every place has 0."""
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for call, read in zip(self.calls, self._read, strict=True):
            for place in [call.area[:COMMUNITY]] if call.area else read.cities:
                for pair in read.pairs & self._rare:
                    seen[pair][place] += 1
        share = {pair: (max(where.values()) + 0.5) / (where.total() + 1) for pair, where in seen.items()}
        return {pair: max(0.0, 2 * most - 1) for pair, most in share.items()}


def odds(measures: dict[str, float]) -> float:
    """Logarithm of how likely it is that two calls are one thing, against that they are not."""
    return BIAS + sum(weight * measures[name] for name, weight in WEIGHTS.items())


def _types(one: str, other: str) -> float:
    """1 if both have the same type, -1 if each has another, 0 where one has none."""
    return 0.0 if not (one and other) else 1.0 if one == other else -1.0


def _places(one: Call, left: _Read, other: Call, right: _Read) -> tuple[float, float, float]:
    """Whether two calls are of different cities (streets), of different districts (communities), of one community.

    Area codes go before words. Words tell cities and districts only where these are named by code (A市, A7县), as in
    published messages; a place in full is a name like others.
    """
    if one.area and other.area:
        here = one.area.startswith(other.area) or other.area.startswith(one.area)
        near = here or one.area[:COMMUNITY] == other.area[:COMMUNITY]
        both = min(len(one.area), len(other.area)) >= COMMUNITY
        return float(one.area[:STREET] != other.area[:STREET]), float(not near), float(near and both)
    return (
        float(bool(left.cities and right.cities) and not left.cities & right.cities),
        float(bool(left.districts and right.districts) and not left.told & right.told),
        0.0,
    )


class _Table:
    """Which letters stand in which text: tf-idf rows of length one, and the way back from letters to texts."""

    def __init__(self, texts: Sequence[tuple[str, str]], sizes: tuple[int, ...], *, title: int) -> None:
        rows, values, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)], [np.zeros(0)]
        for at, parts in enumerate(texts):
            for text, weight in zip(parts, (title, 1), strict=True):
                for size in sizes:
                    grams = _coded(text, size)
                    rows.append(np.full(len(grams), at))
                    values.append(grams)
                    counts.append(np.full(len(grams), float(weight)))
        self.size = len(texts)
        _known, columns = np.unique(np.concatenate(values), return_inverse=True)
        width = len(_known)
        cells, places = np.unique(np.concatenate(rows) * width + columns, return_inverse=True)
        self.rows, self.columns = cells // width, cells % width
        self.spread = np.bincount(self.columns, minlength=width)
        told = 1 + np.log(np.bincount(places, np.concatenate(counts)))
        self.values = told * np.log(self.size / self.spread)[self.columns]
        length = np.sqrt(np.bincount(self.rows, self.values**2, minlength=self.size))
        self.values /= np.maximum(length[self.rows], 1e-9)
        self._starts = np.searchsorted(self.rows, np.arange(self.size + 1))
        order = np.argsort(self.columns, kind="stable")
        self._back_rows, self._back_values = self.rows[order], self.values[order]
        self._back_starts = np.searchsorted(self.columns[order], np.arange(width + 1))

    def like(self, at: int) -> NDArray[Any]:
        """How near each text is to this one: the cosine, through the letters that more than one text has."""
        part = slice(self._starts[at], self._starts[at + 1])
        columns, values = self.columns[part], self.values[part]
        kept = self.spread[columns] > 1
        columns, values = columns[kept], values[kept]
        lengths = self.spread[columns]
        begins = self._back_starts[columns] - np.concatenate([[0], np.cumsum(lengths)[:-1]])[: len(lengths)]
        places = np.repeat(begins, lengths) + np.arange(lengths.sum())
        told = self._back_values[places] * np.repeat(values, lengths)
        return np.bincount(self._back_rows[places], told, minlength=self.size)


def _coded(text: str, size: int) -> NDArray[Any]:
    """Each run of `size` letters as one number."""
    letters = np.fromiter((ord(letter) & 0xFFFF for letter in text), np.uint64, len(text))
    if len(letters) < size:
        return np.zeros(0, np.uint64)
    runs = np.full(len(letters) - size + 1, size, np.uint64)
    for step in range(size):
        runs = (runs << np.uint64(16)) | letters[step : len(letters) - size + 1 + step]
    return runs


def _themes(table: _Table) -> NDArray[Any]:
    """Each text as a point among themes (latent semantic analysis): near are texts whose letters keep company.

    Truncated singular value decomposition by subspace iteration from a fixed start, on pairs of letters that are
    neither rare nor everywhere. The same calls give the same points.
    """
    kept = (table.spread >= min(10, max(2, table.size // 100))) & (table.spread < max(2, table.size * 0.3))
    width = int(kept.sum())
    if not width:
        return np.zeros((table.size, 1), np.float32)
    deep = min(THEMES, max(table.size // 5, LEAST), width)
    chosen, place = kept[table.columns], np.cumsum(kept) - 1
    rows, columns = table.rows[chosen], place[table.columns[chosen]]
    values = table.values[chosen].astype(np.float32)
    starts = np.searchsorted(rows, np.arange(0, table.size + BLOCK, BLOCK))

    def blocks() -> Iterator[tuple[slice, NDArray[Any]]]:
        for number, (begin, end) in enumerate(pairwise(starts)):
            first = number * BLOCK
            block = np.zeros((min(BLOCK, table.size - first), width), np.float32)
            block[rows[begin:end] - first, columns[begin:end]] = values[begin:end]
            yield slice(first, first + len(block)), block

    basis = np.random.default_rng(1).standard_normal((width, min(deep + 20, width))).astype(np.float32)
    turned = np.zeros((table.size, basis.shape[1]), np.float32)
    for _step in range(4):
        again = np.zeros_like(basis)
        for _where, block in blocks():
            again += block.T @ (block @ basis)
        basis = np.linalg.qr(again)[0]
    for where, block in blocks():
        turned[where] = block @ basis
    left, sizes, _rest = np.linalg.svd(turned, full_matrices=False)
    points = left[:, :deep] * sizes[:deep]
    unit: np.ndarray = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)
    return unit
