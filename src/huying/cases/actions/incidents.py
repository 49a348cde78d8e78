"""群体性同一事件: a case is declared an incident, calls join it in one act, everybody is told what is said of it.

Every act locks the incident's case first, under the actor's scope, and the joining cases with it in one order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huying.audit import actions as audit
from huying.cases import events, queries
from huying.cases.actions.acting import done_before
from huying.cases.actions.docket import Docket, Knowledge, flush
from huying.cases.actions.intake import Receipt, merge_step
from huying.cases.models import Case, Incident, IncidentWord
from huying.cases.queries.incidents import call_of, extent_of
from huying.cases.queries.outside import NO_CASE
from huying.cases.rules import ENDS, OPEN
from huying.cases.rules.incidents import (
    MOST_JOINED,
    MOST_PLACES,
    PLACE_LIMIT,
    THING,
    TITLE_LIMIT,
    WORDS_LIMIT,
    IncidentVerb,
    WordKind,
    away,
)
from huying.kernel.actor import Actor, ActorKind, rule
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound, Refusal
from huying.kernel.terms import Label, _
from huying.kernel.text import clean
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import is_code, street_of
from huying.triage.masking import names_somebody


@dataclass
class Joined:
    """What came of joining: the cases that went in, and those left with the reason."""

    incident: Incident
    cases: list[Case] = field(default_factory=list)
    left: list[tuple[Case, Label]] = field(default_factory=list)
    voices: int = 0


_NOT_TOLD = _("保密或回避的事不对外说，不能设为群体事件，也不能并入诉求。")


def may_lead(actor: Actor, case: Case) -> bool:
    """Whether the actor declares, speaks and ends for this case: whoever takes calls in or dispatches at its desk."""
    return actor.kind in (ActorKind.RULE, ActorKind.SYSTEM) or any(
        actor.may(duty, case.desk_code) for duty in (Duty.INTAKE, Duty.DISPATCH)
    )


@transaction.atomic
def declare_incident(
    case_id: UUID,
    *,
    title: str,
    place_words: str,
    area_codes: Iterable[str],
    words: str,
    advice: str = "",
    began_at: datetime,
    expected_at: datetime | None = None,
    any_type: bool = False,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Incident:
    """Declare an open case an incident: words for everybody, what is part of it, when it is likely over.

    With `any_type` calls of every matter of the place are part of it (a burst main floods and cuts off). Raises
    NotFound outside the actor's scope, NotAllowed, IllegalMove (ended, restricted, or declared already), Invalid.
    """
    case = queries.locked(case_id, actor)
    if case is None:
        raise NotFound("case")
    codes = list(dict.fromkeys(area_codes))
    said = {
        "title": _for_all(title, TITLE_LIMIT, "title", _("请写是什么事。")),
        "place_words": _for_all(place_words, PLACE_LIMIT, "place_words", _("请写哪些地方。")),
        "words": _for_all(words, WORDS_LIMIT, "words", _("请写已知的情况：什么原因，谁在处置。")),
        "advice": _for_all(advice, WORDS_LIMIT, "advice"),
    }
    given = {**said, "areas": codes, "times": [began_at, expected_at], "any": any_type}
    hashed, earlier = done_before(IncidentVerb.DECLARE, case_id, given, key)
    if earlier is not None:
        return Incident.objects.get(pk=UUID(earlier.facts["incident"]))
    _may(actor, case)
    _can_be_declared(case)
    _check_places(case, codes)
    _check_times(began_at, expected_at, now)
    found = Incident.objects.create(
        case=case, street_code=street_of(case.area_code), area_codes=codes,
        type_code="" if any_type else case.type_code, began_at=began_at, expected_at=expected_at,
        declared_by=actor.id, declared_at=now, **said,
    )  # fmt: skip
    if not case.incident:
        case.incident = True
        case.save(update_fields=["incident"])
    _note(found, case, IncidentVerb.DECLARE, actor, now, key=key, hashed=hashed, areas=codes, type=found.type_code)
    _say(found, case, WordKind.KNOWN, said["words"], IncidentVerb.DECLARE, actor, now)
    return found


@transaction.atomic
def say_of_incident(
    incident_id: UUID,
    *,
    words: str,
    expected_at: datetime | None = None,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Incident:
    """Tell everybody who reported it how it goes, and when it is likely over now (None: as said before).

    Raises NotFound, NotAllowed, IllegalMove where it has ended, Invalid.
    """
    found, case = _opened(incident_id, actor)
    text = _for_all(words, WORDS_LIMIT, "words", _("请写现在怎么样了。"))
    hashed, earlier = done_before(IncidentVerb.SAY, incident_id, {"words": text, "at": expected_at}, key)
    if earlier is not None:
        return found
    _may(actor, case)
    _still_open(found)
    if expected_at is not None:
        _check_times(found.began_at, expected_at, now)
        found.expected_at = expected_at
        found.save(update_fields=["expected_at"])
    _note(found, case, IncidentVerb.SAY, actor, now, key=key, hashed=hashed)
    _say(found, case, WordKind.NEWS, text, IncidentVerb.SAY, actor, now)
    return found


@transaction.atomic
def end_incident(
    incident_id: UUID, *, words: str, key: UUID | None = None, actor: Actor, now: datetime
) -> Incident:  # fmt: skip
    """It is over: everybody who reported it is told; the case goes its own way to its answer.

    Raises NotFound, NotAllowed, IllegalMove where it has ended, Invalid.
    """
    found, case = _opened(incident_id, actor)
    text = _for_all(words, WORDS_LIMIT, "words", _("请写结果，比如已经恢复供水。"))
    hashed, earlier = done_before(IncidentVerb.END, incident_id, {"words": text}, key)
    if earlier is not None:
        return found
    _may(actor, case)
    _still_open(found)
    found.ended_at = now
    found.save(update_fields=["ended_at"])
    _note(found, case, IncidentVerb.END, actor, now, key=key, hashed=hashed)
    _say(found, case, WordKind.END, text, IncidentVerb.END, actor, now)
    return found


@transaction.atomic
def end_with_case(case_id: UUID, *, now: datetime) -> int:
    """The case has ended, its reporters hear of that: the banner goes with it. Says how many incidents ended."""
    case = Case.objects.select_for_update(of=("self",)).defer("search").filter(pk=case_id).first()
    if case is None or case.state not in ENDS:
        return 0
    rows = list(Incident.objects.filter(case=case, ended_at=None))
    for found in rows:
        found.ended_at = now
        found.save(update_fields=["ended_at"])
        _note(found, case, IncidentVerb.END, rule("case-ended"), now)
    return len(rows)


# Joining


def join_calls(
    incident_id: UUID, *, case_ids: Sequence[UUID], key: UUID | None = None, actor: Actor, now: datetime
) -> Joined:
    """Merge these calls into the incident's case, up to 300 in one act; their reporters are told what is known.

    What cannot go in is left as it is and named with the reason. Raises NotFound where the incident or one of the
    calls is not the actor's to see, NotAllowed, IllegalMove where it has ended, Invalid where none can go in.
    """
    if not 0 < len(case_ids) <= MOST_JOINED:
        raise Invalid({"calls": [_("请选要并入的诉求，一次最多 %(most)s 件。") % {"most": MOST_JOINED}]})
    ids = sorted(set(case_ids))
    with transaction.atomic():
        found, case = _found(incident_id, actor)
        rows = _locked_all({case.pk, *ids}, actor)
        hashed, earlier = done_before(IncidentVerb.JOIN, incident_id, {"calls": [str(one) for one in ids]}, key)
        if earlier is not None:
            into = Case.objects.defer("search").filter(pk__in=ids, merged_into=case.pk)
            return Joined(found, list(into.order_by("received_at", "id")))
        found.refresh_from_db()
        return _join(found, case.pk, rows, key=key, hashed=hashed, actor=actor, now=now)


@transaction.atomic
def join_new_call(case_id: UUID, incident_id: UUID, *, now: datetime) -> bool:
    """A call that has just come in and says that it is this incident goes into it; says whether it did.

    What has ended meanwhile, lies elsewhere, or tells of danger stays a case of its own: nothing is lost.
    """
    found = Incident.objects.filter(pk=incident_id).first()
    if found is None or found.case_id == case_id:
        return False
    actor = rule("same-incident")
    rows = _locked_all({found.case_id, case_id}, actor)
    found.refresh_from_db()
    target = next(one for one in rows if one.pk == found.case_id)
    if found.ended_at is not None or target.restricted or target.state not in OPEN:
        return False
    try:
        return bool(_join(found, target.pk, rows, key=None, hashed="", actor=actor, now=now).cases)
    except Invalid:
        return False


@transaction.atomic
def received_into(incident_id: UUID, take: Callable[[], Receipt], *, now: datetime) -> Receipt:
    """Take a report in, and into the incident that its sender says it is, both or neither."""
    receipt = take()
    if receipt.repeated or not join_new_call(receipt.case.pk, incident_id, now=now):
        return receipt
    return replace(receipt, case=Case.objects.defer("search").get(pk=receipt.case.pk))


def look_at_joining(incident_id: UUID, *, case_ids: Sequence[UUID], actor: Actor, now: datetime) -> Joined:
    """What `join_calls` would do now, without doing it. Raises as it does."""
    with transaction.atomic():
        found = join_calls(incident_id, case_ids=case_ids, actor=actor, now=now)
        transaction.set_rollback(True)
    return found


def _join(
    found: Incident, case_id: UUID, rows: list[Case], *, key: UUID | None, hashed: str, actor: Actor, now: datetime
) -> Joined:
    knowledge = Knowledge()
    target, *sources = sorted(Docket.of_many(rows, knowledge), key=lambda one: (one.case.pk != case_id, one.case.pk))
    _may(actor, target.case)
    _still_open(found)
    if target.case.restricted:
        raise IllegalMove(_NOT_TOLD, state=target.case.state)
    if not sources:
        raise Invalid({"calls": [_("这件事就是这个事件，不用并入。请选别的诉求。")]})
    found.case = target.case
    joined = Joined(found)
    target.key, target.body_hash = key, hashed
    state = target.case.state
    target.note(
        kind="case", object_id=case_id, verb=IncidentVerb.JOIN, actor=actor, now=now, from_state=state, to_state=state,
        facts={"incident": str(found.pk), "calls": len(sources)},
    )  # fmt: skip
    for source in sources:
        why: Label | None = None
        gone = away(extent_of(found), call_of(source.case))
        voices = len(source.reports)
        if gone is not None:
            why = gone.label
        else:
            try:
                merge_step(source, target, confirmed=True, same=True, actor=actor, now=now)
            except Refusal as refused:
                why = str(refused)
        if why is not None:
            joined.left.append((source.case, why))
            continue
        joined.cases.append(source.case)
        joined.voices += voices
        target.others.append(source)
    if not joined.cases:
        raise Invalid({"calls": [_("选的诉求都不能并入：%(why)s。") % {"why": joined.left[0][1]}]})
    flush([target], verb=IncidentVerb.JOIN, now=now)
    _told(found, target.case, None, IncidentVerb.JOIN, now)
    return joined


def _locked_all(ids: Iterable[UUID], actor: Actor) -> list[Case]:
    """These cases under row locks, taken in one order; NotFound where one is not the actor's to see.

    The scope is asked before, so that nobody waits for what is not theirs to see, and again under the locks.
    """
    wanted = sorted(ids)
    _all_seen(wanted, actor)
    rows = Case.objects.select_for_update(of=("self",)).defer("search").filter(pk__in=wanted).order_by("pk")
    found = list(rows)
    _all_seen(wanted, actor)
    return found


def _all_seen(ids: list[UUID], actor: Actor) -> None:
    if queries.seen_by(actor).filter(pk__in=ids).count() != len(ids):
        raise NotFound("case")


# What they share


def _found(incident_id: UUID, actor: Actor) -> tuple[Incident, Case]:
    found = Incident.objects.filter(pk=incident_id).first()
    case = queries.one(found.case_id if found is not None else NO_CASE, actor)
    if found is None or case is None:
        raise NotFound(THING)
    return found, case


def _opened(incident_id: UUID, actor: Actor) -> tuple[Incident, Case]:
    """An incident whose case the actor may see, that case locked; NotFound otherwise, whatever the reason."""
    case_id = Incident.objects.filter(pk=incident_id).values_list("case_id", flat=True).first()
    case = queries.locked(case_id or NO_CASE, actor)
    if case is None:
        raise NotFound(THING)
    return Incident.objects.get(pk=incident_id), case


def _may(actor: Actor, case: Case) -> None:
    if not may_lead(actor, case):
        raise NotAllowed(_("群体事件由受理或派单的同事来办。"), duty=str(Duty.INTAKE))


def _still_open(found: Incident) -> None:
    if found.ended_at is not None:
        raise IllegalMove(_("这个事件已经结束。"), verb=str(IncidentVerb.END))


def _can_be_declared(case: Case) -> None:
    if case.state not in OPEN:
        raise IllegalMove(_("这件事已经办结，不能设为群体事件。"), state=case.state)
    if case.restricted:
        raise IllegalMove(_NOT_TOLD, state=case.state)
    if Incident.objects.filter(case=case, ended_at=None).exists():
        raise IllegalMove(_("这件事已经是群体事件。"), state=case.state)


def _check_places(case: Case, codes: list[str]) -> None:
    street = street_of(case.area_code)
    fits = all(is_code(one) and one.startswith(street) and places.is_known(one) for one in codes)
    if not street or not codes or len(codes) > MOST_PLACES or not fits:
        raise Invalid({"area_codes": [_("请选本街道里的社区或网格，最多 %(most)s 个。") % {"most": MOST_PLACES}]})


def _check_times(began_at: datetime, expected_at: datetime | None, now: datetime) -> None:
    if began_at > now:
        raise Invalid({"began_at": [_("开始的时间不能晚于现在。")]})
    if expected_at is not None and expected_at <= now:
        raise Invalid({"expected_at": [_("预计结束的时间要晚于现在。")]})


def _for_all(words: str, limit: int, name: str, missing: Label = "") -> str:
    """Words for everybody: present where they must be, and without numbers of a person."""
    text = clean(words, limit=limit, line=True, field=name)
    if not text and missing:
        raise Invalid({name: [missing]})
    if names_somebody(text):
        raise Invalid({name: [_("这些话人人看得到，不能写手机号码和证件号码。")]})
    return text


def _note(
    found: Incident, case: Case, verb: IncidentVerb, actor: Actor, now: datetime, *, key: UUID | None = None,
    hashed: str = "", **facts: Any,
) -> None:  # fmt: skip
    audit.append(
        kind="case", object_id=case.pk, verb=verb, actor=actor, at=now, area_code=case.area_code,
        from_state=case.state, to_state=case.state, facts={"incident": found.pk, **facts}, key=key,
        body_hash=hashed if key is not None else "",
    )  # fmt: skip


def _say(
    found: Incident, case: Case, kind: WordKind, words: str, verb: IncidentVerb, actor: Actor, now: datetime
) -> None:
    said = IncidentWord.objects.create(incident=found, kind=kind, words=words, said_by=actor.id, said_at=now)
    _told(found, case, said.pk, verb, now)


def _told(found: Incident, case: Case, word_id: UUID | None, verb: IncidentVerb, now: datetime) -> None:
    events.incident_said.emit(
        at=now, case_id=case.pk, incident_id=found.pk, word_id=word_id, verb=str(verb), area_code=case.area_code,
        restricted=case.restricted,
    )  # fmt: skip
