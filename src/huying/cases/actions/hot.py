"""What a clerk says of hot issues: a name, a call that is not about it, another issue that is. All can be undone.

It holds against every night's grouping (`triage.hot.corrected`). Each act holds the lock of the street's issues, as the
night does, and works out at once what an issue's calls come to: with fewer callers it is hidden from others at once.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate

from huying.audit import actions as audit
from huying.cases.actions.acting import done_before
from huying.cases.actions.heating import calls_of, described, lock_street, said_in
from huying.cases.models import HotApart, HotIssue, HotIssueCase, Report
from huying.cases.queries import hot as reads
from huying.cases.queries.scope import seen_by
from huying.cases.rules.hot import MOST_WORDS, HotVerb, area_of
from huying.cases.rules.masking import masked
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.people.rules import Duty
from huying.triage.hot import Voice, figures_of

THING = "hot_issue"
_SECRET = _("名称里不能有人名、电话、车牌、门牌这些能认出人的内容。请只写什么事、在哪一带。")


@transaction.atomic
def name_issue(issue_id: UUID, *, words: str, actor: Actor, now: datetime, key: UUID | None = None) -> HotIssue:
    """Give an issue a name of its own, shown in place of a call's words; an empty one is taken away again.

    Raises NotFound outside the actor's scope, NotAllowed for who does not triage in the whole of its place, Invalid
    for words that point to a person.
    """
    act = _Act(HotVerb.NAME, issue_id, {"words": words}, actor, now, key)
    if act.done is not None:
        return act.done
    row = act.opened(issue_id)
    text = clean(words, limit=MOST_WORDS, name=True, field="words")
    if masked(text) != text:
        raise Invalid({"words": [_SECRET]})
    row.own_words = text
    row.save(update_fields=["own_words"])
    return act.noted(row)


@transaction.atomic
def take_out(issue_id: UUID, *, case_id: UUID, actor: Actor, now: datetime, key: UUID | None = None) -> HotIssue:
    """不是一回事: a call is not about this. No night puts it back here; it may be in another issue.

    Raises NotFound, also for a call that is not in the issue, and NotAllowed as `name_issue`.
    """
    act = _Act(HotVerb.TAKE_OUT, issue_id, {"case": case_id}, actor, now, key)
    if act.done is not None:
        return act.done
    row = act.opened(issue_id)
    _seen_case(case_id, actor)
    members = set(HotIssueCase.objects.filter(issue=row).values_list("case_id", flat=True))
    if case_id not in members:
        raise NotFound("case")
    HotApart.objects.update_or_create(
        case_id=case_id, issue=row, defaults={"others": sorted(members - {case_id}), "at": now}
    )
    HotIssueCase.objects.filter(case_id=case_id).delete()
    _count(row, now)
    return act.noted(row, case=case_id)


@transaction.atomic
def put_back(issue_id: UUID, *, case_id: UUID, actor: Actor, now: datetime, key: UUID | None = None) -> HotIssue:
    """Undo `take_out`: the call is here again, unless a night has put it into another issue; then it stays there.

    Raises NotFound, also for a call that was not taken out of the issue, and NotAllowed as `name_issue`.
    """
    act = _Act(HotVerb.PUT_BACK, issue_id, {"case": case_id}, actor, now, key)
    if act.done is not None:
        return act.done
    row = act.opened(issue_id)
    _seen_case(case_id, actor)
    family = {row.pk, *HotIssue.objects.filter(joined_into=row).values_list("pk", flat=True)}
    taken = list(HotApart.objects.filter(issue__in=family, case_id=case_id).order_by("at"))
    if not taken:
        raise NotFound("case")
    came = taken[-1].issue_id
    HotApart.objects.filter(pk__in=[one.pk for one in taken]).delete()
    back = HotIssueCase(case_id=case_id, issue=row, came_from_id=came if came != row.pk else None)
    HotIssueCase.objects.bulk_create([back], ignore_conflicts=True)
    _leave_out(row, now)
    _count(row, now)
    return act.noted(row, case=case_id)


@transaction.atomic
def join_issues(issue_id: UUID, *, other_id: UUID, actor: Actor, now: datetime, key: UUID | None = None) -> HotIssue:
    """并入: another issue of the street is about the same; its calls come here and no night parts them again.

    What was taken out of one of both stays out. Raises NotFound (for the other issue too) and NotAllowed as
    `name_issue`, Invalid for itself or one of another street.
    """
    act = _Act(HotVerb.JOIN, issue_id, {"issue": other_id}, actor, now, key)
    if act.done is not None:
        return act.done
    if other_id == issue_id:
        raise Invalid({"issue_id": [_("不能并入它自己。请选另一个。")]})
    row, other = act.opened(issue_id), act.opened(other_id)
    if other.street_code != row.street_code:
        raise Invalid({"issue_id": [_("只能并入同一个街道的。请选另一个。")]})
    if not actor.may(Duty.INTAKE, area_of([row.area_code, other.area_code])):
        raise NotAllowed(duty=str(Duty.INTAKE))  # together they reach further than the actor does
    members = HotIssueCase.objects.filter(issue=other)
    members.filter(came_from=None).update(came_from=other)
    members.update(issue=row)
    HotIssue.objects.filter(joined_into=other).update(joined_into=row)
    other.joined_into, other.gone_at = row, now
    other.save(update_fields=["joined_into", "gone_at"])
    _leave_out(row, now)
    _count(row, now)
    return act.noted(row, issue=other_id, number=other.number)


@transaction.atomic
def part_issues(issue_id: UUID, *, other_id: UUID, actor: Actor, now: datetime, key: UUID | None = None) -> HotIssue:
    """Undo `join_issues`: the calls that came with the other issue are its own again, under its number.

    Raises NotFound, also for an issue that was not joined into this one, and NotAllowed as `name_issue`.
    """
    act = _Act(HotVerb.PART, issue_id, {"issue": other_id}, actor, now, key)
    if act.done is not None:
        return act.done
    row = act.opened(issue_id)
    other = next((one for one in reads.joined(row, actor) if one.pk == other_id), None)
    if other is None:
        raise NotFound(THING)
    moved = HotIssueCase.objects.filter(issue=row, came_from=other).update(issue=other, came_from=None)
    other.joined_into = None
    if moved:
        other.gone_at = None
    other.save(update_fields=["joined_into", "gone_at"])
    _count(other, now)
    _count(row, now)
    return act.noted(row, issue=other_id, number=other.number)


class _Act:
    """What these acts share: done once by key, the street's lock, scope before duty, a line of history."""

    def __init__(
        self, verb: HotVerb, issue_id: UUID, given: dict[str, Any], actor: Actor, now: datetime, key: UUID | None
    ) -> None:
        self.verb, self.actor, self.now, self.key = verb, actor, now, key
        seen = reads.issue(issue_id, actor)
        if seen is None:
            raise NotFound(THING)
        self.hashed, earlier = done_before(f"hot_{verb}", issue_id, given, key)
        self.done = seen.issue if earlier is not None else None
        lock_street(seen.issue.street_code)

    def opened(self, issue_id: UUID) -> HotIssue:
        row = reads.row(issue_id, self.actor)
        if row is None:
            raise NotFound(THING)
        if not reads.may_correct(row, self.actor):
            raise NotAllowed(duty=str(Duty.INTAKE))
        return row

    def noted(self, row: HotIssue, **facts: Any) -> HotIssue:
        audit.append(
            kind=THING, object_id=row.pk, verb=self.verb, actor=self.actor, at=self.now, area_code=row.area_code,
            facts={**facts, "of": row.number}, key=self.key, body_hash=self.hashed,
        )  # fmt: skip
        return row


def _seen_case(case_id: UUID, actor: Actor) -> None:
    if not seen_by(actor).filter(pk=case_id, restricted=False).exists():
        raise NotFound("case")


def _leave_out(row: HotIssue, now: datetime) -> None:
    """What the night would leave out of this issue, because somebody took it out before, does not wait for it."""
    known = said_in(row.street_code, now=now)
    mine = {case for case, issue in known.before.items() if issue == str(row.pk)}
    HotIssueCase.objects.filter(case_id__in=known.corrections.out_of(mine)).delete()


def _count(row: HotIssue, now: datetime) -> None:
    """The issue's figures as the night would find them; without calls the clerk alone sees it, until the night."""
    rows = calls_of([row.street_code]).filter(hot__issue=row).order_by("received_at", "id")
    cases: list[Any] = list(rows.values_list("pk", "area_code", "type_code", "received_at", named=True))
    if not cases:
        row.callers = 0
        row.save(update_fields=["callers"])
        return
    callers: dict[UUID, set[str]] = defaultdict(set)
    told = Report.objects.filter(case_id__in=[case.pk for case in cases], withdrawn_at=None)
    for case_id, contact in told.values_list("case_id", "contact_id"):
        callers[case_id].add(str(contact or ""))
    voices = [(localdate(case.received_at), Voice(frozenset(callers[case.pk]))) for case in cases]
    for name, value in described(row.street_code, figures_of(voices, localdate(now)), cases).items():
        setattr(row, name, value)
    if row.typical_id not in {case.pk for case in cases}:
        row.typical_id = cases[-1].pk
    row.save()
