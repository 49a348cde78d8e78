"""Terms of scoring of an area: one head proposes a version, another approves it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from huying.approvals import actions as approvals
from huying.approvals import queries as asked
from huying.approvals.rules import ApprovalKind
from huying.audit import actions as audit
from huying.insight.actions.counting import hold
from huying.insight.actions.freezing import check_may
from huying.insight.models import Scoring
from huying.insight.rules import Month, Terms, TermsState, examples_of, month_of
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, Invalid, NotFound
from huying.kernel.terms import _

KIND = "scoring"  # of its history lines, and of what is approved


@transaction.atomic
def propose_terms(*, code: str, terms: Terms, valid_from: Month, reason: str, actor: Actor, now: datetime) -> Scoring:
    """Propose another version of an area's terms, in force from a month on once somebody else approves it.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Invalid for terms that do not add up, a
    month that is over or a reason that is missing, Conflict while another version waits.
    """
    check_may(code, actor)
    errors = terms.problems()
    if valid_from < month_of(now):
        errors["valid_from"] = [_("请选这个月或以后的月份，已经过去的月份不改口径。")]
    if errors:
        raise Invalid(errors)
    with connection.cursor() as cursor:
        hold(cursor)  # of two who propose the second finds what the first made
    rows = Scoring.objects.filter(area_code=code)
    if rows.filter(state=TermsState.PROPOSED).exists():
        raise Conflict(_("已经有一版在等批准。"))
    number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    terms = terms.changed(version=f"{valid_from}.{number}")
    one = Scoring.objects.create(
        area_code=code, number=number, valid_from=valid_from.number, terms=terms.written(),
        examples=examples_of(terms), made_by=actor.id, made_at=now,
    )  # fmt: skip
    approvals.ask(
        kind=ApprovalKind.SCORING, object_kind=KIND, object_id=one.pk, area_code=code, reason=reason, actor=actor,
        now=now,
    )  # fmt: skip
    _note(one, "propose", "", actor=actor, now=now)
    return one


@transaction.atomic
def decide_terms(*, scoring_id: UUID, granted: bool, words: str = "", actor: Actor, now: datetime) -> Scoring:
    """Approve or refuse what another head proposed.

    Raises NotFound, NotAllowed, IllegalMove for the one who proposed it or once it is decided, Invalid for a refusal
    without words.
    """
    one = Scoring.objects.select_for_update().filter(pk=scoring_id).first()
    if one is None:
        raise NotFound("scoring")
    check_may(one.area_code, actor, "scoring")
    waiting = asked.of_object(KIND, one.pk)[0]
    approvals.decide(approval_id=waiting.pk, granted=granted, words=words, actor=actor, now=now)
    one.state = TermsState.IN_FORCE if granted else TermsState.REFUSED
    one.approved_by, one.approved_at = actor.id, now
    one.save(update_fields=["state", "approved_by", "approved_at"])
    _note(one, "approve" if granted else "refuse", TermsState.PROPOSED, actor=actor, now=now)
    return one


def _note(one: Scoring, verb: str, before: str, *, actor: Actor, now: datetime) -> None:
    facts = {"number": one.number, "valid_from": one.valid_from}
    facts |= {"posts": one.terms["posts"], "units": one.terms["units"]}
    audit.append(
        kind=KIND, object_id=one.pk, verb=verb, actor=actor, at=now, area_code=one.area_code,
        from_state=str(before), to_state=str(one.state), facts=facts,
    )  # fmt: skip
