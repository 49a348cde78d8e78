"""One act for many cases: each through its ordinary action in a transaction of its own, and taken back alike.

The id of the batch is the key of the whole: sent twice it is done once, and what was interrupted goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from huying.audit import actions as audit
from huying.cases.actions import (
    Act,
    Docket,
    answer_case,
    reassign_case,
    register_file_dispatch,
    take_back_dispatch,
)
from huying.cases.actions.trying import tried
from huying.cases.queries import seen_by
from huying.cases.rules import OrderState
from huying.cases.rules.guards import TAKE_BACK_WITHIN
from huying.desk import queries
from huying.desk.models import Batch, BatchLine
from huying.desk.rules import BATCH_DUTY, MOST_TOGETHER, UNDOABLE, BatchAct, LineState
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound, Refusal
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.matters import queries as matters
from huying.people.models import Account, Organisation

ACTS: dict[BatchAct, Act[Any]] = {
    BatchAct.DISPATCH: register_file_dispatch,
    BatchAct.REASSIGN: reassign_case,
    BatchAct.ANSWER: answer_case,
}
LIMITS = {"instruction": 1000, "reason": 500, "words": 10_000}
NOBODY = _("这类事项在这里还没有能派的单位。请单独派。")


@dataclass(frozen=True)
class Chosen:
    """One case of a batch, with the unit that is to lead where the act hands it to one."""

    case_id: UUID
    lead: Organisation | None = None
    why: str = ""  # it would be refused


def foreseen(
    act: BatchAct, case_ids: Iterable[UUID], values: Mapping[str, Any], *, actor: Actor, now: datetime
) -> list[Chosen]:
    """What would become of each of these cases, in their order; those that the actor does not see are left out.

    Without a lead in `values` each case goes to the unit that the duty list names for it. Raises as `carry_out`.
    """
    ids = list(dict.fromkeys(case_ids))[:MOST_TOGETHER]
    given = _checked(act, values, actor)
    leads: dict[UUID, Organisation | None] = {}
    owners = cache(matters.owners_of)

    def arguments(docket: Docket) -> dict[str, Any]:
        if act == BatchAct.ANSWER:
            return given
        lead = given["lead"] or _by_duty(docket, owners(docket.case.type_code, docket.case.area_code))
        leads[docket.case.pk] = lead
        if lead is None:
            raise Invalid({"lead": [NOBODY]})
        return _handing(given, lead.pk)

    told = tried(ACTS[act], ids, arguments, actor=actor, now=now)
    return [
        Chosen(one, leads.get(one), _sentence(why) if why is not None else "")
        for one, why in ((one, told[one]) for one in ids if one in told)
    ]


def _by_duty(docket: Docket, owners: Iterable[Organisation]) -> Organisation | None:
    """The first that has the duty, need not keep away and did not give it back."""
    barred = {one.unit_id for one in docket.recusals} | {
        one.unit_id for one in docket.orders if one.state == OrderState.RETURNED
    }
    return next((one for one in owners if one.pk not in barred), None)


def _handing(given: Mapping[str, Any], lead_id: UUID) -> dict[str, Any]:
    return {"lead_id": lead_id, **{name: given[name] for name in ("instruction", "reason") if name in given}}


def _checked(act: BatchAct, values: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """What the act is given for every case, cleaned; the duty is asked first."""
    if actor.kind != ActorKind.PERSON or not actor.areas(BATCH_DUTY[act]):
        raise NotAllowed(duty=str(BATCH_DUTY[act]))
    if act == BatchAct.ANSWER:
        words = clean(values.get("words", ""), limit=LIMITS["words"], field="words")
        if not words:
            raise Invalid({"words": [_("请写给诉求人的答复。")]})
        return {"words": words}
    given: dict[str, Any] = {"lead": None, "instruction": ""}
    for name in ("instruction", *(["reason"] if act == BatchAct.REASSIGN else [])):
        given[name] = clean(values.get(name, ""), limit=LIMITS[name], field=name)
    if act == BatchAct.REASSIGN and not given["reason"]:
        raise Invalid({"reason": [_("请写明为什么改派。")]})
    if values.get("lead"):
        given["lead"] = Organisation.objects.filter(pk=values["lead"], active=True).first()
        if given["lead"] is None:
            raise Invalid({"lead": [_("没有这个单位。请重新选。")]})
    return given


def carry_out(
    *,
    batch_id: UUID,
    act: BatchAct,
    chosen: Iterable[tuple[UUID, UUID | None]],
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> Batch:
    """Do the act to each chosen case (with the id of its lead), whatever the others say.

    Raises NotAllowed without the act's duty anywhere, Invalid for values that fit no case, no case or too many,
    KeyReused for another act under the same id. What a case refuses stands on its line.
    """
    rows = dict(chosen)
    given = _checked(act, values, actor)
    kept = {name: value for name, value in given.items() if name != "lead"}
    batch = _begun(batch_id, act, rows, kept, actor, now)
    for line_id in list(batch.lines.filter(state=LineState.WAITING).order_by("place").values_list("pk", flat=True)):
        _do(line_id, batch, actor, now)
    return batch


@transaction.atomic
def _begun(
    batch_id: UUID, act: BatchAct, rows: dict[UUID, UUID | None], kept: dict[str, Any], actor: Actor, now: datetime
) -> Batch:
    assert actor.id is not None
    Account.objects.select_for_update().get(pk=actor.id)  # sent twice at once, it is begun once
    earlier = Batch.objects.filter(pk=batch_id).first()
    if earlier is not None:
        before = dict(earlier.lines.values_list("case_id", "lead_id"))
        if (earlier.made_by, earlier.act, earlier.values, before) != (actor.id, act, kept, rows):
            raise KeyReused
        return earlier
    if not rows or len(rows) > MOST_TOGETHER:
        raise Invalid({"chosen": [_("请选 1 到 200 件。")]})
    leads = {one for one in rows.values() if one is not None}
    if seen_by(actor).filter(pk__in=rows).count() != len(rows):
        raise NotFound("case")
    if Organisation.objects.filter(pk__in=leads, active=True).count() != len(leads):
        raise Invalid({"lead": [_("没有这个单位。请重新选。")]})
    batch = Batch.objects.create(id=batch_id, act=act, values=kept, made_by=actor.id, made_at=now)
    BatchLine.objects.bulk_create(
        BatchLine(batch=batch, place=place, case_id=case_id, lead_id=lead)
        for place, (case_id, lead) in enumerate(rows.items(), start=1)
    )
    _note(batch, "begin", actor, now, act=str(act), cases=len(rows))
    return batch


@transaction.atomic
def _do(line_id: int, batch: Batch, actor: Actor, now: datetime) -> None:
    """One case: its act and its line together, so that neither is done without the other."""
    # The batch is locked with its line: while it is done, nobody takes it back.
    line = BatchLine.objects.select_for_update().select_related("batch").get(pk=line_id)
    if line.state != LineState.WAITING:
        return  # the same form came twice, and the other was faster
    if line.batch.undone_at is not None:
        return  # taken back meanwhile: what was not done by then is done no more
    act = BatchAct(batch.act)
    given: dict[str, Any] = batch.values
    try:
        with transaction.atomic():
            if act != BatchAct.ANSWER:
                if line.lead_id is None:
                    raise Invalid({"lead": [NOBODY]})
                given = _handing(given, line.lead_id)
            ACTS[act].once(_key(batch, "do", line.case_id), line.case_id, **given, actor=actor, now=now)
    except Refusal as why:
        line.state, line.why = LineState.REFUSED, _sentence(why)
    else:
        line.state = LineState.DONE
    line.save(update_fields=["state", "why"])


def may_undo(batch: Batch, now: datetime) -> bool:
    return batch.act in UNDOABLE and batch.undone_at is None and now - batch.made_at <= TAKE_BACK_WITHIN


def take_back(*, batch_id: UUID, actor: Actor, now: datetime) -> Batch:
    """Take back what was done, each case by a move of its own where nothing has happened since.

    Done twice, it is done once. Raises NotFound for a colleague's, IllegalMove where the act cannot be undone or the
    time is over.
    """
    batch = queries.batch_by_id(batch_id, actor)
    if batch is None:
        raise NotFound("batch")
    if batch.undone_at is None:
        if batch.act not in UNDOABLE:
            raise IllegalMove(_("答复已经送给诉求人，不能撤销。说错了，请再联系诉求人。"))
        if not may_undo(batch, now):
            raise IllegalMove(_("过了 10 分钟，不能一起撤销了。请单独改派。"))
        with transaction.atomic():
            if Batch.objects.filter(pk=batch.pk, undone_at=None).update(undone_at=now):
                _note(batch, "undo", actor, now, act=str(batch.act))
        batch.refresh_from_db()
    for line_id in list(batch.lines.filter(state=LineState.DONE).order_by("place").values_list("pk", flat=True)):
        _undo(line_id, batch, actor, now)
    return batch


@transaction.atomic
def _undo(line_id: int, batch: Batch, actor: Actor, now: datetime) -> None:
    line = BatchLine.objects.select_for_update().get(pk=line_id)
    if line.state != LineState.DONE:
        return
    try:
        with transaction.atomic():
            take_back_dispatch.once(_key(batch, "undo", line.case_id), line.case_id, actor=actor, now=now)
    except Refusal as why:
        line.state, line.why = LineState.STAYS, _sentence(why)
    else:
        line.state = LineState.UNDONE
    line.save(update_fields=["state", "why"])


def _key(batch: Batch, what: str, case_id: UUID) -> UUID:
    return uuid5(batch.pk, f"{what} {case_id}")


def _sentence(why: Refusal) -> str:
    """A refusal as it is kept: in the source language, a field's own words first."""
    with override(settings.LANGUAGE_CODE):
        told = [str(line) for lines in why.errors.values() for line in lines] if isinstance(why, Invalid) else []
        return " ".join(told) or str(why)


def _note(batch: Batch, verb: str, actor: Actor, now: datetime, **facts: Any) -> None:
    audit.append(
        kind="batch", object_id=batch.pk, verb=verb, actor=actor, at=now, area_code=next(iter(actor.areas()), ""),
        facts=facts,
    )  # fmt: skip
