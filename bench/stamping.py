"""Many cases from played lives: their rows with other times, places, people, keys, numbers and words, as COPY text.

A played life is compiled once: each of its rows becomes a pattern with slots. Times move by whole weeks over which the
work calendar is alike, so every due time is what the clocks themselves would have counted there. Codes, body hashes,
sealed contacts, titles and search rows are made by the functions that the product makes them by.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from operator import itemgetter
from random import Random
from typing import Any
from uuid import UUID

from django.utils import timezone

from bench.district import WIDTH, Ground, corner_of, street_code
from bench.lives import HISTORY_ROWS, HOME, NAMES, OPEN_SHARE, YEARS, Played, Weeks, columns_of, phone_of, street_shares
from bench.texts import clauses, lexemes_of, words_for
from huying.audit.queries import body_hash
from huying.cases.actions import NewReport
from huying.cases.actions.intake import title_of
from huying.cases.codes import code_of, hash_of
from huying.cases.search import area_lexemes
from huying.clocks import queries as clocks
from huying.kernel import secrets
from huying.kernel.ids import case_number
from huying.matters import queries as matters
from huying.people import keys
from huying.people.rules import name_mask, phone_tail

WEEK = timedelta(weeks=1)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Slots that every case fills anew; then come its moments, the beginnings of its keys, and the people.
SPECIAL = (
    "tail", "street", "number", "words", "title", "search", "code_hash", "code_try", "body_hash", "lng", "lat",
    "name_sealed", "phone_sealed", "name_mask", "phone_tail",
)  # fmt: skip
SLOT = {name: place for place, name in enumerate(SPECIAL)}
# What of a row is the case's own, by table and column.
OWN: dict[tuple[str, str], str] = {
    ("cases_case", "number"): "number", ("cases_case", "title"): "title", ("cases_case", "search"): "search",
    ("cases_case", "lng"): "lng", ("cases_case", "lat"): "lat", ("cases_report", "words"): "words",
    ("cases_report", "lng"): "lng", ("cases_report", "lat"): "lat", ("cases_report", "code_hash"): "code_hash",
    ("cases_report", "code_try"): "code_try", ("audit_history", "body_hash"): "body_hash",
    ("people_contact", "name_sealed"): "name_sealed", ("people_contact", "phone_sealed"): "phone_sealed",
    ("people_contact", "name_mask"): "name_mask", ("people_contact", "phone_tail"): "phone_tail",
}  # fmt: skip
_MARKS = ("\\", "\n", "\r", "\t")
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def escaped(text: str) -> str:
    """As COPY reads it."""
    # Looking first is ten times as fast as translating what needs no change, and hardly any text does.
    return text.translate(_ESCAPED) if any(one in text for one in _MARKS) else text


@dataclass
class Pattern:
    """Rows of one table as a format string and the slots it takes."""

    text: str
    pick: Callable[[Sequence[str]], tuple[str, ...]]

    def fill(self, slots: Sequence[str]) -> str:
        return self.text % self.pick(slots)


class _Slots:
    """Numbers of slots, given out while a life is compiled."""

    def __init__(self, played: Played, twins: dict[str, str]) -> None:
        self.moments: dict[datetime, int] = {}
        self.keys: dict[UUID, int] = {}
        self.people: dict[str, int] = {}
        self.twins = twins
        self.street = street_code(HOME)
        for rows in played.rows.values():
            for row in rows:
                if isinstance(row.get("id"), UUID):
                    self.keys.setdefault(row["id"], len(self.keys))
                for value in row.values():
                    if isinstance(value, datetime):
                        self.moments.setdefault(value, len(self.moments))
        self.splitting = re.compile(f"({_UUID.pattern}|{self.street})")

    def moment(self, value: datetime) -> int:
        return len(SPECIAL) + self.moments[value]

    def key(self, value: UUID) -> int:
        return len(SPECIAL) + len(self.moments) + self.keys[value]

    def person(self, value: str) -> int:
        place = self.people.setdefault(value, len(self.people))
        return len(SPECIAL) + len(self.moments) + len(self.keys) + place


class Template:
    """One played life, compiled."""

    def __init__(self, played: Played, twins: dict[str, str], weeks: Weeks, *, now: datetime) -> None:
        self.played = played
        slots = _Slots(played, twins)
        self.patterns: dict[str, Pattern] = {}
        self.history: list[tuple[datetime, Pattern]] = []
        for table, rows in played.rows.items():
            if table == "audit_history":
                self.history = [(row["at"], _pattern(table, [row], slots)) for row in rows]
            elif rows:
                self.patterns[table] = _pattern(table, rows, slots)
        self.moments = list(slots.moments)
        self.heads = [int(one.hex[:12], 16) for one in slots.keys]
        self.people = list(slots.people)
        case, report = played.case, played.report
        self.case_id: UUID = case["id"]
        self.contact_id: UUID | None = report["contact_id"]
        self.case_order, self.contact_order = slots.keys[self.case_id], slots.keys.get(self.contact_id or self.case_id)
        self.placed = report["lng"] is not None
        self.grid = case["area_code"][9:]
        kind = matters.type_of(case["type_code"]) if case["type_code"] else None
        self.search = " ".join(filter(None, [lexemes_of(case["place_words"]), lexemes_of(kind.name) if kind else ""]))
        self.new = played.new
        if case["title"] != title_of(report["words"]):
            raise ValueError(f"a life whose title is not that of its words cannot be stamped: {case['title']!r}")
        self.shifts = _shifts(played, weeks, now)
        self._moved: dict[int, tuple[list[str], list[str], date]] = {}
        self._people: dict[int, list[str]] = {}

    def moved(self, shift: int) -> tuple[list[str], list[str], date]:
        """Its moments and the beginnings of its keys, so many weeks later, and the day of its receipt then."""
        if shift not in self._moved:
            by = WEEK * shift
            heads = [f"{head + shift * 604_800_000:012x}" for head in self.heads]
            self._moved[shift] = (
                [str(one + by) for one in self.moments],
                [f"{one[:8]}-{one[8:]}" for one in heads],
                timezone.localdate(self.played.case["received_at"] + by),
            )
        return self._moved[shift]

    def there(self, number: int, twins: dict[str, str]) -> list[str]:
        """Its units and people in another sub-district."""
        if number not in self._people:
            self._people[number] = [twins.get(one, one) for one in self.people]
        return self._people[number]


def _pattern(table: str, rows: Sequence[dict[str, Any]], slots: _Slots) -> Pattern:
    texts, picked = [], []
    for row in rows:
        cells = []
        for name, value in row.items():
            text, places = _cell(table, name, value, slots)
            cells.append(text)
            picked += places
        texts.append("\t".join(cells) + "\n")
    if len(picked) == 1:
        only = picked[0]
        return Pattern("".join(texts), lambda given: (given[only],))
    return Pattern("".join(texts), itemgetter(*picked))


def _cell(table: str, name: str, value: Any, slots: _Slots) -> tuple[str, list[int]]:
    """One value as a piece of the pattern, and the slots it takes."""
    own = OWN.get((table, name))
    if value is None or (own is not None and value == ""):
        return ("\\N" if value is None else ""), []
    if own is not None:
        return "%s", [SLOT[own]]
    if isinstance(value, bool):
        return ("t" if value else "f"), []
    if isinstance(value, datetime):
        return "%s", [slots.moment(value)]
    if isinstance(value, UUID):
        return _key(value, slots)
    if isinstance(value, str):
        return _text(value, slots)
    if isinstance(value, int | float):
        return str(value), []
    raise TypeError(f"{table}.{name}: {type(value).__name__} cannot be stamped")


def _key(value: UUID, slots: _Slots) -> tuple[str, list[int]]:
    if value in slots.keys:
        return f"%s-7{slots.keys[value]:03x}-%s", [slots.key(value), SLOT["tail"]]
    if str(value) in slots.twins:
        return "%s", [slots.person(str(value))]
    return str(value), []  # of the district, or of the whole house


def _text(value: str, slots: _Slots) -> tuple[str, list[int]]:
    """A text: keys and codes in it (of facts) follow the case."""
    if value in slots.twins:  # how history names a person
        return "%s", [slots.person(value)]
    parts, places = [], []
    for piece in slots.splitting.split(value):
        if piece == slots.street:
            text, picked = "%s", [SLOT["street"]]
        elif _UUID.fullmatch(piece):
            text, picked = _key(UUID(piece), slots)
        else:
            text, picked = escaped(piece).replace("%", "%%"), []
        parts.append(text)
        places += picked
    return "".join(parts), places


def _with_labels(twins: dict[str, str]) -> dict[str, str]:
    """The pairs, and for accounts also the short names that history has for them."""
    return twins | {f"account-{old[-8:]}": f"account-{new[-8:]}" for old, new in twins.items()}


def _shifts(played: Played, weeks: Weeks, now: datetime) -> list[int]:
    """By how many weeks this life may be moved: the calendar is alike there, and it lies within the measured years.

    What is still open came in lately: at most six weeks earlier, where it is more overdue.
    """
    moments = list(played.moments())
    first, last = timezone.localdate(min(moments)), timezone.localdate(max(moments))
    begins, ended = played.case["received_at"], played.happened()
    if played.open:
        return [shift for shift in range(-6, 1) if weeks.same(first, last, shift)]
    earliest = -((begins - (now - timedelta(days=365 * YEARS))) // WEEK)
    latest = (now - ended) // WEEK
    return [shift for shift in range(earliest, latest + 1) if weeks.same(first, last, shift)]


@dataclass(frozen=True)
class Stamp:
    """One case to make: which life, how many weeks later, in which sub-district."""

    template: int
    shift: int
    street: int


@dataclass
class Made:
    """What stamping one case settled: `Given` for a played one, and the number it got."""

    report_id: UUID
    code: str
    words: str
    number: str
    point: tuple[float, float] | None
    contact_id: UUID | None


Texts = list[tuple[str, bytes]]
"""Tables with what COPY reads, each after those that it points to."""


@dataclass
class Chunk:
    """COPY text of some cases by table. History rows are in the order of their moments, as a house writes them."""

    tables: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    history: list[tuple[datetime, str]] = field(default_factory=list)

    def texts(self) -> Texts:
        history = [line for _at, line in sorted(self.history, key=itemgetter(0))]
        return [
            (table, "".join(lines).encode())
            for table, lines in (*self.tables.items(), ("audit_history", history))
            if lines
        ]


class Stamper:
    """Stamps cases; one for a whole world, because numbers and codes are given out here."""

    def __init__(self, played: Sequence[Played], ground: Ground, *, now: datetime, seed: int = 1) -> None:
        self.ground, self.now, self.rng = ground, now, Random(seed)
        self.twins = [_with_labels(ground.twins(number)) for number in range(ground.streets)]
        weeks, twins = Weeks(clocks.calendar()), self.twins[HOME]
        made = [Template(one, twins, weeks, now=now) for one in played]
        self.templates = [one for one in made if one.shifts]
        self.codes: set[str] = set()
        self.counters: dict[tuple[str, date], int] = defaultdict(int)
        self.key = keys.current_key(now)
        self._callers = [(name, name_mask(name)) for name in NAMES]

    def plan(self, count: int) -> list[Stamp]:
        """Which cases to make, in the order of their receipt."""
        rng = self.rng
        closed = [place for place, one in enumerate(self.templates) if not one.played.open]
        still = [place for place, one in enumerate(self.templates) if one.played.open]
        shares, every = street_shares(self.ground.streets), range(self.ground.streets)
        wanted = round(count * OPEN_SHARE)
        weights = self._weights([self.templates[place].played.history for place in closed])
        drawn = iter(rng.choices(closed, weights, k=count))
        found = []
        for number, street in enumerate(rng.choices(every, shares, k=count)):
            place = rng.choice(still) if number < wanted else next(drawn)
            shifts = self.templates[place].shifts
            if number < wanted:  # most came in lately, a few are left lying
                shift = next((one for one in reversed(shifts) if rng.random() < 0.6), shifts[-1])
            else:
                shift = rng.choice(shifts)
            found.append(Stamp(place, shift, street))
        return sorted(found, key=lambda one: self.templates[one.template].played.case["received_at"] + WEEK * one.shift)

    @staticmethod
    def _weights(lengths: list[int]) -> list[float]:
        """Weights of lives, so that short ones (a question answered at once) bring the mean history to its goal."""
        short = [one for one in lengths if one < HISTORY_ROWS]
        long = [one for one in lengths if one >= HISTORY_ROWS]
        if not short or not long:
            return [1.0] * len(lengths)
        mean_short, mean_long = sum(short) / len(short), sum(long) / len(long)
        share = min(max((mean_long - HISTORY_ROWS) / (mean_long - mean_short), 0.0), 1.0)
        return [share / len(short) if one < HISTORY_ROWS else (1 - share) / len(long) for one in lengths]

    def chunks(self, stamps: Sequence[Stamp], size: int = 10_000) -> Iterator[Texts]:
        """Every second chunk is made by a process of its own, which begins with this call."""
        begins = range(0, len(stamps), size)
        theirs = begins[1::2]
        if not theirs:
            return (self._chunk(stamps, begin, size)[0] for begin in begins)
        forking = get_context("fork")
        mine, other = forking.Pipe(duplex=False)
        child = forking.Process(target=self._every_second, args=(stamps, size, other), daemon=True)
        child.start()
        other.close()
        return self._with_theirs(stamps, size, mine)

    def _with_theirs(self, stamps: Sequence[Stamp], size: int, theirs: Connection) -> Iterator[Texts]:
        for begin in range(0, len(stamps), size):
            if begin // size % 2 == 0:
                yield self._chunk(stamps, begin, size)[0]
                continue
            texts, codes = theirs.recv()
            if self.codes.isdisjoint(codes):
                self._pass_over(stamps[begin : begin + size])
                self.codes |= codes
                yield texts
            else:  # a code that both gave out
                yield self._chunk(stamps, begin, size)[0]

    def _every_second(self, stamps: Sequence[Stamp], size: int, whole: Connection) -> None:
        self.rng.seed("every second chunk")
        for begin in range(0, len(stamps), size):
            if begin // size % 2:
                whole.send(self._chunk(stamps, begin, size))
            else:
                self._pass_over(stamps[begin : begin + size])

    def _pass_over(self, stamps: Iterable[Stamp]) -> None:
        """Count the numbers that another process gives to these."""
        for one in stamps:
            self.counters[street_code(one.street), self.templates[one.template].moved(one.shift)[2]] += 1

    def _chunk(self, stamps: Sequence[Stamp], begin: int, size: int) -> tuple[Texts, set[str]]:
        """Some cases, and their tracking codes."""
        chunk, codes = Chunk(), set()
        for place, stamp in enumerate(stamps[begin : begin + size], start=begin):
            codes.add(self.stamp(stamp, place, chunk).code)
        return chunk.texts(), codes

    def stamp(self, stamp: Stamp, place: int, chunk: Chunk) -> Made:
        """One case into a chunk; `place` is its place in the world, which its words follow."""
        rng, template = self.rng, self.templates[stamp.template]
        moments, heads, day = template.moved(stamp.shift)
        street = street_code(stamp.street)
        words = words_for(place, rng)
        tail = f"{rng.getrandbits(60) | 0x8 << 60:016x}"
        tail = f"{tail[:4]}-{tail[4:]}"
        report_id = UUID(f"{heads[template.case_order]}-7{template.case_order:03x}-{tail}")
        self.counters[street, day] += 1
        number = case_number(day, street, self.counters[street, day])
        point = self._point(template, stamp.street) if template.placed else None
        attempt, code = self._code(report_id)
        area = street + template.grid
        title = title_of(words)
        contact_id, sealed = self._contact(template, heads, tail)
        slots = [
            tail,
            street,
            number,
            escaped(words),
            escaped(title),
            escaped(self._search(number, title, words, area, template)),
            hash_of(code),
            str(attempt),
            self._body_hash(template.new, words, street, point),
            *((repr(point[0]), repr(point[1])) if point else ("\\N", "\\N")),
            *sealed,
            *moments,
            *heads,
            *template.there(stamp.street, self.twins[stamp.street]),
        ]
        for table, pattern in template.patterns.items():
            chunk.tables[table].append(pattern.fill(slots))
        by = WEEK * stamp.shift
        chunk.history += [(at + by, pattern.fill(slots)) for at, pattern in template.history]
        return Made(report_id, code, words, number, point, contact_id)

    def counter_lines(self) -> list[str]:
        """The rows that give out the next number of each sub-district and day."""
        return [f"{street}\t{day}\t{last}\n" for (street, day), last in self.counters.items()]

    def _point(self, template: Template, number: int) -> tuple[float, float]:
        """Somewhere else in the same square, so that it lies in the same grid."""
        west, south = corner_of(number)
        column, row = int(template.grid[:3]) - 1, int(template.grid[3:6]) - 1
        east, north = self.rng.uniform(0.0005, WIDTH - 0.0005), self.rng.uniform(0.0005, WIDTH - 0.0005)
        return round(west + column * WIDTH + east, 6), round(south + row * WIDTH + north, 6)

    def _code(self, report_id: UUID) -> tuple[int, str]:
        attempt = 0
        while (code := code_of(report_id, attempt)) in self.codes:
            attempt += 1
        self.codes.add(code)
        return attempt, code

    def _contact(self, template: Template, heads: list[str], tail: str) -> tuple[UUID | None, tuple[str, ...]]:
        if template.contact_order is None or template.contact_id is None:
            return None, ("", "", "", "")
        order = template.contact_order
        contact_id = UUID(f"{heads[order]}-7{order:03x}-{tail}")
        name, mask = self.rng.choice(self._callers)
        phone = phone_of(self.rng.randrange(10_000))
        sealed = (
            "\\\\x" + secrets.seal(value, self.key, secrets.bound_to("contact", contact_id, field)).hex()
            for field, value in (("name", name), ("phone", phone))
        )
        return contact_id, (*sealed, mask, phone_tail(phone))

    @staticmethod
    def _search(number: str, title: str, words: str, area: str, template: Template) -> str:
        areas = " ".join(f"'{one}'" for one in area_lexemes(area))
        return " ".join(
            [
                areas,
                lexemes_of.__wrapped__(number),
                lexemes_of(title),
                template.search,
                *map(lexemes_of, clauses(words)),
            ]
        )

    @staticmethod
    def _body_hash(new: NewReport, words: str, street: str, point: tuple[float, float] | None) -> str:
        grid = street + new.grid_code[9:] if new.grid_code else ""
        lng, lat = point or (new.lng, new.lat)
        told = NewReport(
            words=words, area_code=street, channel=new.channel, lng=lng, lat=lat, grid_code=grid,
            place_words=new.place_words, type_code=new.type_code, about_staff=new.about_staff, source=new.source,
            external_id=new.external_id,
        )  # fmt: skip
        return body_hash(told.canonical())


def copy_into(cursor: Any, table: str, text: bytes) -> None:
    """Rows of one table, by COPY."""
    names = ", ".join(f'"{one.name}"' for one in columns_of(table))
    with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as into:
        into.write(text)
