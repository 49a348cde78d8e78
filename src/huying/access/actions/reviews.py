"""Access reviews: every grant of an area is kept or ended by somebody who looked at it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from huying.access import events, queries
from huying.access.actions.scope import require
from huying.access.models import Review, ReviewItem
from huying.access.rules import REVIEW_DAYS, Act, Decision
from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people import actions as people
from huying.people.models import RoleGrant
from huying.people.queries import running
from huying.places.rules import is_code


@transaction.atomic
def open_review(*, area_code: str, due_on: date | None = None, actor: Actor, now: datetime) -> Review:
    """Begin to go through all grants of an area. When each was last used is written down as it is now.

    Raises NotFound outside the actor's areas, NotAllowed for others than the security officer, Invalid for a day
    that has passed or an area without grants, Conflict while one is open there.
    """
    if not is_code(area_code):
        raise Invalid({"area_code": [_("没有这样的区域代码。请从列表里选。")]})
    require(actor, Act.REVIEW, area_code, "area")
    today = localtime(now).date()
    due = due_on or today + timedelta(days=REVIEW_DAYS)
    if due < today or due > today + timedelta(days=366):
        raise Invalid({"due_on": [_("完成日期要在今天以后、一年以内。")]})
    grants = list(
        RoleGrant.objects.filter(
            running(now), area_code__startswith=area_code, role__active=True, account__is_active=True
        ).select_related("role")
    )
    if not grants:
        raise Invalid({"area_code": [_("这个区域没有可复核的授权。")]})
    try:
        with transaction.atomic():
            review = Review.objects.create(area_code=area_code, opened_by=actor.id, opened_at=now, due_on=due)
    except IntegrityError as why:
        raise Conflict(_("这个区域正在复核，先把那一次做完。")) from why
    used = queries.last_used(grants, now)
    ReviewItem.objects.bulk_create(
        [ReviewItem(review=review, grant=one, last_used_on=used.get(one.pk)) for one in grants], batch_size=1000
    )
    _append(review, "opened", actor=actor, now=now, facts={"grants": len(grants), "due_on": due})
    events.review_opened.emit(at=now, review_id=review.pk, area_code=area_code)
    return review


@transaction.atomic
def decide_item(*, item_id: UUID, decision: str, actor: Actor, now: datetime) -> ReviewItem:
    """Keep a grant or end it. The review is done with its last grant. Nobody judges the own grants.

    Raises NotFound, NotAllowed, IllegalMove where it was decided already, Invalid for another word.
    """
    seen = queries.within(queries.watched(actor), "review__area_code")
    rows = ReviewItem.objects.select_for_update(of=("self",)).select_related("grant", "review")
    item = rows.filter(seen, pk=item_id).first()
    if item is None:
        raise NotFound("review_item")
    require(actor, Act.REVIEW, item.review.area_code, "review_item")
    if item.grant.account_id == actor.id:
        raise NotAllowed(_("不能复核自己的授权。请让另一位安全保密员来办。"))
    if decision not in Decision.values:
        raise Invalid({"decision": [_("请选保留或者结束。")]})
    review = Review.objects.select_for_update().get(pk=item.review_id)  # two last grants close it once
    if item.decision:
        raise IllegalMove(_("这一条已经复核过了。"))
    if decision == Decision.END:
        people.revoke_role(grant_id=item.grant_id, actor=actor, now=now)
    item.decision, item.decided_by, item.decided_at = decision, actor.id, now
    item.save(update_fields=["decision", "decided_by", "decided_at"])
    facts = {"grant": item.grant_id, "account": item.grant.account_id, "role": item.grant.role_id}
    _append(review, "kept" if decision == Decision.KEEP else "ended", actor=actor, now=now, facts=facts)
    if not review.items.filter(decision="").exists():
        review.closed_at = now
        review.save(update_fields=["closed_at"])
        _append(review, "closed", actor=actor, now=now)
        events.review_closed.emit(at=now, review_id=review.pk, area_code=review.area_code)
    return item


def _append(review: Review, verb: str, *, actor: Actor, now: datetime, facts: dict[str, object] | None = None) -> None:
    audit.append(
        kind="access_review", object_id=review.pk, verb=verb, actor=actor, at=now, area_code=review.area_code,
        facts=facts,
    )  # fmt: skip
