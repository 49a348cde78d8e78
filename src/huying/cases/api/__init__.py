"""Cases for programs: lists with the desk's filters, one case whole, its orders, clocks, photos and legal moves."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query
from pydantic import Field

from huying.cases.actions.acting import at_hand, opened
from huying.cases.casefile import subject_at_hand, subject_of
from huying.cases.forms import DeskMove, MoveForm, Subject, legal_moves, move_named, walk
from huying.cases.forms.schema import Held, data_of, schema_of
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries import lists, maps, outside
from huying.cases.queries import page as pages
from huying.cases.queries.lists import FLAGS, Wanted
from huying.cases.queries.maps import Box
from huying.cases.rules import FLOW, PAUSES, Channel, OrderRole, OrderState, State, state_label
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.files import responses
from huying.files.forms import FilesField
from huying.kernel.api import (
    AreaCode,
    Cursor,
    In,
    Limit,
    Line,
    Listed,
    Moment,
    OneOf,
    Out,
    Router,
    Slug,
    Words,
    Written,
    actor_of,
    holder_of,
    uuid_key,
)
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.matters import queries as matters
from huying.people.queries import masked_of
from huying.places import queries as places

router = Router("cases")

ID = "0198c0de-0000-7000-8000-000000000000"
Wide = Annotated[str, OneOf(["open", "ended", "all", *State])]
OrderWord = Annotated[str, OneOf(["live", "all", *OrderState])]
ChannelWord = Annotated[str, OneOf(Channel)]
FlagWord = Annotated[str, OneOf([*sorted(FLAGS), "returned_twice"])]
LightWord = Literal["red", "yellow", "green", "still"]


class CaseRow(Out):
    """One matter, as a list shows it."""

    id: UUID = Field(examples=[ID])
    number: str = Field(examples=["20261020-003-0042K"])
    title: str = Field(examples=["榕树路口的垃圾桶满了"])
    state: str = Field(description="one of the case states", examples=["in_hand"])
    state_label: str = Field(description="as people of its flow call it", examples=["办理中"])
    flow: str
    channel: str
    area_code: str = Field(examples=["440105001001001"])
    place: str = Field(examples=["榕树社区 · 榕树第一网格"])
    place_words: str
    lng: float | None = Field(description="WGS84 degrees east")
    lat: float | None = Field(description="WGS84 degrees north")
    unplaced: bool = Field(description="no place is known yet; `area_code` is that of the desk")
    type_code: str = Field(examples=["0103"])
    type_name: str = Field(examples=["垃圾桶满溢或破损"])
    grade: str = Field(examples=["ordinary"])
    danger: str = Field(description="the number to call first (110, 119, 120, 122, 12356) where words tell of danger")
    confidential: bool
    round: int = Field(ge=1)
    version: int = Field(description="grows with every move; send it with a move to be told if somebody was faster")
    received_at: datetime
    moved_at: datetime
    ended_at: datetime | None
    due_at: datetime | None = Field(description="when the present step is due; null while its clock stands still")
    yellow_at: datetime | None
    due_step: str
    held_since: datetime | None = Field(description="null unless nothing can be done for now")
    held_until: date | None = Field(description="the day on which somebody looks again")
    held_reason: str = Field(description="one of the reasons of a hold; empty without", examples=["project"])
    excluded: bool = Field(description="left out of scores by two persons")
    exclusion: str = Field(description="asked or seconding while somebody is to decide on that; else empty")
    lead_unit: str = Field(description="name of the unit that has the lead in this round", examples=["街道环卫站"])
    lead_unit_id: UUID | None


class CasePage(Listed):
    items: list[CaseRow]


class OrderOut(Out):
    """One unit's job in one round of a case."""

    id: UUID
    case_id: UUID
    unit_id: UUID
    unit: str
    role: str = Field(examples=["lead"])
    state: str = Field(examples=["accepted"])
    round: int
    clause: str
    instruction: str
    result: str
    offered_at: datetime
    sign_in_due: datetime | None
    accepted_at: datetime | None
    done_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    given_to_id: UUID | None = Field(description="the unit's handler who has it in hand; null while nobody has")
    headed_at: datetime | None = Field(description="in a further round: when the unit's head took part")


class OrderPage(Listed):
    items: list[OrderOut]


class ReportOut(Out):
    """One voice. The caller is masked; nothing here opens contact data."""

    id: UUID
    case_id: UUID
    channel: str
    words: str
    received_at: datetime
    reply_by: str
    caller: str = Field(description="masked name and last digits, or that both are hidden", examples=["刘** 尾号 0000"])
    withdrawn_at: datetime | None


class ClockOut(Out):
    """A clock, and why it is due then."""

    id: UUID
    object_kind: str = Field(examples=["case"])
    object_id: UUID
    step: str = Field(description="`stage_1`, `stage_2` … of a staged limit", examples=["handle"])
    limit: str = Field(description="as the catalogue writes it", examples=["24h"])
    extended: str = Field(description="granted on top, in the limit's own kind of time; empty without", examples=["2d"])
    first_due_at: datetime | None = Field(description="when it would be due without; null where nothing was granted")
    source: str
    started_at: datetime
    due_at: datetime
    yellow_at: datetime
    paused_at: datetime | None
    stopped_at: datetime | None
    provisional: bool = Field(description="counts days of a year whose calendar is not published yet")
    light: str = Field(examples=["green"])
    used_percent: int = Field(ge=0)
    stretches: list[StretchOut]
    explain: list[ExplainLine]


class StretchOut(Out):
    """A time during which a clock ran or stood still."""

    kind: str = Field(examples=["running"])
    began_at: datetime
    ended_at: datetime | None = Field(description="null while it goes on")
    reason: str = Field(description="why it stood still", examples=["街道审核期间"])


class ExplainLine(Out):
    term: str = Field(examples=["起点"])
    words: str = Field(examples=["今天 09:00 起算"])


class CaseOut(CaseRow):
    """One matter whole."""

    answer: str = Field(description="what the callers were told")
    outcome: str
    nudges: int
    supervision: str = Field(description="`set` while a unit is to report back, `reported` until somebody looked")
    supervisions: int
    merged_into_id: UUID | None
    follows_id: UUID | None
    part_of_id: UUID | None = Field(description="the case that this part was split from")
    parts: int = Field(description="how many parts were split from it; it ends after all of them")
    orders: list[OrderOut]
    reports: list[ReportOut]
    clocks: list[ClockOut]


class MoveOut(Out):
    """A legal move of this case for this token, and its form."""

    verb: str = Field(examples=["dispatch"])
    label: str = Field(examples=["派单"])
    beside: bool = Field(description="beside the flow: not what comes next")
    values: dict[str, Any] = Field(description="JSON schema (2020-12) of `values` of the move")


class MovesOut(Out):
    case_id: UUID
    state: str
    version: int
    moves: list[MoveOut]


class MoveIn(In):
    """One move. `values` follow the schema that the list of legal moves gives."""

    values: dict[
        Annotated[str, Field(max_length=60)],
        Annotated[Words, Field(max_length=10_000)]
        | bool
        | Annotated[int, Field(ge=-(2**53), le=2**53)]
        | Annotated[float, Field(allow_inf_nan=False)]
        | Annotated[list[Line], Field(max_length=100)]
        | None,
    ] = Field(default_factory=dict, max_length=60, examples=[{"reason": "离学校太近，先处理"}])
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="the version that the move was decided on; another one is refused with `conflict`"
    )


class Moved(Written):
    """Where the case stands after the move."""

    case_id: UUID
    number: str
    state: str
    round: int
    version: int
    moved_at: datetime


class EventLine(Out):
    """One line of a case's history."""

    id: int
    at: datetime
    kind: str = Field(examples=["case"])
    verb: str = Field(examples=["dispatch"])
    from_state: str
    to_state: str
    actor_kind: str = Field(examples=["person"])


class HistoryOut(Out):
    items: list[EventLine]


class FileOut(Out):
    """A photo of a case. Fetch it under `/cases/{case_id}/files/{file_id}`."""

    id: UUID
    owner_kind: str = Field(examples=["report"])
    owner_id: UUID
    purpose: str = Field(examples=["before"])
    content_type: str = Field(examples=["image/jpeg"])
    size: int
    width: int
    height: int
    added_at: datetime


class FilesOut(Out):
    items: list[FileOut]


ClockOut.model_rebuild()
CaseOut.model_rebuild()
CaseId = Annotated[UUID, Path(description="the case's id", examples=[ID])]


class Narrowing(In):
    """The desk's filters; what is left out asks nothing."""

    q: Line = Field("", description="words, two characters are enough; without a state all states are searched")
    state: Wide | None = Field(None, description="`open` where nothing is said")
    area: AreaCode | None = None
    here: bool = Field(False, description="with `area`: only what lies in none of the areas inside it yet")
    matter: Annotated[str, Field(pattern=r"^([0-9]{2}|[0-9]{4}|none)$")] | None = Field(
        None, description="two digits: a class; four: a type; `none`: not settled yet"
    )
    unit: UUID | None = Field(None, description="a unit with an order on it")
    light: LightWord | None = None
    channel: ChannelWord | None = None
    flag: FlagWord | None = None
    since: Moment | None = Field(None, description="received at or after")
    until: Moment | None = Field(None, description="received before")
    red_before: Moment | None = Field(None, description="turns red before")

    def wanted(self) -> Wanted:
        return Wanted(
            state=self.state or ("all" if self.q else "open"),
            area_code=self.area or "",
            here=self.here,
            matter=self.matter or "",
            unit_id=self.unit,
            light=self.light or "",
            since=self.since,
            until=self.until,
            red_before=self.red_before,
            channel=self.channel or "",
            flag=self.flag or "",
            words=self.q,
        )


class Filters(Narrowing):
    """The filters of a list, by pages."""

    number: Annotated[str, Field(max_length=24, pattern=r"^[0-9A-Za-z-]*$")] = Field(
        "", description="the case's number"
    )
    limit: Limit = 50
    after: Cursor = ""


@router.get("/cases", CasePage)
def list_cases(request: HttpRequest, given: Query[Filters]) -> CasePage:
    """Cases that the filters find, one page.

    Open ones come by due time, lists with ended ones by the time of receipt, the newest first.
    """
    viewer, now = actor_of(request), now_of(request)
    page: Page[Case] = Page(limit=given.limit, after=given.after)
    if given.number:
        found = pages.by_number(given.number, viewer)
        rows = [found] if found is not None else []
    else:
        rows = lists.cases_found(viewer, given.wanted(), now=now, page=page)
    orders = lists.orders_of(one.pk for one in rows)
    return CasePage(items=[_row(one, orders.get(one.pk, [])) for one in rows], next=page.next)


class BoxFilters(Narrowing):
    """The filters of the list for a part of the map."""

    box: Annotated[str, Field(max_length=80)] = Field(
        description="west,south,east,north in WGS84 degrees", examples=["113.28,23.08,113.36,23.12"]
    )
    limit: Annotated[int, Field(ge=1, le=maps.MOST)] = maps.MOST


class DotsOut(Out):
    """Columns side by side: five hundred points of a map are five short lists, not five hundred objects."""

    id: list[UUID]
    lng: list[float] = Field(description="WGS84 degrees east")
    lat: list[float] = Field(description="WGS84 degrees north")
    title: list[str]
    due_at: list[datetime | None] = Field(description="null while the clock stands still")
    more: bool = Field(description="whether the box holds more than `limit`; look closer for these")


@router.get("/cases-in-box", DotsOut)
def list_cases_in_box(request: HttpRequest, given: Query[BoxFilters]) -> DotsOut:
    """Open cases in a box of the map, those nearest to its middle first; ended ones are on no map."""
    viewer, now = actor_of(request), now_of(request)
    dots, more = maps.open_in_box(viewer, given.wanted(), Box.of(given.box), now=now, most=given.limit)
    return DotsOut(
        id=[one.id for one in dots],
        lng=[one.lng for one in dots],
        lat=[one.lat for one in dots],
        title=[one.title for one in dots],
        due_at=[one.due_at for one in dots],
        more=more,
    )


@router.get("/cases/{case_id}", CaseOut, problems=(404,))
def read_case(request: HttpRequest, case_id: CaseId) -> CaseOut:
    """One case whole: orders, voices and clocks.

    Errors: 404 `not-found` (missing or outside your scope).
    """
    found = whole_of(case_id, request)
    now = now_of(request)
    case = found.case
    return CaseOut(
        **_row(case, found.orders).model_dump(),
        answer=case.answer,
        outcome=case.outcome,
        nudges=case.nudges,
        supervision=case.supervision,
        supervisions=case.supervisions,
        merged_into_id=case.merged_into_id,
        follows_id=case.follows_id,
        part_of_id=case.part_of_id,
        parts=case.parts,
        orders=[_order(one) for one in found.orders],
        reports=[_report(one, hides=found.hides_callers) for one in found.reports],
        clocks=[_clock(one, now) for one in found.clocks],
    )


@router.get("/cases/{case_id}/clocks", list[ClockOut], problems=(404,))
def list_clocks(request: HttpRequest, case_id: CaseId) -> list[ClockOut]:
    """Every clock of a case and its orders, each with the reasons for its due time."""
    return [_clock(one, now_of(request)) for one in whole_of(case_id, request).clocks]


@router.get("/cases/{case_id}/orders", list[OrderOut], problems=(404,))
def list_orders_of_case(request: HttpRequest, case_id: CaseId) -> list[OrderOut]:
    """Every order of a case, the oldest first."""
    return [_order(one) for one in whole_of(case_id, request).orders]


@router.get("/cases/{case_id}/history", HistoryOut, problems=(404,))
def read_history(request: HttpRequest, case_id: CaseId) -> HistoryOut:
    """What was done with a case and its orders, the oldest first: verbs and states, never words."""
    found = pages.rows_of(case_id, actor_of(request))
    if found is None:
        raise NotFound("case")
    lines = sorted(pages.history_of(found, everything=True), key=lambda line: line.pk)
    return HistoryOut(
        items=[
            EventLine(
                id=one.pk,
                at=one.at,
                kind=one.kind,
                verb=one.verb,
                from_state=one.from_state,
                to_state=one.to_state,
                actor_kind=one.actor_kind,
            )
            for one in lines[-2000:]
        ]
    )


# Moves


@router.get("/cases/{case_id}/moves", MovesOut, problems=(404,))
def list_moves(request: HttpRequest, case_id: CaseId) -> MovesOut:
    """The moves that this token may make now, the next of the flow first; each with its form as JSON schema."""
    subject = _subject(request, case_id)
    return MovesOut(
        case_id=subject.case.pk,
        state=subject.case.state,
        version=subject.case.version,
        moves=[_move(one, subject, {}) for one in legal_moves(subject)],
    )


class Chosen(In):
    """What is chosen already, where other choices depend on it."""

    type_code: Annotated[str, Field(pattern=r"^[0-9]{0,8}$")] = ""
    grid_code: Annotated[str, Field(pattern=r"^[0-9]{0,24}$")] = ""


@router.get("/cases/{case_id}/moves/{verb}", MoveOut, problems=(403, 404, 409))
def read_move(request: HttpRequest, case_id: CaseId, verb: Slug, given: Query[Chosen]) -> MoveOut:
    """One legal move with its form; the units of `take_in` follow the type and grid that are named.

    Errors: 404 `not-found` (no such case or move), 403 `not-allowed`, 409 `illegal-move`.
    """
    subject = _subject(request, case_id)
    found = _legal(subject, verb)
    return _move(found, subject, {name: value for name, value in given.model_dump().items() if value})


@router.post("/cases/{case_id}/moves/{verb}", Moved, problems=(404,))
def make_move(request: HttpRequest, case_id: CaseId, verb: Slug, body: MoveIn) -> Moved:
    """Make one move, as the desk makes it.

    Errors: 404 `not-found` (missing or outside your scope, or no such move), 403 `not-allowed` (visible, but not
    your duty), 409 `illegal-move` (not in this state; `facts.state` says which it is) or `conflict` (`version` is
    not the present one), 422 `invalid` (see `errors`).
    """
    actor, now = actor_of(request), now_of(request)
    named = move_named(verb)
    docket = opened(case_id, actor=actor) if named is not None and named.alone else None
    # Read once, under the lock, where the move goes on from there.
    subject = subject_at_hand(docket, actor=actor, now=now) if docket is not None else _subject(request, case_id)
    found = _legal(subject, verb)
    if body.version is not None and body.version != subject.case.version:
        raise Conflict(state=subject.case.state, version=subject.case.version)
    form = found.form(data_of(found.form, body.values), {}, subject=subject)
    judged(form, request)
    with at_hand(docket) if docket is not None else nullcontext():
        case = walk(found, form, case_id=case_id, actor=actor, now=now)
    return Moved(
        case_id=case.pk, number=case.number, state=case.state, round=case.round, version=case.version,
        moved_at=case.moved_at,
    )  # fmt: skip


def _hold(form: MoveForm, request: HttpRequest) -> None:
    for field in form.fields.values():
        if isinstance(field, FilesField):
            field.holder = Held(holder_of(request), now_of(request))  # type: ignore[assignment]


def _legal(subject: Subject, verb: str) -> DeskMove:
    """The move, if this actor may make it now; else why not: duty before flow."""
    found = move_named(verb)
    if found is None:
        raise NotFound("move")
    if any(one.name == found.name for one in legal_moves(subject)):
        return found
    if found.verbs and not any(subject.docket.may_walk(one, subject.actor) for one in found.verbs):
        raise NotAllowed(duty=str(FLOW.duty(found.verbs[0]) or ""))
    facts = subject.docket.facts(actor=subject.actor, now=subject.now)
    for one in found.verbs:
        why = FLOW.refusal(one, facts)
        if why is not None:
            raise why
    raise IllegalMove(state=subject.case.state, verb=found.name)


def _move(found: DeskMove, subject: Subject, initial: dict[str, Any]) -> MoveOut:
    form = found.form(subject=subject, initial=initial)
    return MoveOut(
        verb=found.name, label=str(found.words(subject.case.flow)), beside=found.beside, values=schema_of(form)
    )


# Photos


@router.get("/cases/{case_id}/files", FilesOut, problems=(404,))
def list_files(request: HttpRequest, case_id: CaseId) -> FilesOut:
    """Every photo of a case, its voices, orders and visits."""
    rows = pages.rows_of(case_id, actor_of(request))
    if rows is None:
        raise NotFound("case")
    return FilesOut(
        items=[
            FileOut(
                id=one.pk,
                owner_kind=one.owner_kind,
                owner_id=one.owner_id,
                purpose=one.purpose,
                content_type=f"image/{'jpeg' if one.kind == 'jpg' else one.kind}",
                size=one.size,
                width=one.width,
                height=one.height,
                added_at=one.added_at,
            )
            for one in pages.photos_of(rows)
        ]
    )


IMAGE = {"responses": {200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}}}


@router.get("/cases/{case_id}/files/{file_id}", None, problems=(404,), extra=IMAGE)
def read_file(
    request: HttpRequest,
    case_id: CaseId,
    file_id: UUID,
    preview: bool = Query(False, description="a small copy"),  # type: ignore[type-arg]
) -> HttpResponse:
    """One photo under its case's address."""
    found = pages.photo(case_id, file_id, actor_of(request))
    if found is None:
        raise NotFound("file")
    return responses.send(found, preview=preview, request=request)


# Orders and voices by themselves


class OrderFilters(In):
    state: OrderWord = Field("live", description="`live`: offered, accepted, done or in rework")
    unit: UUID | None = None
    limit: Limit = 50
    after: Cursor = ""


@router.get("/orders", OrderPage)
def list_orders(request: HttpRequest, given: Query[OrderFilters]) -> OrderPage:
    """Orders on cases that you may see, the newest first: of a unit, else of your units and areas."""
    page: Page[WorkOrder] = Page(limit=given.limit, after=given.after)
    rows = outside.orders_found(actor_of(request), state=given.state, unit_id=given.unit, page=page)
    return OrderPage(items=[_order(one) for one in rows], next=page.next)


@router.get("/orders/{order_id}", OrderOut, problems=(404,))
def read_order(request: HttpRequest, order_id: UUID) -> OrderOut:
    """One order."""
    found = outside.order_seen(order_id, actor_of(request))
    if found is None:
        raise NotFound("order")
    return _order(found)


def judged(form: MoveForm, request: HttpRequest) -> None:
    """A valid form with the write's key; raises Invalid."""
    _hold(form, request)
    if not form.is_valid():
        raise Invalid(
            {name if name != "__all__" else "": [str(one) for one in why] for name, why in form.errors.items()}
        )
    form.cleaned_data["key"] = uuid_key(request)


# Rows as they go out


def whole_of(case_id: UUID, request: HttpRequest) -> outside.Whole:
    """A case with its rows; NotFound where it is missing or outside the scope."""
    found = outside.whole(case_id, actor_of(request))
    if found is None:
        raise NotFound("case")
    return found


def _subject(request: HttpRequest, case_id: UUID) -> Subject:
    found = subject_of(case_id, actor=actor_of(request), now=now_of(request))
    if found is None:
        raise NotFound("case")
    return found


def _row(case: Case, orders: list[WorkOrder]) -> CaseRow:
    lead = next((one for one in orders if one.role == OrderRole.LEAD and one.round == case.round and one.live), None)
    lead = lead or next(
        (one for one in orders if one.role == OrderRole.LEAD and one.state == OrderState.COMPLETED), None
    )
    return CaseRow(
        id=case.pk,
        number=case.number,
        title=case.title,
        state=case.state,
        state_label=str(state_label(State(case.state), case.flow)),
        flow=case.flow,
        channel=case.channel,
        area_code=case.area_code,
        place="" if case.unplaced else places.name_of(case.area_code),
        place_words=case.place_words,
        lng=case.lng,
        lat=case.lat,
        unplaced=case.unplaced,
        type_code=case.type_code,
        type_name=matters.name_of(case.type_code) if case.type_code else "",
        grade=case.grade,
        danger=case.danger,
        confidential=case.confidential,
        round=case.round,
        version=case.version,
        received_at=case.received_at,
        moved_at=case.moved_at,
        ended_at=case.ended_at,
        due_at=case.due_at,
        yellow_at=case.yellow_at,
        due_step=case.due_step,
        held_since=case.held_since,
        held_until=case.held_until,
        held_reason=case.held_reason,
        excluded=case.excluded,
        exclusion=case.exclusion,
        lead_unit=lead.unit.name if lead is not None else "",
        lead_unit_id=lead.unit_id if lead is not None else None,
    )


def _order(one: WorkOrder) -> OrderOut:
    return OrderOut(
        id=one.pk,
        case_id=one.case_id,
        unit_id=one.unit_id,
        unit=one.unit.name,
        role=one.role,
        state=one.state,
        round=one.round,
        clause=one.clause,
        instruction=one.instruction,
        result=one.result,
        offered_at=one.offered_at,
        sign_in_due=one.sign_in_due,
        accepted_at=one.accepted_at,
        done_at=one.done_at,
        ended_at=one.ended_at,
        due_at=one.due_at,
        given_to_id=one.given_to_id,
        headed_at=one.headed_at,
    )


def _report(one: Report, *, hides: bool) -> ReportOut:
    if one.contact is None:
        caller = str(_("匿名"))
    elif hides:
        caller = str(_("已隐去"))
    else:
        masked = masked_of(one.contact)
        caller = " ".join(str(part) for part in (masked.name, masked.phone) if part)
    return ReportOut(
        id=one.pk,
        case_id=one.case_id,
        channel=one.channel,
        words=one.words,
        received_at=one.received_at,
        reply_by=one.reply_by,
        caller=caller,
        withdrawn_at=one.withdrawn_at,
    )


def _clock(one: Clock, now: datetime) -> ClockOut:
    return ClockOut(
        id=one.pk,
        object_kind=one.object_kind,
        object_id=one.object_id,
        step=one.step,
        limit=one.limit,
        extended=one.extended,
        first_due_at=one.first_due_at,
        source=one.source,
        started_at=one.started_at,
        due_at=one.due_at,
        yellow_at=one.yellow_at,
        paused_at=one.paused_at,
        stopped_at=one.stopped_at,
        provisional=one.provisional,
        light=str(one.light(now)),
        used_percent=clocks.used(one, now),
        stretches=[
            StretchOut(
                kind=part.kind,
                began_at=part.began_at,
                ended_at=part.ended_at,
                reason=str(PAUSES.get(part.reason, part.reason)),
            )
            for part in clocks.stretches_of(one)
        ],
        explain=[ExplainLine(term=str(line.term), words=line.words) for line in clocks.explain_whole(one, now, PAUSES)],
    )


# Operations of their own in files of their own, on the same router.
from huying.cases.api import emergencies, tickets, whistles  # noqa: E402

__all__ = ["router", "emergencies", "tickets", "whistles"]
