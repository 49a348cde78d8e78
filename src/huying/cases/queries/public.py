"""Reads for the public and for holders of a tracking code: from an allow-list, never another caller's words.

A case is *listed* if it is closed and reviewed for a day, of a type that lies in public space, restricted for
nobody, and nobody of its reporters keeps it private. What is listed shows type, coarse place, unit, time and the
handler's own pictures; a caller's words, photos, name and exact place are not read here at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import hypot
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from huying.audit import queries as audit
from huying.audit.models import History
from huying.cases.codes import hash_of
from huying.cases.models import IS_OPEN, Addition, Answer, Case, ContactAttempt, Feedback, Remark, Report, WorkOrder
from huying.cases.queries.scope import within
from huying.cases.rules import LIVE_ORDERS, ContactKind, OrderRole, OrderState, State, Verb
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.files import queries as files
from huying.files.models import Attachment
from huying.files.rules import IMAGES, FilePurpose
from huying.kernel.ids import is_tracking_code
from huying.kernel.paging import Page
from huying.kernel.ready import Fixed
from huying.matters import queries as matters
from huying.matters.models import MatterType
from huying.matters.rules import FlowKind, Step
from huying.places import queries as places
from huying.places.models import Estate
from huying.places.rules import metres_between
from huying.triage.masking import mask

SHOWN_AFTER = timedelta(hours=24)
SHOWN_FOR = timedelta(days=90)
ALIKE = 5  # fewer of a kind in a grid: the place is named no finer than its community
LIKELY_WITHIN = timedelta(days=30)
LIKELY_METRES = 300
ESTATE_METRES = 400  # from the point of an estate: what lies farther is not named by it
MOST_LIKELY = 3
GRID, COMMUNITY = 15, 12
WORK_PHOTOS = (FilePurpose.BEFORE, FilePurpose.AFTER)


# One's own report, by its code


def report_by_code(code: str) -> Report | None:
    """The report with this tracking code; None for anything that is no code or nobody's."""
    if not is_tracking_code(code):
        return None
    return Report.objects.select_related("case").defer("case__search").filter(code_hash=hash_of(code)).first()


def reports_of(report_ids: Iterable[UUID]) -> list[Report]:
    """These reports with their cases, the newest first; the caller has shown that they are the viewer's own."""
    rows = Report.objects.filter(pk__in=list(report_ids)).select_related("case").defer("case__search")
    return list(rows.order_by("-received_at", "-pk"))


@dataclass
class Own:
    """What the holder of a report's code reads: the own words, and of the case what is meant for its reporters."""

    report: Report
    case: Case
    reports: list[Report]  # all of the case: what one may do can hang on the others, of whom nothing is shown
    orders: list[WorkOrder]
    additions: list[Addition]
    answers: list[Answer]  # reviewed ones, the last first
    feedback: list[Feedback]  # of this report
    all_feedback: list[Feedback]  # of the case
    contacts: list[ContactAttempt]  # with this reporter, or with all
    photos: list[Attachment]
    papers: list[Attachment]  # the reporter's own documents and recordings
    work_photos: list[Attachment]
    clocks: list[Clock]  # of the case, running or not, the oldest first
    history: list[History] = field(default_factory=list)
    parts: list[Case] = field(default_factory=list)  # that were split from it, the first first
    question: str = ""  # what this reporter is asked for and has not answered

    @property
    def answer(self) -> Answer | None:
        return self.answers[0] if self.answers else None

    @property
    def lead(self) -> WorkOrder | None:
        """The lead order that is live, or the last that was finished."""
        leads = [each for each in self.orders if each.role == OrderRole.LEAD]
        live = [each for each in leads if each.state in LIVE_ORDERS]
        done = [each for each in leads if each.state == OrderState.COMPLETED]
        chosen = live or done
        return chosen[-1] if chosen else None


# The holder of a code sees the case of its report, and that alone: this is `scope`, read with the rows.
_VOICES = Fixed(
    lambda report_id: (
        Report.objects.filter(case_id__in=Report.objects.filter(pk=report_id).values("case_id"))
        .select_related("case")
        .defer("case__search")
        .order_by("received_at", "id")
    )
)
_SAID = Fixed(
    lambda case_id, report_id: Feedback.objects.filter(Q(case_id=case_id) | Q(report_id=report_id)).order_by(
        "said_at", "id"
    )
)
_ORDERS = Fixed(
    lambda case_id: WorkOrder.objects.filter(case_id=case_id).select_related("unit").order_by("offered_at", "id")
)
_REVIEWED = Fixed(
    lambda case_id: Answer.objects.filter(case_id=case_id, reviewed_at__isnull=False, sent_back_at=None).order_by(
        "-reviewed_at", "-id"
    )
)
_CLOCKS = Fixed(
    lambda case_id: Clock.objects.filter(object_kind="case", object_id=case_id).order_by("started_at", "id")
)
_ADDITIONS = Fixed(lambda report_id: Addition.objects.filter(report_id=report_id).order_by("added_at", "id"))
_CONTACTS = Fixed(
    lambda case_id, report_id: ContactAttempt.objects.filter(
        Q(report_id=report_id) | Q(report=None), case_id=case_id, kind=ContactKind.FIRST
    ).order_by("made_at", "id")
)


def own(report_id: UUID) -> Own | None:
    """Everything the status page reads, as the one who holds this report's code."""
    reports = _VOICES(report_id)
    report = next((each for each in reports if each.pk == report_id), None)
    if report is None:
        return None
    case = report.case
    said = _SAID(case.pk, report.pk)
    orders = _ORDERS(case.pk)
    answers = _REVIEWED(case.pk)
    case_clocks = clocks.with_stretches(_CLOCKS(case.pk))
    kept = files.every_of({"report": [report.pk], "case": [case.pk], "order": [each.pk for each in orders]})
    photos = files.photos_in(kept)
    return Own(
        report=report,
        case=case,
        reports=reports,
        orders=orders,
        additions=_ADDITIONS(report.pk),
        answers=answers,
        feedback=[each for each in said if each.report_id == report.pk],
        all_feedback=[each for each in said if each.case_id == case.pk],
        contacts=_CONTACTS(case.pk, report.pk),
        photos=[each for each in photos if each.owner_kind == "report"],
        papers=[each for each in kept if each.owner_kind == "report" and each.kind not in IMAGES],
        work_photos=_fit_to_leave(case, answers, photos),
        clocks=list(case_clocks),
        question=_question(case, report),
        parts=_parts(case, reports),
        history=sorted(audit.history_of("case", [case.pk]), key=lambda line: line.pk),
    )


def _parts(case: Case, reports: Sequence[Report]) -> list[Case]:
    """What the case was split into. Where several reported it, nobody reads what one of them told in confidence."""
    if not case.parts:
        return []
    rows = Case.objects.defer("search").filter(part_of=case)
    if len(reports) > 1 and not case.restricted:
        rows = rows.filter(restricted=False)
    return list(rows.order_by("received_at", "pk"))


def _question(case: Case, report: Report) -> str:
    """Staff's own words, meant for the one reporter who is asked."""
    if case.asked_report_id != report.pk:
        return ""
    last = Remark.objects.filter(case=case, verb=Verb.ASK_REPORTER).order_by("made_at", "pk").last()
    return last.words if last is not None else ""


def _fit_to_leave(case: Case, answers: Sequence[Answer], photos: Iterable[Attachment]) -> list[Attachment]:
    """The handler's pictures that left the house with a reviewed answer; of a matter settled on the spot, all."""
    until = answers[0].reviewed_at if answers else case.ended_at if case.state == State.CLOSED else None
    return [
        each
        for each in photos
        if each.owner_kind in ("case", "order")
        and each.purpose in WORK_PHOTOS
        and until is not None
        and each.added_at <= until
    ]


def own_photo(report_id: UUID, file_id: UUID) -> Attachment | None:
    """One file of the own status page: of the report, or a picture of the work once it was reviewed."""
    found = own(report_id)
    shown = [*found.photos, *found.papers, *found.work_photos] if found is not None else []
    return next((each for each in shown if each.pk == file_id), None)


# What everybody may see


def listed_types() -> dict[str, MatterType]:
    """Types whose ends may stand in public: of public space and counted, so nothing inside homes and no disputes."""
    return {
        kind.code: kind
        for kind in matters.active_types()
        if kind.public and kind.scored and not kind.confidential and kind.flow == FlowKind.CITY
    }


def _listed(area_code: str, unlisted: QuerySet[Any], *, now: datetime) -> QuerySet[Case]:
    """`unlisted` gives the ids of cases that a reporter keeps private."""
    reviewed = Answer.objects.filter(case=OuterRef("pk"), reviewed_at__isnull=False, sent_back_at=None)
    return (
        Case.objects.defer("search")
        .filter(
            within([area_code]), Exists(reviewed), state=State.CLOSED, restricted=False, imported=False, drill=False
        )
        .filter(type_code__in=list(listed_types()), unplaced=False, outside=False)
        .filter(ended_at__lte=now - SHOWN_AFTER, received_at__gte=now - SHOWN_FOR)
        .exclude(pk__in=unlisted)
    )


@dataclass(frozen=True)
class Card:
    """One matter that ended well, as everybody may see it."""

    type_name: str
    place: str
    unit: str
    words: str
    took: timedelta
    ended_at: datetime
    before: UUID | None
    after: UUID | None


def closed_nearby(area_code: str, *, unlisted: QuerySet[Any], now: datetime, page: Page[Case]) -> list[Card]:
    """Listed cases of an area, the newest first, one page: six statements for any number."""
    cases = page.of([_listed(area_code, unlisted, now=now)], order=("-received_at", "-id"))
    if not cases:
        return []
    alike = _alike(area_code, now=now)
    return _cards(cases, {case.pk: places.name_of(_coarse(case, alike)) for case in cases}, now=now)


def _cards(cases: Sequence[Case], named: Mapping[UUID, str], *, now: datetime) -> list[Card]:
    """The cards of listed cases; `named`: what everybody may read of where each lies."""
    ids = [case.pk for case in cases]
    orders = list(
        WorkOrder.objects.filter(case_id__in=ids, role=OrderRole.LEAD, state=OrderState.COMPLETED)
        .select_related("unit")
        .order_by("offered_at", "id")
    )
    units = {order.case_id: order.unit.name for order in orders}
    answers: dict[UUID, Answer] = {}
    for each in Answer.objects.filter(case_id__in=ids, reviewed_at__isnull=False, sent_back_at=None).order_by(
        "reviewed_at", "id"
    ):
        answers[each.case_id] = each
    said: dict[UUID, list[str]] = {}
    for case_id, words in Report.objects.filter(case_id__in=ids).order_by("pk").values_list("case_id", "words"):
        said.setdefault(case_id, []).append(words)
    pictures = _pictures(cases, answers)
    types = listed_types()
    return [
        Card(
            type_name=types[case.type_code].name,
            place=named[case.pk],
            unit=units.get(case.pk, ""),
            words=fit_for_all(answers[case.pk].words, said.get(case.pk, [])),
            took=(case.ended_at or now) - case.received_at,
            ended_at=case.ended_at or now,
            before=pictures.get((case.pk, FilePurpose.BEFORE)),
            after=pictures.get((case.pk, FilePurpose.AFTER)),
        )
        for case in cases
    ]


@dataclass(frozen=True)
class WallPart:
    """The answers of one estate, or of a community's places that lie in none; the latest first."""

    name: str
    cards: list[Card]


def wall(area_code: str, *, unlisted: QuerySet[Any], now: datetime, page: Page[Case]) -> list[WallPart]:
    """公示墙: answers that may be read by everybody, by estate, one page; no place finer than the estate is named.

    What is listed nearby stands here, where its answer names nobody, no home and quotes no caller.
    """
    cases = page.of([_listed(area_code, unlisted, now=now)], order=("-received_at", "-id"))
    if not cases:
        return []
    estates = places.estates_across({case.area_code[:GRID] for case in cases})
    named = {case.pk: _estate_of(case, estates) or places.name_of(case.area_code[:COMMUNITY]) for case in cases}
    found: dict[str, list[Card]] = {}
    for card in _cards(cases, named, now=now):
        if card.words:
            found.setdefault(card.place, []).append(card)
    return [WallPart(name, cards) for name, cards in sorted(found.items())]


def _estate_of(case: Case, estates: Iterable[Estate]) -> str:
    """The estate that a case lies at: the nearest of its grid where points tell, the only one else; "" for none."""
    grid = case.area_code[:GRID]
    there = [one for one in estates if grid in (one.area_code, *one.grid_codes)]
    if case.lng is None or case.lat is None:
        return there[0].name if len(there) == 1 else ""
    metres = {one.pk: _metres(case, one) for one in there}
    near = [one for one in there if metres[one.pk] <= ESTATE_METRES]
    return min(near, key=lambda one: (metres[one.pk], one.name)).name if near else ""


def _metres(case: Case, estate: Estate) -> float:
    if case.lng is None or case.lat is None or estate.lng is None or estate.lat is None:
        return ESTATE_METRES + 1.0
    return hypot(*metres_between(case.lng, case.lat, estate.lng, estate.lat))


def _pictures(cases: Sequence[Case], answers: dict[UUID, Answer]) -> dict[tuple[UUID, str], UUID]:
    """The last picture before and after of each case's handlers."""
    owners = dict(WorkOrder.objects.filter(case__in=cases).order_by("pk").values_list("pk", "case_id"))
    owners |= {case.pk: case.pk for case in cases}
    found: dict[tuple[UUID, str], UUID] = {}
    for each in files.of_all({"order": list(owners), "case": [case.pk for case in cases]}):
        case_id = owners[each.owner_id]
        reviewed = answers[case_id].reviewed_at
        if each.purpose in WORK_PHOTOS and reviewed is not None and each.added_at <= reviewed:
            found[case_id, each.purpose] = each.pk
    return found


def _alike(area_code: str, *, now: datetime) -> Counter[tuple[str, str]]:
    """How many of each type a grid had in the window."""
    rows = Case.objects.filter(
        within([area_code]), restricted=False, drill=False, type_code__in=list(listed_types()),
        received_at__gte=now - SHOWN_FOR,
    )  # fmt: skip
    found: Counter[tuple[str, str]] = Counter()
    counted = rows.order_by().values("type_code", "area_code").annotate(count=Count("pk"))
    for type_code, code, count in counted.values_list("type_code", "area_code", "count"):
        found[type_code, code[:GRID]] += count
    return found


def _coarse(case: Case, alike: Counter[tuple[str, str]]) -> str:
    grid = case.area_code[:GRID]
    return grid if alike[case.type_code, grid] >= ALIKE else case.area_code[:COMMUNITY]


def public_photo(file_id: UUID, *, unlisted: QuerySet[Any], now: datetime) -> Attachment | None:
    """A handler's picture of a listed case; everything else is None."""
    found = Attachment.objects.filter(
        pk=file_id, owner_kind__in=("case", "order"), purpose__in=WORK_PHOTOS, kind__in=IMAGES, emptied_at=None
    ).first()
    if found is None:
        return None
    case_id = found.owner_id
    if found.owner_kind == "order":
        case_id = WorkOrder.objects.filter(pk=found.owner_id).values_list("case_id", flat=True).first() or case_id
    case = _listed("", unlisted, now=now).filter(pk=case_id).first()
    if case is None:
        return None
    answer = (
        Answer.objects.filter(case=case, reviewed_at__isnull=False, sent_back_at=None).order_by("reviewed_at").last()
    )
    fit = answer is not None and answer.reviewed_at is not None and found.added_at <= answer.reviewed_at
    return found if fit else None


# Bounded as the text is, and beginning at one character: a pattern may not grow faster than what it reads.
_PERSONAL = re.compile(
    r"\d[\d\s\-]{6,200}\d|[\w.+-]@[\w-]+\.\w|女士|先生|小姐|阿姨|叔叔|大爷|大妈|大姐|大哥|奶奶|爷爷|伯伯|老师|同志|身份证|微信号"
    r"|某|[\u4e00-\u9fff][A-Z][A-Z0-9]{5}"
    r"|[\d一二三四五六七八九十]\s{0,200}(?:号楼|栋|幢|单元|室|房)|业主|住户|投诉人|诉求人|反映人|来电人|举报人"
)
_WINDOW = 8


def fit_for_all(words: str, callers_words: Iterable[str]) -> str:
    """An answer as everybody may read it, or "" where it may name a person, a home, or quote a caller."""
    text = " ".join(words.split())
    if not text or len(text) > 200 or _PERSONAL.search(text) or mask(text) != text or quotes(text, callers_words):
        return ""
    return text


def quotes(words: str, callers_words: Iterable[str]) -> bool:
    """Whether a run of eight characters of the words stands in what a caller said."""
    text = " ".join(words.split())
    runs = [text[place : place + _WINDOW] for place in range(max(len(text) - _WINDOW + 1, 1))]
    return any(run in plain for plain in (" ".join(said.split()) for said in callers_words) for run in runs)


# What is held


@dataclass(frozen=True)
class HeldLine:
    """One matter on which nothing can be done for now, as everybody may see it."""

    type_name: str
    community: str
    reason: str  # one of HoldReason
    since: datetime
    until: date


def held(area_code: str, *, unlisted: QuerySet[Any], now: datetime, page: Page[Case]) -> list[HeldLine]:
    """Matters of an area that have been held for a day, the latest first, one page: types that may stand in public,
    restricted for nobody, named by community; no number, no word of anybody, no point. Whoever asks for a grid is told
    of its community."""
    types = listed_types()
    rows = Case.objects.defer("search").filter(
        within([area_code[:COMMUNITY]]), held_since__lte=now - SHOWN_AFTER, type_code__in=list(types),
        restricted=False, imported=False, drill=False, unplaced=False, outside=False,
    )  # fmt: skip
    cases = page.of([rows.exclude(pk__in=unlisted)], order=("-held_since", "-id"))
    return [
        HeldLine(
            type_name=types[case.type_code].name,
            community=places.name_of(case.area_code[:COMMUNITY]),
            reason=case.held_reason,
            since=case.held_since,
            until=case.held_until,
        )
        for case in cases
        if case.held_since is not None and case.held_until is not None
    ]


# Likely the same matter, before one more is sent


@dataclass(frozen=True)
class Likely:
    """An open matter that may be the same: what it is, roughly where, where it stands. Nothing of who said it."""

    case_id: UUID
    type_code: str
    type_name: str
    place: str
    state: str
    unit: str
    due_at: datetime | None
    received_at: datetime
    voices: int


def likely(
    *,
    area_code: str,
    type_codes: Sequence[str],
    lng: float | None = None,
    lat: float | None = None,
    grid_code: str = "",
    now: datetime,
) -> list[Likely]:
    """Open matters of the same type beside the point (or in the grid), the nearest first; confidential ones never."""
    types = {
        code: kind
        for code, kind in matters.types_of(type_codes).items()
        if kind.public and kind.scored and not kind.confidential
    }
    if not types:
        return []
    rows = Case.objects.defer("search").filter(
        within([area_code]),
        IS_OPEN,
        type_code__in=list(types),
        restricted=False,
        imported=False,
        drill=False,
        unplaced=False,
        received_at__gte=now - LIKELY_WITHIN,
        received_at__lte=now,
    )
    near: list[tuple[float, Case]] = []
    if lng is not None and lat is not None:
        reach = 0.005
        box = rows.filter(lng__range=(lng - reach, lng + reach), lat__range=(lat - reach, lat + reach))
        for case in box.order_by("-received_at", "-id")[:200]:
            if case.lng is not None and case.lat is not None:
                east, north = metres_between(lng, lat, case.lng, case.lat)
                near.append(((east**2 + north**2) ** 0.5, case))
        near = [pair for pair in near if pair[0] <= LIKELY_METRES]
    elif len(grid_code) >= GRID:
        near = [(0.0, case) for case in rows.filter(within([grid_code])).order_by("-received_at", "-id")[:MOST_LIKELY]]
    near.sort(key=lambda pair: pair[0])
    cases = [case for _metres, case in near[:MOST_LIKELY]]
    if not cases:
        return []
    orders = WorkOrder.objects.filter(case__in=cases, role=OrderRole.LEAD, state__in=[str(s) for s in LIVE_ORDERS])
    units = {order.case_id: order.unit.name for order in orders.select_related("unit")}
    voices = Counter(Report.objects.filter(case__in=cases, withdrawn_at=None).values_list("case_id", flat=True))
    return [
        Likely(
            case_id=case.pk,
            type_code=case.type_code,
            type_name=types[case.type_code].name,
            place=places.name_of(case.area_code[:GRID]),
            state=case.state,
            unit=units.get(case.pk, ""),
            due_at=case.due_at if case.due_step == Step.HANDLE else None,
            received_at=case.received_at,
            voices=voices[case.pk],
        )
        for case in cases
    ]


# Figures


@dataclass(frozen=True)
class Figures:
    """What came in during a time, and what became of it by now."""

    received: int
    ended: int
    on_time: int
    late: int
    going_on: int


def figures(area_code: str, *, since: datetime, until: datetime) -> Figures:
    """Counts of an area: calls received in [since, until); restricted, imported, merged and void ones are left out."""
    rows = Case.objects.filter(
        within([area_code]),
        received_at__gte=since,
        received_at__lt=until,
        restricted=False,
        imported=False,
        drill=False,
    ).exclude(state__in=(State.MERGED, State.VOIDED))
    # More time that was granted changes no figure: it is the first limit that was kept or not.
    too_late = Clock.objects.filter(
        object_kind="case", object_id=OuterRef("pk"), step=Step.HANDLE,
        stopped_at__gt=Coalesce(F("first_due_at"), F("due_at")),
    )  # fmt: skip
    ended = rows.filter(state__in=(State.CLOSED, State.ANSWERED, State.DECLINED, State.TRANSFERRED, State.WITHDRAWN))
    late = ended.filter(Exists(too_late)).count()
    received, done = rows.count(), ended.count()
    return Figures(received=received, ended=done, on_time=done - late, late=late, going_on=received - done)
