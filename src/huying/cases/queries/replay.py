"""Is what is stored what the history says? Each case's lines are walked through the table of moves again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalState
from huying.audit.models import History
from huying.cases.models import Case, Errand, Exclusion, Ticket, Whistle, WhistlePart
from huying.cases.rules import ENDS, FLOW, State, Verb, errands, exclusions, tickets, whistles
from huying.cases.rules.errands import ErrandVerb
from huying.cases.rules.exclusions import ExclusionVerb
from huying.cases.rules.incidents import IncidentVerb
from huying.kernel.actor import ActorKind
from huying.kernel.flow import Flow

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


# What hangs on cases


def contracts(case_ids: Iterable[UUID]) -> list[Mismatch]:
    """Whistles and their parts, tickets, errands and exclusions of these cases that do not stand where their own lines
    lead; requests that wait though their case has ended."""
    ids = list(case_ids)
    found = []
    for name, flow, states, stored, lines in _with_lines(ids):
        reached: dict[str, str] = {}
        for key, verb in lines:
            if verb in flow.by_verb:
                reached[key] = _after(flow, states, verb, reached.get(key, ""))
        found += [
            Mismatch(case_id, f"{name} {key} is {state}, its lines lead to {reached.get(key) or 'nowhere'}")
            for key, (case_id, state) in stored.items()
            if reached.get(key) != state
        ]
    over = Case.objects.filter(pk__in=ids, state__in=[str(one) for one in ENDS])
    asked = Approval.objects.filter(object_kind="case", object_id__in=over.values("pk"), state=ApprovalState.ASKED)
    found += [Mismatch(one.object_id, f"{one.kind} is still asked, the case has ended") for one in asked]
    return found


def _after(flow: Flow, states: Any, verb: str, state: str) -> str:
    """The state that a move leads to from another; "" where it does not start there."""
    before = states(state) if state else None
    move = next((one for one in flow.by_verb[verb] if before in one.sources), None)
    return str(move.lands(before)) if move is not None else ""


_Stored = dict[str, tuple[UUID, str]]


def _with_lines(ids: list[UUID]) -> Iterator[tuple[str, Flow, Any, _Stored, list[tuple[str, str]]]]:
    """Each kind of thing with its table, what is stored of it by key, and its lines in their order."""

    def stored(rows: Any, case: str) -> _Stored:
        return {str(pk): (case_id, state) for pk, case_id, state in rows.values_list("pk", case, "state")}

    blown = stored(Whistle.objects.filter(case__in=ids), "case_id")
    parts = stored(WhistlePart.objects.filter(whistle__case__in=ids), "whistle__case_id")
    rows = _lines(kind=whistles.THING, object_id__in=list(blown))
    of_whistles = [(str(key), verb) for key, verb, facts in rows if "part" not in facts]
    of_parts = [(str(facts["part"]), verb) for _key, verb, facts in rows if "part" in facts]
    yield "whistle", whistles.FLOW, whistles.WhistleState, blown, of_whistles
    yield "part", whistles.PART_FLOW, whistles.PartState, parts, of_parts
    handed = stored(Ticket.objects.filter(report__case__in=ids), "report__case_id")
    of_tickets = [(str(key), verb) for key, verb, _facts in _lines(kind=tickets.THING, object_id__in=list(handed))]
    yield "ticket", tickets.FLOW, tickets.TicketState, handed, of_tickets
    for name, flow, states, model, words in (
        ("errand", errands.FLOW, errands.ErrandState, Errand, ErrandVerb),
        ("exclusion", exclusions.FLOW, exclusions.ExclusionState, Exclusion, ExclusionVerb),
    ):
        lines = _lines(kind="case", object_id__in=ids, verb__in=words.values)
        told = [(str(facts[name]), verb) for _key, verb, facts in lines]
        yield name, flow, states, stored(model._default_manager.filter(case__in=ids), "case_id"), told


def _lines(**where: Any) -> list[tuple[UUID, str, dict[str, Any]]]:
    return list(History.objects.filter(**where).order_by("id").values_list("object_id", "verb", "facts"))
