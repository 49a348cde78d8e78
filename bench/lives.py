"""Lives of cases, played once through the real steps, and read back as rows.

A life is a seed, a beginning and an end of looking: the same life in a twin sub-district, or weeks later where the
work calendar is alike, goes the same way. `bench.stamping` makes many cases of each, and a test plays both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from bench.district import SHARES, grids_of, street_code
from bench.texts import words_for
from huying.cases.actions import Docket, NewReport
from huying.cases.actions.building import Builder
from huying.cases.rules import OPEN, Channel, Outcome, ReplyBy
from huying.cli.play.cast import Cast
from huying.cli.play.hands import BulkHand, Hand, play
from huying.cli.play.story import Story, Words, draw_plan
from huying.clocks import queries as clocks
from huying.clocks.rules import SHANGHAI, Calendar
from huying.kernel.actor import Actor, resident
from huying.kernel.ids import uuid7
from huying.matters import queries as matters
from huying.people import actions as people
from huying.people.queries import current_consent_text
from huying.people.rules import Duty

HOME = 0  # the sub-district in which lives are played
YEARS = 3
OPEN_SHARE = 0.04
LIVES, OPEN_LIVES = 500, 160
HISTORY_ROWS = 7  # a case, in the mean
OPEN_DAYS = 21  # open cases came in lately
ROOM = timedelta(days=50)  # what a closed life may take, its due times included
DOORS: tuple[tuple[Channel, int], ...] = (
    (Channel.HOTLINE, 34), (Channel.PORTAL, 32), (Channel.WECHAT, 20), (Channel.PATROL, 9), (Channel.WINDOW, 5),
)  # fmt: skip
RESIDENTS = (Channel.PORTAL, Channel.WECHAT)
HOURS = (1, 0.5, 0.3, 0.2, 0.3, 0.8, 2, 5, 9, 11, 10, 8, 5, 6, 8, 9, 8, 7, 6, 7, 8, 6, 4, 2)
PLACES = ("", "", "路口东北角", "菜市场后门", "公交站旁边", "小区南门外", "学校围墙边", "停车场入口")
NAMES = tuple(f"居民{one}" for one in "甲乙丙丁戊己庚辛壬癸")


def phone_of(number: int) -> str:
    """A number that nobody has."""
    return f"1390000{number % 10_000:04d}"


class Told(Words):
    """Staff's words of one case."""

    def answer(self, docket: Docket) -> str:
        return "您好，您问的事情可以到社区服务窗口办理，工作日上午九点到下午五点都有人，带上身份证就可以，当场能办好。"

    def result(self, docket: Docket, outcome: Outcome) -> str:
        return (
            "您好，您反映的事情我们已经处理：当天派人到了现场，和附近住户核对了情况，能马上做的已经做完，"
            "还要等材料的部分约好了时间。之后我们每周再去看一次，有变化请随时告诉我们，谢谢您。"
        )


@dataclass(frozen=True)
class Life:
    seed: int
    start: datetime
    until: datetime
    """Looked at then: what would come later has not happened."""


@dataclass
class Stage:
    """A sub-district to play in."""

    number: int
    cast: Cast
    grids: list[tuple[str, tuple[float, float]]]
    types: list[str]

    @classmethod
    def of(cls, number: int, *, now: datetime) -> Stage:
        cast = Cast.of(street_code(number), now=now, rng=Random(0))
        grids = list(grids_of(number))
        types = [one.code for one in matters.active_types() if cast.units_for(one.code, grids[0][0])]
        return cls(number, cast, grids, types)


@dataclass(frozen=True)
class Given:
    """What of a case is not its life: the words, the point within its grid, who called and under which key."""

    words: str
    point: tuple[float, float] | None = None
    report_id: UUID | None = None
    contact_id: UUID | None = None


def live(
    hand: Hand, life: Life, stage: Stage, given: Given | None = None
) -> tuple[Docket, NewReport, people.NewContact | None]:
    """Play one life: its docket, what the door handed over, and the contact, where the caller left one.

    The caller of this function keeps the contacts (`keep`), before the reports are written.
    """
    rng = Random(life.seed)
    stage.cast.rng = rng
    channel = rng.choices([one for one, _w in DOORS], [weight for _c, weight in DOORS])[0]
    grid, corner = rng.choices(stage.grids, _skewed(len(stage.grids)))[0]
    plan = draw_plan(rng, type_codes=stage.types, grids=[grid])
    street = street_code(stage.number)
    actor = _sender(channel, stage.cast, street, grid)
    placed, named, typed = rng.random(), rng.random() < 0.6 and channel != Channel.PATROL, rng.random() < 0.4
    point = (given and given.point) or (round(corner[0] + 0.005, 6), round(corner[1] + 0.005, 6))
    where: dict[str, Any] = {"lng": point[0], "lat": point[1]}
    if placed < 0.04 and channel != Channel.PATROL:
        where = {}
    elif placed < 0.14:
        where = {"grid_code": grid}
    contact = None
    if named:
        drawn = uuid7(int(life.start.timestamp() * 1000), rng.getrandbits(80))
        key = (given and given.contact_id) or drawn
        contact = people.NewContact(NAMES[0], phone_of(0), "", life.start, street, key)
    new = NewReport(
        words=given.words if given else words_for(life.seed, Random(life.seed)),
        area_code=grid if channel == Channel.PATROL else street,
        channel=channel,
        place_words=rng.choice(PLACES),
        type_code=plan.type_code if typed or channel == Channel.PATROL else "",
        reply_by=ReplyBy.NONE if channel == Channel.PATROL else ReplyBy.PHONE if named else ReplyBy.PAGE,
        contact_id=contact.contact_id if contact else None,
        **where,
    )
    docket = hand.receive(new, actor=actor, now=life.start)
    story = Story(stage.cast, plan, Told())
    docket, _at = play(hand, docket, story, stage.cast, now=life.start, until=life.until)
    return docket, new, contact


def _sender(channel: Channel, cast: Cast, street: str, grid: str) -> Actor:
    if channel in RESIDENTS:
        return resident()
    found = cast.who(Duty.VERIFY, grid) if channel == Channel.PATROL else cast.who(Duty.INTAKE, street)
    assert found is not None, f"nobody takes calls of {channel} in {street}"
    return found


def _skewed(count: int) -> list[float]:
    return [1 / (place + 1) ** 0.6 for place in range(count)]


# When


def arrivals(count: int, first: datetime, last: datetime, rng: Random) -> list[datetime]:
    """Moments of calls: more before noon and after supper, fewer at the weekend; to the second."""
    days = max((last - first).days, 1)
    found: list[datetime] = []
    while len(found) < count:
        local = (first + timedelta(days=rng.randrange(days + 1))).astimezone(SHANGHAI)
        if local.weekday() >= 5 and rng.random() < 0.35:
            continue
        hour = rng.choices(range(24), HOURS)[0]
        moment = local.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)
        if first <= moment <= last:
            found.append(moment.astimezone(UTC))
    return sorted(found)


class Weeks:
    """By how many weeks a span of time may be moved so that the work calendar is the same in it."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.special = sorted((day.toordinal(), str(kind)) for day, (kind, _name) in calendar.days.items())
        self._days = [day for day, _kind in self.special]

    def quiet(self, first: date, last: date) -> tuple[date, date]:
        """The longest span within two days in which no day is special and every year is published."""
        edges = [first.toordinal() - 1, *(day for day in self._days if first.toordinal() <= day <= last.toordinal())]
        edges.append(last.toordinal() + 1)
        gaps = [
            (after - before, before + 1, after - 1)
            for before, after in zip(edges, edges[1:], strict=False)
            if all(self.calendar.is_published(date.fromordinal(one).year) for one in (before + 1, after - 1))
        ]
        _length, begin, end = max(gaps)
        return date.fromordinal(begin), date.fromordinal(end)

    def same(self, first: date, last: date, weeks: int) -> bool:
        begin, end, moved = first.toordinal() - 1, last.toordinal() + 1, 7 * weeks
        for one, other in ((first, begin + moved), (last, end + moved)):
            there = date.fromordinal(other)
            if self.calendar.is_published(one.year) != self.calendar.is_published(there.year):
                return False
            if self.calendar.hours_on(one) != self.calendar.hours_on(there):
                return False
        here = [(day - begin, kind) for day, kind in self._within(begin, end)]
        return here == [(day - begin - moved, kind) for day, kind in self._within(begin + moved, end + moved)]

    def _within(self, begin: int, end: int) -> list[tuple[int, str]]:
        return self.special[bisect_left(self._days, begin) : bisect_left(self._days, end + 1)]


# Rows


Row = dict[str, Any]
# Each table of a case: how its rows are found. `own` holds every object of a case: it, its orders, requests, contacts.
_OWN = """
WITH own AS (
    SELECT id AS of_case, id AS object_id FROM cases_case WHERE id = ANY(%(ids)s)
    UNION ALL SELECT case_id, id FROM cases_workorder WHERE case_id = ANY(%(ids)s)
    UNION ALL SELECT a.case_id, p.id FROM approvals_approval p
        JOIN (SELECT id AS case_id, id FROM cases_case UNION ALL SELECT case_id, id FROM cases_workorder) a
        ON a.id = p.object_id WHERE a.case_id = ANY(%(ids)s)
    UNION ALL SELECT case_id, contact_id FROM cases_report WHERE case_id = ANY(%(ids)s) AND contact_id IS NOT NULL
)
"""
TABLES: dict[str, str] = {
    "people_contact": "JOIN own ON own.object_id = t.id",
    "people_consent": "JOIN own ON own.object_id = t.contact_id",
    "cases_case": "JOIN own ON own.object_id = t.id",
    "cases_report": "JOIN own ON own.object_id = t.first_case_id",
    "cases_addition": "JOIN cases_report r ON r.id = t.report_id JOIN own ON own.object_id = r.first_case_id",
    **{
        f"cases_{one}": "JOIN own ON own.object_id = t.case_id"
        for one in ("workorder", "answer", "contactattempt", "feedback", "sitevisit", "remark")
    },
    "approvals_approval": "JOIN own ON own.object_id = t.object_id",
    "people_recusal": "JOIN own ON own.object_id = t.object_id",
    "clocks_clock": "JOIN own ON own.object_id = t.object_id",
    "clocks_stretch": "JOIN clocks_clock c ON c.id = t.clock_id JOIN own ON own.object_id = c.object_id",
    "audit_history": "JOIN own ON own.object_id = t.object_id",
}
FILLED_IN = ("written_in",)  # by the database


@dataclass(frozen=True)
class Column:
    name: str
    type: str  # as the database names it


@cache
def columns_of(table: str) -> tuple[Column, ...]:
    """What a row of the table is written with: all columns but those that the database fills in by a function."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND table_name = %s AND is_identity = 'NO' AND coalesce(position('(' IN column_default), 0) = 0 "
            "ORDER BY ordinal_position",
            [table],
        )
        return tuple(Column(*row) for row in cursor.fetchall() if row[0] not in FILLED_IN)


@dataclass
class Played:
    """The rows that one life left, by table."""

    life: Life
    state: str
    new: NewReport
    rows: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def case(self) -> Row:
        return self.rows["cases_case"][0]

    @property
    def report(self) -> Row:
        return self.rows["cases_report"][0]

    def moments(self) -> Iterator[datetime]:
        for rows in self.rows.values():
            for row in rows:
                yield from (value for value in row.values() if isinstance(value, datetime))

    @property
    def history(self) -> int:
        return len(self.rows["audit_history"])

    def happened(self) -> datetime:
        """When the last thing happened."""
        return max(row["at"] for row in self.rows["audit_history"])


def rows_of(case_ids: Sequence[UUID]) -> dict[UUID, dict[str, list[Row]]]:
    """Every row of these cases, as the database has it."""
    found: dict[UUID, dict[str, list[Row]]] = {one: defaultdict(list) for one in case_ids}
    with connection.cursor() as cursor:
        for table, join in TABLES.items():
            columns = columns_of(table)
            names = ", ".join(f"t.{one.name}{'::text' if one.type in ('jsonb', 'tsvector') else ''}" for one in columns)
            ordered = "t.id" if table in ("audit_history", "clocks_stretch", "people_consent") else "t.id::text"
            cursor.execute(
                f"{_OWN} SELECT own.of_case, {names} FROM {table} t {join} ORDER BY {ordered}", {"ids": list(case_ids)}
            )
            for case_id, *values in cursor.fetchall():
                found[case_id][table].append({one.name: value for one, value in zip(columns, values, strict=True)})
    return found


def plan_lives(*, now: datetime, closed: int = LIVES, still_open: int = OPEN_LIVES, seed: int = 1) -> list[Life]:
    """Lives to play: long ago in a quiet season, and up to now."""
    rng = Random(seed)
    weeks = Weeks(clocks.calendar())
    begin, end = weeks.quiet((now - timedelta(days=365 * YEARS)).date(), (now - ROOM).date())
    first = datetime.combine(begin, datetime.min.time(), SHANGHAI) + timedelta(days=2)
    last = datetime.combine(end, datetime.min.time(), SHANGHAI) - ROOM
    lives = [
        Life(seed * 1_000_000 + number, at, min(last + ROOM, now))
        for number, at in enumerate(arrivals(closed, first, max(last, first + timedelta(days=7)), rng))
    ]
    lately = arrivals(still_open, now - timedelta(days=OPEN_DAYS), now - timedelta(minutes=5), rng)
    return lives + [Life(seed * 1_000_000 + 500_000 + number, at, now) for number, at in enumerate(lately)]


def play_lives(lives: Iterable[Life], *, now: datetime, number: int = HOME) -> list[Played]:
    """Play lives in one sub-district and read what they left; nothing stays in the database."""
    with transaction.atomic():
        point = transaction.savepoint()
        stage, builder = Stage.of(number, now=now), Builder(seed=1)
        hand, contacts, dockets = BulkHand(builder), [], []
        for life in lives:
            docket, new, contact = live(hand, life, stage)
            dockets.append((life, docket, new))
            contacts += [contact] if contact else []
        keep(contacts)
        builder.write()
        found = rows_of([docket.case.pk for _life, docket, _new in dockets])
        played = [
            Played(life, str(docket.case.state), new, dict(found[docket.case.pk])) for life, docket, new in dockets
        ]
        transaction.savepoint_rollback(point)
    return played


def keep(contacts: Sequence[people.NewContact]) -> None:
    text = current_consent_text("zh-hans")
    people.keep_contacts(
        contacts, consent_text_version=text.version, language=text.language, actor=resident(),
        now=contacts[0].at if contacts else datetime.min,
    )  # fmt: skip


def street_shares(streets: int) -> list[float]:
    return list(SHARES[:streets])
