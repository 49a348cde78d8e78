"""Words that mean danger now: which kind, whom to call first, and the words that said so. Pure; well under 1 ms.

It reads concepts, not phrases. A word of the table carries a tag; some tags mean danger alone, others only near
one another (`NEAR`: lips, and blue; a lift, and shut in). What is denied, past, settled, asked in general or played
weighs against it. In doubt it is danger: a number that is shown for nothing costs a glance. Weights were set by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from huying.triage import lexicon
from huying.triage.leaning import BAR, leaning
from huying.triage.lexicon import (
    DAYS,
    DENIALS,
    MARKS,
    NAMES,
    NEAR,
    NUMBERS,
    SLIPPING,
    SLIPS,
    WEIGHTS,
    letters,
)

_MOST, _LAST = 1_600, 400
"""Characters that are read: of a longer text its beginning and its end."""
_SHORT = 120
"""A text of at most so many characters is one context; of a longer one what stands `_AROUND` a hit."""
_AROUND = 60
_AFTER = 12
"""A time that is past may stand so far behind what it dates."""
_ENDS = re.compile("[。！？!?\n]")
_STOPS = re.compile("[，。！？；,.!?;\n…]")


@dataclass(frozen=True, slots=True)
class Danger:
    """What the words tell of."""

    kind: str
    """One of `lexicon.NUMBERS`: fire, gas, co, chemical, electric, flood, collapse, lift, fall, traffic, ..."""
    numbers: tuple[str, ...]
    """Whom to call, the most fitting first: 110, 119, 120, 122 (traffic accidents), 12356 (line for the desperate)."""
    words: tuple[str, ...]
    """The words that said so, in reading order, as they stand in the text."""
    said: str
    """The piece of the text from the first of them to the last."""


class _Hit(NamedTuple):
    tags: frozenset[str]
    start: int
    end: int


class _Found(NamedTuple):
    weight: int
    kind: str
    hits: tuple[_Hit, ...]


def danger(words: str, *, closer: bool = True) -> Danger | None:
    """The danger that a caller's own words tell of, or None. Never raises, whatever the text.

    `closer`: where no word tells of it, where its letters lean to is asked too.
    """
    if len(words) > _MOST + _LAST:
        words = f"{words[:_MOST]}\n{words[-_LAST:]}"
    text = words.translate(letters())
    hits = _hits(text)
    marks = [one for one in hits if one.tags & MARKS]
    marks += [_Hit(_LONG_AGO, found.start(), found.end()) for found in DAYS.finditer(text)]
    told = [one for one in hits if one.tags - MARKS and not _denied(text, one)]
    doubt = (len(text) > _SHORT) + (len(text) > 2 * _SHORT)
    best: _Found | None = None
    for one in _findings(told, text, doubt):
        closer = False  # what is past, settled or played is told of in the same letters
        if _before(one, best) and one.weight > doubt + _against(text, one, marks):
            best = one
            if one.weight == _HEAVIEST and one.kind not in _AFTER_CAUSES:
                break
    if best is None:
        return _leans(words) if closer else None
    said = sorted(best.hits, key=lambda one: one.start)
    pieces = tuple(dict.fromkeys(words[one.start : one.end] for one in said))
    return Danger(best.kind, _numbers(best, told), pieces, words[said[0].start : max(one.end for one in said)])


def _leans(words: str) -> Danger | None:
    found = leaning(words)
    if found is None or found.likely <= BAR:
        return None
    return Danger("help", tuple(dict.fromkeys((found.number, *NUMBERS["help"]))), (words,), words)


def whom_to_call(words: str) -> tuple[tuple[str, ...], str]:
    """The numbers, the most fitting first, and the piece of the words that said so; none without danger."""
    found = danger(words)
    return ((), "") if found is None else (found.numbers, found.said)


def _findings(hits: list[_Hit], text: str, doubt: int) -> Iterator[_Found]:
    """What single words say, and what words say that stand near one another in one sentence; beyond the doubt only."""
    for place, one in enumerate(hits):
        alone = _alone(one.tags)
        if alone is not None and alone[1] > doubt:
            yield _Found(alone[1], alone[0], (one,))
        for other in hits[place + 1 :]:
            gap = other.start - one.end
            if gap > _FARTHEST:
                break
            for kind, weight, reach in _together(one.tags, other.tags):
                if weight > doubt and gap <= reach and not _ENDS.search(text, one.end, other.start):
                    yield _Found(weight, kind, (one, other))


def _before(one: _Found, other: _Found | None) -> bool:
    """Whether a finding tells more: what happens comes before the hurt body, for it tells who can help."""
    if other is None:
        return True
    causes = (one.kind not in _AFTER_CAUSES and one.weight > 1, other.kind not in _AFTER_CAUSES)
    return (causes[0], one.weight) > (causes[1], other.weight)


@lru_cache(maxsize=1024)
def _alone(tags: frozenset[str]) -> tuple[str, int] | None:
    return max((WEIGHTS[tag] for tag in sorted(tags) if tag in WEIGHTS), key=lambda one: one[1], default=None)


@lru_cache(maxsize=8192)
def _together(tags: frozenset[str], others: frozenset[str]) -> tuple[tuple[str, int, int], ...]:
    """What two words with these tags mean together, the heaviest first."""
    pairs = {(one, other) for one in tags for other in others} | {(other, one) for one in tags for other in others}
    return tuple(sorted((NEAR[pair] for pair in pairs if pair in NEAR), key=lambda rule: (-rule[1], rule)))


def _hits(text: str) -> list[_Hit]:
    """The longest word at each place; left out is what lies inside or reaches into another."""
    heads, covered = _heads(), 0
    found: list[_Hit] = []
    for place, letter in enumerate(text):
        for word, tags in heads.get(text[place : place + 2], ()) or heads.get(letter, ()):
            if text.startswith(word, place):
                end = place + len(word)
                if end > covered:
                    if not tags and found and found[-1].tags and place < found[-1].end:
                        found.pop()
                    covered = end
                    found.append(_Hit(tags, place, end))
                break
    return [one for one in found if one.tags]


def _denied(text: str, hit: _Hit) -> bool:
    """Whether the clause says directly before the word that it is not so."""
    begins = hit.start + text.startswith("是", hit.start)  # "is gas" is one word of the table: "is not gas" denies it
    before = text[max(0, hit.start - 7) : begins]
    return DENIALS.search(_STOPS.split(before)[-1]) is not None


def _against(text: str, found: _Found, marks: list[_Hit]) -> int:
    """How much the words around it speak against a danger that is now."""
    start, end = found.hits[0].start, max(one.end for one in found.hits)
    last = max(one.start for one in found.hits)
    if len(text) > _SHORT:
        marks = [one for one in marks if one.end > start - _AROUND and one.start < end + _AROUND]
    if not marks:
        return 0
    turns = [one.start for one in marks if one.tags & _TURNS]

    def turned(one: _Hit) -> bool:
        """Whether what a word says ends before the danger: "yesterday ..., now ..."."""
        return any(one.start < turn <= end for turn in turns)

    told = min(2, sum("asked" in one.tags for one in marks))
    told += 3 * any("played" in one.tags for one in marks)
    told += 3 * any("figures" in one.tags for one in marks) * (found.kind in _FIGURES_DO)
    told += (2 if found.kind in _FAREWELLS else 3) * any("thanked" in one.tags and not turned(one) for one in marks)
    told += 3 * any("settled" in one.tags and not turned(one) for one in marks)
    for tag, weight in (("past", 2), ("longago", 3)):
        told += weight * any(
            tag in one.tags
            and one.start <= end + _AFTER
            and not turned(one)
            and not _ENDS.search(text, one.end, max(one.end, start))
            for one in marks
        )
    for tag, weight in (
        ("feared", 0 if found.kind in _FEARED_FOR else 3),
        ("supposed", 2 if found.kind in _FAREWELLS else 3),
    ):
        told += weight * any(
            tag in one.tags and start - one.end <= 16 and one.end - last <= 2 and not turned(one) for one in marks
        )
    return told


def _numbers(found: _Found, hits: list[_Hit]) -> tuple[str, ...]:
    """The kind's own numbers; an attacker adds the police, somebody shut in the rescue, a hurt body the ambulance."""
    numbers = list(NUMBERS[found.kind])
    tags = frozenset[str]().union(*(one.tags for one in hits))
    if found.kind in ("fire", "gas") and tags & {"arson", "threat"}:
        numbers.insert(0, "110")
    elif tags & {"weapon", "violent"}:
        numbers.append("110")
    if tags & {"shut", "fire"} and found.kind in ("traffic", "medical", "child"):
        numbers.append("119")
    if tags & {"body", "hurt", "symptom", "help"}:
        numbers.append("120")
    return tuple(dict.fromkeys(numbers))


@lru_cache(maxsize=1)
def _heads() -> dict[str, list[tuple[str, frozenset[str]]]]:
    """The words by their first two letters (or the only one), the longest first; with a slip of one letter as well."""
    told = lexicon.words()
    for word in SLIPPING.split():
        for place, letter in enumerate(word):
            for slip in SLIPS.get(letter, ""):
                told.setdefault(word[:place] + slip + word[place + 1 :], told[word])
    heads: dict[str, list[tuple[str, frozenset[str]]]] = {}
    kept: dict[frozenset[str], frozenset[str]] = {}  # thousands of words share a few hundred sets
    for word in sorted(told, key=lambda one: (-len(one), one)):
        begun = [told.get(word[:length], set()) - MARKS - NAMES - {"plain"} for length in range(1, len(word))]
        tags = frozenset() if "plain" in told[word] else frozenset(told[word]).union(*begun)
        heads.setdefault(word[:2], []).append((word, kept.setdefault(tags, tags)))
    for head, listed in heads.items():
        if len(head) == 2:
            listed += heads.get(head[0], [])
    return heads


_LONG_AGO = frozenset({"longago"})
_AFTER_CAUSES = frozenset({"medical", "help", "welfare"})
# Who fears for somebody calls for help; who fears a fire asks for prevention.
_FEARED_FOR = frozenset({"suicide", "jump", "harming", "child", "violence", "medical", "welfare"})
# Whoever takes leave of life gives thanks as well, and says "if I am not there tomorrow".
_FAREWELLS = frozenset({"suicide"})
# Prices and marks fall, rise and flood as well.
_FIGURES_DO = frozenset({"fall", "flood", "drowning", "collapse", "height"})
_TURNS = frozenset({"now", "but"})
_HEAVIEST = max(weight for _kind, weight in WEIGHTS.values())
_FARTHEST = max(reach for _kind, _weight, reach in NEAR.values())
