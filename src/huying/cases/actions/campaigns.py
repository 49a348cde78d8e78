"""专项整治: planned, its places listed and shared out, worked through with photos, checked by others, closed, shown.

Every act on a place locks the place; every act on the campaign locks the campaign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huying.audit import actions as audit
from huying.cases import events
from huying.cases.actions.acting import done_before
from huying.cases.actions.intake import NewReport, receive
from huying.cases.models import Campaign, CampaignSpot, Case
from huying.cases.queries import campaigns as reads
from huying.cases.rules import Channel, ReplyBy
from huying.cases.rules.campaigns import (
    AIM_LIMIT,
    DONE,
    FLOW,
    MOST_ADDED,
    MOST_DAYS,
    MOST_SPOTS,
    NAME_LIMIT,
    SPOT,
    SPOT_LIMIT,
    THING,
    WORDS_LIMIT,
    CampaignState,
    CampaignVerb,
    Finding,
    Given,
    SpotState,
    SpotVerb,
)
from huying.clocks import actions as clocks
from huying.files import actions as files
from huying.files.rules import FilePurpose, PreparedImage
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.matters import queries as matters
from huying.people import queries as people
from huying.people.rules import Duty, UnitKind
from huying.places import queries as places
from huying.places.rules import community_of, is_code
from huying.triage.masking import names_somebody


@dataclass(frozen=True)
class NewSpot:
    """A place to list: by a point, or an area by name; `place_id` of a registered one."""

    name: str
    area_code: str = ""
    lng: float | None = None
    lat: float | None = None
    place_id: UUID | None = None


# The campaign


@transaction.atomic
def plan_campaign(
    *,
    name: str,
    aim: str,
    area_code: str,
    type_codes: Sequence[str],
    from_day: date,
    until_day: date,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Campaign:
    """Begin to prepare a campaign over an area for a period; its places are listed before it begins.

    Raises NotAllowed for who does not lead there, Invalid.
    """
    title = _words(name, NAME_LIMIT, "name", _("请写专项整治的名称。"), line=True)
    text = _words(aim, AIM_LIMIT, "aim", _("请写整治什么、要做到什么。"))
    codes = list(dict.fromkeys(type_codes))
    given = {"words": [title, text], "area": area_code, "types": codes, "days": [from_day, until_day]}
    # No campaign is there yet: the key names it.
    hashed, earlier = done_before(CampaignVerb.PLAN, _NO_ID, given, key)
    if earlier is not None:
        return Campaign.objects.get(pk=earlier.object_id)
    if not is_code(area_code) or not places.is_known(area_code):
        raise Invalid({"area_code": [_("没有这个区域代码。请重新选。")]})
    if not reads.leads(actor, area_code):
        raise NotAllowed(_("专项整治由派单、督办的同事或分管领导发起。"))
    if not codes or any(matters.type_of(one) is None for one in codes):
        raise Invalid({"type_codes": [_("请选整治哪些事项。")]})
    if until_day < from_day or (until_day - from_day).days > MOST_DAYS:
        raise Invalid({"until_day": [_("结束的日子要在开始以后，最长一年。")]})
    made = Campaign.objects.create(
        name=title, aim=text, area_code=area_code, type_codes=codes, from_day=from_day, until_day=until_day,
        state=CampaignState.DRAFT, made_by=actor.id, made_at=now,
    )  # fmt: skip
    _note(made, CampaignVerb.PLAN, "", actor, now, key, hashed, types=codes)
    return made


_NO_ID = UUID(int=0)


@transaction.atomic
def add_spots(
    campaign_id: UUID,
    *,
    spots: Sequence[NewSpot],
    unit_id: UUID | None = None,
    by_community: bool = False,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """List places, all for one unit, each for its own community's committee (`by_community`), or for nobody yet.

    Says how many: a registered place that is listed already is left out. Raises NotFound, NotAllowed, IllegalMove
    where it is closed, Invalid.
    """
    found = _led(campaign_id, actor)
    given = {"spots": [list(map(str, vars(one).values())) for one in spots], "unit": unit_id, "own": by_community}
    hashed, earlier = done_before(CampaignVerb.ADD, campaign_id, given, key)
    if earlier is not None:
        return int(earlier.facts["spots"])
    _not_closed(found)
    if not 0 < len(spots) <= MOST_ADDED:
        raise Invalid({"spots": [_("请列出点位，一次最多 %(most)s 个。") % {"most": MOST_ADDED}]})
    unit = _unit(found, unit_id)
    known = list(CampaignSpot.objects.filter(campaign=found).values_list("place_id", "number"))
    listed = {place for place, _number in known}
    last = max((number for _place, number in known), default=0)
    own = _committees(found.area_code) if by_community else {}
    rows: list[CampaignSpot] = []
    for one in spots:
        if one.place_id is None or one.place_id not in listed:
            listed.add(one.place_id)
            code = _lies(found, one)
            mine = own.get(community_of(code)) if by_community else unit
            rows.append(
                CampaignSpot(
                    id=uuid7(), campaign=found, number=last + len(rows) + 1, area_code=code, unit_id=mine,
                    name=_words(one.name, SPOT_LIMIT, "spots", _("每个点位都要有名称。"), line=True), lng=one.lng,
                    lat=one.lat, place_id=one.place_id, state=SpotState.WAITING,
                )
            )  # fmt: skip
    if len(known) + len(rows) > MOST_SPOTS:
        raise Invalid({"spots": [_("一次专项整治最多 %(most)s 个点位。") % {"most": MOST_SPOTS}]})
    CampaignSpot.objects.bulk_create(rows)
    _note(found, CampaignVerb.ADD, found.state, actor, now, key, hashed, spots=len(rows), unit=unit)
    _shared(found, {one.unit_id for one in rows}, now)
    return len(rows)


@transaction.atomic
def share_spots(
    campaign_id: UUID,
    *,
    spot_ids: Sequence[UUID],
    unit_id: UUID,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """These places are this unit's share from now on; what is done or checked stays whose it was.

    Says how many changed. Raises NotFound, NotAllowed, IllegalMove where it is closed, Invalid.
    """
    found = _led(campaign_id, actor)
    ids = sorted(set(spot_ids))
    hashed, earlier = done_before(CampaignVerb.SHARE, campaign_id, {"spots": ids, "unit": unit_id}, key)
    if earlier is not None:
        return int(earlier.facts["spots"])
    _not_closed(found)
    unit = _unit(found, unit_id)
    rows = CampaignSpot.objects.select_for_update().filter(campaign=found, pk__in=ids).order_by("pk")
    known = list(rows)
    if not ids or len(known) != len(ids):
        raise Invalid({"spots": [_("请选要分的点位。")]})
    open_ones = [one for one in known if one.state not in DONE]
    for one in open_ones:
        one.unit_id = unit
    CampaignSpot.objects.bulk_update(open_ones, ["unit"])
    _note(found, CampaignVerb.SHARE, found.state, actor, now, key, hashed, spots=len(open_ones), unit=unit)
    _shared(found, {one.unit_id for one in open_ones}, now)
    return len(open_ones)


@transaction.atomic
def begin_campaign(campaign_id: UUID, *, key: UUID | None = None, actor: Actor, now: datetime) -> Campaign:
    """It begins: whoever takes part sees it and works on its places.

    Raises NotFound, NotAllowed, IllegalMove where it has begun or lists no place, or a place is nobody's share.
    """
    found = _led(campaign_id, actor)
    hashed, earlier = done_before(CampaignVerb.BEGIN, campaign_id, {}, key)
    if earlier is not None:
        return found
    if found.state != CampaignState.DRAFT:
        raise IllegalMove(_("专项整治已经开始。"), state=found.state)
    shares = list(CampaignSpot.objects.filter(campaign=found).values_list("unit_id", flat=True))
    if not shares:
        raise IllegalMove(_("还没有列入点位。请先列出点位。"), state=found.state)
    if None in shares:
        raise IllegalMove(_("还有点位没有分给单位。请先分工。"), state=found.state)
    found.state, found.began_at = CampaignState.RUNNING, now
    found.save(update_fields=["state", "began_at"])
    _note(found, CampaignVerb.BEGIN, CampaignState.DRAFT, actor, now, key, hashed, spots=len(shares))
    _shared(found, set(shares), now)
    return found


@transaction.atomic
def close_campaign(
    campaign_id: UUID, *, words: str, key: UUID | None = None, actor: Actor, now: datetime
) -> Campaign:  # fmt: skip
    """It is over, with what it came to and what keeps it so; places stand as they stand, and are counted so.

    Raises NotFound, NotAllowed, IllegalMove where it does not go on, Invalid.
    """
    found = _led(campaign_id, actor)
    text = _words(words, WORDS_LIMIT, "words", _("请写整治的结果，和以后怎么保持。"))
    hashed, earlier = done_before(CampaignVerb.CLOSE, campaign_id, {"words": text}, key)
    if earlier is not None:
        return found
    if found.state != CampaignState.RUNNING:
        raise IllegalMove(_("专项整治没有在进行。"), state=found.state)
    found.state, found.closed_at, found.closing = CampaignState.CLOSED, now, text
    found.save(update_fields=["state", "closed_at", "closing"])
    counts = reads.progress_of(reads.spots_of(found.pk)).every.by_state
    _note(found, CampaignVerb.CLOSE, CampaignState.RUNNING, actor, now, key, hashed, counts=counts)
    clocks.changed()
    return found


@transaction.atomic
def publish_campaign(
    campaign_id: UUID, *, words: str, key: UUID | None = None, actor: Actor, now: datetime
) -> Campaign:  # fmt: skip
    """A leader puts the result up for everybody: words of their own and counts, no place, no person.

    Raises NotFound, NotAllowed for who is no leader there, IllegalMove before it is closed, Invalid.
    """
    found = _opened(campaign_id, actor)
    text = _words(words, AIM_LIMIT, "words", _("请写给居民看的话。"))
    if names_somebody(text):
        raise Invalid({"words": [_("这些话人人看得到，不能写手机号码和证件号码。")]})
    hashed, earlier = done_before(CampaignVerb.PUBLISH, campaign_id, {"words": text}, key)
    if earlier is not None:
        return found
    _a_leader(actor, found)
    if found.state != CampaignState.CLOSED:
        raise IllegalMove(_("结题以后才能公开。"), state=found.state)
    found.public_words, found.published_at, found.published_by = text, now, actor.id
    found.save(update_fields=["public_words", "published_at", "published_by"])
    _note(found, CampaignVerb.PUBLISH, found.state, actor, now, key, hashed)
    return found


@transaction.atomic
def hide_campaign(campaign_id: UUID, *, key: UUID | None = None, actor: Actor, now: datetime) -> Campaign:
    """A leader takes the public result down again. Raises NotFound, NotAllowed, IllegalMove where none is up."""
    found = _opened(campaign_id, actor)
    hashed, earlier = done_before(CampaignVerb.HIDE, campaign_id, {}, key)
    if earlier is not None:
        return found
    _a_leader(actor, found)
    if found.published_at is None:
        raise IllegalMove(_("结果没有公开。"), state=found.state)
    found.published_at, found.published_by = None, None
    found.save(update_fields=["published_at", "published_by"])
    _note(found, CampaignVerb.HIDE, found.state, actor, now, key, hashed)
    return found


# Its places


def start_spot(
    spot_id: UUID, *, images: Iterable[PreparedImage] = (), key: UUID | None = None, actor: Actor, now: datetime
) -> CampaignSpot:
    """Somebody of the unit goes to the place; a photo of how it is can be taken at once.

    Raises NotFound, NotAllowed, IllegalMove.
    """
    return _walk(spot_id, SpotVerb.START, Given(), before=images, key=key, actor=actor, now=now)


def finish_spot(
    spot_id: UUID,
    *,
    finding: str,
    words: str = "",
    before: Iterable[PreparedImage] = (),
    after: Iterable[PreparedImage] = (),
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> CampaignSpot:
    """What came of the place, with photos before and, where it was put right, after.

    Raises NotFound, NotAllowed, IllegalMove (a photo or a word is missing, or it is handed on without a case).
    """
    said = Given(words=_said(words), finding=finding)
    return _walk(spot_id, SpotVerb.FINISH, said, before=before, after=after, key=key, actor=actor, now=now)


def pass_spot(
    spot_id: UUID,
    *,
    words: str = "",
    images: Iterable[PreparedImage] = (),
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> CampaignSpot:
    """Another person looked, and it is as it should be. Raises NotFound, NotAllowed, IllegalMove."""
    return _walk(spot_id, SpotVerb.PASS, Given(_said(words)), check=images, key=key, actor=actor, now=now)


def fail_spot(
    spot_id: UUID,
    *,
    words: str,
    images: Iterable[PreparedImage] = (),
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> CampaignSpot:
    """Another person looked, and something is missing: it goes back. Raises NotFound, NotAllowed, IllegalMove."""
    return _walk(spot_id, SpotVerb.FAIL, Given(_said(words)), check=images, key=key, actor=actor, now=now)


def recur_spot(
    spot_id: UUID,
    *,
    words: str,
    images: Iterable[PreparedImage] = (),
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> CampaignSpot:
    """反弹: what was put right is back. Raises NotFound, NotAllowed, IllegalMove."""
    return _walk(spot_id, SpotVerb.RECUR, Given(_said(words)), check=images, key=key, actor=actor, now=now)


def open_case(
    spot_id: UUID, *, words: str, type_code: str = "", key: UUID | None = None, actor: Actor, now: datetime
) -> CampaignSpot:
    """What cannot be put right on the spot becomes a case: found by ourselves, tied to the place.

    Raises NotFound, NotAllowed (also without the duty to report there), IllegalMove, Invalid.
    """
    said = Given(_said(words))
    return _walk(spot_id, SpotVerb.OPEN_CASE, said, type_code=type_code, key=key, actor=actor, now=now)


def _said(words: str) -> str:
    return clean(words, limit=WORDS_LIMIT, field="words")


@transaction.atomic
def _walk(
    spot_id: UUID,
    verb: SpotVerb,
    said: Given,
    *,
    before: Iterable[PreparedImage] = (),
    after: Iterable[PreparedImage] = (),
    check: Iterable[PreparedImage] = (),
    type_code: str = "",
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> CampaignSpot:
    """One move of one place: scope, lock, duty, table, then the row, its photos and the line."""
    kept = {FilePurpose.BEFORE: list(before), FilePurpose.AFTER: list(after), FilePurpose.CHECK: list(check)}
    pictures = {str(purpose): [one.sha256 for one in rows] for purpose, rows in kept.items()}
    reads.spot(spot_id, actor)
    found = CampaignSpot.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=spot_id)
    given = {"words": [said.words, said.finding, type_code], "pictures": pictures}
    hashed, earlier = done_before(verb, spot_id, given, key)
    if earlier is not None:
        return found
    if not reads.may_move(actor, found, verb):
        raise NotAllowed(_("这一步由分到的单位，或者核查的同事来办。"))
    told = Given(said.words, said.finding, len(kept[FilePurpose.BEFORE]), len(kept[FilePurpose.AFTER]))
    had = reads.pair_of(reads.photos_of([spot_id])[spot_id])[0] is not None
    state = SpotState(found.state)
    move = FLOW.move(verb, reads.facts_of(found, actor, told, has_before=had))
    found.state = str(move.lands(state))
    facts: dict[str, Any] = {"campaign": found.campaign_id}
    _happened(found, verb, told, actor, now)
    if verb == SpotVerb.OPEN_CASE:
        facts["case"] = _case_from(found, said.words, type_code, actor, now).pk
    found.save()
    for purpose, rows in kept.items():
        for one in rows:
            files.keep_prepared(
                one, owner_kind=SPOT, owner_id=found.pk, purpose=purpose, area_code=found.area_code, actor=actor,
                now=now,
            )  # fmt: skip
    audit.append(
        kind=SPOT, object_id=found.pk, verb=verb, actor=actor, at=now, area_code=found.area_code, from_state=state,
        to_state=found.state, facts={**facts, **({"finding": told.finding} if told.finding else {})}, key=key,
        body_hash=hashed if key is not None else "",
    )  # fmt: skip
    return found


def _happened(found: CampaignSpot, verb: SpotVerb, told: Given, actor: Actor, now: datetime) -> None:
    if verb == SpotVerb.FINISH:
        found.finding, found.words = Finding(told.finding), told.words
        found.done_by, found.done_at = actor.id, now
        found.checked_by, found.checked_at, found.check_words = None, None, ""
    elif verb in (SpotVerb.PASS, SpotVerb.FAIL, SpotVerb.RECUR):
        found.checked_by, found.checked_at, found.check_words = actor.id, now, told.words
    if found.state == SpotState.CAME_BACK:
        found.came_back += 1


def _case_from(found: CampaignSpot, words: str, type_code: str, actor: Actor, now: datetime) -> Case:
    kind = type_code or next(iter(found.campaign.type_codes), "")
    new = NewReport(
        words=words, area_code=found.area_code, channel=Channel.PATROL, lng=found.lng, lat=found.lat,
        grid_code="" if found.lng is not None else found.area_code, place_words=found.name, type_code=kind,
        reply_by=ReplyBy.NONE,
    )  # fmt: skip
    receipt = receive(uuid7(), new, actor=actor, now=now)
    found.case = receipt.case
    return receipt.case


# What they share


def _opened(campaign_id: UUID, actor: Actor) -> Campaign:
    """A campaign that the actor sees, locked; NotFound otherwise, whatever the reason."""
    reads.campaign(campaign_id, actor)
    return Campaign.objects.select_for_update().get(pk=campaign_id)


def _led(campaign_id: UUID, actor: Actor) -> Campaign:
    found = _opened(campaign_id, actor)
    if not reads.leads(actor, found.area_code):
        raise NotAllowed(_("专项整治由派单、督办的同事或分管领导来管。"))
    return found


def _a_leader(actor: Actor, found: Campaign) -> None:
    if not actor.may(Duty.LEAD, found.area_code):
        raise NotAllowed(_("对外公开由分管领导决定。"), duty=str(Duty.LEAD))


def _not_closed(found: Campaign) -> None:
    if found.state == CampaignState.CLOSED:
        raise IllegalMove(_("专项整治已经结题。"), state=found.state)


def _words(words: str, limit: int, name: str, missing: Any, *, line: bool = False) -> str:
    text = clean(words, limit=limit, line=line, field=name)
    if not text:
        raise Invalid({name: [missing]})
    return text


def _unit(found: Campaign, unit_id: UUID | None) -> UUID | None:
    """A unit of the area, of a part of it, or above it."""
    if unit_id is None:
        return None
    unit = people.unit(unit_id)
    near = unit is not None and (
        unit.area_code.startswith(found.area_code) or found.area_code.startswith(unit.area_code)
    )  # fmt: skip
    if unit is None or not unit.active or not near:
        raise Invalid({"unit_id": [_("没有这个单位。请重新选。")]})
    return unit.pk


def _committees(area_code: str) -> dict[str, UUID]:
    """The committee of each community of the area."""
    kinds = (UnitKind.COMMUNITY_COMMITTEE, UnitKind.VILLAGE_COMMITTEE)
    return {one.area_code: one.pk for one in people.tree_under([area_code], kinds=kinds) if len(one.area_code) == 12}


def _lies(found: Campaign, one: NewSpot) -> str:
    located = places.locate(one.lng, one.lat) if one.lng is not None and one.lat is not None else None
    code = located.area_code if located is not None else one.area_code or found.area_code
    if not code.startswith(found.area_code) or not is_code(code) or not places.is_known(code):
        raise Invalid({"spots": [_("“%(name)s”不在专项整治的区域里。请核对。") % {"name": one.name}]})
    return code


def _shared(found: Campaign, units: set[UUID | None], now: datetime) -> None:
    """While it goes on, units that got places hear of it, and find them in their work."""
    told = sorted(str(one) for one in units if one is not None)
    if found.state == CampaignState.RUNNING and told:
        events.campaign_shared.emit(at=now, campaign_id=found.pk, units=told, area_code=found.area_code)
        clocks.changed()  # which units have places of campaigns is kept in each process until this mark changes


def _note(
    found: Campaign, verb: CampaignVerb, before: str, actor: Actor, now: datetime, key: UUID | None, hashed: str,
    **facts: Any,
) -> None:  # fmt: skip
    audit.append(
        kind=THING, object_id=found.pk, verb=verb, actor=actor, at=now, area_code=found.area_code, from_state=before,
        to_state=found.state, facts=facts, key=key, body_hash=hashed if key is not None else "",
    )  # fmt: skip
