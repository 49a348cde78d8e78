"""Every public query function that takes a viewer, called for a viewer, and what it ought to give.

A function of the product that is not in `READS` or `NOT_A_READ` is a find: it must be covered the day it is added.
Each entry gives triples: what was asked, what came, what should have come. `Within` stands for "no more than".
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import huying
from huying.access import queries as access
from huying.audit import feed
from huying.cases.by_people import sight_of
from huying.cases.models import Campaign, CampaignSpot, Case, HotIssue, Incident, Report
from huying.cases.queries import (
    asking,
    calls,
    calltrees,
    campaigns,
    checks,
    contracts,
    emergencies,
    errands,
    hot,
    incidents,
    lists,
    maps,
    outside,
    page,
    precedents,
    scope,
    settled,
    tallies,
    tickets,
    watching,
    whistles,
)  # fmt: skip
from huying.cases.queries import triage as triaged
from huying.cases.queries.lists import Wanted
from huying.cases.queries.maps import Box
from huying.cases.queries.twins import twins_of, twins_of_words
from huying.cases.rules.masking import masked
from huying.cases.rules.watching import Watch
from huying.channels import queries as channels
from huying.channels.listeners import case_moved
from huying.channels.live import Notice
from huying.clients import queries as clients
from huying.desk import queries as desk
from huying.desk import search as desk_search
from huying.desk.shifts import facts_of, parts_of
from huying.insight import queries as insight
from huying.insight.models import Fact
from huying.insight.queries import Asked as AskedFor
from huying.insight.queries import figures
from huying.insight.rules import Month
from huying.kernel.actor import Actor
from huying.kernel.events import News
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.matters import queries as matters
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge
from huying.matters.queries import sets as limit_sets
from huying.notices import queries as notices
from huying.opendata import queries as opendata
from huying.people import queries as people
from huying.people import sight
from huying.people.models import RoleGrant
from huying.places import queries as places
from huying.places.models import AreaPlan
from huying.places.queries import grids, plans
from huying.registers import declared
from huying.registers import queries as registers
from prove.access import oracle
from prove.access.world import CAST, CELLS, Made, Secret, Viewer, World
from tests.world import NOW

Triple = tuple[str, Any, Any]


@dataclass(frozen=True)
class Within:
    """What came may be less than this, never more."""

    most: frozenset[Any]


@dataclass
class Asked:
    """One viewer before the world; `some` are the cases that are asked for one by one."""

    world: World
    viewer: Viewer
    actor: Actor
    rng: random.Random
    some: list[Made]

    def sees(self, case: Made) -> bool:
        return oracle.sees(self.viewer, case)

    @property
    def seen(self) -> set[UUID]:
        return {one.id for one in self.world.cases.values() if self.sees(one)}

    def holds(self, *duties: str) -> Callable[[str], bool]:
        return lambda cell: oracle.any_of(self.viewer, duties, cell)

    def cells(self, *duties: str) -> set[str]:
        return {cell for cell in CELLS if oracle.any_of(self.viewer, duties, cell)}

    def own_of(self, model_secrets: str) -> Iterator[tuple[str, Secret]]:
        return iter(self.world.of(model_secrets))


def _all(ask: Callable[[Page[Any]], list[Any]]) -> list[Any]:
    """Every page."""
    found: list[Any] = []
    after = ""
    while True:
        one: Page[Any] = Page(limit=200, after=after)
        found += ask(one)
        if not one.next:
            return found
        after = one.next


def _or_none(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except (NotFound, NotAllowed):
        return None


def _ids(rows: Iterable[Any]) -> set[Any]:
    return {one.pk for one in rows}


def _one_by_one(asked: Asked, ask: Callable[[Made], Any], want: Callable[[Made], bool] | None = None) -> list[Triple]:
    """Each of some cases: there or not."""
    return [(one.secrecy + " " + one.state, bool(ask(one)), (want or asked.sees)(one)) for one in asked.some]


# Cases


def _branches(asked: Asked) -> list[Triple]:
    got = {pk for one in scope.branches_seen_by(asked.actor) for pk in one.values_list("pk", flat=True)}
    return [("", got, asked.seen)]


def _area_branches(asked: Asked) -> list[Triple]:
    got = {pk for one in scope.area_branches(asked.actor) for pk in one.values_list("pk", flat=True)}
    want = {one.id for one in asked.world.cases.values() if oracle.sees_by_place(asked.viewer, one)}
    return [("", got, want)]


def _seen_by_area(asked: Asked) -> list[Triple]:
    want = {one.id for one in asked.world.cases.values() if oracle.sees_by_place(asked.viewer, one)}
    ways = [Case.objects.filter(condition) for _codes, condition in scope.area_ways(asked.actor)]
    each = {pk for one in ways for pk in one.values_list("pk", flat=True)}
    return [("", _ids(scope.seen_by_area(asked.actor)), want), ("each way", each, want)]


def _not_recused(asked: Asked) -> list[Triple]:
    got = set(Case.objects.filter(scope.not_recused(asked.actor)).values_list("pk", flat=True))
    want = {one.id for one in asked.world.cases.values() if not oracle.keeps_away(asked.viewer, one)}
    return [("", got, want)]


def _locked(asked: Asked) -> list[Triple]:
    return _one_by_one(asked, lambda one: scope.locked(one.id, asked.actor))


_FILTERS: tuple[tuple[Wanted, Callable[[Made], bool]], ...] = (
    (Wanted(), lambda one: one.state in _OPEN),
    (Wanted(state="ended"), lambda one: one.state not in _OPEN),
    (Wanted(state="all"), lambda _one: True),
    (Wanted(state="in_hand"), lambda one: one.state == "in_hand"),
    (Wanted(state="all", flag="restricted"), lambda one: one.restricted),
    (Wanted(state="all", words="qz"), lambda _one: False),
    (Wanted(state="all", area_code="990101001"), lambda one: one.cell.startswith("990101001")),
    (Wanted(state="all", area_code="990101002"), lambda one: one.cell.startswith("990101002")),
)
_OPEN = frozenset(
    {"received", "verifying", "triaged", "filed", "in_hand", "reviewing", "checking", "calling_back"}
)  # as the design lists them


def _found(asked: Asked) -> list[Triple]:
    seen = [one for one in asked.world.cases.values() if asked.sees(one)]
    return [
        (
            f"filter {place}",
            _ids(_all(lambda one, wanted=wanted: lists.cases_found(asked.actor, wanted, now=NOW, page=one))),
            {one.id for one in seen if fits(one)},
        )
        for place, (wanted, fits) in enumerate(_FILTERS)
    ]


def _counts(asked: Asked) -> list[Triple]:
    seen = [one for one in asked.world.cases.values() if asked.sees(one)]
    wanted = {str(place): one for place, (one, _fits) in enumerate(_FILTERS)}
    got = lists.counts_found(asked.actor, wanted, now=NOW, most=100_000)
    return [
        (f"filter {place}", got[str(place)].count, sum(fits(one) for one in seen))
        for place, (_wanted, fits) in enumerate(_FILTERS)
    ]


def _box(asked: Asked) -> list[Triple]:
    dots, more = maps.open_in_box(asked.actor, Wanted(), Box(-180, -90, 180, 90), now=NOW, most=100_000)
    placed = set(Case.objects.filter(lng__isnull=False, lat__isnull=False).values_list("pk", flat=True))
    want = {one.id for one in asked.world.cases.values() if asked.sees(one) and one.state in _OPEN} & placed
    return [("", {one.id for one in dots}, want), ("more", more, False)]


def _board(asked: Asked) -> list[Triple]:
    """Of each area whole, or not at all; restricted cases as far as the viewer sees each."""
    found: list[Triple] = []
    cases = [one for one in asked.world.cases.values() if one.state in _OPEN]
    for code in sorted({one.cell[:length] for one in cases for length in (2, 4, 6, 9, 12)}) + ["980101001"]:
        shown = _or_none(lambda code=code: tallies.board(asked.actor, code, now=NOW))
        here = [one for one in cases if one.cell.startswith(code)]
        may = bool(here) and asked.holds("read")(code)
        found.append((f"{code} at all", shown is not None, may))
        if shown is not None and may:
            plain = sum(not one.restricted for one in here)
            found.append((code, shown.whole.open, plain))
            own = sum(one.restricted and asked.sees(one) for one in here)
            found.append((f"{code} restricted", shown.restricted.count, min(own, tallies.MOST_COUNTED)))
    return found


def _watching(ask: Callable[[Actor, str], set[UUID] | None]) -> Callable[[Asked], list[Triple]]:
    """What is watched in an area, whole or not at all, restricted cases never."""

    def asking(asked: Asked) -> list[Triple]:
        found: list[Triple] = []
        cases = [one for one in asked.world.cases.values() if one.state in _OPEN]
        for code in sorted({one.cell[:length] for one in cases for length in (6, 9, 12)}) + ["980101001"]:
            here = {one.id for one in cases if one.cell.startswith(code) and not one.restricted}
            may = any(one.cell.startswith(code) for one in cases) and (
                asked.holds("supervise")(code) and asked.holds("read")(code)
            )
            shown = _or_none(lambda code=code: ask(asked.actor, code))
            found.append((f"{code} at all", shown is not None, may))
            found.append((code, shown or set(), Within(frozenset(here))))
        return found

    return asking


def _watched_rows(actor: Actor, code: str) -> set[UUID]:
    return {
        one.pk
        for kind in Watch
        for one in watching.rows_behind(actor, code, watching.Behind(kind), now=NOW, page=Page(limit=200))
    }


def _assessments(asked: Asked) -> list[Triple]:
    """An area's month whole, or not at all, and the cases behind its numbers as far as the viewer sees each."""
    found: list[Triple] = []
    months = sorted(set(Fact.objects.values_list("month", flat=True)))[-2:] or [202610]
    for code in sorted({cell[:length] for cell in CELLS for length in (2, 6, 9, 12)}) + ["980101001"]:
        may = code != "980101001" and asked.holds("read")(code)
        shown = _or_none(lambda code=code: insight.assess(asked.actor, code, Month(months[-1]), version=0))
        found.append((f"{code} at all", shown is not None, may))
        for month in months if may else ():
            rows = insight.behind(asked.actor, code, Month(month), AskedFor(measure="self_found"), version=0)
            seen = {one.case.pk for one in rows.rows}
            found.append((f"{code} {month} behind", seen - asked.seen, set()))
            counted = Fact.objects.filter(month=month, cases=1, excluded="", area_code__startswith=code)
            found.append((f"{code} {month} sums", rows.of, counted.count()))
    return found


def _months(ask: Callable[[Actor, str], Any]) -> Callable[[Asked], list[Triple]]:
    def asking(asked: Asked) -> list[Triple]:
        holds = asked.holds("read")
        return [(cell, _or_none(lambda cell=cell: ask(asked.actor, cell)) is not None, holds(cell)) for cell in CELLS]

    return asking


def _ahead(asked: Asked) -> list[Triple]:
    """What is ahead in an area: open cases that the viewer sees there, restricted ones never."""
    found: list[Triple] = []
    open_cases = {one.id: one for one in asked.world.cases.values() if one.state in _OPEN and not one.restricted}
    for cell in CELLS:
        for ask in (
            lambda cell=cell: insight.asked_today(asked.actor, cell, page=Page(limit=200)),
            lambda cell=cell: insight.red_by_tomorrow(asked.actor, cell, now=NOW, page=Page(limit=200)),
        ):
            rows = _or_none(ask)
            found.append((f"{cell} at all", rows is not None, asked.holds("read")(cell)))
            here = {key for key, one in open_cases.items() if one.cell.startswith(cell)}
            found.append((cell, _ids(rows or ()), Within(frozenset(here if asked.holds("read")(cell) else ()))))
    return found


def _work(asked: Asked) -> list[Triple]:
    got = {one.case_id for one in lists.work_of(asked.actor, most=100_000)}
    return [("", got, Within(frozenset(asked.seen)))]


def _near(ask: Callable[[Case, Actor], Iterable[UUID]]) -> Callable[[Asked], list[Triple]]:
    def asking(asked: Asked) -> list[Triple]:
        some = [one for one in asked.some if asked.sees(one)][:6]
        rows = Case.objects.in_bulk([one.id for one in some])
        seen = frozenset(asked.seen)
        return [(one.state, set(ask(rows[one.id], asked.actor)), Within(seen)) for one in some]

    return asking


def _linked(case: Case, viewer: Actor) -> set[UUID]:
    return {one.pk for some in page.linked(case, viewer).values() for one in some}


def _taken(asked: Asked) -> list[Triple]:
    """What a person took down, less what they keep away from; the slip alone of what they no longer see."""
    got = _ids(_all(lambda one: lists.taken_by(asked.actor, page=one)))
    taken = [one for one in asked.world.cases.values() if one.taken_by == asked.viewer.key]
    return [("", got, {one.report_id for one in taken if asked.sees(one)})]


def _slip(asked: Asked) -> list[Triple]:
    mine = [one for one in asked.world.cases.values() if one.taken_by == asked.viewer.key][:10]
    return [
        ("slip", lists.report_taken_by(one.report_id, asked.actor) is not None, one.taken_by == asked.viewer.key)
        for one in [*asked.some, *mine]
    ]


def _photo(asked: Asked) -> list[Triple]:
    return [
        (f"{kind} {one.state}", page.photo(one.id, key, asked.actor) is not None, asked.sees(one))
        for one in asked.some
        for kind, key in one.files.items()
    ]


def _orders(asked: Asked) -> list[Triple]:
    got = {one.pk for one in _all(lambda one: outside.orders_found(asked.actor, state="all", page=one))}
    most = {key for one in asked.world.cases.values() if asked.sees(one) for key in one.order_ids}
    least = {
        key for one in asked.world.cases.values() if oracle.sees_by_place(asked.viewer, one) for key in one.order_ids
    }
    return [("", got, Within(frozenset(most))), ("by place", least - got, set())]


def _order(asked: Asked) -> list[Triple]:
    return [
        (one.state, outside.order_seen(key, asked.actor) is not None, asked.sees(one))
        for one in asked.some
        for key in one.order_ids
    ]


def _among(asked: Asked) -> list[Triple]:
    return [("", outside.seen_among(set(asked.world.cases), asked.actor), asked.seen)]


def _earlier_answers(asked: Asked) -> list[Triple]:
    """Answers of others' cases hold nothing that the viewer could not open."""
    found: list[Triple] = []
    for one in asked.some[:6]:
        case = Case.objects.get(pk=one.id)
        given = set(precedents.earlier_answers(case, case.type_code, asked.actor))
        answers = Case.objects.filter(pk__in=asked.seen).exclude(answer="").values_list("answer", flat=True)
        open_to = {masked(answer) for answer in answers}
        found.append((one.secrecy, given - open_to, set()))
    return found


def _whistles(asked: Asked) -> list[Triple]:
    want = {one.whistle_id for one in asked.world.cases.values() if asked.sees(one)}
    wanted = whistles.WantedWhistles()
    got = _all(lambda one: whistles.whistles_found(asked.actor, wanted, now=NOW, page=one))
    return [("", _ids(got), want)]


def _tickets(asked: Asked) -> list[Triple]:
    want = {one.ticket_id for one in asked.world.cases.values() if asked.sees(one)}
    wanted = tickets.WantedTickets()
    return [("", _ids(_all(lambda one: tickets.tickets_found(asked.actor, wanted, now=NOW, page=one))), want)]


def _sources(asked: Asked) -> list[Triple]:
    from huying.cases.models import Source

    holds = asked.holds(*tickets.DESK)
    want = {pk for pk, code in Source.objects.filter(active=True).values_list("pk", "area_code") if holds(code)}
    return [("", _ids(tickets.sources_for(asked.actor)), want)]


def _precedents(asked: Asked) -> list[Triple]:
    """Precedents near a place, as far as the viewer reads where they lie."""
    known = asked.world.of("precedent")
    want = Within(frozenset(UUID(key) for key, one in known if oracle.holds(asked.viewer, "read", one.cell)))
    return [(cell, _ids(settled.precedents_for(asked.actor, "0301", cell)), want) for cell in CELLS]


def _incidents(asked: Asked) -> list[Triple]:
    want = Within(frozenset(one.incident_id for one in asked.world.cases.values() if asked.sees(one)))
    return [("", _ids(incidents.listed(asked.actor, now=NOW)), want)]


def _hot_issues(asked: Asked) -> list[Triple]:
    """An issue is seen with its only case, and only where nothing restricted is in it."""
    want = Within(frozenset(_hot_seen(asked)))
    return [("", {one.issue.pk for one in hot.listed(asked.actor, page=Page(limit=200))}, want)]


def _hot_row(
    read: Callable[[HotIssue, Actor], Iterable[Any]], seen: Callable[[Asked], Iterable[UUID]]
) -> Callable[[Asked], list[Triple]]:
    """What hangs on issues that the viewer was given."""

    def found(asked: Asked) -> list[Triple]:
        rows = [row for one in asked.some[:6] if (row := hot.row(one.hot_id, asked.actor)) is not None]
        want = Within(frozenset(seen(asked)))
        return [(str(row.number), _ids(read(row, asked.actor)), want) for row in rows]

    return found


def _hot_seen(asked: Asked) -> Iterable[UUID]:
    for one in asked.world.cases.values():
        if not one.restricted and asked.sees(one):
            yield from (one.hot_id, one.old_hot_id)


def _hot_calls(asked: Asked) -> list[Triple]:
    return [
        (one.cell, _ids(hot.calls_of(one.hot_id, asked.actor)), Within(frozenset(asked.seen))) for one in asked.some[:6]
    ]


def _hot_of_case(asked: Asked) -> list[Triple]:
    """Asked for a case that the viewer was given."""
    rows = {row.pk: row for row in Case.objects.filter(pk__in=[one.id for one in asked.some if asked.sees(one)])}
    found = []
    for one in asked.some:
        if one.id in rows:
            read = hot.of_case(rows[one.id], asked.actor)
            want = frozenset() if one.restricted else frozenset({one.hot_id})
            found.append((one.cell, {read.issue.pk} if read is not None else set(), Within(want)))
    return found


def _judged(asked: Asked) -> list[Triple]:
    """Figures of triage are of cases that the viewer sees by their place, those of an area of those in it."""
    placed = [one for one in asked.world.cases.values() if oracle.sees_by_place(asked.viewer, one)]
    since = NOW - timedelta(days=1)
    mistakes = {one.case.pk for one in triaged.looked_at(asked.actor, since=since)}
    found: list[Triple] = [
        ("", mistakes, Within(frozenset(one.id for one in placed))),
        ("counted", triaged.counted(asked.actor, since=since), len(placed)),
    ]
    for street in sorted({one.cell[:9] for one in asked.some}):
        here = [one for one in placed if one.cell.startswith(street)]
        weeks = triaged.weeks(asked.actor, area_code=street, since=since)
        ended = triaged.judged(asked.actor, area_code=street, since=since)
        most = sum(not one.restricted for one in here)
        found += [(street, sum(week.n for week in weeks), len(here)), (street, max(len(ended), most), most)]
    return found


def _twins(asked: Asked) -> list[Triple]:
    """Asked for a case that the viewer was given, and for its words while they are taken down."""
    rows = {row.pk: row for row in Case.objects.filter(pk__in=[one.id for one in asked.some[:6] if asked.sees(one)])}
    most = Within(frozenset(asked.seen))
    found: list[Triple] = []
    for key, row in rows.items():
        words = Report.objects.filter(case=key).values_list("words", flat=True)[0]
        found += [
            (row.area_code, {one.case.pk for one in twins_of(row, words, asked.actor, now=NOW)}, most),
            (
                row.area_code,
                {one.case.pk for one in twins_of_words(words, row.area_code, asked.actor, now=NOW)},
                most,
            ),
        ]
    return found


def _likely_calls(asked: Asked) -> list[Triple]:
    """Calls like an incident are calls that the viewer sees."""
    found = []
    for one in asked.some[:6]:
        row = Incident.objects.select_related("case").get(pk=one.incident_id)
        got = {case.pk for case, _why in incidents.calls_like(row, asked.actor)}
        found.append((one.cell, got, Within(frozenset(asked.seen))))
    return found


def _campaigns(asked: Asked) -> list[Triple]:
    rows = set(Campaign.objects.values_list("pk", flat=True))
    want = {UUID(key) for key, one in asked.own_of("campaign") if oracle.may(asked.viewer, one)} & rows
    return [("", {one.pk for one, _counts in campaigns.campaigns(asked.actor)}, want)]


def _spots_waiting(asked: Asked) -> list[Triple]:
    """The open places of one's own unit, for whoever works for it or reports there."""
    viewer, rows = asked.viewer, set(CampaignSpot.objects.values_list("pk", flat=True))
    working = bool(oracle.duties(viewer.role) & {"handle", "sign"})
    want = {
        UUID(key)
        for key, one in asked.own_of("campaign")
        if viewer.posted == oracle.unit_id(one.cell, "on") and (working or oracle.holds(viewer, "report", one.cell))
    }
    return [("", _ids(campaigns.waiting_for(asked.actor)), want & rows)]


def _one_campaign(model: Any, ask: Any) -> Any:
    """One campaign, or one of its places."""

    def answered(asked: Asked) -> list[Triple]:
        rows = set(model.objects.values_list("pk", flat=True))
        return [
            (one.cell, _or_none(lambda key=key: ask(UUID(key), asked.actor)) is not None, oracle.may(asked.viewer, one))
            for key, one in asked.own_of("campaign")
            if UUID(key) in rows
        ]

    return answered


def _whistle_figures(asked: Asked) -> list[Triple]:
    """Figures of a place hold nothing that the viewer could not open."""
    want = Within(frozenset(one.whistle_id for one in asked.world.cases.values() if asked.sees(one)))
    begin = NOW.date().replace(day=1)
    return [(cell, _ids(whistles.figures(asked.actor, cell, begin, now=NOW).whistles), want) for cell in CELLS[:2]]


def _happened(asked: Asked) -> list[Triple]:
    got: set[UUID] = set()
    place = feed.Place()
    while True:
        batch = channels.happened(asked.actor, place=place, limit=200)
        got |= {one.case_id for one in batch.items}
        if batch.place == place:
            break
        place = batch.place
    return [("", got, Within(frozenset(asked.seen)))]


def _visible(asked: Asked) -> list[Triple]:
    lines = [
        feed.Line(place, NOW, "case", one.id, "dispatch", "", "", one.cell, "person", 1)
        for place, one in enumerate(asked.some)
    ]
    got = {one.case_id for one in channels.visible(lines, asked.actor)}
    return [("", got, {one.id for one in asked.some if asked.sees(one)})]


def _contracts(asked: Asked) -> list[Triple]:
    got = contracts.about_work(
        asked.actor, areas=["99"], matters=["03"], since=(NOW - timedelta(days=30)).date(), until=None, most=100_000
    )
    return [("", _ids(got.latest), Within(frozenset(asked.seen)))]


def _of_quarter(asked: Asked) -> list[Triple]:
    since = (NOW - timedelta(days=30)).date()
    got = contracts.open_in(asked.actor, areas=["99"], kinds=[["03"], ["01"]], since=since, most=100_000)
    return [("", {pk for one in got for pk in _ids(one.latest)}, Within(frozenset(asked.seen)))]


def _findings(asked: Asked) -> list[Triple]:
    supervised = asked.holds("supervise")
    most = frozenset(
        one.id for one in asked.world.cases.values() if supervised(one.cell) and oracle.sees_by_place(asked.viewer, one)
    )
    found = checks.findings(asked.actor, now=NOW)
    told = {(kind, one) for kind, rows in found.items() for row in rows for one in (row.case, row.other) if one}
    return [(str(kind), {one.pk for other, one in told if other == kind}, Within(most)) for kind in found]


def _returning(asked: Asked) -> list[Triple]:
    """Units with orders on cases that are supervised and seen, and no others."""
    supervised = asked.holds("supervise")
    cells = [
        one for one in asked.world.cases.values() if supervised(one.cell) and oracle.sees_by_place(asked.viewer, one)
    ]
    most = frozenset(unit for one in cells for unit, _state in one.orders)
    return [("", {one.unit_id for one in checks.returning_units(asked.actor, now=NOW)}, Within(most))]


def _own_exports(asked: Asked) -> set[UUID]:
    """One's own, for who still may export."""
    return {asked.world.own["case_export"][asked.viewer]} if "export" in oracle.duties(asked.viewer.role) else set()


def _shifts(asked: Asked) -> set[UUID]:
    return {UUID(key) for key, one in asked.own_of("hand_over") if oracle.may(asked.viewer, one)}


def _sight(asked: Asked) -> list[Triple]:
    """Whoever looks over grants or audits may ask about an open case; all others about what they see."""
    looks = asked.holds("secure", "audit")
    return _one_by_one(
        asked,
        lambda one: sight_of(asked.actor, one.number),
        lambda one: asked.sees(one) or (not one.restricted and looks(one.cell)),
    )


def _titles(world: World) -> dict[UUID, str]:
    return {one.thing.id: mark for mark, one in world.marks.items() if one.kind == "case" and one.part == "title"}


def _search(asked: Asked) -> list[Triple]:
    """The mark of a case is looked for in the box: found by whoever sees it and reads or handles cases at all."""
    told = []
    titles = _titles(asked.world)
    boxed = bool(oracle.duties(asked.viewer.role) & {"read", "handle"})
    for one in asked.some[:12]:
        found = desk_search.search(titles[one.id], asked.actor, now=NOW)
        urls = {line.url for group in found for line in group.found}
        got = any(str(one.id) in url for url in urls)
        told.append((one.state, got, Within(frozenset({True, False} if asked.sees(one) and boxed else {False}))))
        straight = desk_search.straight_to(one.number, asked.actor)
        told.append(("by number", bool(straight), asked.sees(one)))
    for key in ("organisation", "estate", "staff"):
        for cell in CELLS:
            mark = next(
                mark for mark, one in asked.world.marks.items()
                if one.cell == cell and one.kind == {"organisation": "unit", "staff": "account"}.get(key, f"row:{key}")
            )  # fmt: skip
            urls = {line.url for group in desk_search.search(mark, asked.actor, now=NOW) for line in group.found}
            got = any(f"/registers/{key}/" in url for url in urls)
            told.append((f"{key} {cell}", got, Within(frozenset({got} if _row(asked, key, cell) else {False}))))
    return told


# Registers


def _row(asked: Asked, key: str, cell: str) -> bool:
    return oracle.reads_rows(asked.viewer, key, cell)


def _rows_of(asked: Asked, key: str) -> tuple[set[UUID], set[UUID]]:
    """Ids of our rows of a register: those the viewer reads, and all."""
    mine = {UUID(one): secret.cell for one, secret in asked.world.of(_kind(key))}
    return {one for one, cell in mine.items() if _row(asked, key, cell)}, set(mine)


def _kind(key: str) -> str:
    return {"organisation": "unit", "staff": "account"}.get(key, f"row:{key}")


_SHOW_ENDED = registers.Wanted(ended=True)


def _register_pages(asked: Asked) -> list[Triple]:
    told: list[Triple] = []
    for key, one in declared.REGISTERS.items():
        want, every = _rows_of(asked, key)
        got = _ids(_all(lambda page, one=one: registers.page(one, asked.actor, _SHOW_ENDED, page, now=NOW)))
        told.append((key, got & every, want))
    return told


def _register_count(asked: Asked) -> list[Triple]:
    told: list[Triple] = []
    for key, one in declared.REGISTERS.items():
        got = registers.count(one, asked.actor, _SHOW_ENDED, now=NOW)
        rows = _all(lambda page, one=one: registers.page(one, asked.actor, _SHOW_ENDED, page, now=NOW))
        told.append((key, got, len(rows)))
    return told


def _register_holding(asked: Asked) -> list[Triple]:
    """The registers that are said to hold a word are those whose page shows a row with it."""
    told: list[Triple] = []
    for word in ("示例", "街道", "没有这个词"):
        want = {
            key
            for key, one in declared.REGISTERS.items()
            if one.may_read(asked.actor)
            and registers.page(one, asked.actor, registers.Wanted(words=word), Page(limit=1), now=NOW)
        }
        told.append((word, registers.holding(asked.actor, word, now=NOW), want))
    return told


def _register_one(asked: Asked) -> list[Triple]:
    told: list[Triple] = []
    for key, one in declared.REGISTERS.items():
        want, every = _rows_of(asked, key)
        for row in asked.rng.sample(sorted(every), min(4, len(every))):
            got = _or_none(lambda one=one, row=row: registers.one(one, asked.actor, row)) is not None
            told.append((key, got, row in want))
    return told


def _register_many(asked: Asked) -> list[Triple]:
    return [
        (key, set(registers.many(one, asked.actor, _rows_of(asked, key)[1])), _rows_of(asked, key)[0])
        for key, one in declared.REGISTERS.items()
    ]


def _register_export(asked: Asked) -> list[Triple]:
    return [
        (
            key,
            _ids(registers.export_rows(one, asked.actor, _SHOW_ENDED, now=NOW)) & _rows_of(asked, key)[1],
            _rows_of(asked, key)[0],
        )
        for key, one in declared.REGISTERS.items()
    ]


def _link_choices(asked: Asked) -> list[Triple]:
    told: list[Triple] = []
    for one in declared.REGISTERS.values():
        for column in one.columns:
            if column.links_to:
                want, every = _rows_of(asked, column.links_to)
                got = registers.link_choices(column, asked.actor, now=NOW)
                if got is not None:
                    told.append(
                        (f"{one.key}.{column.name}", {UUID(row) for row, _ in got} & every, Within(frozenset(want)))
                    )
    return told


def _register_all(asked: Asked) -> list[Triple]:
    got = {one.key for one in declared.all_for(asked.actor)}
    may = {key for key in declared.REGISTERS if any(_row(asked, key, cell) for cell in (*CELLS, asked.viewer.at))}
    return [("", got, Within(frozenset(may)))]


def _groups(asked: Asked) -> list[Triple]:
    got = {one.key: one.count for group in registers.groups(asked.actor, now=NOW) for one in group.cards if one.key}
    return [(key, count, registers.count(declared.get(key), asked.actor, now=NOW)) for key, count in got.items()]


def _mine_alone(what: str, ask: Callable[[UUID], Any]) -> Callable[[Asked], list[Triple]]:
    """A thing of one person: there for them, for nobody else."""

    def asking(asked: Asked) -> list[Triple]:
        owned = asked.world.own[what]
        others = asked.rng.sample(sorted(owned, key=str), min(6, len(owned)))
        return [
            (f"{what} of {one}", _or_none(lambda one=one: ask(asked)(owned[one])) is not None, one == asked.viewer)
            for one in {*others, asked.viewer}
        ]

    return asking


# The rest: things of areas


def _by_cell(kind: str, *duties: str, ask: Callable[[Asked], Iterable[Any]]) -> Callable[[Asked], list[Triple]]:
    """A list of rows that lie in areas: those over which one of the duties is held."""

    def asking(asked: Asked) -> list[Triple]:
        mine = {UUID(key): one.cell for key, one in asked.world.of(kind)}
        got = {one for one in ask(asked) if one in mine}
        holds = asked.holds(*duties)
        return [("", got, {one for one, cell in mine.items() if holds(cell)})]

    return asking


def _each(kind: str, *duties: str, ask: Callable[[Actor, UUID], Any]) -> Callable[[Asked], list[Triple]]:
    """One row by its id: there where one of the duties is held."""

    def asking(asked: Asked) -> list[Triple]:
        holds = asked.holds(*duties)
        return [
            (one.cell, _or_none(lambda key=key: ask(asked.actor, UUID(key))) is not None, holds(one.cell))
            for key, one in asked.own_of(kind)
        ]

    return asking


def _texts(actor: Actor) -> set[UUID]:
    entries = Knowledge.objects.values_list("entry", flat=True)
    return {row.pk for entry in entries for row in knowledge.versions_of(actor, entry)}


def _tree(asked: Asked) -> list[Triple]:
    def walk(nodes: list[Any]) -> Iterator[Any]:
        for one in nodes:
            yield one
            yield from walk(one.children)

    got = {one.area.code for one in walk(places.tree(asked.actor)) if one.seen}
    return [("", got & set(CELLS), asked.cells("read", "admin_places"))]


def _areas(ask: Callable[[Actor, str], Any]) -> Callable[[Asked], list[Triple]]:
    def asking(asked: Asked) -> list[Triple]:
        holds = asked.holds("read", "admin_places")
        return [
            (cell, bool(_or_none(lambda cell=cell: ask(asked.actor, cell))), Within(frozenset({holds(cell), False})))
            for cell in CELLS
        ]

    return asking


def _seen_areas(asked: Asked) -> list[Triple]:
    prefixes = places.seen_areas(asked.actor)
    return [("", {cell for cell in CELLS if cell.startswith(prefixes or ("-",))}, asked.cells("read", "admin_places"))]


def _exports_offered(asked: Asked) -> list[Triple]:
    got = {one.code for one in opendata.choices(asked.actor)}
    want = {cell for cell in asked.cells("export") if cell == asked.viewer.at or len(cell) == 9}
    return [("", got & set(CELLS), want)]


def _directory(asked: Asked) -> list[Triple]:
    mine = {UUID(key): one.cell for key, one in asked.world.of("row:appointment")}
    got = _ids(people.directory(asked.actor, now=NOW)) & set(mine)
    read = asked.holds("read", "admin_people")
    own = asked.viewer.at if asked.viewer.unit == "on" else ""  # the subject of a cell is posted in its first unit
    return [("", got, {one for one, cell in mine.items() if read(cell) or cell == own})]


def _recusals(asked: Asked) -> list[Triple]:
    got = set(people.recusals_touching(asked.actor).values_list("object_id", flat=True))
    return [("", got, {one.id for one in asked.world.cases.values() if oracle.keeps_away(asked.viewer, one)})]


def _seers(asked: Asked) -> list[Triple]:
    holds = asked.holds(*oracle.ASKERS)
    return [
        (
            cell,
            _or_none(lambda cell=cell: sight.who_sees_area(cell, viewer=asked.actor, now=NOW)) is not None,
            holds(cell),
        )
        for cell in CELLS
    ]


def _may_ask(asked: Asked) -> list[Triple]:
    holds = asked.holds(*oracle.ASKERS)
    return [(cell, sight.may_ask(asked.actor, cell), holds(cell)) for cell in CELLS]


def _versions(asked: Asked) -> list[Triple]:
    """The catalogue in force is open to all staff."""
    got = {one.number for one in matters.seen_by(asked.actor)}
    return [("", bool(got), True)]


def _switches(ask: Callable[[Actor], Iterable[UUID]], *, kind: str = "switch") -> Callable[[Asked], list[Triple]]:
    """Switches of limits, emergencies: of areas that a grant lies in, around or inside."""

    def asking(asked: Asked) -> list[Triple]:
        mine = {UUID(key): one for key, one in asked.world.of(kind)}
        got = {one for one in ask(asked.actor) if one in mine}
        return [("", got, {key for key, one in mine.items() if oracle.may(asked.viewer, one)})]

    return asking


def _accounts(asked: Asked) -> list[Triple]:
    rows = _all(lambda one: access.accounts(asked.actor, now=NOW, search="qz", page=one))
    mine = {UUID(key): one.cell for key, one in asked.own_of("account")}
    holds = asked.holds(*oracle.ASKERS)
    return [("", {one.account.pk for one in rows} & set(mine), {one for one, cell in mine.items() if holds(cell)})]


def _sign_ins(asked: Asked) -> list[Triple]:
    got = {one.account_id for one in _all(lambda one: access.sign_ins(asked.actor, page=one))}
    holds = asked.holds("secure", "audit")
    return [("", got, {one.key for one in asked.world.accounts if holds(one.at)})]


def _notices(asked: Asked) -> list[Triple]:
    got = _ids(_all(lambda one: notices.mine(asked.actor, page=one)))
    return [("", got, {asked.world.own["notice"][asked.viewer]})]


def _publics(asked: Asked) -> list[Triple]:
    got = _ids(_all(lambda one: notices.publics(asked.actor, page=one)))
    holds = asked.holds("dispatch", "decide")
    mine = {UUID(key): one for key, one in asked.world.of("paper", "public")}
    return [("", got & set(mine), {key for key, one in mine.items() if holds(one.cell) and one.thing == key})]


def _public_for(asked: Asked) -> list[Triple]:
    holds = asked.holds("dispatch", "decide")
    return [
        (one.cell, notices.public_for(one.thing, asked.actor) is not None, holds(one.cell))
        for key, one in asked.own_of("paper") if str(one.thing) == key
    ]  # fmt: skip


def _grants_in(asked: Asked) -> list[Triple]:
    got = _ids(_all(lambda one: people.grants_in(asked.actor, now=NOW, page=one)))
    holds = asked.holds(*oracle.ASKERS)
    return [("", got, {pk for pk, cell in _GRANTS() if holds(cell)})]


@cache
def _GRANTS() -> tuple[tuple[UUID, str], ...]:
    return tuple(RoleGrant.objects.values_list("pk", "area_code"))


def _live(asked: Asked) -> list[Triple]:
    """Whom the stream tells that a case moved: nobody who does not see it."""
    found: list[Triple] = []
    for one in asked.some:
        facts = {"case_id": str(one.id), "area_code": one.cell, "restricted": one.restricted}
        notice = case_moved(News(one.id, "cases.moved", NOW, facts))
        told = Notice.parse(notice.text())
        assert told is not None
        heard = {one.id} if told.concerns(asked.actor) else set()
        # Somebody who keeps away as a person hears that something moved in the unit, and sees none of it.
        away = oracle.keeps_away(asked.viewer, one) and oracle.works_in(asked.viewer) in {
            unit for unit, _ in one.orders
        }
        most = {one.id} if asked.sees(one) or away else set()
        found.append((f"{one.secrecy} {one.state}", heard, Within(frozenset(most))))
    return found


READS: dict[str, Callable[[Asked], list[Triple]]] = {
    "cases.queries.scope.branches_seen_by": _branches,
    "cases.queries.scope.area_branches": _area_branches,
    "cases.queries.scope.area_ways": _seen_by_area,
    "cases.queries.scope.seen_by_area": _seen_by_area,
    "cases.queries.scope.not_recused": _not_recused,
    "cases.queries.scope.seen_by": lambda asked: [("", _ids(scope.seen_by(asked.actor)), asked.seen)],
    "cases.queries.scope.one": lambda asked: _one_by_one(asked, lambda one: scope.one(one.id, asked.actor)),
    "cases.queries.scope.locked": _locked,
    "cases.queries.lists.cases_found": _found,
    "cases.queries.lists.counts_found": _counts,
    "cases.queries.lists.work_of": _work,
    "cases.queries.maps.open_in_box": _box,
    "cases.queries.tallies.board": _board,
    "insight.queries.figures.assess": _assessments,
    "insight.queries.rows.behind": _assessments,
    "insight.queries.figures.months_of": _months(insight.months_of),
    "insight.queries.figures.check_reads": _months(lambda actor, cell: figures.check_reads(actor, cell) is None),
    "insight.queries.scoring.scoring_of": _months(insight.scoring_of),
    "insight.queries.scoring.scoring": _each("scoring", "read", ask=insight.scoring),
    "insight.queries.ahead.ahead": _months(lambda actor, cell: insight.ahead(actor, cell, now=NOW)),
    "insight.queries.ahead.asked_today": _ahead,
    "insight.queries.ahead.red_by_tomorrow": _ahead,
    "cases.queries.lists.near": _near(lambda case, actor: [one.case.pk for one in lists.near(case, actor, now=NOW)]),
    "cases.queries.lists.taken_by": _taken,
    "cases.queries.lists.report_taken_by": _slip,
    "cases.queries.page.rows_of": lambda asked: _one_by_one(asked, lambda one: page.rows_of(one.id, asked.actor)),
    "cases.queries.page.photo": _photo,
    "cases.queries.page.near": _near(lambda case, actor: _ids(page.near(case, case.type_code, actor))),
    "cases.queries.page.linked": _near(_linked),
    "cases.queries.page.by_number": lambda asked: _one_by_one(
        asked, lambda one: page.by_number(one.number, asked.actor)
    ),
    "cases.queries.outside.whole": lambda asked: _one_by_one(asked, lambda one: outside.whole(one.id, asked.actor)),
    "cases.queries.outside.orders_found": _orders,
    "cases.queries.outside.order_seen": _order,
    "cases.queries.outside.report_seen": lambda asked: _one_by_one(
        asked, lambda one: outside.report_seen(one.report_id, asked.actor)
    ),
    "cases.queries.outside.seen_among": _among,
    "cases.queries.contracts.about_work": _contracts,
    "cases.queries.contracts.open_in": _of_quarter,
    "cases.queries.settled.precedents_for": _precedents,
    "cases.queries.whistles.rows_of": lambda asked: _one_by_one(
        asked, lambda one: whistles.rows_of(one.whistle_id, asked.actor)
    ),
    "cases.queries.errands.errand": lambda asked: [
        (
            f"{one.secrecy} {one.state}",
            _or_none(lambda one=one: errands.errand(one.errand_id, asked.actor)) is not None,
            asked.sees(one),
        )
        for one in asked.some
        if one.errand_id is not None
    ],
    "cases.queries.precedents.earlier_answers": _earlier_answers,
    "cases.queries.whistles.whistles_found": _whistles,
    "cases.queries.calltrees.run_seen_by": lambda asked: _one_by_one(
        asked, lambda one: calltrees.run_seen_by(one.tree_id, asked.actor)
    ),
    "cases.queries.whistles.figures": _whistle_figures,
    "cases.queries.tickets.rows_of": lambda asked: _one_by_one(
        asked, lambda one: tickets.rows_of(one.ticket_id, asked.actor)
    ),
    "cases.queries.tickets.tickets_found": _tickets,
    "cases.queries.tickets.sources_for": _sources,
    "cases.queries.incidents.incident": lambda asked: _one_by_one(
        asked, lambda one: incidents.incident(one.incident_id, asked.actor)
    ),
    "cases.queries.hot.listed": _hot_issues,
    "cases.queries.hot.issue": lambda asked: _one_by_one(
        asked,
        lambda one: hot.issue(one.hot_id, asked.actor),
        lambda one: not one.restricted and oracle.sees_by_place(asked.viewer, one),
    ),
    "cases.queries.hot.leads_to": lambda asked: _one_by_one(
        asked,
        lambda one: hot.leads_to(one.old_hot_id, asked.actor),
        lambda one: not one.restricted and oracle.sees_by_place(asked.viewer, one),
    ),
    "cases.queries.hot.row": lambda asked: _one_by_one(
        asked,
        lambda one: hot.row(one.hot_id, asked.actor),
        lambda one: not one.restricted and oracle.sees_by_place(asked.viewer, one),
    ),
    "cases.queries.hot.joinable": _hot_row(hot.joinable, _hot_seen),
    "cases.queries.hot.joined": _hot_row(hot.joined, _hot_seen),
    "cases.queries.hot.taken_out": _hot_row(hot.taken_out, lambda asked: asked.seen),
    "cases.queries.hot.calls_of": _hot_calls,
    "cases.queries.hot.of_case": _hot_of_case,
    "cases.queries.triage.looked_at": _judged,
    "cases.queries.twins.twins_of": _twins,
    "cases.queries.incidents.listed": _incidents,
    "cases.queries.incidents.calls_like": _likely_calls,
    "cases.queries.campaigns.campaigns": _campaigns,
    "cases.queries.campaigns.waiting_for": _spots_waiting,
    "cases.queries.campaigns.campaign": _one_campaign(Campaign, lambda key, actor: campaigns.campaign(key, actor)),
    "cases.queries.campaigns.spot": _one_campaign(CampaignSpot, lambda key, actor: campaigns.spot(key, actor)),
    "cases.by_people.sight_of": _sight,
    "cases.queries.calls.same_matter": _near(lambda case, actor: _ids(calls.same_matter(case, actor, now=NOW))),
    "cases.queries.asking.undecided": lambda asked: [
        ("", {case.pk for case, _one in asking.undecided(asked.actor, most=1000)}, Within(frozenset(asked.seen)))
    ],
    "cases.queries.watching.watched": _watching(
        lambda actor, code: set() if watching.watched(actor, code, now=NOW) is not None else None
    ),
    "cases.queries.watching.rows_behind": _watching(_watched_rows),
    "cases.queries.watching.promises": _watching(
        lambda actor, code: {one.case.pk for one in watching.promises(actor, code)}
    ),
    "cases.queries.checks.findings": _findings,
    "cases.queries.checks.returning_units": _returning,
    "desk.queries.filters_of": lambda asked: [
        ("", _ids(desk.filters_of(asked.actor)), {asked.world.own["filter"][asked.viewer]})
    ],
    "desk.queries.filter_by_id": _mine_alone("filter", lambda asked: lambda key: desk.filter_by_id(key, asked.actor)),
    "desk.queries.batches_of": lambda asked: [
        ("", _ids(_all(lambda one: desk.batches_of(asked.actor, page=one))), {asked.world.own["batch"][asked.viewer]})
    ],
    "desk.queries.batch_by_id": _mine_alone("batch", lambda asked: lambda key: desk.batch_by_id(key, asked.actor)),
    "desk.queries.exports_of": lambda asked: [
        ("", _ids(_all(lambda one: desk.exports_of(asked.actor, page=one))), _own_exports(asked))
    ],
    "desk.queries.export_by_id": lambda asked: [
        (str(key), desk.export_by_id(key, asked.actor) is not None, key in _own_exports(asked))
        for key in list(asked.world.own["case_export"].values())[:40] + [asked.world.own["case_export"][asked.viewer]]
    ],
    "desk.queries.hand_overs_of": lambda asked: [
        ("", _ids(_all(lambda one: desk.hand_overs_of(asked.actor, page=one))), _shifts(asked))
    ],
    "desk.queries.waiting_for": lambda asked: [("", _ids(desk.waiting_for(asked.actor)), _shifts(asked))],
    "desk.queries.hand_over_by_id": lambda asked: [
        (one.cell, desk.hand_over_by_id(UUID(key), asked.actor) is not None, UUID(key) in _shifts(asked))
        for key, one in asked.own_of("hand_over")
    ],
    "desk.queries.seen_cases": lambda asked: [
        (
            "",
            set(desk.seen_cases([one.id for one in asked.some], asked.actor)),
            {one.id for one in asked.some if asked.sees(one)},
        )
    ],
    "desk.shifts.facts_of": lambda asked: [
        (
            "",
            {
                UUID(key)
                for rows in facts_of(asked.actor, lists.work_of(asked.actor), now=NOW).values()
                for key, _told in rows
            },
            Within(frozenset(asked.seen)),
        )
    ],
    "desk.shifts.parts_of": lambda asked: [
        (
            "",
            {
                row.case.pk
                for part in parts_of({"red": [[str(one.id), ""] for one in asked.some]}, asked.actor, now=NOW)
                for row, _told in part.rows
            },
            {one.id for one in asked.some if asked.sees(one)},
        )
    ],
    "channels.queries.happened": _happened,
    "channels.queries.visible": _visible,
    "channels.live": _live,
    "desk.search.search": _search,
    "desk.search.straight_to": lambda asked: _one_by_one(
        asked, lambda one: desk_search.straight_to(one.number, asked.actor)
    ),
    "registers.queries.page": _register_pages,
    "registers.queries.count": _register_count,
    "registers.queries.holding": _register_holding,
    "registers.queries.one": _register_one,
    "registers.queries.many": _register_many,
    "registers.queries.export_rows": _register_export,
    "registers.queries.link_choices": _link_choices,
    "registers.queries.groups": _groups,
    "registers.queries.own_draft": _mine_alone(
        "sheet", lambda asked: lambda key: registers.own_draft(asked.actor, declared.get("estate"), key)
    ),
    "registers.queries.bulk_seen": _mine_alone(
        "bulk", lambda asked: lambda key: registers.bulk_seen(asked.actor, declared.get("estate"), key)
    ),
    "registers.declared.all_for": _register_all,
    "clients.queries.one": _mine_alone("client", lambda asked: lambda key: clients.one(key, asked.actor)),
    "clients.queries.own": lambda asked: [
        ("", _ids(clients.own(asked.actor)), {asked.world.own["client"][asked.viewer]})
    ],
    "clients.queries.offered_duties": lambda asked: [
        ("", {str(one) for one in clients.offered_duties(asked.actor)}, Within(oracle.duties(asked.viewer.role)))
    ],
    "clients.queries.offered_areas": lambda asked: [
        ("", set(clients.offered_areas(asked.actor)), Within(frozenset({asked.viewer.at})))
    ],
    "notices.queries.mine": _notices,
    "notices.queries.unread": lambda asked: [("", notices.unread(asked.actor), 1)],
    "notices.queries.one_of_mine": _mine_alone(
        "notice", lambda asked: lambda key: notices.one_of_mine(key, asked.actor)
    ),
    "notices.queries.dead": _by_cell(
        "dead", "admin_matters", ask=lambda asked: _ids(_all(lambda one: notices.dead(asked.actor, page=one)))
    ),
    "notices.queries.publics": _publics,
    "notices.queries.public_for": _public_for,
    "opendata.queries.exports": _by_cell("export", "export", ask=lambda asked: _ids(opendata.exports(asked.actor))),
    "opendata.queries.choices": _exports_offered,
    "people.queries.recusals_touching": _recusals,
    "people.queries.directory": _directory,
    "people.queries.requests_waiting": _by_cell(
        "grant_request",
        "admin_people",
        "secure",
        "lead",
        "audit",
        ask=lambda asked: _ids(people.requests_waiting(asked.actor)),
    ),
    "people.queries.grants_in": _grants_in,
    "people.sight.may_ask": _may_ask,
    "people.sight.who_sees_area": _seers,
    "people.sight.held_by": _each(
        "account", *oracle.ASKERS, ask=lambda actor, key: sight.held_by(key, viewer=actor, now=NOW)
    ),
    "places.queries.seen_areas": _seen_areas,
    "places.queries.tree": _tree,
    "places.queries.area_seen": _areas(places.area_seen),
    "places.queries.grids.grids": _areas(grids.grids),
    "places.queries.grids.nets": _areas(grids.nets),
    "places.queries.plans.seen": _by_cell(
        "plan", "read", "admin_places", ask=lambda asked: _ids(plans.seen(asked.actor))
    ),
    "places.queries.plans.plan": _each("plan", "read", "admin_places", ask=plans.plan),
    "places.queries.plans.plans": _by_cell(
        "plan", "read", "admin_places", ask=lambda asked: _ids(plans.plans(asked.actor))
    ),
    "places.queries.plans.plans_about": _areas(lambda actor, cell: plans.plans_about(actor, cell)),
    "matters.queries.seen_by": _versions,
    "matters.queries.versions_seen_by": lambda asked: [("", bool(matters.versions_seen_by(asked.actor)), True)],
    "matters.queries.knowledge.seen_by": _by_cell(
        "knowledge", "admin_matters", "approve_matters", ask=lambda asked: _ids(knowledge.seen_by(asked.actor))
    ),
    "matters.queries.knowledge.one": _each("knowledge", "admin_matters", "approve_matters", ask=knowledge.one),
    "matters.queries.knowledge.versions_of": _by_cell(
        "knowledge", "admin_matters", "approve_matters", ask=lambda asked: _texts(asked.actor)
    ),
    "matters.queries.knowledge.listed": _by_cell(
        "knowledge",
        "admin_matters",
        "approve_matters",
        ask=lambda asked: _ids(
            _all(lambda page: knowledge.listed(asked.actor, knowledge.Wanted(), today=NOW.date(), page=page))
        ),
    ),
    "notices.queries.digests": _by_cell(
        "digest", "admin_matters", ask=lambda asked: _ids(notices.digests(asked.actor))
    ),
    "cases.queries.emergencies.emergencies_seen_by": _switches(
        lambda actor: _ids(emergencies.emergencies_seen_by(actor)), kind="emergency"
    ),
    "cases.queries.emergencies.past": _switches(lambda actor: _ids(emergencies.past(actor)), kind="emergency"),
    "cases.queries.emergencies.shifts": _switches(
        lambda actor: [one.shift.pk for one in emergencies.shifts("99", actor, now=NOW)], kind="shift"
    ),
    "matters.queries.sets.switches_seen_by": _switches(lambda actor: _ids(limit_sets.switches_seen_by(actor))),
    "matters.queries.sets.switched": _switches(
        lambda actor: _ids(_all(lambda one: limit_sets.switched(actor, page=one)))
    ),
    "access.queries.accounts": _accounts,
    "access.queries.watched_account": _each(
        "account", *oracle.ASKERS, ask=lambda actor, key: access.watched_account(actor, key)
    ),
    "access.queries.sign_ins": _sign_ins,
    "access.queries.open_resets": _by_cell(
        "reset", *oracle.ASKERS, ask=lambda asked: _ids(access.open_resets(asked.actor))
    ),
    "access.queries.reviews": _by_cell(
        "review",
        *oracle.ASKERS,
        ask=lambda asked: [one.review.pk for one in access.reviews(asked.actor, today=NOW.date())] + _ITEMS(asked),
    ),
    "access.queries.review_of_item": _by_cell(
        "review",
        *oracle.ASKERS,
        ask=lambda asked: (
            [UUID(key) for key, one in asked.own_of("review") if asked.holds(*oracle.ASKERS)(one.cell)]
            + [pk for pk in _EVERY_ITEM() if access.review_of_item(pk, asked.actor) is not None]
        ),
    ),
    "access.queries.review": _by_cell(
        "review",
        *oracle.ASKERS,
        ask=lambda asked: (
            [UUID(key) for key, _one in asked.own_of("review") if access.review(asked.actor, UUID(key)) is not None]
            + _ITEMS(asked)
        ),
    ),
}


def _EVERY_ITEM() -> list[UUID]:
    from huying.access.models import ReviewItem

    return list(ReviewItem.objects.values_list("pk", flat=True))


def _ITEMS(asked: Asked) -> list[UUID]:
    """Items of reviews are marks of the same kind: as far as their review is seen."""
    from huying.access.models import ReviewItem

    holds = asked.holds(*oracle.ASKERS)
    return [pk for pk, code in ReviewItem.objects.values_list("pk", "review__area_code") if holds(code)]


NOT_A_READ: dict[str, str] = {
    "access.queries.watched": "the areas of a duty, no rows; `accounts` and others stand on it",
    "cases.queries.scope.units_worked_for": "the viewer's own units",
    "access.queries.may": "a yes or no over duties",
    "access.queries.review_areas": "codes of the viewer's own duties",
    "cases.panels.complaints": "draws what `about_work` gave",
    "cases.panels.quarter": "draws what `open_in` gave",
    "cases.queries.dues.cases_with_old_dues": "asked by the system alone",
    "cases.queries.emergencies.times_of": "cases of `seen_by` under a filter",
    "cases.queries.hot.may_correct": "a yes or no about an issue that was given",
    "cases.queries.calltrees.may_answer": "about a run that was given",
    "cases.queries.sharing.units_shared_by": "the viewer's own units",
    "cases.queries.dialling.may_dial": "a yes or no about a case that was given",
    "cases.queries.tickets.may": "a yes or no about a case that was given",
    "cases.queries.tickets.legal_moves": "about a ticket that was given",
    "cases.queries.tickets.answered_of": "`tickets_found` under a filter, of one source",
    "cases.queries.waiting.step_parts": "a part of the statement of `work_of`",
    "cases.queries.campaigns.areas_led": "codes of the viewer's own duties",
    "cases.queries.campaigns.leads": "a yes or no over duties",
    "cases.queries.campaigns.works_on": "about a place that was given",
    "cases.queries.campaigns.checks": "about a place that was given",
    "cases.queries.campaigns.may_move": "about a place that was given",
    "cases.queries.campaigns.facts_of": "about a place that was given",
    "cases.queries.campaigns.legal_moves": "about a place that was given",
    "cases.queries.campaigns.photo": "of a place as `spot` gives it",
    "cases.queries.campaigns.case_of": "one of `seen_by`",
    "cases.queries.whistles.parts_for": "about a whistle that was given",
    "cases.queries.errands.handles": "the actor's own duty for an order that was given",
    "cases.queries.whistles.legal_moves": "about a whistle that was given",
    "cases.queries.whistles.caller_units": "the actor's own units",
    "cases.queries.whistles.areas_led": "codes of the viewer's own duties",
    "cases.queries.exclusions.facts_of": "about a case that was given",
    "cases.queries.triage.counted": "asked with `looked_at`",
    "cases.queries.triage.judged": "asked with `looked_at`",
    "cases.queries.triage.weeks": "asked with `looked_at`",
    "cases.queries.triage.streets": "the viewer's own areas",
    "cases.queries.triage.models_of": "figures of the models of `streets`, which hold no case",
    "cases.queries.triage.model": "one of `models_of`",
    "cases.queries.twins.twins_of_words": "asked with `twins_of`",
    "cases.queries.scope.branch_by_orders": "one of `branches_seen_by`",
    "cases.queries.scope.branch_taken": "one of `branches_seen_by`",
    "cases.queries.scope.branches_beyond": "some of `branches_seen_by`",
    "cases.queries.scope.restricted_branches": "some of `branches_seen_by`",
    "cases.queries.scope.restricted_ways": "the conditions of `restricted_branches`",
    "cases.queries.scope.in_ways": "the conditions of `area_branches`",
    "cases.queries.lists.open_branches": "`branches_seen_by` under a filter; `cases_found` stands on it",
    "cases.queries.lists.found_beyond": "SQL that stands before `open_branches`",
    "cases.queries.lists.street_looked_at": "a code over the viewer's own areas",
    "cases.queries.lists.branches_found": "`branches_seen_by` under a filter; `cases_found` stands on it",
    "cases.queries.outside.hides_callers": "about a case that was given",
    "desk.filters.map_area": "an area code",
    "desk.queries.all_exportable": "a yes or no about cases of the viewer's own file",
    "desk.links.cases_in": "an address",
    "desk.mine.possible_tasks": "words of the viewer's duties",
    "desk.mine.works_by_order": "words of the viewer's duties",
    "desk.mine.cells_of": "about rows that were given",
    "desk.triage.other_moves": "about a case that was given",
    "desk.triage.choices_of": "about a docket that was given, of units that were given",
    "desk.triage.may_dispatch": "about a case that was given",
    "kernel.lying.page_of": "an address",
    "places.lying.register_page": "an address",
    "matters.queries.version": "by number out of `seen_by`",
    "matters.queries.draft": "out of `seen_by`",
    "matters.queries.sets.switches_on": "out of `switches_seen_by`",
    "cases.queries.emergencies.emergency": "out of `emergencies_seen_by`",
    "cases.queries.emergencies.told_to": "those of `emergencies_seen_by` that go on, from memory",
    "cases.queries.emergencies.reported": "`seen_by` under a filter",
    "cases.queries.emergencies.resources": "rows of a register in the viewer's areas, as the register's own pages",
    "cases.queries.dues.cases_under": "asked by the system alone",
    "places.queries.plans.moving": "counts for a plan that was given",
    "registers.declared.panels_of": "about a row that was given",
    "registers.filters.chips_of": "words of a filter that was given",
    "registers.queries.has_any": "a yes or no over registers",
}

_ROOMS = frozenset({"actions", "views", "forms", "api", "migrations", "commands", "templatetags", "listeners", "jobs"})


def declared_reads() -> dict[str, Any]:
    """Every function of the product that takes a viewer, by its name below `huying`."""
    found = {}
    for one in pkgutil.walk_packages(huying.__path__, "huying."):
        parts = one.name.split(".")
        if set(parts) & _ROOMS or parts[1] == "cli":
            continue
        module = importlib.import_module(one.name)
        for name, act in vars(module).items():
            if not inspect.isfunction(act) or act.__module__ != one.name or name.startswith("_"):
                continue
            takes = inspect.signature(act).parameters
            if "viewer" in takes or ("actor" in takes and {"queries", "search", "sight"} & set(parts)):
                found[f"{one.name[7:]}.{name}"] = act
    return found


def undeclared_reads() -> list[str]:
    return sorted(set(declared_reads()) - set(READS) - set(NOT_A_READ))


def ask(
    world: World, viewer: Viewer, name: str, rng: random.Random, *, some: int
) -> Iterator[tuple[str, int, int, int]]:
    """One function for one viewer: (words, leaks, hidden, compared)."""
    every = list(world.cases.values())
    asked = Asked(world, viewer, world.actor(viewer), rng, rng.sample(every, min(some, len(every))))
    for words, got, want in READS[name](asked):
        if isinstance(want, Within):
            came = got if isinstance(got, (set, frozenset)) else {got}
            yield words, len(came - want.most), 0, max(len(want.most), 1)
        elif isinstance(got, (set, frozenset)):
            yield words, len(got - want), len(want - got), max(len(want | got), 1)
        else:
            yield words, int(got > want), int(got < want), 1


_ = (CAST, Report, AreaPlan)
