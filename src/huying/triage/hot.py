"""Hot issues: calls over weeks on one matter at one place, or on one theme, ranked by heat. Pure.

Calls are joined by average linkage over what `same` says of each pair: two groups become one while the mean of what
speaks for their pairs is above a bar. So one call that resembles two matters does not pull them together.

    heat = (callers + ln(1 + support + opposition)) × (1 + log2(weeks)) ÷ (1 + days since the last call ÷ 90)

`callers` are counted and never shown; `weeks` are calendar weeks with a call. Twelve callers in four weeks, 30 voices
for and 5 against, the last call 45 days ago: (12 + ln 36) × 3 ÷ 1.5 = 31.2.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from heapq import heapify, heappop, heappush
from math import log1p, log2

from huying.triage.same import Call, Corpus, odds

BAR = -0.35
"""Mean logarithm of odds above which two groups become one; set on the open marks."""
APART = -5.0
"""What counts for a pair that was not compared, because neither call is among the other's nearest."""
SHOWN_FROM = 5
"""With fewer callers a theme is shown to the clerk alone."""
COOLS = 90
"""After so many days without a call the heat is half."""
MONTH = timedelta(days=30)
LINE = 60
"""Longest description, in characters."""

CONCERNED = {
    "业主": "owners", "居民": "residents", "村民": "villagers", "家长": "parents",
    "学生": "students", "老人": "old", "残疾人": "disabled", "农民工": "migrants",
    "租户": "tenants", "商户": "shops", "司机": "drivers", "乘客": "passengers",
    "员工": "employees", "患者": "patients", "退休人员": "retired", "儿童": "children",
}  # fmt: skip
"""Groups of people that a matter can concern, in the words of calls, and their codes. Closed: no belief, illness or
origin is in it."""

_NO_PLACE = "的在我们你请是和与有个这该等及为了到由从向对把被将让于就也不县市区"
"""Letters that stand before the name of a place and not in it."""
_PLACE = re.compile(
    rf"(?=((?:(?![{_NO_PLACE}])[\u4e00-\u9fff]){{2,6}}"
    "(?:小区|花园|家园|公寓|大道|路|街|社区|村|镇|乡|公司|学校|大学|学院|小学|中学|幼儿园|医院|大桥|公园|广场|市场|酒店|湖|水库|厂|矿)))"
)
_CODED_PLACE = re.compile(r"[A-Z]\d{0,2}[市县区]")
_SENTENCE = re.compile(r"[。！？!?\n；;]")


class Trend(StrEnum):
    """Calls of the last thirty days against the thirty before."""

    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known about a call beside its words. `callers` are counted and go nowhere."""

    callers: frozenset[str]
    """Who said it, one or several (joined calls), by any key; all who left none may be one key."""
    support: int = 0
    opposition: int = 0


@dataclass(frozen=True, slots=True)
class Issue:
    """Calls on one thing."""

    name: str
    calls: tuple[str, ...]
    """Ids, the earliest first."""
    heat: float
    callers: int
    first: date
    last: date
    place: str
    """As the calls name it; empty where no two name the same."""
    concerned: str
    """One of `CONCERNED`, or empty."""
    typical: str
    """Id of the call that most resembles the others; `description` is its line."""
    description: str
    trend: Trend


@dataclass(frozen=True, slots=True)
class Apart:
    """A call that a person took out of an issue, and the other calls that were in it then."""

    call: str
    issue: str
    others: frozenset[str]


@dataclass(frozen=True, slots=True)
class Corrections:
    """What persons said of issues; it holds against any grouping (`corrected`)."""

    kept: frozenset[str] = frozenset()
    """Names of issues into which others were joined: calls leave them by hand or with time alone."""
    apart: Mapping[str, Set[str]] = field(default_factory=dict)
    """For a call that was taken out of an issue, the calls that it is not one thing with."""

    @classmethod
    def of(cls, kept: Iterable[str], taken_out: Iterable[Apart], before: Mapping[str, str]) -> Corrections:
        """A call taken out is apart from what was in the issue then and what is in it now (`before`), but not from
        what was taken out of the same issue: that may be one other thing."""
        taken_out = list(taken_out)
        members: defaultdict[str, set[str]] = defaultdict(set)
        for id, issue in before.items():
            members[issue].add(id)
        gone: defaultdict[str, set[str]] = defaultdict(set)
        for one in taken_out:
            gone[one.issue].add(one.call)
        apart: defaultdict[str, set[str]] = defaultdict(set)
        for one in taken_out:
            apart[one.call] |= (one.others | members[one.issue]) - gone[one.issue]
        return cls(frozenset(kept), {call: others for call, others in apart.items() if others})

    def out_of(self, calls: Set[str]) -> set[str]:
        """Those of these calls that may not stay with the rest of them."""
        return {id for id in calls if not calls.isdisjoint(self.apart.get(id, ()))}


def issues(
    calls: Iterable[Call],
    voices: Mapping[str, Voice],
    *,
    today: date,
    before: Mapping[str, str] | None = None,
    said: Corrections | None = None,
) -> list[Issue]:
    """Every group of two calls or more, the hottest first; the same in whatever order the calls come.

    `before` gives the issue in which a call was the last time, so that issues keep their names (`named`).
    """
    corpus = Corpus(calls)
    pairs = {pair: odds(corpus.measures(*pair)) for pair in corpus.candidates()}
    by_id = {call.id: call for call in corpus.calls}
    groups = [[corpus.calls[at].id for at in group] for group in joined(len(corpus.calls), pairs)]

    def again(ids: Set[str]) -> list[list[str]]:
        inside = {at for at, call in enumerate(corpus.calls) if call.id in ids}
        near = {pair: value for pair, value in pairs.items() if inside.issuperset(pair)} if len(ids) > 1 else {}
        return [[corpus.calls[at].id for at in group] for group in joined(len(corpus.calls), near)]

    before = {id: name for id, name in (before or {}).items() if id in by_id}
    groups = corrected(groups, before, said or Corrections(), again=again)
    names = named(groups, before)
    central = _central(corpus, pairs)
    found = [
        _issue(name, [by_id[id] for id in group], voices, central, today)
        for name, group in zip(names, groups, strict=True)
    ]
    return sorted(found, key=lambda issue: (-issue.heat, issue.name))


def corrected(
    groups: Iterable[Sequence[str]],
    before: Mapping[str, str],
    said: Corrections,
    *,
    again: Callable[[Set[str]], Iterable[Sequence[str]]] = lambda _ids: (),
) -> list[list[str]]:
    """The groups of ids as persons want them, each of two or more, in order. Calls that are new follow the grouping.

    What was in a kept issue `before` is together, whatever else became of it; so is a group most of whose known calls
    were in it. Then a call leaves its group if one is there that it is not one thing with; this goes before being
    kept. Those that left one group are grouped `again` among themselves.
    """
    held: dict[str, set[str]] = {name: set() for name in said.kept}
    for id, name in before.items():
        if name in held:
            held[name].add(id)
    rest = []
    for group in groups:
        known = Counter(before[id] for id in group if id in before)
        owner = next((name for name in held if 2 * known[name] > known.total()), None)
        free = {id for id in group if before.get(id) not in held}
        if owner is not None:
            held[owner] |= free
        else:
            rest.append(free)
    found = []
    for whole in [*held.values(), *rest]:
        out = said.out_of(whole)
        others = [set(group) for group in again(out)] if out else []
        parts = [whole - out, *(one for one in others if not said.out_of(one))]
        found += [sorted(one) for one in parts if len(one) > 1]
    return sorted(found)


def joined(count: int, pairs: Mapping[tuple[int, int], float], *, bar: float = BAR) -> list[list[int]]:
    """Groups of two or more of `count` things by average linkage over the pairs' values, each in order."""
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), value in pairs.items():
        near[one][other] = near[other][one] = value
    members = {at: [at] for at in range(count)}
    waiting = [(-value, one, other) for (one, other), value in pairs.items() if value > bar]
    heapify(waiting)
    following = count
    while waiting:
        _value, one, other = heappop(waiting)
        if one not in members or other not in members:
            continue
        left, right = members.pop(one), members.pop(other)
        mine, theirs = near.pop(one), near.pop(other)
        for third in sorted((mine.keys() | theirs.keys()) & members.keys()):
            value = len(left) * mine.get(third, APART) + len(right) * theirs.get(third, APART)
            value /= len(left) + len(right)
            near[third].pop(one, None)
            near[third].pop(other, None)
            near[third][following] = near[following][third] = value
            if value > bar:
                heappush(waiting, (-value, third, following))
        members[following] = sorted(left + right)
        following += 1
    return sorted(group for group in members.values() if len(group) > 1)


def named(groups: Sequence[Sequence[str]], before: Mapping[str, str]) -> list[str]:
    """A name for each group of ids: that of the earlier issue whose calls it has most of; else from its first id.

    An earlier name goes to one group at most: to that with the most of its calls, then to the larger. So a name stays
    when calls are added or fall out of the time looked at, and when an issue splits its larger part keeps it.
    """
    claims = []
    for number, group in enumerate(groups):
        for name, shared in Counter(before[one] for one in group if one in before).items():
            claims.append((-shared, -len(group), name, number))
    found: dict[int, str] = {}
    taken: set[str] = set()
    for _shared, _size, name, number in sorted(claims):
        if number not in found and name not in taken:
            found[number] = name
            taken.add(name)
    return [found.get(number) or _fresh(group[0], taken) for number, group in enumerate(groups)]


def _fresh(first: str, taken: set[str]) -> str:
    name = f"H{first}"
    while name in taken:
        name += "+"
    taken.add(name)
    return name


def heat(*, callers: int, support: int, opposition: int, weeks: int, quiet_days: int) -> float:
    """See the formula above; `weeks` at least 1."""
    voices = callers + log1p(support + opposition)
    return voices * (1 + log2(weeks)) / (1 + quiet_days / COOLS)


def trend_of(days: Iterable[date], today: date) -> Trend:
    """What the calls of these days did in the last two months."""
    days = list(days)
    late = sum(today - MONTH < day <= today for day in days)
    early = sum(today - 2 * MONTH < day <= today - MONTH for day in days)
    if not late and not early:
        return Trend.QUIET
    return Trend.RISING if late > early else Trend.FALLING if late < early else Trend.STEADY


@dataclass(frozen=True, slots=True)
class Figures:
    """What an issue's days and voices come to."""

    heat: float
    callers: int
    first: date
    last: date
    trend: Trend


def figures_of(calls: Sequence[tuple[date, Voice]], today: date) -> Figures:
    """The figures of one call or more."""
    days = [day for day, _voice in calls]
    callers = len({caller for _day, voice in calls for caller in voice.callers})
    warmth = heat(
        callers=callers,
        support=sum(voice.support for _day, voice in calls),
        opposition=sum(voice.opposition for _day, voice in calls),
        weeks=len({day.isocalendar()[:2] for day in days}),
        quiet_days=max(0, (today - max(days)).days),
    )
    return Figures(round(warmth, 3), callers, min(days), max(days), trend_of(days, today))


def _issue(
    name: str, calls: list[Call], voices: Mapping[str, Voice], central: Mapping[str, float], today: date
) -> Issue:
    calls = sorted(calls, key=lambda call: (call.day, call.id))
    figures = figures_of([(call.day, voices[call.id]) for call in calls], today)
    middle = max(calls, key=lambda call: (central[call.id], call.id))
    texts = [call.title + "\n" + call.body for call in calls]
    return Issue(
        name=name,
        calls=tuple(call.id for call in calls),
        heat=figures.heat,
        callers=figures.callers,
        first=figures.first,
        last=figures.last,
        place=place_of(texts),
        concerned=concerned(texts),
        typical=middle.id,
        description=line_of(middle),
        trend=figures.trend,
    )


def _central(corpus: Corpus, pairs: Mapping[tuple[int, int], float]) -> Mapping[str, float]:
    """How much each call resembles others: the description of an issue is that of its most typical call."""
    found: defaultdict[str, float] = defaultdict(float)
    for pair, value in pairs.items():
        for at in pair:
            found[corpus.calls[at].id] += max(0.0, value - BAR)
    return found


def line_of(call: Call) -> str:
    """One line that says what a call is about: its title, or the first sentence that has some length."""
    parts = [call.title, *_SENTENCE.split(call.body)]
    lines = [" ".join(part.split()) for part in parts]
    return next((line for line in lines if len(line) >= 6), max(lines, key=len))[:LINE]


def place_of(texts: Sequence[str]) -> str:
    """The place that most of these texts name, the most particular of them; with the coded district before it."""
    named_in: Counter[str] = Counter(place for text in texts for place in set(_PLACE.findall(text)))
    coded: Counter[str] = Counter(code for text in texts for code in set(_CODED_PLACE.findall(text)))
    district = min((one for one, times in coded.items() if times == max(coded.values())), key=_particular, default="")
    often = {place: times for place, times in named_in.items() if times > 1}
    if not often:
        return district if coded[district] > 1 else ""
    most = max(often.values())
    place = min((one for one, times in often.items() if times == most), key=_particular)
    return district + place if coded[district] > 1 else place


def _particular(place: str) -> tuple[int, str]:
    return -len(place), place


def concerned(texts: Sequence[str]) -> str:
    """Whom it concerns: the group of people that the most texts name, if at least half of them do."""
    times = Counter({group: sum(group in text for text in texts) for group in CONCERNED})
    group, most = times.most_common(1)[0]  # of as many the first of the list
    return group if 2 * most >= len(texts) else ""
