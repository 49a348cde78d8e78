"""The desk makes a matter clear: receive, correct, place, answer, decline, merge, verify, register, file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from huying.approvals.rules import ApprovalKind, ApprovalVerb
from huying.audit import queries as audit
from huying.audit.queries import body_hash
from huying.cases import queries
from huying.cases.actions.acting import act, act_with
from huying.cases.actions.docket import Docket, Knowledge, Picture, flush
from huying.cases.actions.inner import count_inner
from huying.cases.actions.noting import note_suggested
from huying.cases.codes import code_of, hash_of
from huying.cases.models import Addition, Case, Report, SiteVisit
from huying.cases.rules import Channel, Given, OrderState, ReplyBy, Verb, VisitKind, flow_for
from huying.cases.rules.emergencies import marked
from huying.cases.rules.words import FIELD_CHANNELS
from huying.clocks import actions as clock_actions
from huying.files import actions as files
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.matters import queries as matters
from huying.matters.queries import knowledge
from huying.matters.rules import Grade, Step, beyond
from huying.people import queries as people
from huying.people.actions import ContactRows
from huying.people.models import Recusal
from huying.people.rules import Duty, RecusalReason, UnitKind
from huying.places import queries as places
from huying.places.queries import plans
from huying.places.rules import Tier, community_of, is_code, metres_between, parent_of, street_of

TITLE_LENGTH = 30
MERGE_WITHIN = timedelta(days=30)
MERGE_METRES = 300
SAMPLE_PERCENT = 8
STREET_CHANNELS = frozenset(
    {Channel.HOTLINE, Channel.WINDOW, Channel.LETTER, Channel.IMPORT, Channel.API, Channel.UPPER}
)


@dataclass(frozen=True)
class NewReport:
    """What a door hands over. `area_code` is the area whose desk receives it; a point places it more finely."""

    words: str
    area_code: str
    channel: Channel = Channel.PORTAL
    lng: float | None = None
    lat: float | None = None
    grid_code: str = ""  # a grid or community the sender chose by name instead of a point
    place_words: str = ""
    type_code: str = ""
    reply_by: ReplyBy = ReplyBy.PAGE
    contact_id: UUID | None = None
    about_staff: bool = False
    source: str = ""
    external_id: str = ""
    follows_id: UUID | None = None
    received_at: datetime | None = None  # when the source heard it; the clocks start now
    urgent: bool = False  # whatever its type says
    drill: bool = False
    inner_due_at: datetime | None = None  # of an upper system's ticket: no step takes longer
    upper_calls: bool = False

    def canonical(self) -> str:
        """The body that a repeated key is compared with."""
        return repr(
            (
                self.words,
                self.channel.value,
                self.lng,
                self.lat,
                self.grid_code,
                self.place_words,
                self.type_code,
                self.about_staff,
                self.source,
                self.external_id,
                *((self.urgent, self.drill) if self.urgent or self.drill else ()),
            )
        )


@dataclass(frozen=True)
class Receipt:
    """What the sender gets: the code is shown here and kept nowhere in the clear."""

    case: Case
    report: Report
    code: str
    repeated: bool = False


def title_of(words: str) -> str:
    """The first thought of the words, for lists."""
    first = words.replace("\n", " ").strip()
    for mark in "。！？!?；;":
        place = first.find(mark)
        if 4 <= place < TITLE_LENGTH:
            first = first[:place]
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


def desk_for(area_code: str, channel: Channel, *, restricted: bool, lowest_tier: str = "") -> str:
    """Whose desk holds a new case: the lowest tier that can solve it, or the street for its own channels."""
    community = community_of(area_code)
    too_low = bool(lowest_tier) and beyond(lowest_tier, Tier.COMMUNITY)
    if restricted or channel in STREET_CHANNELS or not community or too_low:
        return street_of(area_code) or area_code
    return community


def receive(
    report_id: UUID,
    new: NewReport,
    *,
    actor: Actor,
    now: datetime,
    images: Iterable[PreparedImage] = (),
    contact: Callable[[], ContactRows] | None = None,
    known_new: bool = False,
) -> Receipt:
    """Take in one report: a report and a case, a number and a code, or the same answer to the same key.

    `contact` makes what the reporter left of themselves, asked for where the report is new; it is kept with it.
    `known_new` where the caller has just found that nobody used the key.

    Raises Invalid (no words, an unknown area, a point that is none), NotAllowed (no duty to report there),
    KeyReused (the same key came with another body).
    """
    pictures = list(images)
    checked = body_hash(new.canonical() + "".join(one.sha256 for one in pictures))
    earlier = None if known_new else audit.by_key(report_id)
    if earlier is not None:
        return _repeated(report_id, checked, earlier.body_hash)
    for attempt in count():
        try:
            with transaction.atomic():
                left = contact() if contact is not None else None
                if left is not None:
                    new = replace(new, contact_id=left.contacts[0].pk)
                docket = received(
                    report_id, new, actor=actor, now=now, knowledge=Knowledge(), checked=checked, attempt=attempt
                )
                if left is not None:
                    docket.keep_contact(left)
                report = docket.reports[0]
                keep_images(pictures, "report", report.pk, "report", docket, actor=actor, now=now)
                flush([docket], verb=Verb.RECEIVE, now=now)
            break
        except IntegrityError:
            # Somebody with the same key was faster: answer what that one got. Or another report has the same digits
            # as its code: try the next. Anything else stays an error.
            earlier = audit.by_key(report_id)
            if earlier is not None:
                return _repeated(report_id, checked, earlier.body_hash)
            if not Report.objects.filter(code_hash=hash_of(code_of(report_id, attempt))).exists():
                raise
    return Receipt(docket.case, report, code_of(report.pk, report.code_try))


def _repeated(report_id: UUID, checked: str, before: str) -> Receipt:
    if checked != before:
        raise KeyReused
    report = Report.objects.select_related("case").get(pk=report_id)
    return Receipt(report.case, report, code_of(report.pk, report.code_try), repeated=True)


def received(
    report_id: UUID,
    new: NewReport,
    *,
    actor: Actor,
    now: datetime,
    knowledge: Knowledge,
    checked: str = "",
    attempt: int = 0,
    live: bool = True,
    make_id: Callable[[], UUID] = uuid7,
) -> Docket:
    """The docket of a new report, not yet flushed."""
    words = clean(new.words, field="words")
    if not words:
        raise Invalid({"words": [_("请写几句话，说说是什么事。")]})
    place_words = clean(new.place_words, limit=200, line=True, field="place_words")
    area = plans.present_code(new.area_code) or new.area_code  # an old link or sheet may carry a code of old
    if not is_code(area) or not places.is_known(area):
        raise Invalid({"area_code": [_("没有这个区域代码。请核对后再报。")]})
    outside, placed = False, ""
    if new.lng is not None and new.lat is not None:
        located = places.locate(new.lng, new.lat)
        if located is not None and located.area_code.startswith(street_of(area) or area):
            placed = located.area_code
        else:
            outside = True
    elif new.grid_code:
        placed = plans.present_code(new.grid_code) or new.grid_code
        if not is_code(placed) or not placed.startswith(area) or not places.is_known(placed):
            raise Invalid({"grid_code": [_("没有这个网格。请重新选。")]})
    where = placed or area
    field_find = new.channel in FIELD_CHANNELS or new.channel == Channel.ON_BEHALF
    if (
        actor.kind == ActorKind.PERSON
        and field_find
        and not (actor.may(Duty.REPORT, where) or actor.may(Duty.INTAKE, where))
    ):
        raise NotAllowed(_("您没有在这里上报的职责。"), duty=str(Duty.REPORT))
    kind = knowledge.type_of(new.type_code)
    if new.type_code and kind is None:
        raise Invalid({"type_code": [_("没有这类事项。请重新选，或选说不准。")]})
    danger = matters.danger_in(words)
    confidential = new.about_staff or (kind is not None and kind.confidential)
    case = Case(
        id=report_id,
        number="",
        title=marked(title_of(words), drill=new.drill),
        state="",
        flow=flow_for(new.channel, kind.flow if kind else None),
        channel=new.channel,
        area_code=placed or area,
        filed_area_code=placed or area,
        desk_code="",
        lng=new.lng,
        lat=new.lat,
        place_words=place_words,
        unplaced=not placed,
        outside=outside,
        type_code=kind.code if kind else "",
        catalogue_version=matters.version_number() if kind else "",
        grade=Grade.URGENT if danger or new.urgent else (kind.grade if kind else ""),
        danger=danger.number if danger else "",
        confidential=confidential,
        recused=False,
        restricted=confidential,
        imported=new.channel == Channel.IMPORT,
        drill=new.drill,
        received_at=new.received_at or now,
        moved_at=now,
        follows_id=new.follows_id,
        inner_due_at=new.inner_due_at,
    )
    case.desk_code = desk_for(
        case.area_code, new.channel, restricted=confidential, lowest_tier=kind.lowest_tier if kind else ""
    )
    docket = Docket(case=case, knowledge=knowledge, live=live, make_id=make_id)
    docket.key, docket.body_hash = report_id, checked
    docket.begin_empty()
    docket.new[Case].append(case)
    report = Report(
        id=report_id,
        case=case,
        channel=new.channel,
        words=words,
        place_words=place_words,
        lng=new.lng,
        lat=new.lat,
        received_at=new.received_at or now,
        contact_id=new.contact_id,
        reply_by=new.reply_by,
        about_staff=new.about_staff,
        taken_by_id=actor.id if actor.kind == ActorKind.PERSON and new.channel != Channel.UPPER else None,
        source=new.source,
        external_id=new.external_id,
        upper_calls=new.upper_calls,
        first_case_id=case.pk,
        code_try=attempt,
        code_hash=hash_of(code_of(report_id, attempt)),
    )
    docket.add(report)
    docket.move(
        Verb.RECEIVE,
        actor=actor,
        now=now,
        facts={"report": str(report.pk), "channel": str(new.channel), "outside": outside},
    )
    if new.about_staff:
        _recuse_the_house(docket, actor=actor, now=now)
    return docket


def _recuse_the_house(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """A call about the staff keeps the community's own bodies away from it."""
    community = community_of(docket.case.area_code)
    if not community:
        return
    for unit in people.units_in(community):
        if unit.kind in (UnitKind.COMMUNITY_COMMITTEE, UnitKind.COMMUNITY_PARTY):
            _recuse(docket, unit.pk, RecusalReason.ABOUT_UNIT, actor=actor, now=now)


def _recuse(docket: Docket, unit_id: UUID, reason: RecusalReason, *, actor: Actor, now: datetime) -> None:
    docket.add(
        Recusal(
            id=docket.make_id(),
            object_id=docket.case.pk,
            unit_id=unit_id,
            reason_code=reason,
            set_by=actor.id,
            set_at=now,
        )
    )
    docket.case.recused = True
    docket.case.restricted = True
    docket.note(
        kind="case",
        object_id=docket.case.pk,
        verb="recuse",
        actor=actor,
        now=now,
        from_state=docket.case.state,
        to_state=docket.case.state,
        facts={"unit": str(unit_id), "reason": str(reason)},
    )


@act
def recuse_unit(docket: Docket, *, unit_id: UUID, actor: Actor, now: datetime) -> None:
    """Keep a unit away from the case: it is not dispatched to, shown to or called back by it.

    Raises NotAllowed without the dispatch duty, IllegalMove where the unit holds a live order.
    """
    if not actor.may(Duty.DISPATCH, docket.case.desk_code):
        raise NotAllowed(duty=str(Duty.DISPATCH))
    if any(one.unit_id == unit_id for one in docket.live_orders):
        raise IllegalMove(_("这个单位正在办这件事。请先改派，再设回避。"), state=docket.case.state)
    if people.unit(unit_id) is None:
        raise NotFound("unit")
    if all(one.unit_id != unit_id for one in docket.recusals):
        docket.case.version += 1
        _recuse(docket, unit_id, RecusalReason.ABOUT_UNIT, actor=actor, now=now)
        community = community_of(docket.case.desk_code)
        if community and any(one.pk == unit_id for one in people.units_in(community)):
            docket.case.desk_code = street_of(docket.case.area_code)
        docket.change(docket.case)
    else:
        docket.note_unchanged("recuse", actor=actor, now=now)


@act
def correct_case(
    docket: Docket,
    *,
    type_code: str | None = None,
    grade: str | None = None,
    title: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Correct type, grade or title; the history keeps old and new (codes only)."""
    case = docket.case
    facts: dict[str, object] = {}
    if type_code is not None and type_code != case.type_code:
        kind = docket.knowledge.type_of(type_code)
        if kind is None:
            raise Invalid({"type_code": [_("没有这类事项。请重新选。")]})
        facts |= {"type_old": case.type_code, "type_new": type_code}
    if grade is not None and grade != case.grade:
        if grade not in Grade.values:
            raise Invalid({"grade": [_("级别只有一般、紧急、疑难三种。")]})
        facts |= {"grade_old": case.grade, "grade_new": grade}
    given = clean(title, limit=60, line=True, field="title") if title is not None else ""
    clean_title = marked(given, drill=case.drill) if given else case.title
    if clean_title and clean_title != case.title:
        facts |= {"title": True}
    if not facts:
        if not docket.may_walk(Verb.CORRECT, actor):
            raise NotAllowed(duty=str(Duty.INTAKE))
        docket.note_unchanged(Verb.CORRECT, actor=actor, now=now)
        return
    docket.move(Verb.CORRECT, actor=actor, now=now, facts=facts)
    if "type_new" in facts:
        _set_type(docket, str(type_code))
    if "grade_new" in facts:
        case.grade = str(grade)
    case.title = clean_title or case.title
    docket.index_words()
    if "type_new" in facts or "grade_new" in facts:
        _restart_limits(docket, now=now)
    if "type_new" in facts:
        docket.change_stages(now=now)
        if case.inner_due_at is not None:
            count_inner(docket)


def _set_type(docket: Docket, type_code: str) -> None:
    kind = docket.knowledge.type_of(type_code)
    if kind is None:
        raise Invalid({"type_code": [_("没有这类事项。请重新选。")]})
    case = docket.case
    case.type_code, case.catalogue_version = kind.code, matters.version_number()
    case.flow = flow_for(Channel(case.channel), kind.flow, self_handled=case.flow == "self")
    case.grade = case.grade or kind.grade
    if kind.confidential and not case.confidential:
        case.confidential = case.restricted = True
        case.desk_code = street_of(case.area_code) or case.desk_code


def _restart_limits(docket: Docket, *, now: datetime) -> None:
    """A new type or grade may carry other limits: the running step's clock is counted anew from its start."""
    case = docket.case
    for clock in docket.running(object_id=case.pk):
        if clock.step not in Step.values:
            continue
        row = docket.knowledge.limit_of(case, Step(clock.step), at=clock.changed_at or clock.started_at)
        if clock.limit != str(row.limit):
            clock_actions.change_limit(clock, row.limit, row.source, now=now)
            docket.reckon(clock)
    docket.due()


@act
def place_case(
    docket: Docket,
    *,
    lng: float | None = None,
    lat: float | None = None,
    grid_code: str = "",
    place_words: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Place the case by a point or by its grid; a point outside every area is kept and flagged.

    Raises Invalid where neither is given or the grid is unknown.
    """
    _place(docket, lng=lng, lat=lat, grid_code=grid_code, place_words=place_words, actor=actor, now=now)


def _place(
    docket: Docket,
    *,
    lng: float | None,
    lat: float | None,
    grid_code: str,
    place_words: str,
    actor: Actor,
    now: datetime,
) -> None:
    case = docket.case
    street = street_of(case.area_code) or case.area_code
    code, outside = grid_code, False
    if lng is not None and lat is not None:
        located = places.locate(lng, lat)
        outside = located is None or not located.area_code.startswith(street)
        if located is not None and not outside:
            code = code or located.area_code
    if not code and not outside:
        raise Invalid({"grid_code": [_("请在地图上点一下，或选好所在网格。")]})
    if code and (not is_code(code) or not code.startswith(street) or places.area(code) is None):
        raise Invalid({"grid_code": [_("没有这个网格。请重新选。")]})
    words = clean(place_words, limit=200, line=True, field="place_words")
    docket.move(
        Verb.PLACE,
        actor=actor,
        now=now,
        facts={"area_old": case.area_code, "area_new": code or case.area_code, "outside": outside},
    )
    if lng is not None and lat is not None:
        case.lng, case.lat = lng, lat
    case.outside = outside
    if code:
        case.area_code = code
        case.unplaced = False
        if not code.startswith(case.desk_code):
            # It lies with the neighbours after all: their desk holds it now, on the tier it was held before.
            case.desk_code = code[: len(case.desk_code)]
    case.place_words = words or case.place_words
    for clock in docket.running():
        if clock.area_code != case.area_code:
            clock.area_code = case.area_code
            docket.change(clock)
    docket.index_words()


@act
def add_to_report(
    docket: Docket,
    *,
    report_id: UUID,
    words: str,
    images: Iterable[PreparedImage] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """Add words or photos to one's own report (the reporter, or the one who reported for them)."""
    text = clean(words, field="words")
    pictures = list(images)
    if not text and not pictures:
        raise Invalid({"words": [_("请写几句，或加一张照片。")]})
    report = next((one for one in docket.reports if one.pk == report_id), None)
    mine = report is not None and (
        actor.report_id == report.pk or (actor.id is not None and report.taken_by_id == actor.id)
    )
    if report is None or not mine:
        raise NotFound("report")
    addition = Addition(id=docket.make_id(), report=report, words=text, added_at=now)
    docket.move(Verb.ADD, actor=actor, now=now, facts={"report": str(report.pk), "photos": len(pictures)})
    docket.add(addition)
    keep_images(pictures, "report", report.pk, "report", docket, actor=actor, now=now)


def keep_images(
    pictures: Iterable[PreparedImage],
    owner_kind: str,
    owner_id: UUID,
    purpose: str,
    docket: Docket,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Keep files for a row of this case: at once in a live act, with the builder's flush in a bulk world."""
    kept = 0
    for picture in pictures:
        kept += 1
        if not docket.live:
            area = docket.case.area_code
            docket.pictures.append(Picture(picture, owner_kind, owner_id, purpose, area, actor, now))
            continue
        files.keep_prepared(
            picture,
            owner_kind=owner_kind,
            owner_id=owner_id,
            purpose=purpose,
            area_code=docket.case.area_code,
            actor=actor,
            now=now,
            lexemes=docket.take_in_words(picture.text),
        )
    return kept


@act
def answer_case(
    docket: Docket,
    *,
    words: str,
    source: str = "knowledge",
    article: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Answer a question at once, from the knowledge base or by phone: an end.

    `article`: the version of the knowledge base that it is answered by; it is written down with the move.
    Raises Invalid where that version is not in use for the place of the case.
    """
    text = clean(words, field="words")
    told: dict[str, object] = {"source": source}
    if article is not None:
        found = knowledge.in_use(article, docket.case.area_code, today=localdate(now))
        if found is None:
            raise Invalid({"article": [_("这条问答不用了，或不在这里用。请重新选，或自己写答复。")]})
        told |= {"article": str(found.entry), "version": found.number}
    docket.move(Verb.ANSWER, actor=actor, now=now, given=Given(words=text), facts=told)
    docket.case.answer = text
    docket.case.outcome = "explained"
    docket.case.answered_by = actor.id


@act
def ask_decline(
    docket: Docket,
    *,
    clause: str,
    reason: str,
    where_to: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Ask the duty head not to take the matter on; the state stays until somebody else decides."""
    clause = clean(clause, limit=200, line=True, field="clause")
    reason = clean(reason, limit=500, field="reason")
    docket.move(Verb.ASK_DECLINE, actor=actor, now=now, given=Given(clause=clause, reason=reason))
    docket.ask(
        ApprovalKind.DECLINE,
        object_kind="case",
        object_id=docket.case.pk,
        reason=reason,
        facts={"clause": clause, "where_to": clean(where_to, limit=200, line=True, field="where_to")},
        actor=actor,
        now=now,
    )


@act
def decide_decline(docket: Docket, *, granted: bool, words: str = "", actor: Actor, now: datetime) -> None:
    """Confirm or refuse a decline; never by the one who asked."""
    text = clean(words, limit=500, field="words")
    approval = docket.open_approval(ApprovalKind.DECLINE, docket.case.pk)
    verb = Verb.DECLINE if granted else Verb.REFUSE_DECLINE

    def settle(_move: object) -> None:
        if approval is not None:
            docket.decide(
                approval, ApprovalVerb.GRANT if granted else ApprovalVerb.REFUSE, actor=actor, now=now, words=text
            )

    docket.move(verb, actor=actor, now=now, given=Given(reason=text), before=settle)
    if granted and approval is not None:
        clause, where = approval.facts.get("clause", ""), approval.facts.get("where_to", "")
        docket.case.answer = "\n".join(filter(None, [approval.reason, clause, where]))
        docket.case.answered_by = actor.id


def like(one: Case, other: Case) -> bool:
    """Whether two cases can be the same matter: type (where both are set), place, time window, and who may see them.

    What is real is never the matter of a drill.
    """
    apart = (one.confidential, one.recused, one.drill) != (other.confidential, other.recused, other.drill)
    if one.pk == other.pk or apart:
        return False
    if one.type_code and other.type_code and one.type_code != other.type_code:
        return False
    if abs(one.received_at - other.received_at) > MERGE_WITHIN:
        return False
    if None not in (one.lng, one.lat, other.lng, other.lat):
        east, north = metres_between(one.lng, one.lat, other.lng, other.lat)  # type: ignore[arg-type]
        return bool(east**2 + north**2 <= MERGE_METRES**2)
    shorter, longer = sorted((one.area_code, other.area_code), key=len)
    return longer.startswith(shorter)


@act_with(lambda _case_id, given: [given["into_id"]])
def merge_case(docket: Docket, *, into_id: UUID, confirmed: bool = False, actor: Actor, now: datetime) -> None:
    """Merge a case into an open one of the same place, type and window; reports move, their codes live on."""
    if into_id == docket.case.pk:
        raise Invalid(_("不能把一件事并入它自己。"))
    merge_step(docket, docket.others[0], confirmed=confirmed, actor=actor, now=now)


def merge_step(
    source: Docket, target: Docket, *, confirmed: bool, same: bool | None = None, actor: Actor, now: datetime
) -> None:
    """One case into another. `same` where more is known than type and place tell: both are part of one incident."""
    case = source.case
    # Whoever keeps away from the reports must keep away from the case that takes them in.
    away, away_there = ({(one.unit_id, one.account_id) for one in each.recusals} for each in (source, target))
    given = Given(
        target_open=target.case.ended_at is None,
        target_like=(like(case, target.case) if same is None else same) and away <= away_there,
        confirmed=confirmed,
    )
    before = case.state

    def moving(_move: object) -> None:
        case.state_before_merge = before
        case.merged_into = target.case

    source.move(Verb.MERGE, actor=actor, now=now, given=given, facts={"into": str(target.case.pk)}, before=moving)
    for report in source.reports:
        report.case = target.case
        source.change(report)
        target.reports.append(report)
        target.note(
            kind="case",
            object_id=target.case.pk,
            verb="take_in",
            actor=actor,
            now=now,
            from_state=target.case.state,
            to_state=target.case.state,
            facts={"report": str(report.pk), "from": str(case.pk)},
        )
    source.reports = []
    target.case.sent_up |= case.sent_up
    if case.inner_due_at is not None:
        count_inner(target)
    target.leave_to_upper(now=now)
    target.case.version += 1
    target.change(target.case)
    target.index_words()


@act_with(lambda case_id, _given: filter(None, [queries.holder_of(case_id)]))
def unmerge_case(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """Undo a merge: the case returns to the state it had, its reports and orders with it.

    The reports are where the merges end: what it was merged into may have been merged itself since.
    """
    target = next(iter(docket.others), None)
    if queries.holder_of(docket.case.pk) != (target.case.pk if target else None):
        raise Conflict  # merged or unmerged between the look and the locks
    if target is None:
        docket.move(Verb.UNMERGE, actor=actor, now=now)  # refuses, and says why
        raise Invalid(_("这件事没有并入别的案件。"))
    unmerge_step(docket, target, family=queries.absorbed_by(docket.case.pk), actor=actor, now=now)
    from huying.cases.actions.closing import settle  # that room knows this one

    settle(target, now=now)  # perhaps everybody who is left has said it


def unmerge_step(source: Docket, target: Docket, *, family: set[UUID], actor: Actor, now: datetime) -> None:
    case = source.case
    orders = [
        one
        for one in source.orders
        if one.state == OrderState.CANCELLED and one.state_before and one.ended_at == case.ended_at
    ]

    def returning(_move: object) -> None:
        case.merged_into = None
        for report in [one for one in target.reports if one.first_case_id in family]:
            report.case = case
            target.change(report)
            target.reports.remove(report)
            source.reports.append(report)
        for order in orders:
            source.move_order(order, Verb.RESTORE, actor, now=now)
            if order.state == OrderState.OFFERED:
                source.start_clock(Step.SIGN_IN, now=now, order=order)

    source.move(Verb.UNMERGE, actor=actor, now=now, facts={"from": str(target.case.pk)}, before=returning)
    case.state_before_merge = ""
    source.index_words()
    for one in (source, target):
        if one.case.inner_due_at is not None:
            count_inner(one)
    target.leave_to_upper(now=now)
    target.case.version += 1
    target.note(
        kind="case",
        object_id=target.case.pk,
        verb="give_back",
        actor=actor,
        now=now,
        from_state=target.case.state,
        to_state=target.case.state,
        facts={"to": str(case.pk)},
    )
    target.index_words()


@act
def send_to_verify(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """Ask the grid to look first."""
    docket.move(Verb.SEND_TO_VERIFY, actor=actor, now=now)


@act
def report_verified(
    docket: Docket,
    *,
    found: bool,
    words: str = "",
    images: Iterable[PreparedImage] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """What the grid worker saw: found or not found, with words or a photo."""
    text = clean(words, field="words")
    pictures = list(images)
    visit = SiteVisit(
        id=docket.make_id(),
        case=docket.case,
        kind=VisitKind.VERIFY,
        round=docket.case.round,
        good=found,
        words=text,
        made_by=actor.id,
        made_at=now,
    )
    docket.move(
        Verb.REPORT_VERIFIED,
        actor=actor,
        now=now,
        given=Given(words=text, photos=len(pictures)),
        facts={"found": found},
    )
    docket.case.verified = found
    docket.add(visit)
    keep_images(pictures, "visit", visit.pk, "check", docket, actor=actor, now=now)


@act
def register_case(
    docket: Docket,
    *,
    type_code: str = "",
    grade: str = "",
    grid_code: str = "",
    lng: float | None = None,
    lat: float | None = None,
    place_words: str = "",
    title: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Register: type, place and grade are set (given here or before), and the matter is triaged."""
    register(
        docket,
        type_code=type_code,
        grade=grade,
        grid_code=grid_code,
        lng=lng,
        lat=lat,
        place_words=place_words,
        title=title,
        actor=actor,
        now=now,
    )


def register(
    docket: Docket,
    *,
    type_code: str,
    grade: str,
    grid_code: str,
    lng: float | None,
    lat: float | None,
    place_words: str,
    title: str,
    actor: Actor,
    now: datetime,
    because: dict[str, object] | None = None,
) -> None:
    """`because`: facts of the line of history, where a rule registers."""
    case = docket.case
    held_by = case.desk_code
    changes = (type_code and type_code != case.type_code) or (grade and grade != case.grade) or title
    if changes:
        correct_case.step(
            docket, type_code=type_code or None, grade=grade or None, title=title or None, actor=actor, now=now
        )
    # A confidential type sends the case to the street's desk; the clerk who found that out may still register it.
    hand_to, case.desk_code = case.desk_code, held_by
    moved = (grid_code and grid_code != case.area_code) or (lng is not None and (lng, lat) != (case.lng, case.lat))
    if moved or (place_words and place_words != case.place_words and not case.unplaced):
        code = grid_code or ("" if moved else case.area_code)
        _place(docket, lng=lng, lat=lat, grid_code=code, place_words=place_words, actor=actor, now=now)
    because = because or {}
    docket.move(Verb.REGISTER, actor=actor, now=now, facts={"type": case.type_code, "grade": case.grade, **because})
    note_suggested(docket, actor=actor, now=now)
    case.desk_code = hand_to
    docket.index_words()


@act
def file_case(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """File: the filing condition is met, the place known, the duty clause named."""
    file(docket, actor=actor, now=now)


def file(docket: Docket, *, actor: Actor, now: datetime) -> None:
    docket.move(Verb.FILE, actor=actor, now=now, facts={"version": docket.case.catalogue_version})
    docket.case.filed_area_code = docket.case.area_code


@act
def send_back_case(docket: Docket, *, reason: str, actor: Actor, now: datetime) -> None:
    """Back to intake: what is missing or wrong."""
    text = clean(reason, limit=500, field="reason")
    docket.move(Verb.SEND_BACK, actor=actor, now=now, given=Given(reason=text))


@act
def raise_case(docket: Docket, *, reason: str, actor: Actor, now: datetime) -> None:
    """上报: this tier cannot; the desk becomes the parent area's, live orders end cancelled, no return is counted."""
    text = clean(reason, limit=500, field="reason")
    case = docket.case

    def rising(_move: object) -> None:
        docket.stop_clocks(now=now, step=docket.step_now(), object_id=case.pk)  # the next tier has a clock of its own
        for order in docket.live_orders:
            docket.move_order(order, Verb.CANCEL, actor, now=now)
        case.desk_code = parent_of(case.desk_code)

    before = case.desk_code
    parent = parent_of(before) if len(before) > 6 else before
    docket.move(
        Verb.RAISE, actor=actor, now=now, given=Given(reason=text), before=rising, facts={"from": before, "to": parent}
    )
    docket.restart_step(now=now)


def sampled_today(case_id: UUID, now: datetime) -> bool:
    """Whether a self-handled case is drawn for a second look: about one in twelve, by the day's seed."""
    digest = hashlib.sha256(f"{now:%Y-%m-%d}:{case_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < SAMPLE_PERCENT


@act
def self_handle_case(
    docket: Docket,
    *,
    words: str = "",
    before: Iterable[PreparedImage] = (),
    after: Iterable[PreparedImage] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """即办: a small matter of the list, solved by the one who found it, with pictures before and after."""
    first, second = list(before), list(after)
    case = docket.case
    case.sampled = sampled_today(case.pk, now)
    text = clean(words, field="words")
    given = Given(words=text, photos_before=len(first), photos_after=len(second))
    docket.move(Verb.SELF_HANDLE, actor=actor, now=now, given=given, facts={"sampled": case.sampled})
    case.flow = flow_for(Channel(case.channel), None, self_handled=True)
    case.outcome, case.answer = "solved", text
    keep_images(first, "case", case.pk, "before", docket, actor=actor, now=now)
    keep_images(second, "case", case.pk, "after", docket, actor=actor, now=now)
