"""Reports for programs: by anybody as on the residents' pages, or by a token's owner who takes calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.timezone import localdate
from django.utils.translation import get_language
from ninja import Query
from pydantic import Field

from huying.audit import queries as audit
from huying.cases.actions import NewReport
from huying.cases.codes import code_of
from huying.cases.forms.schema import Held
from huying.cases.models import Case, Report
from huying.cases.queries import exclusions, lists
from huying.cases.queries.said import estates_of, line_of
from huying.cases.rules import Channel, HoldReason, ReplyBy, State, state_label
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.api import (
    AreaCode,
    Cursor,
    Derived,
    In,
    Latitude,
    Limit,
    Line,
    Listed,
    Longitude,
    Name,
    Out,
    Router,
    Words,
    Written,
    actor_of,
    holder_of,
)
from huying.kernel.doors import now_of
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid, KeyReused, NotFound, SignInNeeded
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT
from huying.matters import queries as matters
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge
from huying.people import queries as people
from huying.people.rules import plain_phone
from huying.places import queries as places
from huying.places.rules import street_of
from huying.portal import actions, queries
from huying.portal.marks import address_mark
from huying.portal.rules import MOST_PHOTOS

router = Router("reports")

ChannelIn = Literal["api", "hotline", "wechat", "window", "letter", "on_behalf", "patrol", "sensor"]
STREET = 9


class ConsentOut(Out):
    """The words to show before contact data is asked for."""

    version: int
    language: str
    text: str


class ContactIn(In):
    """How to reach the caller; only with the consent of that person to the words of `/reports/consent`."""

    name: Annotated[str, Field(max_length=60)] | Name = Field("", examples=["李示例"])
    phone: Annotated[str, Field(max_length=30)] = Field("", examples=["02000000000"])
    consent_version: Annotated[int, Field(ge=1, le=32767)] = Field(description="`version` of `/reports/consent`")


class ReportIn(In):
    """One voice."""

    id: UUID | None = Field(None, description="a UUIDv7 of yours, which becomes the report's id; else one is made")
    words: Annotated[Words, Field(min_length=1)] = Field(examples=["榕树路口的垃圾桶满了，没有人来收。"])
    area_code: AreaCode = Field(description="the sub-district, or an area within it", examples=["440105001"])
    lng: Longitude | None = None
    lat: Latitude | None = None
    grid_code: AreaCode | None = Field(None, description="a grid or community by name, where there is no point")
    place_words: Line = Field("", examples=["路口东北角"])
    estate: Line = Field(
        "", description="an estate of the street, by its name: goes before `place_words`; `POST /triage/suggest` says "
        "to which place it leads, and `grid_code` takes it",
    )  # fmt: skip
    type_code: Annotated[str, Field(pattern=r"^([0-9]{4})?$")] = Field("", description="empty where unsure")
    reply_by: Literal["page", "phone", "none"] = "page"
    about_staff: bool = Field(False, description="concerns the staff: the call never reaches their own desk")
    incident_id: UUID | None = Field(None, description="a known incident (`GET /incidents/known`) that this report is")
    contact: ContactIn | None = None
    channel: ChannelIn = Field("api", description="with a token: the door that the call came through")
    drill: bool = Field(False, description="with a token: part of the drill that goes on there; it counts nowhere")
    photos: Annotated[list[Annotated[str, Field(max_length=43)]], Field(max_length=MOST_PHOTOS)] = Field(
        default_factory=list, description="with a token: tokens of `POST /files`"
    )


def _code(kept: dict[str, Any]) -> str:
    report = Report.objects.only("id", "code_try").get(pk=kept["report_id"])
    return code_of(report.pk, report.code_try)


class ReceiptOut(Written):
    """What the sender gets. The code opens the report on the residents' pages; it is kept nowhere in the clear."""

    derived: ClassVar[dict[str, Derived]] = {"code": _code}

    report_id: UUID
    case_id: UUID
    number: str = Field(examples=["20261020-003-0042K"])
    state: str = Field(examples=["received"])
    code: str = Field(description="twelve digits", examples=["123456789015"])
    danger: str = Field(description="call this number at once (110, 119, 120); empty where the words tell of none")
    joined: bool = Field(False, description="it went into the incident named; else it is a matter of its own")
    received_at: datetime


class TakenOut(Out):
    """A report that the token's owner took in, and where its matter stands."""

    id: UUID
    case_id: UUID
    number: str
    state: str
    state_label: str
    received_at: datetime
    due_at: datetime | None
    answer: str


class TakenPage(Listed):
    items: list[TakenOut]


@router.get("/reports/consent", ConsentOut, public=True)
def read_consent(request: HttpRequest) -> ConsentOut:
    """The words that a caller agrees to before name or phone are kept."""
    found = people.current_consent_text(get_language() or "")
    return ConsentOut(version=found.version, language=found.language, text=found.text)


@router.post("/reports", ReceiptOut, status=201, public=True, problems=(401, 429))
def create_report(request: HttpRequest, body: ReportIn) -> ReceiptOut:
    """Take in one report: a case with a number, and a code for its caller.

    Without a token as a resident: residents' types, no photos, the channel `portal`. With one as its owner, who
    must hold the duty `intake` or `report` there.

    Errors: 401 `sign-in-needed` (a wrong token, or this house takes no reports without one), 403 `not-allowed` (no
    duty to report there), 422 `invalid` or `key-reused` (the key, or the `id`, came with another body), 429 `too-many`
    (from one address without a token).
    """
    actor, now = actor_of(request), now_of(request)
    given = _by_staff(body) if actor.kind == ActorKind.PERSON else _by_resident(body)
    key = body.id or uuid7()
    if key.version != 7:
        raise Invalid({"id": [_("编号要用 UUIDv7。")]})
    if body.id is not None and (audit.by_key(key) is not None or Report.objects.filter(pk=key).exists()):
        raise KeyReused  # else whoever knows id and words of a report would be told its code
    if actor.kind != ActorKind.PERSON:
        actions.count_report(address_mark(request.META.get("REMOTE_ADDR", ""), now), now=now)
    receipt = actions.send_report(
        key, given, reachable=_reachable(body), images=_photos(request, body, actor), actor=actor, now=now,
        known_new=True, incident_id=None if body.about_staff else body.incident_id,
    )  # fmt: skip
    return ReceiptOut(
        report_id=receipt.report.pk,
        case_id=receipt.case.pk,
        number=receipt.case.number,
        state=receipt.case.state,
        code=receipt.code,
        danger=receipt.case.danger,
        joined=receipt.case.state == State.MERGED,
        received_at=receipt.report.received_at,
    )


class TakenFilters(In):
    limit: Limit = 50
    after: Cursor = ""


@router.get("/reports", TakenPage)
def list_reports(request: HttpRequest, given: Query[TakenFilters]) -> TakenPage:
    """Reports that the token's owner took in, the newest first."""
    page: Page[Report] = Page(limit=given.limit, after=given.after)
    rows = lists.taken_by(actor_of(request), page=page)
    return TakenPage(items=[_taken(one) for one in rows], next=page.next)


@router.get("/reports/{report_id}", TakenOut, problems=(404,))
def read_report(request: HttpRequest, report_id: UUID) -> TakenOut:
    """One report that the token's owner took in."""
    found = lists.report_taken_by(report_id, actor_of(request))
    if found is None:
        raise NotFound("report")
    return _taken(found)


class HeldOut(Out):
    """A matter on which nothing can be done for now. There is no number and no point, and nothing of who called."""

    type_name: str = Field(examples=["垃圾桶满溢或破损"])
    community: str = Field(examples=["榕树社区"])
    reason: str = Field(examples=["project"])
    reason_label: str = Field(examples=["等工程立项或施工"])
    since: datetime
    until: date = Field(description="the day on which somebody looks again, at most 90 days ahead")


class HeldPage(Listed):
    items: list[HeldOut]


class HeldFilters(In):
    area: AreaCode
    limit: Limit = 50
    after: Cursor = ""


@router.get("/held", HeldPage, public=True)
def list_held(request: HttpRequest, given: Query[HeldFilters]) -> HeldPage:
    """Matters of an area that have been held for a day, the latest first; only types that may stand in public."""
    page: Page[Case] = Page(limit=given.limit, after=given.after)
    rows = queries.held(given.area, now=now_of(request), page=page)
    return HeldPage(
        items=[
            HeldOut(
                type_name=one.type_name,
                community=one.community,
                reason=one.reason,
                reason_label=str(HoldReason(one.reason).label),
                since=one.since,
                until=one.until,
            )
            for one in rows
        ],
        next=page.next,
    )


class AnswerOut(Out):
    """A question with its answer, as everybody reads it."""

    id: UUID = Field(description="the same for every version of the text")
    question: str = Field(examples=["大件垃圾怎么预约上门收"])
    body: str
    basis: str = Field(description="a law, a document or an entry of a list; may be empty")
    unit: str
    published_on: date


class AnswerPage(Listed):
    items: list[AnswerOut]


class AnswerFilters(In):
    area: AreaCode
    words: Annotated[Line, Field(max_length=60, description="every pair of their characters stands in the text")] = ""
    limit: Limit = 50
    after: Cursor = ""


@router.get("/answers", AnswerPage, public=True)
def list_answers(request: HttpRequest, given: Query[AnswerFilters]) -> AnswerPage:
    """Published answers of an area and those above it, the latest first."""
    page: Page[Knowledge] = Page(limit=given.limit, after=given.after)
    today = localdate(now_of(request))
    rows = knowledge.public_answers(given.area, given.words, today=today, page=page)
    return AnswerPage(
        items=[
            AnswerOut(
                id=one.entry, question=one.question, body=one.body, basis=one.basis, unit=one.unit,
                published_on=one.published_on,
            )
            for one in rows
        ],
        next=page.next,
    )  # fmt: skip


class LeftOutOut(Out):
    """So many cases of an area that two persons left out of scores in a month, for one reason."""

    month: date = Field(description="its first day")
    kind: str = Field(examples=["untrue"])
    name: str = Field(examples=["反映的情况不属实"])
    cases: int


class LeftOutList(Out):
    items: list[LeftOutOut]


class LeftOutFilters(In):
    area: AreaCode


@router.get("/exclusions", LeftOutList, public=True)
def list_exclusions(request: HttpRequest, given: Query[LeftOutFilters]) -> LeftOutList:
    """How many cases of an area were left out of scores, by month and kind: this month and the five before.

    Kinds come in their own order, never by number; nothing says which cases they were.
    """
    rows = exclusions.published(given.area, now=now_of(request))
    return LeftOutList(
        items=[LeftOutOut(month=one.month, kind=one.kind, name=one.name, cases=one.count) for one in rows]
    )


def _taken(one: Report) -> TakenOut:
    case = one.case
    return TakenOut(
        id=one.pk,
        case_id=case.pk,
        number=case.number,
        state=case.state,
        state_label=str(state_label(State(case.state), case.flow)),
        received_at=one.received_at,
        due_at=case.due_at,
        answer=case.answer,
    )


def _new(body: ReportIn, area_code: str, channel: Channel) -> NewReport:
    if (body.lng is None) != (body.lat is None):
        raise Invalid({"lng": [_("经度和纬度要一起给。")]})
    if body.estate and body.estate not in estates_of(area_code):
        raise Invalid({"estate": [_("这个街道没有叫这个名字的小区。请核对，或写在 place_words 里。")]})
    place_words = line_of(body.estate, body.place_words)
    if len(place_words) > LINE_LIMIT:
        raise Invalid({"place_words": [_("小区名和怎么找到合起来太长了。请写短一点。")]})
    return NewReport(
        words=body.words,
        area_code=area_code,
        channel=channel,
        lng=body.lng,
        lat=body.lat,
        grid_code=body.grid_code or "",
        place_words=place_words,
        type_code=body.type_code,
        reply_by=ReplyBy(body.reply_by),
        about_staff=body.about_staff,
    )


def _by_staff(body: ReportIn) -> NewReport:
    """Receiving asks for the duty, over the place where the report comes to lie."""
    return replace(_new(body, body.area_code, Channel(body.channel)), drill=body.drill)


def _by_resident(body: ReportIn) -> NewReport:
    """As the residents' pages take it: to a sub-district, of a type that residents choose."""
    if not settings.API_PUBLIC_REPORTS:
        raise SignInNeeded
    street = street_of(body.area_code)
    if len(body.area_code) < STREET or not street or not places.is_known(street):
        raise Invalid({"area_code": [_("请写街道的区域代码。")]})
    kind = matters.type_of(body.type_code) if body.type_code else None
    if body.type_code and (kind is None or not kind.public):
        raise Invalid({"type_code": [_("没有这类事项。请重新选，或选说不准。")]})
    if body.photos or body.drill or body.channel != "api":
        named = "photos" if body.photos else "drill" if body.drill else "channel"
        raise Invalid({named: [_("没有令牌时，不能带这一项。")]})
    new = _new(body, street, Channel.PORTAL)
    found = places.locate(new.lng, new.lat) if new.lng is not None and new.lat is not None else None
    there = street_of(found.area_code) if found is not None else ""
    return replace(new, area_code=there, grid_code="") if there and there != street else new


def _reachable(body: ReportIn) -> actions.Reachable | None:
    given = body.contact
    if given is None or not (given.name or given.phone):
        if body.reply_by == "phone":
            raise Invalid({"contact": [_("要打电话回复，请留电话；不留就选自己查进度。")]})
        return None
    text = people.current_consent_text(get_language() or "")
    if given.consent_version != text.version:
        raise Invalid({"contact.consent_version": [_("告知同意的文字更新了。请重新征得同意。")]})
    try:
        phone = plain_phone(given.phone)
    except ValueError as why:
        raise Invalid({"contact.phone": [_("电话号码看不懂。请只写数字，固定电话加区号。")]}) from why
    return actions.Reachable(given.name, phone, text.version, text.language)


def _photos(request: HttpRequest, body: ReportIn, actor: Actor) -> list[PreparedImage]:
    if not body.photos:
        return []
    found = Held(holder_of(request), now_of(request)).find(body.photos)
    if len(found) < len(set(body.photos)):
        raise Invalid({"photos": [_("之前选的照片有的已过期。请重新选择照片。")]})
    return [found[token] for token in dict.fromkeys(body.photos)]
