"""Triage acts alone where a street lets it, type by type; a person puts it right by one act."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.actions.intake import file, register
from huying.cases.actions.recategorising import recategorise_case
from huying.cases.actions.units import dispatch
from huying.cases.models import Case, Report, Suggested, TriageLimit
from huying.cases.queries.scope import within
from huying.cases.queries.street_rules import in_force_in
from huying.cases.queries.suggesting import types_for
from huying.cases.rules import State
from huying.cases.rules.street_rules import RuleState
from huying.cases.rules.triage import BY_RULE, CallFacts, asks_for_eyes, may_act
from huying.kernel.actor import Actor, rule
from huying.kernel.refusals import Conflict, Refusal
from huying.kernel.terms import _
from huying.matters import queries as matters
from huying.matters.models import MatterType
from huying.people import queries as people

FRESH: Final = timedelta(minutes=15)
"""A call that has lain longer is somebody's already: the rule leaves it."""
MOST_AT_ONCE: Final = 200

_log = logging.getLogger(__name__)


def act_alone(*, now: datetime) -> int:
    """Register and dispatch fresh calls of which triage is as sure as their street asks for; says how many.

    One statement where no street has such a rule. Each call is an act of its own; run twice, the second finds nothing.
    """
    day = timezone.localdate(now)
    rules = TriageLimit.objects.filter(state=RuleState.APPROVED, valid_from__lte=day)
    areas = sorted(set(rules.values_list("area_code", flat=True)))
    if not areas:
        return 0
    return sum(_try(case, now=now) for case in _fresh(areas, now))


def _fresh(areas: Iterable[str], now: datetime) -> list[Case]:
    """Calls that nobody has registered yet, not even once before they were sent back."""
    registered = Suggested.objects.filter(case=OuterRef("pk"))
    rows = Case.objects.filter(within(areas), state=State.RECEIVED, moved_at__gte=now - FRESH).filter(
        ~Exists(registered), restricted=False, drill=False, imported=False, danger="", unplaced=False
    )
    return list(rows.defer("search").order_by("moved_at", "pk")[:MOST_AT_ONCE])


def _try(case: Case, *, now: datetime) -> bool:
    said = "\n".join(Report.objects.filter(case=case).order_by("received_at", "id").values_list("words", flat=True))
    found = types_for(said, case.area_code)
    best = next(iter(found.types), None)
    if best is None:
        return False
    limits = in_force_in(TriageLimit, timezone.localdate(now), case.area_code, type_code=best.type.code)
    percent = limits[0].percent if limits else None
    if not may_act(_facts(case, best.type), best.score, percent):
        return False
    lead = next(iter(matters.owners_of(best.type.code, case.area_code)), None)
    if lead is None:
        return False
    because: dict[str, object] = {"model": found.model, "sure_percent": int(best.score * 100), "limit_percent": percent}
    try:
        dispatch_by_rule(
            case.pk, type_code=best.type.code, lead_id=lead.pk, because=because, actor=rule(BY_RULE), now=now
        )
    except Refusal as why:  # somebody was faster, or the flow wants what is not there: the clerk has it as before
        _log.info("triage left a call to the clerk: %s", why.code)
        return False
    return True


def _facts(case: Case, kind: MatterType) -> CallFacts:
    return CallFacts(
        danger=bool(case.danger) or bool(kind.danger),
        restricted=case.restricted,
        confidential_type=kind.confidential,
        unplaced=case.unplaced,
        drill=case.drill,
        imported=case.imported,
        chosen=bool(case.type_code) and case.type_code != kind.code,
    )


@act
def dispatch_by_rule(
    docket: Docket, *, type_code: str, lead_id: UUID, because: dict[str, object], actor: Actor, now: datetime
) -> None:
    """受理即派单 by the street's rule, which names its model and its limit in the history.

    Raises Conflict where the call is no longer as it was when the rule looked.
    """
    case, kind = docket.case, docket.knowledge.type_of(type_code)
    if case.state != State.RECEIVED or kind is None or asks_for_eyes(_facts(case, kind)):
        raise Conflict
    register(
        docket, type_code=type_code, grade=case.grade or kind.grade, grid_code="", lng=None, lat=None, place_words="",
        title="", actor=actor, now=now, because=because,
    )  # fmt: skip
    file(docket, actor=actor, now=now)
    dispatch(docket, lead_id=lead_id, assistant_ids=(), instruction="", actor=actor, now=now)


@act
def put_right(docket: Docket, *, type_code: str, actor: Actor, now: datetime) -> None:
    """改成对的类: another type, and the unit that has the duty for it, in one act.

    Raises NotAllowed without the duty of correcting (or, for another lead, of dispatching), Conflict where it has this
    type already, Invalid for an unknown type.
    """
    kept_away = people.recused([docket.case.pk]).get(docket.case.pk)
    away = kept_away.units if kept_away is not None else frozenset()
    owners = [one for one in matters.owners_of(type_code, docket.case.area_code) if one.pk not in away]
    recategorise_case.step(
        docket, type_code=type_code, reason=str(_("分派建议错了，改成对的类")),
        lead_id=owners[0].pk if owners else None, actor=actor, now=now,
    )  # fmt: skip
