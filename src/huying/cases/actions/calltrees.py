"""Call trees: begun with an urgent matter, climbed by the clock, ended for all by whoever answers first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from huying.audit import actions as audit
from huying.cases.codes import answer_code, hash_of
from huying.cases.models import Case, TreeCall, TreeRun, WorkOrder
from huying.cases.queries import calltrees as queries
from huying.cases.queries.told import facts_of
from huying.cases.rules.calltrees import YES, Occasion, Step, TreeEnd, after, next_at
from huying.kernel.actor import Actor, system
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.notices.actions import Recipient, call_off, notify
from huying.people.models import Account
from huying.people.queries import actor_for
from huying.ui.context import link

BY = system("cases.call_tree")
THING = "call_tree"  # what history calls a run


@transaction.atomic
def begin_tree(case: Case, order: WorkOrder | None, *, now: datetime) -> TreeRun | None:
    """Begin the tree of the desk that has a case, or of an order; the first step is called at once.

    Each desk and each order has its own, once. None where the area has no tree for this grade, or it began before.
    """
    occasion = Occasion.DESK if order is None else Occasion.UNIT
    where = {"desk_code": case.desk_code, "state": case.state} if order is None else {}
    rows = TreeRun.objects.filter(case=case, order=order, desk_code=where.get("desk_code", ""))
    if rows.exists() or not queries.steps_of(occasion, case, timezone.localdate(now)):
        return None
    made = TreeRun.objects.bulk_create(
        [TreeRun(case=case, order=order, occasion=occasion, began_at=now, next_at=now, **where)], ignore_conflicts=True
    )[0]
    found = rows.first()
    if found is None or found.pk != made.pk:
        return None  # another worker was faster
    Case.objects.filter(pk=case.pk, called=False).update(called=True)
    audit.append(
        kind=THING, object_id=made.pk, verb="begin", actor=BY, at=now, area_code=case.area_code, to_state="on",
        facts={"case": str(case.pk), "occasion": str(occasion)},
    )  # fmt: skip
    call_next(made.pk, now=now)
    return rows.first()


@transaction.atomic
def call_next(run_id: UUID, *, now: datetime) -> bool:
    """Call the next step of a run that is due; says whether anything was done. Twice does nothing more.

    A run ends where somebody has taken the matter up meanwhile, and where all were called in vain.
    """
    rows = TreeRun.objects.select_for_update(of=("self",), skip_locked=True).filter(ended_at=None, next_at__lte=now)
    run = rows.select_related("case", "order__handler", "order__given_to", "order__unit").filter(pk=run_id).first()
    if run is None:
        return False
    how = queries.taken(run)
    if how is not None:
        _end(run, how, BY, now)
        return True
    for step in after(queries.steps_of_run(run), run.number):
        called = queries.to_call(run, step, now=now)
        for account in called:
            _call(run, step, account, now)
        run.number = step.number
        if called:
            run.next_at = next_at(step, now)
            run.save(update_fields=["number", "next_at"])
            return True
        # Nobody holds the post: the log says so, and the next one is called at once.
        TreeCall.objects.create(run=run, number=step.number, post=step.post, called_at=now)
    run.save(update_fields=["number"])
    _end(run, TreeEnd.NOBODY, BY, now)
    return True


@transaction.atomic
def end_if_taken(case_id: UUID, *, now: datetime) -> int:
    """End the runs of a case that somebody has taken up; says how many."""
    rows = TreeRun.objects.select_for_update(of=("self",)).filter(case_id=case_id, ended_at=None)
    ended = [(run, how) for run in rows.select_related("case", "order") if (how := queries.taken(run)) is not None]
    for run, how in ended:
        _end(run, how, BY, now)
    return len(ended)


@transaction.atomic
def answer_call(run_id: UUID, *, actor: Actor, now: datetime) -> TreeRun:
    """Somebody has it: nobody else is called. The same person twice is no fault.

    Raises NotFound outside the actor's scope, NotAllowed for one whom it does not concern, IllegalMove where it ended.
    """
    seen = queries.run_seen_by(run_id, actor)
    if seen is None:
        raise NotFound("call_tree")
    if not queries.may_answer(seen, actor):
        raise NotAllowed(_("这次呼叫没有叫到您，也不是您单位的事。"))
    return _answered(run_id, TreeEnd.PAGE, actor, now)


@transaction.atomic
def answer_by_code(code: str, *, now: datetime) -> TreeRun:
    """As `answer_call`, by the one-time link of a message. Raises NotFound for a code that is not in use."""
    return _answered_by(queries.call_by_code(code, now=now), TreeEnd.LINK, now)


@transaction.atomic
def answer_by_key(message_id: UUID, *, key: str, now: datetime) -> TreeRun | None:
    """As `answer_call`, by the key that was pressed while the message was read out; None for another key.

    Raises NotFound for a message that called nobody.
    """
    call = queries.call_by_voice(message_id, now=now)
    if call is not None and key != YES:
        return None
    return _answered_by(call, TreeEnd.KEY, now)


def _answered_by(call: TreeCall | None, how: TreeEnd, now: datetime) -> TreeRun:
    if call is None or call.account is None:
        raise NotFound("call_tree")
    actor = actor_for(call.account, now)
    if queries.run_seen_by(call.run_id, actor) is None:
        raise NotFound("call_tree")  # the case has left this person's sight since
    return _answered(call.run_id, how, actor, now)


def _answered(run_id: UUID, how: TreeEnd, actor: Actor, now: datetime) -> TreeRun:
    run = TreeRun.objects.select_for_update(of=("self",)).select_related("case", "order").get(pk=run_id)
    if run.ended_at is not None:
        if run.answered_by_id == actor.id:
            return run
        raise IllegalMove(_("已经有人应答，或者不用再叫了。请看案件页。"), state=run.ended_how)
    _end(run, how, actor, now)
    return run


def _end(run: TreeRun, how: TreeEnd, actor: Actor, now: datetime) -> None:
    run.ended_at, run.ended_how, run.answered_by_id = max(now, run.began_at), how, actor.id
    run.save(update_fields=["ended_at", "ended_how", "answered_by"])
    told = TreeCall.objects.filter(run=run).values_list("notice_id", flat=True)
    call_off([one for one in told if one is not None], now=now)  # letters that wait would call for nothing
    audit.append(
        kind=THING, object_id=run.pk, verb="end", actor=actor, at=now, area_code=run.case.area_code,
        from_state="on", to_state=str(how), facts={"case": str(run.case_id), "step": run.number},
    )  # fmt: skip


def _call(run: TreeRun, step: Step, account: Account, now: datetime) -> None:
    call = TreeCall(run=run, number=step.number, post=step.post, account=account, called_at=now)
    code = answer_code(call.pk)
    made = notify(
        template="urgent_call", to=Recipient.account(account.pk), facts=facts_of(run.case),
        secret={"link": _link(code)}, area_code=run.case.area_code, object_kind="case", object_id=run.case_id, now=now,
        once=f"tree:{run.pk}:{step.number}", drill=run.case.drill,
    )  # fmt: skip
    call.notice, call.code_hash = (made[0] if made else None), hash_of(code)
    call.save(force_insert=True)


def _link(code: str) -> str:
    """The address that answers; without a public address, what is typed on the page."""
    return f"{settings.CSRF_TRUSTED_ORIGINS[0]}{link('on_call')}{code}/" if settings.CSRF_TRUSTED_ORIGINS else code
