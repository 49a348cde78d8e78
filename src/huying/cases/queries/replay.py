"""Is what is stored what the history says? Each case's lines are walked through the table of moves again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from huying.audit.models import History
from huying.cases.models import Case
from huying.cases.rules import FLOW, State, Verb
from huying.cases.rules.errands import ErrandVerb
from huying.cases.rules.exclusions import ExclusionVerb
from huying.cases.rules.incidents import IncidentVerb
from huying.kernel.actor import ActorKind

# Lines of the clocks, that name no states: one was counted again, one took the limit of a set that was switched on.
RECKONED = "calendar_published"
RELIMITED = "limits_switched"
# Lines that tell something of a case without being one of its moves; the state stays.
REMARKS = frozenset(
    {"recuse", "take_in", "give_back", "council", "ask_confidential", "confide", "unconfide", "refuse_confidential"}
    | set(ErrandVerb.values)
    | set(IncidentVerb.values)
    | set(ExclusionVerb.values)
)
# How a case of an archive ended: its steps in between are not known, and so are not told (`actions.archives`).
ARCHIVED = "archived"


@dataclass(frozen=True)
class Mismatch:
    """A case whose history does not lead to its stored state, and where it goes wrong."""

    case_id: UUID
    why: str


def mismatches(case_ids: Iterable[UUID]) -> list[Mismatch]:
    """Cases whose stored state differs from replaying their history."""
    stored = dict(Case.objects.filter(pk__in=list(case_ids)).values_list("pk", "state"))
    reached: dict[UUID, str] = {}
    wrong: dict[UUID, str] = {}
    lines = (
        History.objects.filter(kind="case", object_id__in=list(stored))
        .exclude(verb__in=[RECKONED, RELIMITED])
        .order_by("id")
    )
    for line in lines.values_list("object_id", "verb", "from_state", "to_state", "actor_kind").iterator(
        chunk_size=5000
    ):
        case_id, verb, source, target, actor = line
        if case_id in wrong:
            continue
        if source != reached.get(case_id, ""):
            wrong[case_id] = f"{verb} starts from {source or '-'}, the history stands at {reached.get(case_id, '-')}"
        elif not _fits(verb, source, target, imported=actor == ActorKind.IMPORT):
            wrong[case_id] = f"{verb} does not lead from {source or '-'} to {target}"
        reached[case_id] = target
    for case_id, state in stored.items():
        if case_id not in wrong and reached.get(case_id) != state:
            wrong[case_id] = f"stored {state}, the history ends at {reached.get(case_id, 'nothing')}"
    return [Mismatch(case_id, why) for case_id, why in wrong.items()]


def _fits(verb: str, source: str, target: str, *, imported: bool = False) -> bool:
    if verb == ARCHIVED:
        return imported and (source, target) == (State.RECEIVED, State.CLOSED)
    if verb in REMARKS:
        return source == target
    if verb not in Verb.values:
        return False
    state = State(source) if source else None
    return any(state in move.sources and str(move.lands(state)) == target for move in FLOW.by_verb.get(Verb(verb), ()))
