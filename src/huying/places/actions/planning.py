"""A change of areas on paper: drawn, submitted, approved by another person, sent back, thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import override

from huying.audit import actions as audit
from huying.audit import queries as histories
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.kernel.terms import _, listed
from huying.kernel.text import LINE_LIMIT, clean
from huying.places import queries
from huying.places.actions.effecting import carry_out
from huying.places.actions.working_out import Result, day_problem, whole_of, work_out
from huying.places.models import AreaPlan, Revision
from huying.places.plans import APPROVERS, FLOW, PlanFacts, PlanKind, PlanState, PlanVerb
from huying.places.queries import plans
from huying.places.rules import ADMIN_PLACES, SHANGHAI

KIND = "area_plan"


@transaction.atomic
def draw_plan(
    *,
    kind: str,
    given: Mapping[str, Any],
    effective_on: date,
    reason: str = "",
    plan_id: UUID | None = None,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> AreaPlan:
    """Write down a change of areas, or draw a draft anew (`plan_id`). Nothing moves yet.

    Raises NotFound outside the actor's areas, NotAllowed where an area of it is not the actor's to keep,
    Invalid with the reasons where it cannot be, IllegalMove where the plan is no draft any more.
    """
    if kind not in PlanKind.values:
        raise Invalid({"kind": [_("请选要做什么。")]})
    hashed = histories.body_hash([kind, dict(given), effective_on, reason]) if key is not None else ""
    done = histories.repeated(key, hashed)
    if done is not None:
        return AreaPlan.objects.get(pk=done.object_id)
    result = work_out(kind, given, actor=actor)
    problem = day_problem(result, effective_on, _day(now))
    if problem is not None:
        raise Invalid({"effective_on": [problem]})
    plan = _draft(plan_id, actor) if plan_id is not None else AreaPlan(pk=uuid7(), made_by=actor.id, made_at=now)
    plan.kind, plan.given, plan.result = PlanKind(kind), dict(given), result.kept()
    plan.area_code, plan.effective_on = whole_of(result), effective_on
    plan.reason = clean(reason, limit=LINE_LIMIT, line=True, field="reason")
    plan.title = _title(plan, result)
    plan.save(force_insert=plan_id is None)
    _append(plan, PlanVerb.DRAW, "", actor=actor, now=now, key=key, body_hash=hashed)
    return plan


def _draft(plan_id: UUID, actor: Actor) -> AreaPlan:
    plan = _locked(plan_id, actor)
    _keeps(plan, actor)  # of the draft as it was: what it is to be has been asked for already
    if plan.state != PlanState.DRAFT:
        FLOW.move(PlanVerb.SUBMIT, _facts(plan, actor))  # says in which state it is
    if plan.made_by != actor.id and actor.kind == ActorKind.PERSON:
        plan.made_by = actor.id  # who draws it last answers for it, and cannot approve it
    return plan


@transaction.atomic
def submit_plan(*, plan_id: UUID, actor: Actor, now: datetime) -> AreaPlan:
    """Ask for the second person's decision."""
    plan = _locked(plan_id, actor)
    _keeps(plan, actor)
    return _moved(plan, PlanVerb.SUBMIT, actor=actor, now=now, submitted_at=now, words="")


@transaction.atomic
def approve_plan(*, plan_id: UUID, words: str = "", actor: Actor, now: datetime) -> AreaPlan:
    """The second person agrees. It takes effect on its day: at once where that has come."""
    _alone()  # before the plan, as whoever carries it out does: it may be carried out at once
    plan = _locked(plan_id, actor)
    _decides(plan, actor)
    told = clean(words, limit=LINE_LIMIT, line=True, field="words")
    plan = _moved(plan, PlanVerb.APPROVE, actor=actor, now=now, decided_by=actor.id, decided_at=now, words=told)
    if plan.effective_on <= _day(now):
        plan.effective_on = _day(now)
        plan.save(update_fields=["effective_on"])
        plan = effect_plan(plan_id=plan.pk, actor=actor, now=now)
    return plan


@transaction.atomic
def send_plan_back(*, plan_id: UUID, words: str, actor: Actor, now: datetime) -> AreaPlan:
    """The second person wants it drawn otherwise, and says how."""
    plan = _locked(plan_id, actor)
    _decides(plan, actor)
    told = clean(words, limit=LINE_LIMIT, line=True, field="words")
    if not told:
        raise Invalid({"words": [_("退回要写明怎么改，起草的人要看。")]})
    return _moved(plan, PlanVerb.SEND_BACK, actor=actor, now=now, words=told)


@transaction.atomic
def drop_plan(*, plan_id: UUID, actor: Actor, now: datetime) -> AreaPlan:
    """Throw a plan away that is not in effect yet."""
    plan = _locked(plan_id, actor)
    _keeps(plan, actor)
    return _moved(plan, PlanVerb.DROP, actor=actor, now=now)


@transaction.atomic
def effect_plan(*, plan_id: UUID, actor: Actor, now: datetime) -> AreaPlan:
    """Let an approved plan take effect on its day: old rows end, new ones begin, what lies there moves.

    A plan whose areas have changed meanwhile goes back to its maker instead.
    """
    _alone()
    plan = AreaPlan.objects.select_for_update().filter(pk=plan_id).first()
    if plan is None:
        raise NotFound("area_plan")
    facts = _facts(plan, actor, now=now)
    if plan.state == PlanState.APPROVED and facts.due and not facts.fresh:
        told = str(PlanVerb.EXPIRE.label)
        return _moved(plan, PlanVerb.EXPIRE, actor=actor, now=now, decided_by=None, decided_at=None, words=told)
    FLOW.move(PlanVerb.EFFECT, facts)
    moved = carry_out(plan, Result.read(plan.result), actor=actor, now=now)
    return _moved(plan, PlanVerb.EFFECT, actor=actor, now=now, facts=moved, effected_at=now)


def effect_due_plans(*, actor: Actor, now: datetime) -> int:
    """Every approved plan whose day has come, the earliest first; says how many took effect or went back."""
    due = AreaPlan.objects.filter(state=PlanState.APPROVED, effective_on__lte=_day(now))
    ids = list(due.order_by("effective_on", "decided_at", "pk").values_list("pk", flat=True))
    for plan_id in ids:
        effect_plan(plan_id=plan_id, actor=actor, now=now)
    return len(ids)


def _alone() -> None:
    """One change of areas at a time."""
    Revision.objects.get_or_create(pk=1)
    Revision.objects.select_for_update().get(pk=1)


def _day(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def _locked(plan_id: UUID, actor: Actor) -> AreaPlan:
    plan = plans.seen(actor).select_for_update(of=("self",)).filter(pk=plan_id).first()
    if plan is None:
        raise NotFound("area_plan")
    return plan


def _keeps(plan: AreaPlan, actor: Actor) -> None:
    if not actor.may(ADMIN_PLACES, plan.area_code):
        raise NotAllowed(duty=ADMIN_PLACES)


def _decides(plan: AreaPlan, actor: Actor) -> None:
    if not any(actor.may(duty, plan.area_code) for duty in APPROVERS):
        raise NotAllowed(_("边界变更由另一位区域管理员或分管领导审定。"), duty=APPROVERS[0])


def _facts(plan: AreaPlan, actor: Actor, now: datetime | None = None) -> PlanFacts:
    return PlanFacts(
        state=PlanState(plan.state),
        made_by=plan.made_by,
        actor=actor,
        fresh=plans.is_fresh(plan),
        due=now is not None and plan.effective_on <= _day(now),
    )


def _moved(
    plan: AreaPlan,
    verb: PlanVerb,
    *,
    actor: Actor,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    **values: Any,
) -> AreaPlan:
    before = PlanState(plan.state)
    # What was carried out a moment ago is not looked at again.
    known = _facts(plan, actor, now=now) if verb != PlanVerb.EFFECT else None
    plan.state = FLOW.move(verb, known).lands(before) if known is not None else PlanState.EFFECTIVE
    for name, value in values.items():
        setattr(plan, name, value)
    plan.save(update_fields=["state", *values])
    _append(plan, verb, before, actor=actor, now=now, facts=facts)
    return plan


def _append(
    plan: AreaPlan,
    verb: PlanVerb,
    before: str,
    *,
    actor: Actor,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    key: UUID | None = None,
    body_hash: str = "",
) -> None:
    audit.append(
        kind=KIND, object_id=plan.pk, verb=verb.value, actor=actor, at=now, area_code=plan.area_code,
        from_state=str(before), to_state=str(plan.state),
        facts={"kind": str(plan.kind), "effective_on": plan.effective_on, **(facts or {})}, key=key,
        body_hash=body_hash,
    )  # fmt: skip


def _title(plan: AreaPlan, result: Result) -> str:
    """Written once, in the language of the source, as people would say it."""
    with override("zh-hans"):
        names = {one.code: one.name for one in result.begins}
        given = plan.given
        subject = str(given.get("code", ""))
        old = queries.own_name_of(subject)
        if plan.kind == PlanKind.NEW:
            fresh = [name for code, name in names.items() if code not in result.ends]
            text = _("新设%(name)s") % {"name": listed(fresh[:1])}
        elif plan.kind == PlanKind.REDRAW:
            text = _("改%(name)s的边界") % {"name": old}
        elif plan.kind == PlanKind.SPLIT:
            new = [str(one.get("name", "")) for one in given.get("parts", ())]
            text = _("%(name)s拆成%(parts)s") % {"name": old, "parts": listed(new)}
        elif plan.kind == PlanKind.MERGE:
            text = _("合并%(parts)s") % {"parts": listed(queries.own_name_of(str(one)) for one in given["codes"])}
        else:
            told = {"name": old, "old": subject, "new": str(given.get("new_code", ""))}
            text = _("%(name)s的代码由 %(old)s 改为 %(new)s") % told
        return str(text)[:120]
