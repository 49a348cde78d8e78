"""Cross appointments and part-time members: nominated by one, lawfully elected where needed, appointed by another."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, NAME_LIMIT, clean
from huying.people.actions.posts import begin_post
from huying.people.actions.scope import clean_area, require_duty
from huying.people.models import Account, Appointment, Nomination, Organisation
from huying.people.rules import Duty, Post
from huying.people.rules.registers import (
    ELECTIONS,
    GREATER,
    NOMINATION,
    NominationFacts,
    NominationKind,
    NominationState,
    NominationVerb,
    Tally,
    lawful,
    tally_problem,
)
from huying.places.rules import SHANGHAI

KEEPERS = (Duty.ADMIN_PEOPLE, Duty.KEEP_PEOPLE)


@transaction.atomic
def nominate(
    *,
    account_id: UUID,
    from_unit_id: UUID,
    organisation_id: UUID,
    post: str,
    until: date,
    area_code: str = "",
    actor: Actor,
    now: datetime,
) -> Nomination:
    """Put a member of one body forward for a post in another, for a term.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Invalid where the candidate holds no post
    in the sending unit or the post does not fit, Conflict while the same nomination is open.
    """
    nomination = new_nomination(
        account_id=account_id, from_unit_id=from_unit_id, organisation_id=organisation_id, post=post, until=until,
        area_code=area_code, actor=actor, now=now,
    )  # fmt: skip
    _append(nomination, NominationVerb.NOMINATE, "", actor=actor, now=now)
    return nomination


def new_nomination(
    *,
    account_id: UUID,
    from_unit_id: UUID,
    organisation_id: UUID,
    post: str,
    until: date,
    area_code: str = "",
    actor: Actor,
    now: datetime,
) -> Nomination:
    """`nominate` without its history line."""
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    unit = Organisation.objects.filter(pk=organisation_id, active=True).first()
    sender = Organisation.objects.filter(pk=from_unit_id, active=True).first()
    if account is None or unit is None or sender is None:
        raise NotFound("nomination")
    require_duty(actor, unit.area_code, KEEPERS, "organisation")
    if post not in Post.values:
        raise Invalid({"post": [_("请从列表里选岗位。")]})
    if sender.pk == unit.pk:
        raise Invalid({"from_unit": [_("交叉任职要去另一个组织。请另选一个。")]})
    if not Appointment.objects.filter(account=account, organisation=sender, until=None).exists():
        raise Invalid({"account": [_("这位同事在派出单位没有岗位。请核对派出单位。")]})
    if (post == Post.PART_TIME_MEMBER) != (unit.kind in GREATER):
        raise Invalid({"post": [_("兼职委员只在大工委、大党委、邻里大党委里任职，那里也只设兼职委员。")]})
    if until <= now.astimezone(SHANGHAI).date():
        raise Invalid({"until": [_("任期要到今天以后。")]})
    area_code = clean_area(area_code or unit.area_code)
    if not area_code.startswith(unit.area_code):
        raise Invalid({"area_code": [_("岗位的区域要在单位的区域之内。")]})
    try:
        with transaction.atomic():
            return Nomination.objects.create(
                kind=NominationKind.PART_TIME if post == Post.PART_TIME_MEMBER else NominationKind.CROSS,
                account=account, from_unit=sender, organisation=unit, post=post, area_code=area_code, until=until,
                nominated_by=actor.id, nominated_at=now,
            )  # fmt: skip
    except IntegrityError as why:
        raise Conflict(_("这位同事的同一项提名正在办理。")) from why


@transaction.atomic
def record_election(
    *,
    nomination_id: UUID,
    form: str,
    held_on: date,
    paper: str,
    tally: Tally,
    eligible: bool,
    actor: Actor,
    now: datetime,
) -> Nomination:
    """Take down what the minutes of the election say; the law decides from the numbers whether it was won.

    Raises NotFound, NotAllowed, IllegalMove where no election belongs here, Invalid for numbers that cannot be.
    """
    nomination = _locked(nomination_id, NominationVerb.ELECT, actor=actor)
    forms = ELECTIONS.get(nomination.organisation.kind, frozenset())
    if form not in forms:
        raise Invalid({"form": [_("这个组织的岗位不能用这种方式选举。请重新选。")]})
    if not eligible:
        raise Invalid({"eligible": [_("请先核对候选人的参选资格。")]})
    if held_on > now.astimezone(SHANGHAI).date() or held_on < nomination.nominated_at.astimezone(SHANGHAI).date():
        raise Invalid({"held_on": [_("选举要在提名之后、今天以前。")]})
    paper = clean(paper, limit=NAME_LIMIT, line=True, field="paper")
    if not paper:
        raise Invalid({"paper": [_("请写会议记录或备案的编号。")]})
    problem = tally_problem(form, tally)
    if problem is not None:
        raise Invalid({"due": [problem]})
    won = lawful(form, tally)
    before = nomination.state
    nomination.state = NominationState.ELECTED if won else NominationState.NOT_ELECTED
    nomination.form, nomination.held_on, nomination.paper = form, held_on, paper
    nomination.tally = {
        "due": tally.due, "present": tally.present, "ayes": tally.ayes, "area_due": tally.area_due,
        "area_present": tally.area_present, "area_ayes": tally.area_ayes,
    }  # fmt: skip
    nomination.elected_by = actor.id
    nomination.save()
    _append(nomination, NominationVerb.ELECT, before, actor=actor, now=now, form=str(form), **nomination.tally)
    return nomination


@transaction.atomic
def appoint_nominated(*, nomination_id: UUID, actor: Actor, now: datetime) -> Nomination:
    """Give the nominated (and, where needed, elected) person the post for the term: another than the nominator."""
    nomination = _locked(nomination_id, NominationVerb.APPOINT, actor=actor)
    before = nomination.state
    ends = datetime.combine(nomination.until, datetime.min.time(), tzinfo=SHANGHAI)
    if ends <= now:
        raise IllegalMove(_("任期已经过了，不能再任职。请撤回后重新提名。"), state=before)
    appointment = Appointment(
        account=nomination.account, organisation=nomination.organisation, post=nomination.post,
        area_code=nomination.area_code, since=now, until=ends, concurrent=True, from_unit=nomination.from_unit,
    )  # fmt: skip
    begin_post(appointment, actor=actor)
    audit.append(
        kind="appointment", object_id=appointment.pk, verb="appointed", actor=actor, at=now,
        area_code=appointment.area_code,
        facts={"account": nomination.account_id, "unit": nomination.organisation_id, "post": nomination.post},
    )  # fmt: skip
    nomination.appointment = appointment
    _decided(nomination, NominationState.APPOINTED, "", actor=actor, now=now)
    _append(nomination, NominationVerb.APPOINT, before, actor=actor, now=now)
    return nomination


@transaction.atomic
def refuse_nomination(*, nomination_id: UUID, words: str, actor: Actor, now: datetime) -> Nomination:
    """Do not appoint, with the reason: another than the nominator."""
    words = clean(words, limit=LINE_LIMIT, line=True, field="words")
    nomination = _locked(nomination_id, NominationVerb.REFUSE, actor=actor)
    if not words:
        raise Invalid({"words": [_("不通过要写明原因，提名的人要看。")]})
    before = nomination.state
    _decided(nomination, NominationState.REFUSED, words, actor=actor, now=now)
    _append(nomination, NominationVerb.REFUSE, before, actor=actor, now=now)
    return nomination


@transaction.atomic
def withdraw_nomination(*, nomination_id: UUID, actor: Actor, now: datetime) -> Nomination:
    """Take a nomination back: the nominator's own act."""
    nomination = _locked(nomination_id, NominationVerb.WITHDRAW, actor=actor)
    before, nomination.state = nomination.state, NominationState.WITHDRAWN
    nomination.save(update_fields=["state"])
    _append(nomination, NominationVerb.WITHDRAW, before, actor=actor, now=now)
    return nomination


def facts_of(nomination: Nomination, actor: Actor) -> NominationFacts:
    return NominationFacts(
        NominationState(nomination.state),
        needs_election=nomination.organisation.kind in ELECTIONS,
        nominated_by=nomination.nominated_by,
        candidate=nomination.account_id,
        actor=actor,
    )


def _locked(nomination_id: UUID, verb: NominationVerb, *, actor: Actor) -> Nomination:
    """Lock a nomination in the actor's areas, check the duty, then the flow."""
    nomination = (
        Nomination.objects.select_for_update(of=("self",))
        .select_related("organisation", "from_unit", "account")
        .filter(pk=nomination_id)
        .first()
    )
    if nomination is None:
        raise NotFound("nomination")
    duty = NOMINATION.duty(verb)
    require_duty(actor, nomination.area_code, (duty,) if duty is not None else KEEPERS, "nomination")
    if actor.id is not None and actor.id == nomination.account_id:
        raise NotAllowed(_("不能办理自己的任职。请交给另一位有职责的同事。"))
    NOMINATION.move(verb, facts_of(nomination, actor))
    return nomination


def _decided(nomination: Nomination, state: NominationState, words: str, *, actor: Actor, now: datetime) -> None:
    nomination.state, nomination.words = state, words
    nomination.decided_by, nomination.decided_at = actor.id, now
    nomination.save()


def _append(
    nomination: Nomination, verb: NominationVerb, before: str, *, actor: Actor, now: datetime, **facts: object
) -> None:
    audit.append(
        kind="nomination", object_id=nomination.pk, verb=verb, from_state=before, to_state=nomination.state,
        actor=actor, at=now, area_code=nomination.area_code,
        facts={"account": nomination.account_id, "unit": nomination.organisation_id, **facts},
    )  # fmt: skip
