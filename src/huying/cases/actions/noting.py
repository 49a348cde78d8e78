"""What triage suggested is noted with the registration of a call."""

from __future__ import annotations

from datetime import datetime

from huying.cases.actions.docket import Docket
from huying.cases.models import Suggested
from huying.cases.queries.suggesting import types_for
from huying.cases.rules.triage import BY_RULE
from huying.kernel.actor import Actor


def note_suggested(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """Keep what the words of the call pointed to, as it is registered: what was chosen stands in the case."""
    case = docket.case
    words = "\n".join(one.words for one in docket.reports)
    if not docket.live or case.drill or not words:
        return
    found = types_for(words, case.area_code)
    best = next(iter(found.types), None)
    docket.add(
        Suggested(
            id=docket.make_id(),
            case=case,
            at=now,
            type_code=best.type.code if best is not None else "",
            confidence=best.score if best is not None else 0.0,
            others=[one.type.code for one in found.types[1:]],
            model_id=found.model_id,
            known=found.known,
            by_rule=actor.label == BY_RULE,
        )
    )
